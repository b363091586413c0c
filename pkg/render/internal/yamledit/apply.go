package yamledit

import (
	"errors"
	"fmt"
	"sort"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// Result is an edited document.
type Result struct {
	Bytes []byte
	// Rewritten is true where the byte editor did not know the shape, so that
	// kyaml wrote the whole document: its data is right, its formatting is not kept.
	Rewritten bool
}

// errUnsure is the byte editor's word that it does not know a shape of YAML.
var errUnsure = errors.New("shape not known")

// Apply makes the planned edits. The Document must not be used afterwards.
func (d *Document) Apply() (Result, error) {
	if len(d.ops) == 0 {
		return Result{Bytes: d.src}, nil
	}
	want := d.root
	if d.alias {
		want = expand(d.root)
	}
	splices, spliceErr := d.splices()
	applyTo(want, d.ops)
	if spliceErr == nil && d.alias {
		spliceErr = d.materialise(&splices, want)
	}
	if spliceErr == nil {
		if out, ok := splice(d.src, splices); ok && sameMeaning(out, want) {
			return Result{Bytes: out}, nil
		}
	}
	return d.rewrite(want)
}

// sameMeaning parses the edited bytes and compares them with the edited tree.
func sameMeaning(out []byte, want *yaml.Node) bool {
	got, err := decode(out)
	if err != nil || got == nil {
		return false
	}
	if hasAlias(got) && expandedSize(got) > MaxNodes {
		return false
	}
	return equal(got, want)
}

// rewrite writes the whole document with kyaml and holds that to the tree as well:
// go-yaml's encoder is known to lose a newline of a block scalar that begins with a blank line.
func (d *Document) rewrite(want *yaml.Node) (Result, error) {
	head := d.src[:d.head()]
	for _, mend := range []func(*yaml.Node){func(*yaml.Node) {}, quoteBlocks} {
		mend(want)
		text, err := yaml.NewRNode(want).String()
		if err != nil {
			return Result{}, fmt.Errorf("writing it again: %w", err)
		}
		out := append(append([]byte{}, head...), text...)
		if sameMeaning(out, want) {
			return Result{Bytes: out, Rewritten: true}, nil
		}
	}
	return Result{}, errors.New("no way of writing the change was found that reads back as intended")
}

// head is the length of the separator line, which the tree does not hold. Comments before the body it does hold.
func (d *Document) head() int {
	if len(d.src) >= 3 && string(d.src[:3]) == "---" {
		for i, c := range d.src {
			if c == '\n' {
				return i + 1
			}
		}
	}
	return 0
}

// quoteBlocks makes every block scalar a double-quoted one, the form that always reads back.
func quoteBlocks(n *yaml.Node) {
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		n.Style = yaml.DoubleQuotedStyle
	}
	for _, c := range n.Content {
		quoteBlocks(c)
	}
}

// edit replaces the bytes from start to end.
type edit struct {
	start, end int
	text       string
}

// splice makes the edits; false where two of them overlap.
func splice(src []byte, edits []edit) ([]byte, bool) {
	sort.SliceStable(edits, func(i, j int) bool {
		if edits[i].start != edits[j].start {
			return edits[i].start < edits[j].start
		}
		// What is added where something is replaced stands before it.
		return edits[i].end == edits[i].start && edits[j].end != edits[j].start
	})
	size := len(src)
	for _, e := range edits {
		size += len(e.text)
	}
	out := make([]byte, 0, size)
	at := 0
	for _, e := range edits {
		if e.start < at || e.end < e.start || e.end > len(src) {
			return nil, false
		}
		out = append(out, src[at:e.start]...)
		out = append(out, e.text...)
		at = e.end
	}
	return append(out, src[at:]...), true
}
