package render

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// TestManyServiceAccounts: from some number of service accounts on, their names are looked for
// as words in one pass over the stream. What is found is the same for few and for many: names
// and ARNs that values show, and names in texts.
func TestManyServiceAccounts(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, manyNeedles, manyNeedles + 1, 2 * manyNeedles} {
		var irsa, docs strings.Builder
		irsa.WriteString("apiVersion: helm-irsa.dev/v1alpha1\nkind: ReleaseIdentity\ncluster: {region: eu-west-3, accountID: \"111122223333\"}\nserviceAccounts:\n")
		for i := range n {
			fmt.Fprintf(&irsa, "- {name: v%d, role: {name: v%d}, usedBy: [{value: a%d}], roleIn: [{value: r%d}]}\n- {name: t%d, role: {name: t%d}}\n", i, i, i, i, i, i)
			fmt.Fprintf(&docs, "---\nkind: ConfigMap\nmetadata: {name: m%d}\ndata:\n  serviceAccountName: v%d\n  role: \"arn:aws:iam::111122223333:role/helm-irsa/v%d\"\n  text: --service-account=t%d, and more\n", i, i, i, i)
		}
		file, err := spec.Parse("irsa.yaml", []byte(irsa.String()))
		if err != nil {
			t.Fatal(err)
		}
		r, err := New(Options{Spec: file, Namespace: "ns1"})
		if err != nil {
			t.Fatal(err)
		}
		result, err := r.Render(strings.NewReader(docs.String()))
		if err != nil {
			t.Fatalf("%d: %v", n, err)
		}
		for _, w := range result.Report.Warnings {
			t.Errorf("%d: %s", n, w.Message)
		}
		last := n - 1
		for what, gone := range map[string]string{
			fmt.Sprintf("value a%d was passed", last):            fmt.Sprintf("serviceAccountName: v%d\n", last),
			fmt.Sprintf("value r%d was passed", last):            fmt.Sprintf("role: \"arn:aws:iam::111122223333:role/helm-irsa/v%d\"\n", last),
			fmt.Sprintf("runs as service account ns1/t%d", last): fmt.Sprintf("text: --service-account=t%d, and more\n", last),
		} {
			result, err := r.Render(strings.NewReader(strings.Replace(docs.String(), gone, "x: y\n", 1)))
			said := slices.Concat(result.Report.Errors, result.Report.Warnings)
			if len(said) != 1 || !strings.Contains(said[0].Message, what) {
				t.Errorf("%d, without %q: %.300q, %v", n, gone, said, err)
			}
		}
	}
}
