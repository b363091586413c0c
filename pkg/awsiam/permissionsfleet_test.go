package awsiam_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
)

// fleetReading is what was called, and the policy that shall allow it in each AWS account.
func fleetReading(doing string, of awsiam.FleetUse, calls []localaws.Call) reading {
	doc := awsiam.FleetPermissions(of)
	return reading{doing, []awsiam.AccountPolicies{
		{Account: account, Policies: []awsiam.PolicyDocument{doc}}, {Account: remoteAccount, Policies: []awsiam.PolicyDocument{doc}},
	}, calls}
}

// TestFleetPermissions: the policies for report and gc allow every call that they make, and nothing
// that they do not; what deletes is bound to what has our tags.
func TestFleetPermissions(t *testing.T) {
	t.Parallel()
	seen := map[awsiam.FleetUse][]reading{}

	w, _ := snapshotWorld(t)
	w.aws.ResetCalls()
	w.survey(awsiam.SurveyOptions{
		Associations: func(awsstate.Cluster) bool { return true }, LastAccessed: func(awsstate.Role) bool { return true },
	})
	seen[awsiam.ToReport] = append(seen[awsiam.ToReport], fleetReading("report", awsiam.ToReport, w.aws.Calls()))

	for name, file := range map[string]string{"shop": shopFile, "provider": strings.Replace(strings.Replace(shopFile, "name: prod_cluster", "name: lost\n  issuer: https://oidc.example.com/lost", 1), "mode: podIdentity", "mode: irsa", 1)} {
		y := newYard(t, file)
		y.proof.Gone = map[awsiam.ClusterKey]bool{{Name: "oidc.example.com/lost"}: true, {Scope: "111122223333/eu-west-3", Name: "lost"}: true}
		y.call(t, "AKIATEST", "CreatePolicyVersion", map[string]string{"PolicyArn": "arn:aws:iam::111122223333:policy/helm-irsa/Read", "PolicyDocument": anyDocument})
		f, _ := y.fleet(t, 3)
		y.aws.ResetCalls()
		backup, err := sweep(context.Background(), f, y.proof)
		if err != nil {
			t.Fatal(err)
		}
		if len(backup.Roles) == 0 || len(backup.Policies) == 0 || name == "provider" && len(backup.Providers) == 0 || name == "shop" && len(backup.Associations) == 0 {
			t.Fatalf("%s: too little is deleted: %+v", name, backup)
		}
		seen[awsiam.ToCleanUp] = append(seen[awsiam.ToCleanUp], fleetReading("gc of "+name, awsiam.ToCleanUp, y.aws.Calls()))
	}

	for use, all := range seen {
		doc := awsiam.FleetPermissions(use)
		checkPolicyText(t, doc.Text())
		for _, r := range all {
			for _, refused := range r.refused() {
				t.Error(refused + " is not allowed")
			}
		}
		for _, s := range doc.Statement {
			for _, action := range s.Action {
				if !slices.ContainsFunc(all, func(r reading) bool { return len(r.without(s.Sid, action).refused()) > 0 }) {
					t.Errorf("%s allows %s, and nothing needs it", s.Sid, action)
				}
				_, operation, _ := strings.Cut(action, ":")
				reads := slices.ContainsFunc([]string{"Get", "List", "Describe", "Generate"}, func(verb string) bool { return strings.HasPrefix(operation, verb) })
				if bound := s.Condition["Null"]["aws:ResourceTag/helm-irsa.dev/cluster"]; !reads && (use == awsiam.ToReport || !slices.Equal(bound, []string{"false"})) {
					t.Errorf("%s allows %s on what has not our tags", s.Sid, action)
				}
			}
		}
	}
}
