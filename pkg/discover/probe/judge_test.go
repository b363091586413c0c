package probe

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/strvals"

	"github.com/helm-irsa/helm-irsa/internal/golden"
	"github.com/helm-irsa/helm-irsa/pkg/discover"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// helmTemplate is what Helm itself makes of a chart: helm template in process, schema and all.
func helmTemplate(t *testing.T, folder string, values map[string]any) (*manifest.Objects, error) {
	t.Helper()
	c, err := loader.LoadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	kube, err := chartutil.ParseKubeVersion(kubeVersion)
	if err != nil {
		t.Fatal(err)
	}
	install := action.NewInstall(&action.Configuration{Log: t.Logf})
	install.DryRun, install.DryRunOption, install.ClientOnly, install.Replace, install.KubeVersion = true, "true", true, true, kube
	install.ReleaseName, install.Namespace = "rel", "ns"
	rel, err := install.Run(c, values)
	if err != nil {
		return nil, err
	}
	stream := rel.Manifest
	for _, h := range rel.Hooks {
		stream += "\n---\n" + h.Manifest
	}
	return manifest.Read("helm", strings.NewReader(stream))
}

func accountsIn(o *manifest.Objects) map[string]map[string]any {
	out := map[string]map[string]any{}
	for _, object := range o.List {
		if object.Kind == "ServiceAccount" {
			namespace := object.Namespace
			if namespace == "" {
				namespace = "ns"
			}
			out[namespace+"/"+object.Name] = manifest.Mapping(object.Body, "metadata", "annotations")
		}
	}
	return out
}

// TestHelmAgrees has Helm itself say whether each value does what was found: it is set as a user
// would, in values that Helm reads, and the result is Helm's.
func TestHelmAgrees(t *testing.T) {
	t.Parallel()
	cases, err := golden.Read(filepath.Join("..", "..", "..", "testdata", "golden", "discover"), func(c *golden.Case) (*golden.Case, error) { return c, nil })
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if strings.HasPrefix(c.Name, "error-") {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			folder := unpacked(t, c.Files["chart.txtar"])
			given := func() map[string]any {
				values, err := chartutil.ReadValues(c.Files["values.yaml"])
				if err != nil {
					t.Fatal(err)
				}
				return values
			}
			found, err := Inspect(discover.Options{Chart: folder, Values: given(), Release: "rel", Namespace: "ns"})
			if err != nil {
				t.Fatal(err)
			}
			agrees(t, found, folder, given)
		})
	}
}

// agrees holds what was found of a chart against Helm.
func agrees(t *testing.T, found *discover.Result, folder string, given func() map[string]any) {
	t.Helper()
	plain, err := helmTemplate(t, folder, given())
	if err != nil {
		t.Fatal(err)
	}
	if got := len(accountsIn(plain)); got != len(found.ServiceAccounts) {
		t.Errorf("Helm makes %d service accounts, %d were found", got, len(found.ServiceAccounts))
	}
	for i := range found.ServiceAccounts {
		a := &found.ServiceAccounts[i]
		id := a.Namespace + "/" + a.Name
		for _, w := range a.Ways {
			values := given()
			if !found.Put(w, values, roleKey, "arn:aws:iam::111122223333:role/r") {
				t.Errorf("%s: nothing can be put there", w.Path)
			}
			o, err := helmTemplate(t, folder, values)
			if err != nil || accountsIn(o)[id][roleKey] != "arn:aws:iam::111122223333:role/r" {
				t.Errorf("%s is not what annotates %s: %v", w.Path, id, err)
			}
		}
		for _, p := range a.Values.Name {
			if strings.Contains(p, "[") { // --set would lose the rest of the list
				continue
			}
			if o := withSet(t, folder, given(), p+"=other"); accountsIn(o)[a.Namespace+"/other"] == nil && accountsIn(o)[id] != nil {
				t.Errorf("%s does not name %s", p, id)
			}
		}
		for _, p := range a.Values.Create {
			if o := withSet(t, folder, given(), p+"=false"); accountsIn(o)[id] != nil {
				t.Errorf("%s=false leaves %s", p, id)
			}
		}
	}
}

