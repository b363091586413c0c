// Package faults is what errors of this program have beside their text: what to type next, and
// several at once. It prints nothing.
package faults

import (
	"context"
	"errors"
	"strings"
)

// Errors come joined and wrapped: a tree. Each leaf that was joined with others is a line of
// its own for the user. The tree is walked, and no text is cut at its line breaks: those of
// a value that somebody else wrote would begin a line of ours.

// Several are the errors that an error joins, as errors.Join does and the faults of our
// packages; none where it is one error, if with several causes in its text.
func Several(err error) []error {
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

// OneLine is the text of an error whose causes may be joined ones: those stand behind each
// other, and not below.
func OneLine(err error) string {
	text := err.Error()
	for below := err; below != nil; below = errors.Unwrap(below) {
		all := Several(below)
		if len(all) == 0 {
			continue
		}
		parts := make([]string, len(all))
		for i, one := range all {
			parts[i] = OneLine(one)
		}
		return strings.Replace(text, below.Error(), strings.Join(parts, "; "), 1)
	}
	return text
}

// FirstLine is the first of the errors that one joins, for a warning.
func FirstLine(err error) string {
	if errors.Is(err, context.Canceled) {
		return "stopped"
	}
	for all := Several(err); len(all) > 0; all = Several(err) {
		err = all[0]
	}
	return OneLine(err)
}

// OutputLines is what another program wrote, for a place in one line of ours.
func OutputLines(said string) string {
	return strings.Join(strings.FieldsFunc(strings.TrimSpace(said), func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
}
