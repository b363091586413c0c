package render

import (
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// TestValues: the values that irsa.yaml has passed to Helm, in its order, and what is said where
// the ARN of a role is not known before Helm renders.
func TestValues(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ cluster, targets, want, err string }{
		{`{region: eu-west-3, accountID: "111122223333"}`, "usedBy: [{value: a}], roleIn: [{value: b}, {value: c}]", "a=web b=arn:aws:iam::111122223333:role/helm-irsa/web c=arn:aws:iam::111122223333:role/helm-irsa/web", ""},
		{`{region: eu-west-3, accountID: "111122223333"}`, "usedBy: [{anyOf: [{anyOf: [{value: a}, {value: b}]}, {value: c}]}]", "a=web", ""},
		{`{region: eu-west-3, accountID: "111122223333"}`, "usedBy: [{anyOf: [{workload: {kind: Job, name: a}}, {value: c}]}]", "", ""},
		{`{region: eu-west-3, accountID: "111122223333"}`, "usedBy: [{anyOf: [{value: a}]}]", "a=web", ""},
		{`{region: eu-west-3}`, "usedBy: [{value: a}]", "a=web", ""},
		{`{region: eu-west-3}`, "usedBy: [{value: a}], roleIn: [{value: b}, {value: c}]", "a=web", "passing value b to Helm (irsa.yaml:5): the role ARN of service account ns1/web cannot be computed without cluster.accountID; add to irsa.yaml: cluster.accountID"},
		{`{accountID: "111122223333"}`, "roleIn: [{workload: {kind: Job, name: a}}, {value: b}]", "", "passing value b to Helm (irsa.yaml:5): the role ARN of service account ns1/web cannot be computed without cluster.region; add to irsa.yaml: cluster.region"},
	} {
		f, err := spec.Parse("", []byte("apiVersion: helm-irsa.dev/v1alpha1\nkind: ReleaseIdentity\ncluster: "+tt.cluster+"\nserviceAccounts:\n- {name: web, role: {name: web}, "+tt.targets+"}\n"))
		if err != nil {
			t.Fatal(err)
		}
		values, err := Values(f, "ns1")
		var got []string
		for _, v := range values {
			got = append(got, v.Path+"="+v.Value)
		}
		if is := strings.Join(got, " "); is != tt.want {
			t.Errorf("%s, %s: %s, want %s", tt.cluster, tt.targets, is, tt.want)
		}
		if (err != nil) != (tt.err != "") || err != nil && (!strings.HasPrefix(err.Error(), tt.err) || strings.Contains(err.Error(), "value c")) {
			t.Errorf("%s, %s: %v, want %s", tt.cluster, tt.targets, err, tt.err)
		}
	}
}
