package discover

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	helmvalues "helm.sh/helm/v3/pkg/cli/values"
	"helm.sh/helm/v3/pkg/strvals"

	"github.com/helm-irsa/helm-irsa/internal/golden"
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
	cases, err := golden.Read(filepath.Join("..", "..", "testdata", "golden", "discover"), func(c *golden.Case) (*golden.Case, error) { return c, nil })
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
			found, err := Inspect(Options{Chart: folder, Values: given(), Release: "rel", Namespace: "ns"})
			if err != nil {
				t.Fatal(err)
			}
			agrees(t, found, folder, given)
		})
	}
}

// agrees holds what was found of a chart against Helm.
func agrees(t *testing.T, found *Result, folder string, given func() map[string]any) {
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
		for _, w := range a.ways {
			values := given()
			if !w.Put(values, roleKey, "arn:aws:iam::111122223333:role/r") {
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

// TestCharts does so for every chart in the folder $IRSA_CHARTS that renders without values.
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
		found, err := Inspect(Options{Chart: folder, Values: map[string]any{}, Release: "rel", Namespace: "ns"})
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
			if len(found.ServiceAccounts[i].ways) > 0 {
				annotated++
			}
			if len(found.ServiceAccounts[i].Values.Name) > 0 {
				named++
			}
		}
		t.Run(entry.Name(), func(t *testing.T) {
			agrees(t, found, folder, func() map[string]any { return map[string]any{} })
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

// TestMergeValues merges as Helm does.
func TestMergeValues(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, second := filepath.Join(dir, "a.yaml"), filepath.Join(dir, "b.yaml")
	for file, text := range map[string]string{first: "a: {b: 1, c: [1, 2]}\nd: x\ne: {f: g}\n", second: "a: {b: null, c: [3]}\nd: {y: z}\ne: null\n"} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for i, s := range []Sources{
		{Files: []string{first, second}},
		{Files: []string{second, first}, Set: []string{"a.c[1]=x,k=1", "n=null"}, String: []string{"k=2"}},
		{JSON: []string{`j={"a":[1]}`, "a.b=2"}, Literally: []string{"l=a,b=c"}, File: []string{"f=" + second}, Set: []string{"j.a[0]=2"}},
	} {
		got, err := MergeValues(s, os.ReadFile)
		if err != nil {
			t.Fatal(err)
		}
		helm := helmvalues.Options{ValueFiles: s.Files, Values: s.Set, StringValues: s.String, JSONValues: s.JSON, FileValues: s.File, LiteralValues: s.Literally}
		want, err := helm.MergeValues(nil)
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) || !reflect.DeepEqual(got, want) {
			t.Errorf("%d: got %v, Helm has %v", i, got, want)
		}
	}
	for flag, s := range map[string]Sources{
		"--set a": {Set: []string{"a"}}, "--set-json a=": {JSON: []string{"a={"}}, "--set-string": {String: []string{"a"}},
		"--set-file": {File: []string{"a=" + dir + "/none"}}, "values of": {Files: []string{filepath.Join(dir, "bad.yaml")}},
	} {
		if err := os.WriteFile(filepath.Join(dir, "bad.yaml"), []byte("a: ["), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := MergeValues(s, os.ReadFile); err == nil || !strings.Contains(err.Error(), flag) {
			t.Errorf("%s: %v", flag, err)
		}
	}
	if got, err := MergeValues(Sources{JSON: []string{`{"a":{"b":1}}`, `{"a":{"c":2}}`}}, os.ReadFile); err != nil || len(got["a"].(map[string]any)) != 2 {
		t.Error(got, err)
	}
}

// TestWays: what is a service account's own goes before what it shares.
func TestWays(t *testing.T) {
	t.Parallel()
	own, shared, arn := &candidate{path: valuePath{"a", "annotations"}}, &candidate{path: valuePath{"global", "deep", "annotations"}}, &candidate{path: valuePath{"x", "y", "arn"}}
	r := &Result{ServiceAccounts: []ServiceAccount{
		{Name: "one", ways: []Way{{Path: "shared", candidate: shared}, {Path: "arn", RoleARN: true, candidate: arn}, {Path: "own", candidate: own}}},
		{Name: "two", ways: []Way{{Path: "shared", candidate: shared}}},
	}}
	var got []string
	for _, w := range r.Ways(&r.ServiceAccounts[0]) {
		got = append(got, w.Path)
	}
	if !slices.Equal(got, []string{"own", "arn", "shared"}) {
		t.Error(got)
	}
}
