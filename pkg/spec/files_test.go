package spec

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const fileHead = "apiVersion: helm-irsa.dev/v1alpha1\nkind: ReleaseIdentity\n"

// loadAll writes files and loads them, left to right.
func loadAll(t *testing.T, o Options, texts ...string) (*File, string, error) {
	t.Helper()
	dir := t.TempDir()
	var paths []string
	for i, text := range texts {
		path := filepath.Join(dir, string(rune('a'+i))+".yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	f, err := LoadFiles(paths, o)
	if err != nil {
		return f, dir, errors.New(strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), ""))
	}
	return f, dir, nil
}

// TestMerge: a file is laid over those before it as Helm lays values, and named things by name.
func TestMerge(t *testing.T) {
	t.Parallel()
	f, _, err := loadAll(t, Options{}, fileHead+`
cluster: {name: dev, region: eu-west-3, additional: [{name: blue, region: eu-west-1}]}
defaults: {tags: {team: shop, stage: dev}}
policies:
- name: read
  document: &doc {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "*"}]}
- name: write
  document: *doc
serviceAccounts:
- name: web
  role: {policies: [read, write], maxSessionDuration: 2h}
  usedBy: [{workload: {kind: Deployment, name: web}}]
- name: job
  namespace: batch
`, `
cluster: {name: prod, additional: [{name: blue, accountID: "111122223333"}, {name: green}]}
defaults: {tags: {stage: null, cost: "1"}}
policies:
- name: read
  document: {Statement: [{Effect: Allow, Action: "s3:ListBucket", Resource: "*"}]}
serviceAccounts:
- name: job
  role: {name: job-role}
- name: web
  role: {policies: [read], maxSessionDuration: null}
- {name: new}
`, `
serviceAccounts: [{name: web, rollout: true}]
`)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, sa := range f.ServiceAccounts {
		names = append(names, sa.Namespace+"/"+sa.Name+"="+sa.Role.Name)
	}
	web := f.ServiceAccounts[0]
	switch {
	case strings.Join(names, " ") != "/web= batch/job=job-role /new=":
		t.Error(names)
	case f.Cluster.Name != "prod" || f.Cluster.Region != "eu-west-3" || len(f.Cluster.Additional) != 2 || f.Cluster.Additional[0].Region != "eu-west-1" || f.Cluster.Additional[0].AccountID == "":
		t.Errorf("%+v", f.Cluster)
	case len(f.Defaults.Tags) != 2 || f.Defaults.Tags["team"] != "shop" || f.Defaults.Tags["cost"] != "1":
		t.Error(f.Defaults.Tags)
	case string(f.Policies[0].Document.JSON()) != `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*"}]}`:
		t.Error(string(f.Policies[0].Document.JSON()))
	case !strings.Contains(string(f.Policies[1].Document.JSON()), "s3:GetObject"):
		t.Error(string(f.Policies[1].Document.JSON()))
	case len(web.Role.Policies) != 1 || web.Role.MaxSessionDuration.String() != "1h0m0s" || len(web.UsedBy) != 1 || !web.Rollout:
		t.Errorf("%+v", web)
	case filepath.Base(web.File) != "a.yaml" || filepath.Base(f.ServiceAccounts[2].File) != "b.yaml" || web.Line != 12:
		t.Error(web.File, web.Line, f.ServiceAccounts[2].File)
	}
	// A position in a document that two files make is that of the file.
	doc := f.Policies[0].Document
	for column, want := range map[int]string{2: "a.yaml", 30: "b.yaml"} {
		if file, _, _ := doc.Position(column); filepath.Base(file) != want {
			t.Errorf("column %d is in %s, want %s", column, file, want)
		}
	}
}

