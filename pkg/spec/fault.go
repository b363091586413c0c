package spec

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sort"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/fileio"
)

// Fault is one thing that is wrong in irsa.yaml.
type Fault struct {
	// File is the one of several files that it is in; empty where there is one.
	File string
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

// FaultList is the error of Load, Parse and CheckRoleNames: every fault, in the order of the
// files and of what stands in them.
type FaultList struct {
	// Path is the file, as it was given; of several, the first.
	Path   string
	Faults []Fault
}

// Error gives one line for each fault: PATH:LINE:COLUMN: FIELD: MESSAGE; HINT.
func (l *FaultList) Error() string {
	lines := make([]string, len(l.Faults))
	for i, f := range l.Faults {
		lines[i] = l.At(f)
	}
	return strings.Join(lines, "\n")
}

// Faults is the error of faults of an irsa.yaml, in their order.
func Faults(f *File, faults []Fault) *FaultList { return newFaultList(f.Path, faults, f.Paths...) }

// At is a fault in one line: PATH:LINE:COLUMN: FIELD: MESSAGE; HINT.
func (l *FaultList) At(f Fault) string {
	return displayPath(cmp.Or(f.File, l.Path)) + ":" + f.String()
}

// newFaultList sorts the faults by position; those at one place keep the order in which they
// were found. paths are the files in their order, where there are several.
func newFaultList(path string, faults []Fault, paths ...string) *FaultList {
	sort.SliceStable(faults, func(i, j int) bool {
		a, b := faults[i], faults[j]
		// One that names no file is in the first.
		if x, y := max(slices.Index(paths, a.File), 0), max(slices.Index(paths, b.File), 0); x != y {
			return x < y
		}
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
	var size *fileio.SizeError
	if errors.As(e.Err, &size) {
		return fmt.Sprintf("%s: %v", displayPath(e.Path), size)
	}
	return fmt.Sprintf("%s: cannot be read: %v%s", displayPath(e.Path), fileio.Cause(e.Err), e.reason())
}

// reason says why what is no file is not taken, where that is not plain.
func (e *ReadError) reason() string {
	if e.pipe() {
		return ", and irsa.yaml is read again by the post-renderer"
	}
	return ""
}

func (e *ReadError) pipe() bool {
	var kind *fileio.KindError
	return errors.As(e.Err, &kind) && kind.Pipe()
}

// Hint says how irsa.yaml is found, or what to do instead.
func (e *ReadError) Hint() string {
	var size *fileio.SizeError
	switch {
	case e.pipe():
		return "write it to a file first: COMMAND > rendered-irsa.yaml, then name that: --irsa-file rendered-irsa.yaml"
	case errors.As(e.Err, &size):
		return "name an irsa.yaml: --irsa-file FILE; one of 20,000 service accounts has about 4 MiB"
	}
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
