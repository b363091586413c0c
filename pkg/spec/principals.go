package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// principalSelf stands for the role itself among the principals under AWS.
const principalSelf = "self"

// validatePrincipals finds principals of further statements that are none, and those of AWS
// accounts that allowPrincipals does not name. Where the role's own AWS account is not known
// here, who provisions asks again.
func (l *loader) validatePrincipals(f *File) {
	for i, sa := range f.ServiceAccounts {
		for j, s := range sa.Role.Trust.Also {
			at := serviceAccountAt(i).key("role").key("trust").key("also").elem(j).key("principals").key("AWS")
			for k, id := range s.Principals["AWS"] {
				if message, hint := sa.Role.Trust.PrincipalFault(id, f.roleAccount(sa)); message != "" {
					l.fault(at.elem(k), message, hint)
				}
			}
		}
	}
}

// PrincipalFault says what is wrong with a principal under AWS of a further statement,
// for a role of an AWS account: it is none, or lets others in than allowPrincipals does.
// Both are empty where nothing is wrong. Where the AWS account is empty, only everybody
// is others.
func (t Trust) PrincipalFault(id, account string) (message, hint string) {
	of, ok := principalAccount(id)
	switch {
	case id == "" || id == principalSelf || slices.Contains(t.AllowPrincipals, "*"):
		return "", ""
	case id == "*":
		return "* lets every AWS account assume the role", `name AWS accounts or roles, or add allowPrincipals: ["*"] to trust`
	case !ok:
		return show(id) + " is no principal of AWS", "write an AWS account's 12 digits, the ARN of a user or role, or self"
	case account == "" || of == account || t.allows(id, of):
		return "", ""
	}
	return fmt.Sprintf("%s lets AWS account %s assume a role of AWS account %s", show(id), of, account),
		fmt.Sprintf("if it is meant, add allowPrincipals: [%q] to trust", id)
}

// Means reports whether irsa.yaml says that a principal which lets others in is meant.
func (t Trust) Means(id, account string) bool {
	message, _ := t.PrincipalFault(id, account)
	return message == "" && len(t.AllowPrincipals) > 0
}

// allows: the principal is named, or its AWS account is, as a whole.
func (t Trust) allows(id, account string) bool {
	return slices.ContainsFunc(t.AllowPrincipals, func(a string) bool {
		of, _ := principalAccount(a)
		// A role's path may end in :root; an AWS account's ARN is nothing else.
		return a == id || of == account && (a == account || strings.HasSuffix(a, ":iam::"+account+":root"))
	})
}

var principalForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:([0-9]{12})|` + principalARN + `)$`)
})

// principalAccount is the AWS account of a principal; it reports false for what is none.
func principalAccount(id string) (string, bool) {
	if !principalForm().MatchString(id) {
		return "", false
	}
	if parts := strings.SplitN(id, ":", 6); len(parts) == 6 {
		return parts[4], true
	}
	return id, true
}

// validateAccess finds roles to assume that are not in the AWS account that they stand under.
// Nobody would notice before that AWS account's resources were looked for, and made, in
// another.
func (l *loader) validateAccess(f *File) {
	for id, access := range f.Accounts {
		role, err := ParseRoleARN(access.AssumeRoleARN)
		if access.AssumeRoleARN == "" || err != nil || role.AccountID == id || !matches(accountPattern, id) {
			continue
		}
		l.fault((*place)(nil).key("accounts").key(id).key("assumeRoleARN"),
			fmt.Sprintf("%s is a role of AWS account %s, not of %s", show(access.AssumeRoleARN), role.AccountID, id),
			fmt.Sprintf("name a role of %s, or write it under %q", id, role.AccountID))
	}
}
