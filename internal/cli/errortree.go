package cli

import (
	"context"
	"errors"
	"strings"
)

// Errors come joined and wrapped: a tree. Each leaf that was joined with others is a line of
// its own for the user. The tree is walked, and no text is cut at its line breaks: those of
// a value that somebody else wrote would begin a line of ours.

// severalOf are the errors that an error joins, as errors.Join does and the faults of our
// packages; none where it is one error, if with several causes in its text.
func severalOf(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return nil
	}
	all := joined.Unwrap()
	lines := make([]string, len(all))
	for i, one := range all {
		lines[i] = one.Error()
	}
	if strings.Join(lines, "\n") != err.Error() {
		return nil
	}
	return all
}

// oneLine is the text of an error whose causes may be joined ones: those stand behind each
// other, and not below.
func oneLine(err error) string {
	text := err.Error()
	for below := err; below != nil; below = errors.Unwrap(below) {
		all := severalOf(below)
		if len(all) == 0 {
			continue
		}
		parts := make([]string, len(all))
		for i, one := range all {
			parts[i] = oneLine(one)
		}
		return strings.Replace(text, below.Error(), strings.Join(parts, "; "), 1)
	}
	return text
}

// firstLine is the first of the errors that one joins, for a warning.
func firstLine(err error) string {
	if errors.Is(err, context.Canceled) {
		return "stopped"
	}
	for all := severalOf(err); len(all) > 0; all = severalOf(err) {
		err = all[0]
	}
	return oneLine(err)
}

// outputLines is what another program wrote, for a place in one line of ours.
func outputLines(said string) string {
	return strings.Join(strings.FieldsFunc(strings.TrimSpace(said), func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
}
