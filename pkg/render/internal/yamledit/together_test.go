package yamledit

import (
	"fmt"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/helm-irsa/helm-irsa/internal/realstreams"
	"github.com/helm-irsa/helm-irsa/pkg/manifest/stream"
)

// awkward are documents that a parser may take for something else between others.
var awkward = []string{
	"---\na: b\n", "---\n# only a comment\n", "---\na: b\n# behind\n", "a: b\n", "---\na: b", "---\n",
	"---\na: |+\n  b\n\n\n", "---\na: \"b\n", "---\n[a,\n", "---\na: b\n...\n", "---\na: b\n...\nc: d\n",
	"---\n%YAML 1.1\n", "---\na: b\n%TAG ! tag:x,2000:\n", "---\na: &x b\nc: *x\n", "---\na: *x\n", "---\n\ta: b\n",
	"---\na: b\u2028c: d\n", "---\na: b\rc: d\n", "---\n- b\n - c\n", "---\na: 'b\n\n", "--- a\n", "---\na:\n  b\n  c\n",
	"---\r\na: b\r\n", "---\na: \xff\n", "---\n!!map {a: !x b}\n", "---\n? a\n", "---\n'---': b\n", "---\n|\n a\n",
	"---\n{\"a\": \"\\/\"}\n", "---\na:\n-", "---\na: b\n\n", "---\n# c\n[1]\n", "---\n\ufeffa: b\n", "\ufeff---\na: b\n", "---\n# c\n\ufeffa: b\nc: d\n",
}

// sameReading compares what decodeEach gives for each document with what decode gives.
func sameReading(t *testing.T, srcs [][]byte) {
	t.Helper()
	for i, got := range decodeEach(srcs) {
		alone := decode(srcs[i])
		if fmt.Sprint(alone.err) != fmt.Sprint(got.err) || alone.json != got.json {
			t.Fatalf("%q in %q: error %v, want %v", srcs[i], srcs, got.err, alone.err)
		}
		if has, want := shape(got.root), shape(alone.root); has != want {
			t.Fatalf("%q in %q:\n%s\nwant\n%s", srcs[i], srcs, has, want)
		}
	}
}

// shape is all of a tree but its comments.
func shape(n *yaml.Node) string {
	var b strings.Builder
	var write func(*yaml.Node)
	write = func(n *yaml.Node) {
		fmt.Fprintf(&b, "%d:%d %d %d %s %q &%s [", n.Line, n.Column, n.Kind, n.Style, n.Tag, n.Value, n.Anchor)
		if n.Alias != nil {
			fmt.Fprintf(&b, "*%s %d", n.Alias.Anchor, n.Alias.Line)
		}
		for _, c := range n.Content {
			write(c)
		}
		b.WriteString("]\n")
	}
	if n != nil {
		write(n)
	}
	return b.String()
}

// TestTogether: what a document reads as does not depend on those that are read with it.
func TestTogether(t *testing.T) {
	t.Parallel()
	all := make([][]byte, len(awkward))
	for i, a := range awkward {
		all[i] = []byte(a)
		for _, b := range awkward {
			sameReading(t, [][]byte{[]byte("---\nx: y\n"), []byte(a), []byte(b), []byte("---\nz:\n- 1\n")})
		}
	}
	sameReading(t, all)
	realstreams.Each(t, 1<<20, func(data []byte) {
		var srcs [][]byte
		for _, doc := range stream.Scan(data) {
			srcs = append(srcs, doc.Bytes)
		}
		sameReading(t, srcs)
	})
}

// TestReadAsOneStream: documents as charts render them are read so.
func TestReadAsOneStream(t *testing.T) {
	t.Parallel()
	srcs := [][]byte{[]byte("---\n# Source: a\na: b\n"), []byte("---\n# nothing\n"), []byte("---\nc:\n- d\n")}
	out := make([]decoded, len(srcs))
	if !decodeStream(srcs, []int{0, 1, 2}, out) {
		t.Fatal("not read as one")
	}
	if out[0].root == nil || out[1].root != nil || out[2].root == nil {
		t.Errorf("%+v", out)
	}
}

// TestStandsInStream: which documents are read together with others.
func TestStandsInStream(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]bool{
		"---\na: b\n": true, "---\n": true, "---\n# c\n{a: b}\n": true, "---\n{\"a\": b}\n": true, "---\n{\"a\": 1}\n": false, "---\na: b": false, "a: b\n": false, "--- # c\na: b\n": false, "---\r\na: b\r\n": false,
		"---\na: &x b\n": false, "---\na: \ufeffb\n": false, "\ufeff---\na: b\n": false, "": false, "---": false,
	} {
		if got := standsInStream([]byte(src)); got != want {
			t.Errorf("%q: %v", src, got)
		}
	}
}

// FuzzTogether is TestTogether for any documents.
func FuzzTogether(f *testing.F) {
	for i, a := range awkward {
		f.Add([]byte(a), []byte(awkward[(i+1)%len(awkward)]))
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		sameReading(t, [][]byte{[]byte("---\nx: y\n"), a, b, []byte("---\nz:\n- 1\n")})
		// As separators make documents of them.
		sameReading(t, [][]byte{append([]byte("---\n"), a...), append(append([]byte("---\n"), b...), '\n'), []byte("---\nz: 1\n")})
	})
}