// TestCharts does so for every chart in the folder $IRSA_CHARTS; NAME.values.yaml beside a chart's
// folder has the values that it needs.
func TestCharts(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("IRSA_CHARTS")
	if dir == "" {
		t.Skip("set IRSA_CHARTS to a folder of charts")
	}
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	charts, accounts, annotated, named, few := 0, 0, 0, 0, 0
	for _, entry := range all {
		folder := filepath.Join(dir, entry.Name())
		if !entry.IsDir() {
			continue
		}
		given := func() map[string]any {
			text, err := os.ReadFile(folder + ".values.yaml")
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
			values, err := chartutil.ReadValues(text)
			if err != nil {
				t.Fatal(err)
			}
			return values
		}
		found, err := Inspect(discover.Options{Chart: folder, Values: given(), Release: "rel", Namespace: "ns"})
		if err != nil {
			t.Logf("%s: %v", entry.Name(), err)
			continue
		}
		charts++
		if found.Renders <= 3 {
			few++
		}
		for i := range found.ServiceAccounts {
			accounts++
			if len(found.ServiceAccounts[i].Ways) > 0 {
				annotated++
			}
			if len(found.ServiceAccounts[i].Values.Name) > 0 {
				named++
			}
		}
		t.Run(entry.Name(), func(t *testing.T) {
			agrees(t, found, folder, given)
		})
	}
	t.Logf("%d charts, %d of them in at most 3 renders; %d service accounts, %d annotated and %d named by a value", charts, few, accounts, annotated, named)
	if charts == 0 {
		t.Errorf("no chart of %s could be inspected", dir)
	}
}

func withSet(t *testing.T, folder string, values map[string]any, set string) *manifest.Objects {
	t.Helper()
	if err := strvals.ParseInto(set, values); err != nil {
		t.Fatal(err)
	}
	o, err := helmTemplate(t, folder, values)
	if err != nil {
		t.Fatalf("--set %s: %v", set, err)
	}
	return o
}

// TestNameVaries: a name that a template makes up is another with each render; what else is random
// changes nothing, and a value that names the service account is found.
func TestNameVaries(t *testing.T) {
	t.Parallel()
	folder := unpacked(t, []byte(`-- Chart.yaml --
apiVersion: v2
name: c
version: 0.1.0
-- values.yaml --
serviceAccount: {name: ""}
-- templates/a.yaml --
apiVersion: v1
kind: ServiceAccount
metadata: {name: {{ .Values.serviceAccount.name | default (printf "job-%s" (randAlphaNum 5 | lower)) }}}
-- templates/b.yaml --
apiVersion: v1
kind: ServiceAccount
metadata: {name: fixed}
-- templates/c.yaml --
apiVersion: v1
kind: Secret
metadata: {name: s}
stringData: {password: {{ randAlphaNum 8 }}}
`))
	found, err := Inspect(discover.Options{Chart: folder, Release: "rel", Namespace: "ns"})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(found.ServiceAccounts); n != 2 {
		t.Fatalf("%d service accounts", n)
	}
	for _, a := range found.ServiceAccounts {
		if want := a.Name != "fixed"; a.NameVaries != want {
			t.Errorf("%s varies: %t, want %t", a.Name, a.NameVaries, want)
		}
		if a.NameVaries && (len(a.Values.Name) != 1 || a.Values.Name[0] != "serviceAccount.name") {
			t.Errorf("%s: named by %q", a.Name, a.Values.Name)
		}
	}
	named, err := Inspect(discover.Options{Chart: folder, Release: "rel", Namespace: "ns", Values: map[string]any{"serviceAccount": map[string]any{"name": "web"}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range named.ServiceAccounts {
		if a.NameVaries {
			t.Errorf("%s varies", a.Name)
		}
	}
}
