package render

import (
	"bytes"
	"fmt"
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
	}
}
