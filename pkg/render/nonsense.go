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
	m := Message{
		Message: fmt.Sprintf("is %s, and %s would take the place of all of it", shown(old), what),
		Hint:    "say with pattern what of it is to be replaced: a regular expression with one group around that",
	}
	if pattern := patternFor(old, w.role); pattern != "" {
		m.Hint = fmt.Sprintf("say with pattern what of it is to be replaced, such as %q", pattern)
	}
	return m, true
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

// Settings in a text that hold a service account's name, or a role.
const (
	nameSetting = `(?i)[\w.-]*service[-_.]?account[\w.-]*["']?[ \t]*[:= ][ \t]*["']?` + oneWord
	roleSetting = `(?i)[\w.-]*role[\w.-]*["']?[ \t]*[:= ][ \t]*["']?` + oneWord
	oneWord     = `([^\s"',;{}\[\]]+)`
	arnWord     = `arn:[^\s"',;{}\[\]]+`
)

// patternFor suggests a pattern that matches in a text; empty where nothing in it says what
// may be meant.
func patternFor(old string, role bool) string {
	setting := nameSetting
	if role {
		setting = roleSetting
	}
	flag := ""
	if i := strings.IndexByte(old, '='); i > 0 && !strings.ContainsAny(old, "\r\n") {
		flag = "^" + regexp.QuoteMeta(old[:i+1]) + "(.*)$"
	}
	switch {
	case strings.HasPrefix(old, spec.SubjectPrefix) && !role:
		return "^" + regexp.QuoteMeta(spec.SubjectPrefix) + "[^:]*:(.*)$"
	case flag != "" && strings.Count(old, "=") == 1 && !strings.ContainsAny(old, " ,"):
		return flag
	}
	if role && matchesOnce(arnWord, old) {
		return "(" + arnWord + ")"
	}
	if at := regexp.MustCompile(setting).FindStringSubmatchIndex(old); at != nil {
		return regexp.QuoteMeta(old[at[0]:at[2]]) + oneWord
	}
	return flag
}
