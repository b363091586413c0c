package verify

import (
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// TestPastedIn: what may be guessed from is decided by the release, the kinds, and what was read
// of AWS beside roles.
func TestPastedIn(t *testing.T) {
	t.Parallel()
	const whole, values = "kind: ServiceAccount\nmetadata: {name: a}\n", "a: 1\n"
	for name, tt := range map[string]struct {
		objects, snapshot, release string
		want                       pasted
	}{
		"nothing":                   {"", "", "", pasted{objects: true, roles: true}},
		"whole objects":             {whole, "", "", pasted{objects: true, roles: true}},
		"values":                    {values, "", "", pasted{objects: true, fragments: true, roles: true}},
		"values beside objects":     {whole + "---\n" + values, "{RoleDetailList: []}", "", pasted{objects: true, fragments: true, roles: true}},
		"a whole AWS account":       {whole, "{RoleDetailList: [], Policies: []}", "", pasted{objects: true}},
		"roles alone":               {whole, "{RoleDetailList: [], OpenIDConnectProviders: []}", "", pasted{objects: true, roles: true}},
		"a release":                 {whole, "{RoleDetailList: []}", "shop", pasted{}},
		"a release beside a values": {whole + "---\n" + values, "", "shop", pasted{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			objects, err := manifest.Read("m", strings.NewReader(tt.objects))
			if err != nil {
				t.Fatal(err)
			}
			in := Input{Objects: objects, Release: tt.release}
			if tt.snapshot != "" {
				if in.Snapshot, err = awsstate.Read("s", strings.NewReader(tt.snapshot)); err != nil {
					t.Fatal(err)
				}
			}
			if got := pastedIn(in); got != tt.want {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
		})
	}
}

// TestTakenForLive: of two documents of a service account, one that another tool marked.
func TestTakenForLive(t *testing.T) {
	t.Parallel()
	object := func(by string) *manifest.Object {
		return &manifest.Object{Kind: "ServiceAccount", Body: map[string]any{"metadata": map[string]any{"labels": map[string]any{managedBy: by}}}}
	}
	helm, argo, none := object("Helm"), object("argocd"), object("")
	for _, tt := range []struct{ a, b, want *manifest.Object }{
		{helm, argo, argo}, {argo, helm, argo}, {none, argo, argo}, {argo, argo, nil}, {helm, none, nil}, {helm, helm, nil},
	} {
		if got := takenForLive(tt.a, tt.b); got != tt.want {
			t.Errorf("%v of %v and %v", got, tt.a, tt.b)
		}
	}
}
