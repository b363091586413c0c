// Package textedit changes values in TOML, INI and properties texts by changing only their
// bytes: comments, order and spacing of the rest stay. A library reads the text before and
// after each edit, and what it reads must be the same but for what was changed.
package textedit

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// Format is one kind of text.
type Format string

// The formats.
const (
	TOML       Format = "toml"
	INI        Format = "ini"
	Properties Format = "properties"
)

// Name is how the format is called.
func (f Format) Name() string {
	if f == Properties {
		return "properties"
	}
	return strings.ToUpper(string(f))
}

// syntax is what a format knows.
type syntax interface {
	// read reads a text with the library.
	read(src []byte) (any, error)
	// scan finds the entries and the blocks of a text that the library can read.
	scan(src []byte) (layout, error)
	// path is a path of irsa.yaml in the steps of the format's entries.
	path(path []spec.PathPart) []spec.PathPart
	// scalar writes a value in place of an old one, and line an entry of its own.
	scalar(value, old string) string
	line(keys []string, value, like string) string
	// change makes the edit on what read gives.
	change(read any, e edit) error
}

var syntaxes = map[Format]syntax{TOML: tomlSyntax{}, INI: iniSyntax{}, Properties: propertiesSyntax{}}

// step is one step to an entry: a key, or an element of a list.
type step struct {
	key    string
	index  int
	inList bool
}

// layout is where things stand in a text.
type layout struct {
	entries []entry
	blocks  []block
}

// entry is a value, and the bytes that it stands in.
type entry struct {
	path       []step
	start, end int
	text       string
	// whole is false for a value that is no text on one line, and cannot be replaced.
	whole bool
}

// block is what entries may be added to: a table, a section, the text itself.
type block struct {
	path []step
	// at is where a new line goes, with head before it, and like a line of the block, which
	// new ones are written as; closed is true where no line may go.
	at     int
	head   string
	prefix []string
	like   string
	closed bool
}

// Document is one text and the edits that are planned for it.
type Document struct {
	src    []byte
	mark   []byte // the byte order mark before it
	syntax syntax
	read   any
	layout layout
	edits  []edit
}

// edit puts a text in place of the bytes from start to end.
type edit struct {
	start, end int
	text       string
	path       []step
	value      string
	// whole is what stands on the line then, where a library reads quotes and comments as
	// part of the value; number tells entries of one path apart.
	whole  string
	number int
}

var byteOrderMark = []byte("\ufeff")

// Parse reads a text of a format; the error is the library's.
func Parse(format Format, src []byte) (*Document, error) {
	d := &Document{src: src, syntax: syntaxes[format]}
	if rest, ok := bytes.CutPrefix(src, byteOrderMark); ok {
		d.mark, d.src, src = byteOrderMark, rest, rest
	}
	var err error
	if d.read, err = d.syntax.read(src); err != nil {
		return nil, err
	}
	if d.layout, err = d.syntax.scan(src); err != nil {
		return nil, err
	}
	return d, nil
}

// Place is a value in a text, or where one may be put.
type Place struct {
	doc   *Document
	entry *entry
	block *block
	path  []step
	keys  []string // of what is added to the block
}

// Text is the value; empty where there is none.
func (p Place) Text() string {
	if p.entry == nil {
		return ""
	}
	return p.entry.text
}

// Exists reports whether there is a value.
func (p Place) Exists() bool { return p.entry != nil }

// ID tells places apart, also those of one path.
func (p Place) ID() string { return fmt.Sprint(p.number(), p.path) }

// number is how many entries of the same path stand before the place.
func (p Place) number() int {
	n := 0
	if p.entry != nil {
		for i := range p.doc.layout.entries {
			if other := &p.doc.layout.entries[i]; other.start < p.entry.start && slices.Equal(other.path, p.entry.path) {
				n++
			}
		}
	}
	return n
}

