package awsiam_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/golden"
	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// TestAssociationLeftBehind: an association whose removal fails is found again, since
// what points to it goes only after it.
func TestAssociationLeftBehind(t *testing.T) {
	t.Parallel()
	const head = "apiVersion: helm-irsa.dev/v1alpha1\nkind: ReleaseIdentity\ncluster: {name: prod_cluster, region: eu-west-3}\nserviceAccounts:\n"
	for name, after := range map[string]goldenArgs{
		"from podIdentity to irsa": {File: "irsa.yaml"},
		"destroy":                  {File: "podIdentity.yaml", Destroy: true},
		"account removed":          {File: "none.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newStage(t, localaws.Limits{})
			c := &goldenCase{Case: &golden.Case{Dir: w.dir}}
			for _, mode := range []string{"irsa", "podIdentity"} {
				text := head + fmt.Sprintf("- {name: web, mode: %s, role: {name: web-role}}\n", mode)
				if err := os.WriteFile(filepath.Join(w.dir, mode+".yaml"), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.WriteFile(filepath.Join(w.dir, "none.yaml"), []byte(head+"- {name: other, role: {name: other-role}}\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := w.command(c, goldenArgs{File: "podIdentity.yaml"}); err != nil {
				t.Fatal(err)
			}
			// Somebody else's statement keeps the role where the release leaves.
			if err := w.call("UpdateAssumeRolePolicy", []byte(`{"RoleName":"web-role","PolicyDocument":`+withTheirs(w.saved()[account].Roles["web-role"].Trust)+`}`)); err != nil {
				t.Fatal(err)
			}
			w.aws.SetFaults(localaws.Faults{Deny: []string{"eks:DeletePodIdentityAssociation"}})
			s, err := w.session(c, after)
			if err != nil {
				t.Fatal(err)
			}
			plan := func() (*awsiam.Plan, error) { return s.Plan(context.Background()) }
			if after.Destroy {
				plan = func() (*awsiam.Plan, error) { return s.PlanDestroy(context.Background(), awsiam.DestroyOptions{}) }
			}
			p, err := plan()
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Apply(context.Background(), p, nil); err == nil {
				t.Fatal("no error, although the association may not be deleted")
			}
			w.aws.SetFaults(localaws.Faults{})
			if _, err := w.command(c, after); err != nil {
				t.Fatal(err)
			}
			for _, cluster := range w.saved()[account].Clusters {
				if n := len(cluster.Associations); n > 0 {
					t.Errorf("%d associations are left:\n%s", n, w.dump())
				}
			}
		})
	}
}

// withTheirs is a trust with a statement of somebody else's before the others.
func withTheirs(trust string) string {
	const list, theirs = `"Statement":[`, `{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"},`
	at := len(`{"Version":"2012-10-17",`)
	return trust[:at] + list + theirs + trust[at+len(list):]
}
