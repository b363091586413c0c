package yamledit

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/helm-irsa/helm-irsa/pkg/manifest/yamldoc"
)

// Result is an edited document.
type Result struct {
	Bytes []byte
	// Rewritten is true where the byte editor did not know the shape, so that
	// the whole document was written anew: its data is right, its formatting is not kept.
	Rewritten bool
}

// errUnsure is the byte editor's word that it does not know a shape of YAML.
var errUnsure = errors.New("shape not known")

// Apply makes the planned edits. Neither the Document nor any Ref of it may be used
// afterwards: their tree is gone.
func (d *Document) Apply() (Result, error) {
	if len(d.ops) == 0 {
		return d.unchanged(), nil
	}
	if out, want, ok := d.spliced(); ok && d.reads(out, want) {
		return d.inPlace(out), nil
	}
	return d.rewrite()
}

func (d *Document) unchanged() Result {
	if d.original != nil {
		return Result{Bytes: d.original}
	}
	return Result{Bytes: d.src}
}

// inPlace is the result of an edit that the byte editor made.
func (d *Document) inPlace(out []byte) Result {
	return Result{Bytes: out, Rewritten: d.original != nil}
}

// spliced gives the edited bytes and what they must mean, and lets the tree go; false
// where it does not know how to edit the bytes.
func (d *Document) spliced() ([]byte, digest, bool) {
	splices, want, err := d.edited()
	d.letGo()
	if err != nil {
		return nil, digest{}, false
	}
	out, ok := splice(d.src, splices)
	return out, want, ok
}

// edited makes the edits on the tree and gives them for the bytes, with what the bytes
// must mean; an error where it does not know how to edit the bytes.
func (d *Document) edited() ([]edit, digest, error) {
	splices, err := d.splices()
	if err != nil {
		return nil, digest{}, err
	}
	want := d.root
	if d.alias {
		want = expand(d.root)
	}
	applyTo(want, d.ops)
	if d.alias {
		if err := d.materialise(&splices, want); err != nil {
			return nil, digest{}, err
		}
	}
	return splices, meaning(want), nil
}

// letGo drops what was parsed. The source, and what the planned edits say, stay.
func (d *Document) letGo() {
	release(d.root)
	d.root, d.keys, d.looks, d.heirs, d.opsAt, d.starts = nil, nil, nil, nil, nil, nil
}

// reads parses bytes and reports whether they mean what is wanted, in JSON where that is what
// the document is.
func (d *Document) reads(out []byte, want digest) bool {
	read := decode(out)
	return read.json == d.json && means(read, want)
}

// means reports whether what was read means what is wanted. Where there is an error, there is
// no root.
func means(got decoded, want digest) bool {
	if got.root == nil {
		return false
	}
	if hasAlias(got.root) {
		if _, err := yamldoc.CheckAliases(got.root); err != nil {
			return false
		}
	}
	return meaning(got.root) == want
}

// rewrite writes the whole document anew, as kyaml does, and holds that to the tree as well:
// go-yaml's encoder is known to write a folded scalar that ends in blank lines with one more.
func (d *Document) rewrite() (Result, error) {
	end := d.endMark()
	for _, mend := range []func(*yaml.Node){func(*yaml.Node) {}, quoteBlocks} {
		text, sum, err := d.written(mend)
		if err != nil {
			return Result{}, fmt.Errorf("writing it again: %w", err)
		}
		out := append(d.headed(text), end...)
		if d.reads(out, sum) {
			return Result{Bytes: out, Rewritten: true}, nil
		}
	}
	return Result{}, errors.New("no way of writing the change was found that reads back as intended")
}

// written parses the document again, makes the edits on the tree and writes that.
func (d *Document) written(mend func(*yaml.Node)) (string, digest, error) {
	read := decode(d.src)
	if read.err != nil {
		return "", digest{}, read.err // it was read before
	}
	want := read.root
	if d.alias {
		want = expand(want)
	}
	applyTo(want, d.ops)
	sum := meaning(want)
	if d.json {
		return jsonText(want) + "\n", sum, nil
	}
	mend(want)
	text, err := encoded(want)
	return text, sum, err
}

// head is the length of the byte order mark and the separator line, which the tree does not
// hold. Comments before the body it does hold.
func (d *Document) head() int {
	mark := len(d.src) - len(bytes.TrimPrefix(d.src, byteOrderMark))
	if bytes.HasPrefix(d.src[mark:], []byte("---")) {
		return lineEnd(d.src, mark)
	}
	return mark
}

// headed puts the head before a text that the tree was written as. A comment behind the
// separator is in both: the parser takes it for one of what follows.
func (d *Document) headed(text string) []byte {
	head := d.src[:d.head()]
	if at := bytes.IndexByte(head, '#'); at >= 0 {
		text = strings.TrimPrefix(text, string(bytes.TrimSpace(head[at:]))+"\n")
	}
	return slices.Concat(head, []byte(text))
}

// endMark is the line "..." behind the body, which the tree does not hold either: without it a
// document behind that has no separator would become part of this one (YAML 1.2.2, 9.2).
func (d *Document) endMark() []byte {
	var end []byte
	for at := d.head(); at < len(d.src); at = lineEnd(d.src, at) {
		line := d.src[at:lineEnd(d.src, at)]
		switch bare := bytes.TrimSpace(line); {
		case string(bare) == "..." && line[0] == '.', bytes.HasPrefix(line, []byte("... ")), bytes.HasPrefix(line, []byte("...\t")):
			end = line
		case len(bare) > 0 && bare[0] != '#':
			end = nil // what there was stood before the body
		}
	}
	return end
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
