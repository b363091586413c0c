package render

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// nonsense says why a value makes no sense at a place: a name where an ARN belongs and an ARN
// where a name does, or one of them in place of text that had more in it. The message goes on
// from the name of the place.
func (w wanted) nonsense(key, old string) (Message, bool) {
	what := "the service account's name"
	if w.role {
		what = "the role's ARN"
	}
	switch {
	case !w.role && (matchesOnce(arnKey, key) || isARN(old)):
		return Message{Message: "is for a role's ARN, and the service account's name would be written there", Hint: "list the target under roleIn"}, true
	case w.role && matchesOnce(nameKey, key):
		return Message{Message: "is for a service account's name, and the role's ARN would be written there", Hint: "list the target under usedBy"}, true
	case old == w.value || placeholder(old) || w.role && isARN(old) || !holdsMore(old):
		return Message{}, false
	}
	return Message{
		Message: fmt.Sprintf("is %s, and %s would take the place of all of it", shown(old), what),
		Hint:    "say with pattern what of it is to be replaced, such as " + patternFor(old, w.role),
	}, true
}

// Keys and variables of roles' ARNs, and those of service accounts' names.
const (
	arnKey  = `(?i)role[-_.]?arns?$`
	nameKey = `(?i)service[-_.]?account([-_.]?name)?$`
)

var compiled sync.Map

// matchesOnce compiles a pattern when it is first asked for.
func matchesOnce(pattern, text string) bool {
	re, ok := compiled.Load(pattern)
	if !ok {
		re, _ = compiled.LoadOrStore(pattern, regexp.MustCompile(pattern))
	}
	return re.(*regexp.Regexp).MatchString(text)
}

func isARN(text string) bool {
	return strings.HasPrefix(text, "arn:") && !strings.ContainsAny(text, " \t\r\n")
}

// holdsMore reports whether a text is more than one name: a flag, a token's subject, several
// words or lines, a mapping.
func holdsMore(old string) bool {
	return strings.HasPrefix(old, "-") || strings.ContainsAny(old, " \t\r\n=,;{}[]") || strings.HasPrefix(old, spec.SubjectPrefix)
}

// placeholder reports whether a text stands for a value that comes later: ${X}, $(X), {{ x }},
// <x>.
func placeholder(old string) bool {
	for _, p := range [][2]string{{"${", "}"}, {"$(", ")"}, {"{{", "}}"}, {"<", ">"}} {
		if strings.HasPrefix(old, p[0]) && strings.HasSuffix(old, p[1]) && strings.Count(old, p[1]) == 1 {
			return true
		}
	}
	return false
}

// shown is a text for a message, at most a line of it.
func shown(s string) string {
	if i := strings.IndexAny(s, "\r\n"); i >= 0 {
		s = s[:i] + " …"
	}
	if r := []rune(s); len(r) > 60 {
		s = string(r[:60]) + " …"
	}
	return fmt.Sprintf("%q", s)
}

// patternFor suggests a pattern for a text.
func patternFor(old string, role bool) string {
	switch i := strings.IndexByte(old, '='); {
	case strings.HasPrefix(old, spec.SubjectPrefix) && !role:
		return fmt.Sprintf("%q", "^"+regexp.QuoteMeta(spec.SubjectPrefix)+"[^:]*:(.*)$")
	case i > 0 && !strings.ContainsAny(old, "\r\n"):
		return fmt.Sprintf("%q", "^"+regexp.QuoteMeta(old[:i+1])+"(.*)$")
	}
	if role {
		return `"(?m)^role: (.*)$"`
	}
	return `"(?m)^service-account: (.*)$"`
}
