package fleet

import (
	_ "embed"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// Level is how much an action gives.
type Level string

// The levels. Read is what IAM's reference calls List and Read, Write what it calls Write and
// Tagging, Admin its Permissions management: who may do what with a resource
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_understand-policy-summary-access-level-summaries.html).
const (
	Read  Level = "read"
	Write Level = "write"
	Admin Level = "admin"
)

var levelOrder = []Level{Read, Write, Admin}

// readVerbs begin the names of actions that only read, by AWS's habit; access.txt has the
// actions that keep to another.
var readVerbs = []string{
	"Get", "List", "Describe", "BatchGet", "Head", "Search", "Query", "Scan", "Select", "View", "Check", "Lookup", "Simulate",
	"Read", "Count", "Preview", "Estimate", "Filter", "Detect",
}

// LevelByName is the level that an action's name tells, without its service.
func LevelByName(name string) Level {
	for _, verb := range readVerbs {
		if rest, ok := cutFold(name, verb); ok && (rest == "" || !isLower(rest[0])) {
			return Read
		}
	}
	return Write
}

func isLower(c byte) bool { return c >= 'a' && c <= 'z' }

func cutFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

//go:embed access.txt
var accessText string

// exception is an action whose name does not tell its level.
type exception struct {
	name  string // in lower case
	level Level
}

var exceptions = parseAccess(accessText)

func parseAccess(text string) map[string][]exception {
	out := map[string][]exception{}
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) < 3 || strings.HasPrefix(line, "#") {
			continue
		}
		for _, name := range words[2:] {
			out[words[0]] = append(out[words[0]], exception{strings.ToLower(name), Level(words[1])})
		}
	}
	return out
}

// LevelsOf are the levels of the actions that a policy's action stands for, such as
// s3:GetObject, s3:Get* or *. Names are not told apart by case.
func LevelsOf(action string) []Level {
	service, name, ok := strings.Cut(action, ":")
	if !ok || strings.ContainsAny(service, "*?") {
		return levelOrder // of several services, or of all
	}
	service, pattern := strings.ToLower(service), strings.ToLower(name)
	has := map[Level]bool{}
	exact := !strings.ContainsAny(name, "*?")
	for _, e := range exceptions[service] {
		if e.name == pattern || !exact && trust.Covers(pattern, e.name) {
			has[e.level] = true
		}
	}
	switch {
	case exact && len(has) == 0:
		has[LevelByName(name)] = true
	case !exact:
		head := pattern[:strings.IndexAny(pattern, "*?")]
		reads, writes := false, true
		for _, verb := range readVerbs {
			verb = strings.ToLower(verb)
			reads = reads || strings.HasPrefix(verb, head) || strings.HasPrefix(head, verb)
			writes = writes && !strings.HasPrefix(head, verb)
		}
		has[Read], has[Write] = has[Read] || reads, has[Write] || writes
	}
	return slices.DeleteFunc(slices.Clone(levelOrder), func(l Level) bool { return !has[l] })
}
