package awsiam_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
)

func (w *world) survey(o awsiam.SurveyOptions, change ...func(*awsiam.Options)) *awsiam.Snapshot {
	w.Helper()
	options := w.options()
	for _, c := range change {
		c(&options)
	}
	s, err := awsiam.OpenAccount(context.Background(), awsiam.Access{Region: region}, options)
	if err != nil {
		w.Fatal(err)
	}
	out, err := awsiam.Survey(context.Background(), s, o)
	if err != nil {
		w.Fatal(err)
	}
	return out
}

func roleNamed(t *testing.T, s *awsstate.State, name string) awsstate.Role {
	t.Helper()
	i := slices.IndexFunc(s.Roles.List, func(r awsstate.Role) bool { return r.Name == name })
	if i < 0 {
		t.Fatalf("no role %s", name)
	}
	return s.Roles.List[i]
}

// TestSurvey: an AWS account is told of whole, whoever made what is in it, with one read of its
// roles and policies.
func TestSurvey(t *testing.T) {
	t.Parallel()
	w, _ := snapshotWorld(t)
	w.aws.ResetCalls()
	got := w.survey(awsiam.SurveyOptions{
		Associations: func(c awsstate.Cluster) bool { return c.Name == "prod_cluster" },
		LastAccessed: func(r awsstate.Role) bool { return r.Name == "others-web" },
	})
	if len(got.Unread) > 0 {
		t.Errorf("unread: %v", got.Unread)
	}
	s := got.State
	if !s.Roles.Read || !s.Policies.Read || !s.Providers.Read || !s.Clusters.Read || !s.Associations.Read || s.Summary["RolesQuota"] == 0 {
		t.Errorf("not all was read: %+v", s)
	}
	others := roleNamed(t, s, "others")
	if others.Trust == nil || !others.Attached.Read || len(others.Attached.List) != 1 || others.MaxSession == 0 {
		t.Errorf("others: %+v", others)
	}
	if !slices.ContainsFunc(s.Policies.List, func(p awsstate.Policy) bool { return p.Name == "AdministratorAccess" && p.Document != nil }) {
		t.Error("AWS's own policies are not told of")
	}
	if web := roleNamed(t, s, "others-web"); !web.Services.Read || len(web.Services.List) != 0 {
		t.Errorf("others-web: %+v", web.Services)
	}
	i := slices.IndexFunc(s.Clusters.List, func(c awsstate.Cluster) bool { return c.Name == "prod_cluster" })
	if i < 0 || s.Clusters.List[i].Issuer != issuer || s.Clusters.List[i].Region != region {
		t.Errorf("clusters: %+v", s.Clusters)
	}
	details := 0
	for _, c := range w.aws.Calls() {
		if c.Operation == "GetAccountAuthorizationDetails" {
			details++
		}
		if !slices.ContainsFunc([]string{"Get", "List", "Describe", "Generate"}, func(verb string) bool { return strings.HasPrefix(c.Operation, verb) }) {
			t.Errorf("it called %s", c.Operation)
		}
	}
	if details != 1 {
		t.Errorf("%d reads of the AWS account", details)
	}
}

// TestSurveyDenied: what may not be read is named, and the rest is told of.
func TestSurveyDenied(t *testing.T) {
	t.Parallel()
	for permission, lacks := range map[string]func(*awsstate.State) bool{
		"iam:GetAccountAuthorizationDetails":     func(s *awsstate.State) bool { return !s.Roles.Read && !s.Policies.Read && s.Providers.Read },
		"iam:ListRoles":                          func(s *awsstate.State) bool { return s.Roles.Read && s.Roles.List[0].MaxSession == 0 },
		"iam:GetAccountSummary":                  func(s *awsstate.State) bool { return s.Summary == nil && s.Roles.Read },
		"iam:ListOpenIDConnectProviders":         func(s *awsstate.State) bool { return !s.Providers.Read && s.Roles.Read },
		"iam:GetOpenIDConnectProvider":           func(s *awsstate.State) bool { return s.Providers.Read && !s.Providers.List[0].ClientIDs.Read },
		"eks:ListClusters":                       func(s *awsstate.State) bool { return !s.Clusters.Read && s.Roles.Read },
		"eks:ListPodIdentityAssociations":        func(s *awsstate.State) bool { return !s.Associations.Read && s.Clusters.Read },
		"eks:DescribePodIdentityAssociation":     func(s *awsstate.State) bool { return !s.Associations.Read && s.Clusters.Read },
		"iam:GenerateServiceLastAccessedDetails": func(s *awsstate.State) bool { return !s.Roles.List[0].Services.Read },
	} {
		t.Run(permission, func(t *testing.T) {
			t.Parallel()
			w, _ := snapshotWorld(t)
			w.aws.SetFaults(localaws.Faults{Deny: []string{permission}})
			got := w.survey(awsiam.SurveyOptions{
				Associations: func(awsstate.Cluster) bool { return true }, LastAccessed: func(awsstate.Role) bool { return true },
			})
			if len(got.Unread) == 0 || !strings.Contains(got.Unread[0].Error(), permission) {
				t.Errorf("unread: %v", got.Unread)
			}
			if !lacks(got.State) {
				t.Errorf("state: %+v", got.State)
			}
		})
	}
}

// TestQPS: so many calls begin in a second.
func TestQPS(t *testing.T) {
	t.Parallel()
	w, _ := snapshotWorld(t)
	w.aws.ResetCalls()
	now := time.Unix(0, 0)
	var waited time.Duration
	w.survey(awsiam.SurveyOptions{}, func(o *awsiam.Options) {
		o.QPS, o.Parallel = 5, 1
		o.Now = func() time.Time { return now }
		o.Sleep = func(_ context.Context, d time.Duration) error {
			waited = max(waited, d)
			return nil
		}
	})
	if want := time.Duration(len(w.aws.Calls())-1) * time.Second / 5; waited != want {
		t.Errorf("the last of %d calls waited %s, want %s", len(w.aws.Calls()), waited, want)
	}
}
