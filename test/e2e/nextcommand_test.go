package e2e

import (
	"regexp"
	"strings"
)

// follow runs the command that a run said to run next, as it was said: from these words
// to where the sentence goes on. more is what a person answers to a question of it.
func (w *world) follow(r result, words string, more ...string) result {
	w.Helper()
	command := regexp.MustCompile(`(?m)^helm-irsa: hint: .*?(` + regexp.QuoteMeta(words) + `[^,;\n]*)`).FindStringSubmatch(r.stderr)
	if command == nil {
		w.Fatalf("no hint has the command %q: %s", words, r)
	}
	return w.must(append(strings.Fields(command[1])[1:], more...)...)
}
