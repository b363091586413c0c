package render

import (
	"bytes"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// A line of 64 MiB is no fault: bufio.Scanner and the like give up at 64 KiB. Both
// where it is left alone and, shorter, in a document that changes.
func TestLongLines(t *testing.T) {
	t.Parallel()
	file, err := spec.Parse("irsa.yaml", []byte(`
apiVersion: helm-irsa.dev/v1alpha1
kind: ReleaseIdentity
serviceAccounts:
- {name: web, role: {arn: "arn:aws:iam::111122223333:role/web"}}
`))
	if err != nil {
		t.Fatal(err)
	}
	r, err := New(Options{Spec: file, Namespace: "ns1"})
	if err != nil {
		t.Fatal(err)
	}
	account := "---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: web\n  annotations:\n"
	long := "    long: " + strings.Repeat("x", 2<<20) + "\n"
	rest := "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: big\ndata:\n  line: " + strings.Repeat("y", 64<<20) + "\n"
	var out bytes.Buffer
	report, err := r.Stream(strings.NewReader(account+long+rest), &out)
	if err != nil {
		t.Fatal(err)
	}
	want := account + "    eks.amazonaws.com/role-arn: arn:aws:iam::111122223333:role/web\n" + long + rest
	if out.String() != want {
		t.Errorf("%d bytes came out, not the %d that were meant", out.Len(), len(want))
	}
	if report.Summary.Changed != 1 || len(report.Warnings) > 0 {
		t.Errorf("%+v", report)
	}
}
