package render

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// TestSideBySide: many documents are read and edited at a time, and come out, and are
// complained of, in the order in which they came.
func TestSideBySide(t *testing.T) {
	t.Parallel()
	const n = 200
	var file, in, broken strings.Builder
	file.WriteString("apiVersion: helm-irsa.dev/v1alpha1\nkind: ReleaseIdentity\nserviceAccounts:\n")
	for i := range n {
		fmt.Fprintf(&file, "- {name: app-%d, role: {arn: \"arn:aws:iam::111122223333:role/r-%[1]d\"}}\n", i)
		head := fmt.Sprintf("---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: app-%d\n", i)
		in.WriteString(head)
		broken.WriteString(head + "\ta: b\n")
	}
	f, err := spec.Parse("irsa.yaml", []byte(file.String()))
	if err != nil {
		t.Fatal(err)
	}
	r, err := New(Options{Spec: f, Namespace: "ns1"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.Run(bytes.NewBufferString(in.String()))
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	for i := range n {
		arn := fmt.Sprintf("role/r-%d\n", i)
		next := strings.Index(got.String()[at:], arn)
		if next < 0 {
			t.Fatalf("role %d is missing, or stands before that of the document before", i)
		}
		at += next + len(arn)
	}
	_, err = r.Run(bytes.NewBufferString(broken.String()))
	list := Messages(err)
	if len(list) != n {
		t.Fatalf("%d faults of %d documents", len(list), n)
	}
	for i, m := range list {
		if !strings.HasPrefix(m.Message, fmt.Sprintf("reading document %d ", i+1)) {
			t.Fatalf("fault %d: %s", i+1, m.Message)
		}
		// Finding the character costs more than reading the document did: a hundred are enough.
		if found := strings.HasSuffix(m.Message, "a tab is used as indentation"); found != (i < 100) {
			t.Fatalf("fault %d, with the character that is wrong %v: %s", i+1, found, m.Message)
		}
	}
}

// TestPortions: how many documents, and how many bytes, are worked on in one go. Portions
// that are much smaller cost a parser each, and much larger ones leave processors idle.
func TestPortions(t *testing.T) {
	t.Parallel()
	const size, most = 32 << 10, 64
	same := func(n, each int) []int { return slices.Repeat([]int{each}, n) }
	for name, tt := range map[string]struct{ sizes, ends []int }{
		"nothing": {nil, nil}, "one": {[]int{1}, []int{1}}, "one that is large": {[]int{2 * size}, []int{1}},
		"by their number":  {same(3*most+1, 1), []int{most, 2 * most, 3 * most, 3*most + 1}},
		"by their size":    {same(4, size/2), []int{2, 4}},
		"a byte too many":  {[]int{size / 2, size/2 + 1, 1}, []int{1, 3}},
		"a large one":      {[]int{1, size, 1}, []int{1, 2, 3}},
		"of no size":       {same(most, 0), []int{most}},
		"large ones alone": {same(3, size+1), []int{1, 2, 3}},
	} {
		if got := portions(tt.sizes, func(n int) int { return n }); !slices.Equal(got, tt.ends) {
			t.Errorf("%s: %v, want %v", name, got, tt.ends)
		}
	}
}
