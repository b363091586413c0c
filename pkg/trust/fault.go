package trust

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Fault is one thing that makes a text no policy, or a policy that IAM refuses.
type Fault struct {
	// Line and Column are where it stands in the text, 1-based, the column in
	// characters. Both are 0 where there is no text to point into.
	Line, Column int
	// Message says what is wrong and what to write instead.
	Message string
}

// Error is "line 3, column 9: message", or the message alone.
func (f Fault) Error() string {
	if f.Line == 0 {
		return f.Message
	}
	return fmt.Sprintf("line %d, column %d: %s", f.Line, f.Column, f.Message)
}

// Faults are all the things that are wrong with a text, in the order they were found.
type Faults []Fault

// Error gives one line a fault.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.Error()
	}
	return strings.Join(lines, "\n")
}

// faults collects what is wrong with one text.
type faults struct {
	text string
	list Faults
}

// add notes a fault at a byte of the text.
func (f *faults) add(at int, format string, args ...any) {
	line, column := position(f.text, at)
	f.list = append(f.list, Fault{Line: line, Column: column, Message: fmt.Sprintf(format, args...)})
}

func (f *faults) err() error {
	if len(f.list) == 0 {
		return nil
	}
	return f.list
}

// position turns a byte offset into a line and a column.
func position(text string, at int) (line, column int) {
	at = min(max(at, 0), len(text))
	before := text[:at]
	start := strings.LastIndexByte(before, '\n') + 1
	return 1 + strings.Count(before, "\n"), 1 + utf8.RuneCountInString(before[start:])
}
