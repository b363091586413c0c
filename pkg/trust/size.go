package trust

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// DefaultQuota is how many characters a trust policy may have unless the account
// has asked for more (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html,
// "Role trust policy length"). IAM's error names the quota ACLSizePerRole.
const DefaultQuota = 2048

// Size is the number of characters that IAM counts against the quota: "Policy size
// calculations do not include white space characters"
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html,
// "Policy grammar notes", which speaks of all policies from 2,048 characters on).
// Space inside strings, which that sentence leaves open, is counted here, so that
// Size is never less than IAM's number.
func Size(d Document) int {
	var b bytes.Buffer
	if d.text == "" || json.Compact(&b, []byte(d.text)) != nil {
		return 0
	}
	return utf8.RuneCount(b.Bytes())
}
