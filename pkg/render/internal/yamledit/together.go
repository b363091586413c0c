package yamledit

import (
	"bytes"
	"errors"
	"io"

	"go.yaml.in/yaml/v3"

	"github.com/helm-irsa/helm-irsa/pkg/manifest/yamldoc"
)

// decodeEach parses documents, each as decode does. A parser costs more than a small
// document does, so that one parser reads all that can be read as one stream.
func decodeEach(srcs [][]byte) []decoded {
	out := make([]decoded, len(srcs))
	var apart, together []int
	for i, src := range srcs {
		if standsInStream(src) {
			together = append(together, i)
		} else {
			apart = append(apart, i)
		}
	}
	if len(together) < 2 || !decodeStream(srcs, together, out) {
		apart = append(apart, together...)
	}
	for _, i := range apart {
		out[i] = decode(srcs[i])
	}
	return out
}

// standsInStream reports whether a document means the same by itself and between others:
// its separator and its last line end are its own, it is no JSON and has no byte order mark,
// and it has no anchor, which go-yaml would take for one of the documents behind it as well
// (go.yaml.in/yaml/v3 decode.go, parser.anchors).
func standsInStream(src []byte) bool {
	if !bytes.HasPrefix(src, []byte("---\n")) || src[len(src)-1] != '\n' || bytes.IndexByte(src, '&') >= 0 || bytes.Contains(src, byteOrderMark) {
		return false
	}
	_, isJSON := jsonBody(src)
	return !isJSON
}

// decodeStream parses the documents of these numbers as one stream; false where that does
// not give each of them at the line where it begins: an error, whose place and words must
// be those of the document alone, or a document that holds two. Comments aside, trees and
// positions are those of decode.
func decodeStream(srcs [][]byte, numbers []int, out []decoded) bool {
	size := 0
	for _, i := range numbers {
		size += len(srcs[i])
	}
	all := make([]byte, 0, size)
	for _, i := range numbers {
		all = append(all, srcs[i]...)
	}
	dec := yamldoc.NewDecoder(bytes.NewReader(all))
	before := 0 // lines before the document
	for _, i := range numbers {
		doc, err := dec.Next()
		if err != nil || doc.Kind != yaml.DocumentNode || doc.Line != before+1 {
			return false
		}
		if out[i] = (decoded{root: yamldoc.Root(doc)}); out[i].root != nil {
			lift(out[i].root, before)
		}
		before += bytes.Count(srcs[i], []byte("\n"))
	}
	_, err := dec.Next()
	return errors.Is(err, io.EOF)
}

// lift takes lines off the positions of a tree.
func lift(n *yaml.Node, by int) {
	n.Line -= by
	for _, c := range n.Content {
		lift(c, by)
	}
}

// ParseEach parses documents, each as Parse does.
func ParseEach(srcs [][]byte) ([]*Document, []error) {
	docs, errs := make([]*Document, len(srcs)), make([]error, len(srcs))
	for i, read := range decodeEach(srcs) {
		docs[i], errs[i] = parsed(srcs[i], read)
	}
	return docs, errs
}

// ApplyEach makes the planned edits of documents, each as Apply does.
func ApplyEach(docs []*Document) ([]Result, []error) {
	results, errs := make([]Result, len(docs)), make([]error, len(docs))
	var (
		checked []int
		outs    [][]byte
		wants   []digest
	)
	for i, d := range docs {
		if len(d.ops) == 0 {
			results[i] = d.unchanged()
			continue
		}
		if out, want, ok := d.spliced(); ok {
			checked, outs, wants = append(checked, i), append(outs, out), append(wants, want)
		} else {
			results[i], errs[i] = d.rewrite()
		}
	}
	for k, read := range decodeEach(outs) {
		if i := checked[k]; read.json == docs[i].json && means(read, wants[k]) {
			results[i] = docs[i].inPlace(outs[k])
		} else {
			results[i], errs[i] = docs[i].rewrite()
		}
	}
	return results, errs
}
