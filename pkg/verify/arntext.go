package verify

import (
	"errors"
	"regexp"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/verify/hints"
)

// malformation says what is wrong with an ARN, with what cannot be seen named.
func malformation(arn string, err error) string {
	out := err.Error()
	var fault *spec.ARNError
	if errors.As(err, &fault) {
		out = fault.Message
	}
	if odd := invisible(arn); odd != "" {
		out += ": it has " + odd
	}
	return out
}

// mendARN puts right what is certain: blanks, text around an ARN, a prefix that lost a
// letter.
func mendARN(arn, otherwise string) string {
	s := hints.Visible(arn)
	if at := strings.Index(s, "arn:aws"); at > 0 {
		s = s[at:]
	}
	if _, rest, ok := strings.Cut(s, ":aws"); ok && !strings.HasPrefix(s, "arn:") {
		s = "arn:aws" + rest
	}
	if _, err := spec.ParseRoleARN(s); err == nil {
		return s
	}
	if m := sessionOf.FindStringSubmatch(s); m != nil { // which tells nothing of a path
		return "arn:" + m[1] + ":iam::" + m[2] + ":role/" + m[3]
	}
	if m := roleParts.FindStringSubmatch(s); m != nil { // a colon too few, quotes within the text
		s = "arn:" + orForm(m[1], "aws") + ":iam::" + m[2] + ":role/" + m[3]
		if _, err := spec.ParseRoleARN(s); err == nil {
			return s
		}
	}
	if form, ok := strings.CutSuffix(otherwise, ":role/NAME"); ok { // an AWS account that was left to a variable
		if m := roleName.FindStringSubmatch(s); m != nil {
			return form + ":role/" + m[1]
		}
	}
	return otherwise
}

var roleName = regexp.MustCompile(`^arn:.*:role/([\w+=,.@/-]*[\w+=,.@-])$`)

var sessionOf = regexp.MustCompile(`^arn:(aws[a-z-]*):sts::([0-9]{12}):assumed-role/([\w+=,.@-]+)/[\w+=,.@-]+$`)

var roleParts = regexp.MustCompile(`(?:arn:(aws[a-z-]*):)?[^0-9]*\b([0-9]{12}):?:?role[:/]([\w+=,.@/-]+)`)
