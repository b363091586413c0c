package verify_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

// FuzzVerify: whatever is read, nothing panics, every finding is whole, and a link is ok
// only where nothing with an error is on it.
func FuzzVerify(f *testing.F) {
	manifests, snapshot := thousand(2)
	f.Add(manifests, snapshot)
	f.Add("spec: {serviceAccountName: x}\nspec: {serviceAccountName: default}\n", "OpenIDConnectProviders: []\n")
	f.Add("a: &a [*a]\n", "{}")
	f.Add("serviceAccount: {annotations: \"eks.amazonaws.com/role-arn:arn:aws\"}\n", "cluster: {issuer: https://x}\n")
	folders, err := filepath.Glob(filepath.Join("../../testdata/golden/verify", "*"))
	if err != nil || len(folders) == 0 {
		f.Fatalf("no golden case: %v", err)
	}
	for _, folder := range folders {
		manifests, err := os.ReadFile(filepath.Join(folder, "manifests.yaml"))
		if err != nil {
			f.Fatal(err)
		}
		for _, name := range []string{"snapshot.json", "snapshot.yaml"} {
			if snapshot, err := os.ReadFile(filepath.Join(folder, name)); err == nil {
				f.Add(string(manifests), string(snapshot))
			}
		}
	}
	f.Fuzz(func(t *testing.T, manifests, snapshot string) {
		var in verify.Input
		objects, err := manifest.Read("m", strings.NewReader(manifests))
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("more than one line: %v", err)
		}
		in.Objects = objects
		s, err := awsstate.Read("s", strings.NewReader(snapshot))
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("more than one line: %v", err)
		}
		in.Snapshot = s
		r := verify.Verify(in)
		if _, err := json.Marshal(r); err != nil {
			t.Error(err)
		}
		for _, f := range r.Findings {
			if _, ok := verify.CodeOf(f.Code); !ok || f.Message == "" || f.Subject == "" || f.Why == "" || f.Fix == "" {
				t.Errorf("lacks a part: %+v", f)
			}
		}
		for _, a := range r.ServiceAccounts {
			for _, l := range a.Links {
				for _, f := range a.Findings {
					if l.Status == verify.OK && f.Link == l.Name && f.Severity == verify.Error {
						t.Errorf("%s is ok, and has %s", l.Name, f.Code)
					}
				}
			}
		}
	})
}
