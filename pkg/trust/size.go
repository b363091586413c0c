package trust

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// DefaultQuota is how many characters a trust policy may have unless the AWS account
// has asked for more
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html, "Role
// trust policy length"). IAM's error names the quota ACLSizePerRole.
const DefaultQuota = 2048

// How many characters permission policies may have. As Size says, "IAM doesn't count
// white space when calculating the size of a policy against these quotas"
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html, "IAM
// and STS character limits").
const (
	// ManagedPolicyQuota: "The size of each managed policy can't exceed 6,144
	// characters". IAM's error names the quota PolicySize.
	ManagedPolicyQuota = 6144
	// RoleInlineQuota is for "the sum size of all inline policies" of a role.
	RoleInlineQuota = 10240
)

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
