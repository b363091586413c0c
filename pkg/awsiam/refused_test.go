package awsiam

import (
	"strings"
	"testing"
)

// TestRefusals: an explicit deny is told apart from a permission that is missing.
func TestRefusals(t *testing.T) {
	t.Parallel()
	const who = "User: arn:aws:iam::111122223333:user/ci is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::111122223333:role/x "
	about := subject{"creating role x", "111122223333", "arn:aws:iam::111122223333:role/y"}
	for message, want := range map[string]string{
		who + "because no identity-based policy allows the iam:CreateRole action": "allow iam:CreateRole on arn:aws:iam::111122223333:role/x; helm irsa permissions prints",
		who: "allow iam:CreateRole on arn:aws:iam::111122223333:role/x; helm irsa permissions prints",
		"":  "allow iam:CreateRole on arn:aws:iam::111122223333:role/y; helm irsa permissions prints",
		who + "with an explicit deny in a service control policy":                                                     "a service control policy denies iam:CreateRole on arn:aws:iam::111122223333:role/x, and no permission that is given beside it helps: whoever keeps the organization's policies",
		who + "with an explicit deny in a service control policy: arn:aws:organizations::999988887777:policy/o-1/p-2": "a service control policy (arn:aws:organizations::999988887777:policy/o-1/p-2) denies iam:CreateRole",
		who + "with an explicit deny in a resource control policy":                                                    "a resource control policy denies",
		who + "with an explicit deny in a permissions boundary":                                                       "a permissions boundary denies iam:CreateRole on arn:aws:iam::111122223333:role/x, and no permission that is given beside it helps: have the permissions boundary of the caller changed",
		who + "with an explicit deny in a permissions boundary: arn:aws:iam::111122223333:policy/b":                   "a permissions boundary (arn:aws:iam::111122223333:policy/b) denies",
		who + "with an explicit deny in an identity-based policy":                                                     "an identity-based policy denies iam:CreateRole on arn:aws:iam::111122223333:role/x, and no permission that is given beside it helps: have that Deny changed",
		who + "with an explicit deny in a VPC endpoint policy":                                                        "a VPC endpoint policy denies",
		who + "with an explicit deny in a session policy":                                                             "a session policy denies",
		who + "because no service control policy allows the iam:CreateRole action":                                    "no service control policy allows iam:CreateRole on arn:aws:iam::111122223333:role/x: whoever keeps the organization's",
		who + "because no permissions boundary allows the iam:CreateRole action":                                      "no permissions boundary allows iam:CreateRole on arn:aws:iam::111122223333:role/x: have the permissions boundary",
		who + "because no resource-based policy allows the iam:CreateRole action":                                     "allow iam:CreateRole on",
	} {
		if got := allow(message, "iam:CreateRole", about); !strings.HasPrefix(got, want) {
			t.Errorf("%q: %q, want %q", message, got, want)
		}
	}
}