// TestMergeFaults: each fault names the file in which it stands.
func TestMergeFaults(t *testing.T) {
	t.Parallel()
	base := fileHead + "serviceAccounts:\n- {name: web, namespace: a}\n- {name: web, namespace: b}\n"
	for name, c := range map[string]struct{ over, want string }{
		"unknown field":        {"serviceAccount: []\n", `b.yaml:1:1: serviceAccount: unknown field; did you mean "serviceAccounts"?`},
		"a wrong value":        {"cluster: {region: here}\n", `b.yaml:1:19: cluster.region: "here" is not an AWS region; write a region such as eu-west-3`},
		"in a later item":      {"serviceAccounts:\n- {name: web, namespace: b, mode: x}\n", `b.yaml:2:35: serviceAccounts[1].mode: "x" is not known here; write one of irsa, podIdentity, both`},
		"which of two":         {"serviceAccounts:\n- {name: web, rollout: true}\n", `b.yaml:2:3: serviceAccounts[0]: the files before have 2 entries of the name "web"; write its namespace too`},
		"twice in one":         {"serviceAccounts:\n- {name: x}\n- {name: x}\n", `b.yaml:3:10: serviceAccounts[3].name: a second entry for service account x, first on line 2; merge the two entries`},
		"a cycle":              {"cluster: &c {additional: *c}\n", "b.yaml:1:26: cluster.additional: the alias *c stands inside its own anchor; write the value out"},
		"not YAML":             {"a: [\n", "b.yaml:1:1: not valid YAML"},
		"no mapping":           {"- a\n", `b.yaml:1:1: must be a mapping, not a list; begin with "apiVersion: helm-irsa.dev/v1alpha1"`},
		"empty":                {"", "b.yaml:1:1: the file is empty"},
		"an unknown deletion":  {"clustr: null\n", `b.yaml:1:1: clustr: unknown field; did you mean "cluster"?`},
		"nothing to delete":    {"nodeRole: null\ndefaults: {tags: {a: null}}\n", ""},
		"what must be there":   {"kind: null\n", `a.yaml:1:1: kind: is missing; add "kind: ReleaseIdentity"`},
		"another one of oneof": {"policies: [{name: p, file: x, document: {a: 1}}]\n", "b.yaml:1:31: policies[0]: document and file exclude each other"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := loadAll(t, Options{}, base, c.over)
			if c.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
	_, _, err := loadAll(t, Options{}, fileHead+"serviceAccounts: [{name: A}]\n", "cluster: {region: x}\n", "cluster: {name: _}\n")
	want := "a.yaml:3:26: serviceAccounts[0].name: \"A\" is not a service account name; use lower-case letters, digits, - and .\n" +
		"b.yaml:1:19: cluster.region: \"x\" is not an AWS region; write a region such as eu-west-3\n" +
		"c.yaml:1:17: cluster.name: \"_\" is not a cluster name; use letters, digits, - and _, a letter or digit first"
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

// TestPolicyFilesOfSeveral: a policy's file lies beside the irsa.yaml that names it, or in a
// folder that was named, and nowhere else.
func TestPolicyFilesOfSeveral(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"base/irsa.yaml": fileHead + "policies: [{name: a, file: p.json}]\n",
		"base/p.json":    `{"Id": "base-${cluster.name}"}`,
		"prod/irsa.yaml": "policies: [{name: b, file: p.json}, {name: c, file: ../shared/p.json}]\n",
		"prod/p.json":    `{"Id": "prod"}`, "shared/p.json": `{"Id": "shared"}`, "link": "->shared",
	})
	in := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	paths := []string{in("base/irsa.yaml"), in("prod/irsa.yaml")}
	known := func(Cluster) (Known, error) { return Known{Cluster: Cluster{Name: "x"}}, nil }
	for _, named := range []string{"shared", "link"} {
		f, err := LoadFiles(paths, Options{Known: known, PolicyFolders: []string{in(named)}})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, p := range f.Policies {
			got += string(p.Document.JSON())
		}
		if got != `{"Id":"base-x"}{"Id":"prod"}{"Id":"shared"}` {
			t.Error(got)
		}
	}
	for _, folders := range [][]string{nil, {in("prod")}, {in("none")}} {
		_, err := LoadFiles(paths, Options{Known: known, PolicyFolders: folders})
		if want := in("prod/irsa.yaml") + `:1:53: policies[2].file: "../shared/p.json" leads out of irsa.yaml's folder`; err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v: %v", folders, err)
		}
	}
}
