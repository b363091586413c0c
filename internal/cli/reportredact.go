package cli

import (
	"fmt"
	"regexp"
	"strings"
)

var (
	accountInText = regexp.MustCompile(`\b[0-9]{12}\b`)
	// keyInText is the ID of an access key: who has one can ask AWS which AWS account it is of, and its
	// letters have the AWS account's ID in them (sts:GetAccessKeyInfo needs no permission of that
	// AWS account).
	keyInText    = regexp.MustCompile(`\b(AKIA|ASIA)[A-Z0-9]{12,124}\b`)
	issuerInText = regexp.MustCompile(`/id/[0-9A-Fa-f]{20,64}\b`)
)

// redacted puts made-up ones in the place of AWS account IDs, and of the IDs of issuers and access keys: the
// same one for the same, so that what belongs together still does. A number of twelve digits
// that is of no AWS account goes too.
func redacted(text []byte) []byte {
	accounts, issuers, keys := map[string]string{}, map[string]string{}, map[string]string{}
	text = keyInText.ReplaceAllFunc(text, func(id []byte) []byte {
		if keys[string(id)] == "" {
			keys[string(id)] = fmt.Sprintf("%sREDACTED%08d", id[:4], len(keys)+1)
		}
		return []byte(keys[string(id)])
	})
	text = accountInText.ReplaceAllFunc(text, func(id []byte) []byte {
		if accounts[string(id)] == "" {
			accounts[string(id)] = fmt.Sprintf("%012d", len(accounts)+1)
		}
		return []byte(accounts[string(id)])
	})
	return issuerInText.ReplaceAllFunc(text, func(id []byte) []byte {
		key := strings.ToUpper(string(id))
		if issuers[key] == "" {
			issuers[key] = fmt.Sprintf("/id/%032d", len(issuers)+1)
		}
		return []byte(issuers[key])
	})
}
