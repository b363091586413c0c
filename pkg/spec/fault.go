package spec

import (
	"errors"
	"fmt"
	"io/fs"
	"sort"
	"strings"
)

// Fault is one thing that is wrong in irsa.yaml.
type Fault struct {
	// Line and Column are where the offending key or value stands, 1-based.
	Line, Column int
	// Field is the dotted path of the field, such as serviceAccounts[0].role.arn; empty for the file itself.
	Field string
	// Message says what is wrong, Hint what to write instead; Hint may be empty.
	Message, Hint string
}

// String is the fault in one line, without the file's name: LINE:COLUMN: FIELD: MESSAGE; HINT.
func (f Fault) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d:%d: ", f.Line, f.Column)
	if f.Field != "" {
		b.WriteString(f.Field + ": ")
	}
	b.WriteString(f.Message)
	if f.Hint != "" {
		b.WriteString("; " + f.Hint)
	}
	return b.String()
}

// FaultList is the error of Load, Parse and CheckRoleNames: every fault of one file, in the file's order.
type FaultList struct {
	// Path is the file, as it was given.
	Path   string
	Faults []Fault
}

// Error gives one line for each fault: PATH:LINE:COLUMN: FIELD: MESSAGE; HINT.
func (l *FaultList) Error() string {
	lines := make([]string, len(l.Faults))
	for i, f := range l.Faults {
		lines[i] = displayPath(l.Path) + ":" + f.String()
	}
	return strings.Join(lines, "\n")
}

// newFaultList sorts the faults by position; those at one place keep the order in which they were found.
func newFaultList(path string, faults []Fault) *FaultList {
	sort.SliceStable(faults, func(i, j int) bool {
		a, b := faults[i], faults[j]
		if a.Line != b.Line {
			return a.Line < b.Line
		}
		return a.Column < b.Column
	})
	return &FaultList{Path: path, Faults: faults}
}

// ReadError is the error of Load where irsa.yaml cannot be read at all.
type ReadError struct {
	Path string
	Err  error
}

// Error names the file and the cause.
func (e *ReadError) Error() string {
	if errors.Is(e.Err, fs.ErrNotExist) {
		return displayPath(e.Path) + ": no such file"
	}
	var pe *fs.PathError
	if errors.As(e.Err, &pe) {
		return fmt.Sprintf("%s: cannot be read: %v", displayPath(e.Path), pe.Err)
	}
	return fmt.Sprintf("%s: cannot be read: %v", displayPath(e.Path), e.Err)
}

// Hint says how irsa.yaml is found.
func (e *ReadError) Hint() string {
	return "pass --irsa-file FILE, set HELM_IRSA_FILE, or run where ./irsa.yaml is"
}

// Unwrap gives the cause, so that errors.Is(err, fs.ErrNotExist) works.
func (e *ReadError) Unwrap() error { return e.Err }

func displayPath(path string) string {
	if path == "" {
		return "irsa.yaml"
	}
	return path
}
