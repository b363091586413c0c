package howto

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
	"github.com/helm-irsa/helm-irsa/test/howtos"
)

// TestVerified: of what pkg/awsiam makes and writes into its snapshot, and pkg/render out
// of the chart, pkg/verify says that it works: for each how-to, without Helm's binary.
func TestVerified(t *testing.T) {
	t.Parallel()
	for _, s := range howtos.All() {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			r := verified(t, s, snapshotOf(t, s))
			warned := map[string]bool{}
			for _, f := range r.Findings {
				warned[f.Code] = true
				if f.Severity != verify.Info && !slices.Contains(s.Warned, f.Code) {
					t.Errorf("%s %s: %s: %s", f.Severity, f.Code, f.Subject, f.Message)
				}
			}
			for _, code := range s.Warned {
				if !warned[code] {
					t.Errorf("no warning %s", code)
				}
			}
			got := map[string]string{}
			for _, a := range r.ServiceAccounts {
				got[a.Namespace+"/"+a.Name] = a.RoleARN
				for _, l := range a.Links {
					if l.Status == verify.Broken || l.Status == verify.Unknown && !mayBeUnknown(s, l.Name) {
						t.Errorf("%s/%s: %s is %s: %s", a.Namespace, a.Name, l.Name, l.Status, l.Why)
					}
				}
			}
			if want := nonNil(s.Accounts); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("verify looked at %v, want %v", got, want)
			}
		})
	}
}

// mayBeUnknown: whether the webhook works only the cluster shows, and the helper chart of Qovery
// has no pods.
func mayBeUnknown(s howtos.HowTo, l verify.Link) bool {
	return l == verify.LinkWorkload && s.Chart == "charts/qovery-sa-helper" || l == verify.LinkWebhook
}

// TestVerifiedWithout: and where something is taken out of the same snapshot, it is
// missed.
func TestVerifiedWithout(t *testing.T) {
	t.Parallel()
	for key, code := range map[string]string{"RoleDetailList": "role-missing", "OpenIDConnectProviders": "oidc-provider-missing"} {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			s := howtos.Named("cinchy")
			var snapshot map[string]any
			if err := json.Unmarshal(snapshotOf(t, s), &snapshot); err != nil {
				t.Fatal(err)
			}
			if _, there := snapshot[key]; !there {
				t.Fatalf("the snapshot has no %s", key)
			}
			snapshot[key] = []any{}
			text, err := json.Marshal(snapshot)
			if err != nil {
				t.Fatal(err)
			}
			if r := verified(t, s, text); r.Status != verify.Broken || !slices.ContainsFunc(r.Findings, func(f verify.Finding) bool { return f.Code == code }) {
				t.Errorf("without %s: %s, %+v", key, r.Status, r.Findings)
			}
		})
	}
}

func verified(t *testing.T, s howtos.HowTo, snapshot []byte) *verify.Report {
	t.Helper()
	objects, err := manifest.Read("rendered", bytes.NewReader(rendered(t, s)))
	if err != nil {
		t.Fatal(err)
	}
	read, err := awsstate.Read("snapshot", bytes.NewReader(snapshot))
	if err != nil {
		t.Fatal(err)
	}
	return verify.Verify(verify.Input{Objects: objects, Snapshot: read, File: specOf(t, s), Namespace: s.Namespace})
}

// snapshotOf applies the how-to in a bare AWS account of the local AWS, in this process,
// and takes the snapshot.
func snapshotOf(t *testing.T, s howtos.HowTo) []byte {
	t.Helper()
	server := bare(t, s)
	session, err := awsiam.Open(t.Context(), awsiam.Release{File: specOf(t, s), Name: s.Release, Namespace: s.Namespace}, sessionOptions(t, s, server))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := session.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Apply(t.Context(), plan, nil); err != nil {
		t.Fatal(err)
	}
	taken, err := session.Snapshot(t.Context())
	if err != nil || len(taken.Unread) > 0 {
		t.Fatalf("snapshot: %v; not read: %v", err, taken.Unread)
	}
	text, err := json.Marshal(taken)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// sessionOptions are those of a user of the how-to, with a profile for the other AWS
// account.
func sessionOptions(t *testing.T, s howtos.HowTo, server *localaws.Server) awsiam.Options {
	t.Helper()
	home := fmt.Sprintf("[default]\naws_access_key_id = %s\naws_secret_access_key = x\n", key(howtos.Home))
	file := write(t, filepath.Join(t.TempDir(), "config"), home+profiles(s))
	return awsiam.Options{Load: []func(*config.LoadOptions) error{
		config.WithRegion(s.Region), config.WithBaseEndpoint(server.URL()), config.WithSharedConfigFiles([]string{file}),
	}}
}