// Find gives the places that a path leads to. Where nothing stands there, but all that is above
// it does, or add is true, the place is where it may be put. The error says what is there
// instead of text.
func (d *Document) Find(path []spec.PathPart, add bool) ([]Place, error) {
	path = d.syntax.path(path)
	var out []Place
	for i := range d.layout.entries {
		e := &d.layout.entries[i]
		switch {
		case !d.leads(path, e.path):
			if len(e.path) > len(path) && d.leads(path, e.path[:len(path)]) {
				return nil, fmt.Errorf("%s is not text but has fields of its own", spec.PathString(path))
			}
		case !e.whole:
			return nil, fmt.Errorf("%s is not text on one line", spec.PathString(path))
		default:
			out = append(out, Place{doc: d, entry: e, path: e.path})
		}
	}
	for depth := len(path) - 1; depth >= 0; depth-- {
		keys, ok := spec.KeysOf(path[depth:])
		if !ok {
			break
		}
		missing := d.missing(path[:depth], keys, out)
		if direct := depth == len(path)-1; !direct && !add {
			if len(missing) > 0 && len(out) > 0 {
				return nil, fmt.Errorf("%s is there in some places and not in others; add: true makes it in all", spec.PathString(path[:len(path)-1]))
			}
			continue
		}
		out = append(out, missing...)
	}
	for _, p := range out {
		if p.block != nil && p.block.closed {
			return nil, fmt.Errorf("%s cannot be added to an inline table; name with pattern what is to be replaced", spec.PathString(path))
		}
		if i := slices.IndexFunc(d.layout.entries, func(e entry) bool { return p.block != nil && sameButCase(e.path, p.path) }); i >= 0 && !add {
			return nil, fmt.Errorf("%s is not there, but %s is, in other letters; write it so, or add: true to have both", spec.PathString(path), written(d.layout.entries[i].path))
		}
	}
	return out, nil
}

// sameButCase reports whether steps are those of another path, but for the case of letters.
// Much that reads INI takes such keys for one
// (https://docs.python.org/3/library/configparser.html#configparser.ConfigParser.optionxform).
func sameButCase(a, b []step) bool {
	return slices.EqualFunc(a, b, func(a, b step) bool {
		return a.inList == b.inList && a.index == b.index && strings.EqualFold(a.key, b.key)
	})
}

// written is a path as irsa.yaml has it.
func written(steps []step) string {
	var path []spec.PathPart
	for _, s := range steps {
		switch {
		case s.inList:
			path = append(path, spec.PathPart{Kind: spec.IndexPart, Index: s.index})
		case s.key != "":
			path = append(path, spec.PathPart{Key: s.key})
		}
	}
	return spec.PathString(path)
}

// missing gives the blocks of a path below which nothing was found for it yet.
func (d *Document) missing(path []spec.PathPart, keys []string, found []Place) []Place {
	var out []Place
	for i := range d.layout.blocks {
		b := &d.layout.blocks[i]
		if !d.leads(path, b.path) {
			continue
		}
		whole := slices.Clone(b.path)
		for _, k := range keys {
			whole = append(whole, step{key: k})
		}
		below := func(p Place) bool {
			return len(p.path) == len(whole) && slices.Equal(p.path[:len(b.path)], b.path)
		}
		if !slices.ContainsFunc(found, below) && !slices.ContainsFunc(out, below) {
			out = append(out, Place{doc: d, block: b, path: whole, keys: keys})
		}
	}
	return out
}

// leads reports whether a path leads to the steps.
func (d *Document) leads(path []spec.PathPart, to []step) bool {
	if len(path) != len(to) {
		return false
	}
	for i, p := range path {
		switch s := to[i]; p.Kind {
		case spec.KeyPart:
			if s.inList || s.key != p.Key {
				return false
			}
		case spec.IndexPart:
			if !s.inList || s.index != p.Index {
				return false
			}
		case spec.EachPart:
			if !s.inList {
				return false
			}
		case spec.MatchPart:
			if !s.inList || !d.holds(append(slices.Clone(to[:i+1]), step{key: p.Key}), p.Value) {
				return false
			}
		}
	}
	return true
}

