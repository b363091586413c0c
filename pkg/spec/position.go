package spec

import (
	"cmp"
	"sort"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// source is where a document was read from: the file, and a mark for each key and value.
type source struct {
	file  string
	marks []mark
}

// mark says that the key or value at a column of the JSON stands at a line and column
// of the source. Columns are 1-based, in characters. file is the one of several files that it
// is from, empty where there is one.
type mark struct {
	at, line, column int
	file             string
}

// Position finds what stands at a column of JSON in the file that it was read from:
// column is 1-based and in characters, as in the faults of pkg/trust. The place is that
// of the key or value there, or else of the nearest before it. file is irsa.yaml as it
// was given to Load, or the policy file as irsa.yaml names it; line and col are 1-based.
// All are zero where there is no document.
func (d Document) Position(column int) (file string, line, col int) {
	if d.source == nil {
		return "", 0, 0
	}
	marks := d.source.marks
	behind := sort.Search(len(marks), func(i int) bool { return marks[i].at > column })
	m := marks[max(behind-1, 0)] // the first is the document itself
	return cmp.Or(m.file, d.source.file), m.line, m.column
}

// jsonText is JSON that is being written, with the marks for what is in it.
type jsonText struct {
	strings.Builder
	marks []mark
	// counted bytes are written characters.
	counted, characters int
}

// mark notes that what is written next is the node.
func (b *jsonText) mark(n *yaml.Node, file string) {
	b.characters += utf8.RuneCountInString(b.String()[b.counted:])
	b.counted = b.Len()
	b.marks = append(b.marks, mark{at: b.characters + 1, line: max(n.Line, 1), column: max(n.Column, 1), file: file})
}
