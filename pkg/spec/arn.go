package spec

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// RoleARN is the ARN of an IAM role in its parts.
type RoleARN struct {
	Partition, AccountID string
	// Path begins and ends with a slash; it is "/" where the role has none.
	Path, Name string
}

// String is the ARN: arn:PARTITION:iam::ACCOUNT:rolePATHNAME.
func (a RoleARN) String() string {
	return "arn:" + a.Partition + ":iam::" + a.AccountID + ":role" + a.Path + a.Name
}

// ARNFault tells the ways apart in which text is not the ARN that was expected.
type ARNFault int

// The ways: not an ARN in form; only a name; a policy's ARN; a role's ARN; the ARN of something else.
const (
	ARNMalformed ARNFault = iota
	ARNBareName
	ARNOfPolicy
	ARNOfRole
	ARNOfOther
)

// ARNError is the error of ParseRoleARN and ParsePolicyARN.
type ARNError struct {
	Fault ARNFault
	// Value is the text that was read, Message what is wrong with it, Hint what to write instead.
	Value, Message, Hint string
}

// Error is message and hint in one line.
func (e *ARNError) Error() string { return e.Message + "; " + e.Hint }

const (
	roleForm   = "arn:aws:iam::ACCOUNT:role/NAME"
	policyForm = "arn:aws:iam::ACCOUNT:policy/NAME"
)

// ParseRoleARN reads the ARN of an IAM role. Every error is an *ARNError. The form is that of
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns.
func ParseRoleARN(s string) (RoleARN, error) {
	a, err := splitIAM(s, roleForm)
	if err != nil {
		return RoleARN{}, err
	}
	if a.kind != "role" {
		return RoleARN{}, wrongResource(s, a, roleForm)
	}
	if e := a.check(s, roleForm, "role", maxRoleName); e != nil {
		return RoleARN{}, e
	}
	if a.account == "aws" {
		return RoleARN{}, malformed(s, "the AWS account must be 12 digits", roleForm)
	}
	return RoleARN{Partition: a.partition, AccountID: a.account, Path: a.path, Name: a.name}, nil
}

// ParsePolicyARN reads the ARN of a managed policy and gives its partition and AWS account,
// which is "aws" for AWS's own policies. Every error is an *ARNError.
func ParsePolicyARN(s string) (partition, account string, err error) {
	a, err := splitIAM(s, policyForm)
	if err != nil {
		return "", "", err
	}
	if a.kind != "policy" {
		return "", "", wrongResource(s, a, policyForm)
	}
	if e := a.check(s, policyForm, "policy", maxPolicyName); e != nil {
		return "", "", e
	}
	return a.partition, a.account, nil
}

// arnParts is an ARN with its resource split into kind, path and name.
type arnParts struct{ partition, service, account, kind, path, name string }

// splitIAM takes an ARN apart, as far as to know what it is the ARN of.
func splitIAM(s, form string) (arnParts, error) {
	if !strings.HasPrefix(s, "arn:") {
		if matches(roleNamePattern, s) {
			return arnParts{}, bareName(s, form)
		}
		return arnParts{}, malformed(s, "it does not begin with arn:", form)
	}
	f := strings.SplitN(s, ":", 6)
	if len(f) < 6 {
		return arnParts{}, malformed(s, "it has too few parts", form)
	}
	a := arnParts{partition: f[1], service: f[2], account: f[4]}
	if f[2] == "iam" && f[3] != "" {
		return arnParts{}, malformed(s, "IAM has no regions, so the fourth part must be empty", form)
	}
	rest := f[5]
	slash := strings.IndexAny(rest, "/:")
	if slash < 0 {
		a.kind = rest
		return a, nil
	}
	last := strings.LastIndexByte(rest, '/')
	a.kind = rest[:slash]
	if last < slash {
		last = slash
	}
	a.path, a.name = rest[slash:last+1], rest[last+1:]
	return a, nil
}

// check looks at the parts of an ARN that is of the right kind.
func (a arnParts) check(s, form, kind string, maxName int) error {
	switch {
	case a.service != "iam":
		return wrongResource(s, a, form)
	case !slices.Contains(partitionIDs(), a.partition):
		return malformed(s, fmt.Sprintf("there is no partition %q", a.partition), form)
	case !matches(accountPattern, a.account) && a.account != "aws":
		return malformed(s, "the AWS account must be 12 digits", form)
	case !matches(iamPathPattern, a.path) || len(a.path) > maxIAMPath:
		return malformed(s, "the part after "+kind+" must be a path and a name", form)
	case a.name == "":
		return malformed(s, "the "+kind+"'s name is missing", form)
	case !matches(roleNamePattern, a.name):
		return malformed(s, "the "+kind+"'s name has characters that IAM refuses", form)
	case utf8.RuneCountInString(a.name) > maxName:
		return malformed(s, fmt.Sprintf("the %s's name is longer than %d characters", kind, maxName), form)
	}
	return nil
}

func malformed(s, why, form string) *ARNError {
	return &ARNError{ARNMalformed, s, fmt.Sprintf("%s is not a well-formed ARN: %s", show(s), why), "write " + form}
}

func bareName(s, form string) *ARNError {
	hint := "write " + form
	if form == roleForm {
		hint += " or use role.name"
	}
	return &ARNError{ARNBareName, s, fmt.Sprintf("%s is a name, not an ARN", show(s)), hint}
}

// wrongResource is the error for an ARN that is of something else.
func wrongResource(s string, a arnParts, form string) *ARNError {
	e := &ARNError{ARNOfOther, s, "", "write " + form}
	what := "another resource"
	switch {
	case a.service == "iam" && a.kind == "policy":
		e.Fault, what = ARNOfPolicy, "a policy"
	case a.service == "iam" && a.kind == "role":
		e.Fault, what = ARNOfRole, "a role"
	case a.service == "sts" && a.kind == "assumed-role":
		what = "a session of a role"
		e.Hint = "write the role's own: " + form
	case a.service == "iam" && a.kind != "":
		what = article(a.kind)
	case a.service != "":
		what = "a resource of " + a.service
	}
	e.Message = fmt.Sprintf("%s is the ARN of %s", show(s), what)
	return e
}

// article puts a or an before an IAM resource type such as user or instance-profile.
func article(kind string) string {
	name := strings.ReplaceAll(kind, "-", " ")
	if strings.ContainsAny(name[:1], "aeio") {
		return "an " + name
	}
	return "a " + name
}

// show quotes a value for a message, cut where it is long.
func show(s string) string {
	const most = 120
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return fmt.Sprintf("%q", s)
}