func (d *Document) holds(path []step, text string) bool {
	return slices.ContainsFunc(d.layout.entries, func(e entry) bool { return e.text == text && reflect.DeepEqual(e.path, path) })
}

// Missing is the first step of a path that leads nowhere: how many steps are there before it,
// and which keys are there in its place; list is true where the elements of a list are.
func (d *Document) Missing(path []spec.PathPart) (steps int, keys []string, list bool) {
	path = d.syntax.path(path)
	for steps = 0; steps < len(path) && d.reaches(path[:steps+1]); steps++ {
	}
	if steps == len(path) {
		return steps, nil, false
	}
	see := func(at []step) {
		if len(at) > steps && d.leads(path[:steps], at[:steps]) {
			list = list || at[steps].inList && path[steps].Kind == spec.KeyPart
			if key := at[steps].key; key != "" && !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	for _, b := range d.layout.blocks {
		see(b.path)
	}
	for _, e := range d.layout.entries {
		see(e.path)
	}
	return steps, keys, list
}

// reaches reports whether something stands at a path, or below it.
func (d *Document) reaches(path []spec.PathPart) bool {
	below := func(at []step) bool { return len(at) >= len(path) && d.leads(path, at[:len(path)]) }
	return slices.ContainsFunc(d.layout.entries, func(e entry) bool { return below(e.path) }) ||
		slices.ContainsFunc(d.layout.blocks, func(b block) bool { return below(b.path) })
}

// Set plans that the place holds the value.
func (p Place) Set(value string) {
	d := p.doc
	if e := p.entry; e != nil {
		text := d.syntax.scalar(value, string(d.src[e.start:e.end]))
		rest, _, _ := strings.Cut(string(d.src[e.end:lineEnd(d.src, e.end)]), "\n")
		d.edits = append(d.edits, edit{e.start, e.end, text, p.path, value, strings.TrimSpace(text + rest), p.number()})
		return
	}
	text := d.syntax.line(append(slices.Clone(p.block.prefix), p.keys...), value, p.block.like)
	switch {
	case p.block.at == 0:
	case d.src[p.block.at-1] != '\n':
		text = "\n" + p.block.head + strings.TrimSuffix(text, "\n")
	default:
		text = p.block.head + text
	}
	if strings.Contains(string(d.src[:p.block.at]), "\r\n") {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	d.edits = append(d.edits, edit{p.block.at, p.block.at, text, p.path, value, value, 0})
}

// Changed reports whether any edit is planned.
func (d *Document) Changed() bool { return len(d.edits) > 0 }

// Apply makes the planned edits.
func (d *Document) Apply() ([]byte, error) {
	if !d.Changed() {
		return append(slices.Clip(d.mark), d.src...), nil
	}
	slices.SortStableFunc(d.edits, func(a, b edit) int { return a.start - b.start })
	var out []byte
	at := 0
	for _, e := range d.edits {
		if e.start < at {
			return nil, fmt.Errorf("two changes would be made at one place")
		}
		out = append(append(out, d.src[at:e.start]...), e.text...)
		at = e.end
		if err := d.syntax.change(d.read, e); err != nil {
			return nil, err
		}
	}
	out = append(out, d.src[at:]...)
	read, err := d.syntax.read(out)
	if err != nil || !reflect.DeepEqual(read, d.read) {
		return nil, fmt.Errorf("the change would not be read as intended; name what is to be replaced with pattern")
	}
	return append(slices.Clip(d.mark), out...), nil
}

// lineEnd is the offset behind the line that the offset at is in.
func lineEnd(src []byte, at int) int {
	for at < len(src) {
		at++
		if src[at-1] == '\n' {
			break
		}
	}
	return at
}

func lineStart(src []byte, at int) int {
	for at > 0 && src[at-1] != '\n' {
		at--
	}
	return at
}
