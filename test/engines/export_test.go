package engines

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/helm-irsa/helm-irsa/test/howtos"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// exported is a release that is exported for engines.
type exported struct {
	name, release, namespace, chart, file string
	set                                   []string
	// accounts are the service accounts and their roles' ARNs, as the page of the how-to says.
	accounts map[string]string
	// secret is a kind that is said, and not written.
	secret string
}

// exportedAll are the how-tos, and irsa.yaml files of testdata/engines for what those do not need.
func exportedAll() []exported {
	var out []exported
	for _, h := range howtos.All() {
		if len(h.Accounts) > 0 { // that of the nodes' role renders nothing
			out = append(out, exported{strings.ReplaceAll(h.Name, " ", "-"), h.Release, h.Namespace, h.Chart, h.File(), h.Set, h.Accounts, ""})
		}
	}
	own := func(name, release, namespace, chart, secret string) exported {
		return exported{name, release, namespace, "testdata/charts/" + chart, "testdata/golden/engines/" + name + "/irsa.yaml", nil, nil, secret}
	}
	return append(out,
		own("hooks", "app", "data", "hooks", ""),
		own("jobs", "app", "data", "jobs", ""),
		own("rollout", "app", "data", "kiam-app", ""),
		own("secret", "epinio", "epinio", "epinio-1.12", "Secret"),
	)
}

func (e exported) export(t *testing.T, env []string, format string, more ...string) result {
	t.Helper()
	args := []string{"export", format, e.release, "-n", e.namespace, "-f", e.file, "--chart", e.chart}
	return run(t, root, env, "", "helm-irsa", append(append(args, more...), e.flags()...)...)
}

func (e exported) flags() []string {
	if len(e.set) == 0 {
		return nil
	}
	out := []string{"--"}
	for _, v := range e.set {
		out = append(out, "--set", v)
	}
	return out
}

// TestExportGolden: what is written, and what is said, for each engine.
func TestExportGolden(t *testing.T) {
	t.Parallel()
	env := environment(t, bin(t, nil))
	for _, e := range exportedAll() {
		for _, format := range []string{"argocd", "flux"} {
			t.Run(e.name+"/"+format, func(t *testing.T) {
				t.Parallel()
				r := e.export(t, env, format)
				stdout := r.must(t)
				if again := e.export(t, env, format); again != r {
					t.Error("the second export differs")
				}
				for name, text := range map[string]string{format + ".yaml": stdout, format + ".txt": r.stderr} {
					path := filepath.Join(root, "testdata", "golden", "engines", e.name, name)
					if *update {
						write(t, path, text)
					} else if want := read(t, path); text != want {
						t.Errorf("%s is not what is written; go test ./test/engines -run ExportGolden -update rewrites it:\n%s", path, text)
					}
				}
				lacks := strings.Contains(r.stderr, "helm-irsa: warning: ")
				strict := e.export(t, env, format, "--strict")
				if lacks != (strict.code == 1) || lacks && strict.stdout != "" {
					t.Errorf("with --strict: exit code %d, %s%s", strict.code, strict.stdout, strict.stderr)
				}
			})
		}
	}
}

// documents are those of a stream, by kind.
func documents(t *testing.T, stream string) map[string][]map[string]any {
	t.Helper()
	out := map[string][]map[string]any{}
	for _, doc := range strings.Split("\n"+stream, "\n---\n") {
		var o map[string]any
		if err := yaml.Unmarshal([]byte(doc), &o); err != nil {
			t.Fatalf("%v in\n%s", err, doc)
		}
		if o != nil {
			kind, _ := o["kind"].(string)
			out[kind] = append(out[kind], o)
		}
	}
	return out
}

// at is what stands at a path of mappings and of lists, whose first element is taken.
func at(v any, path ...string) any {
	for _, key := range path {
		if l, ok := v.([]any); ok && len(l) > 0 {
			v = l[0]
		}
		m, _ := v.(map[string]any)
		v = m[key]
	}
	return v
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	text, err := yaml.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// template is the chart as Helm renders it, with values.
func (e exported) template(t *testing.T, env []string, values any) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "values.yaml")
	text, isText := values.(string)
	if !isText {
		text = marshal(t, values)
	}
	write(t, file, text)
	args := []string{"template", e.release, e.chart, "--namespace", e.namespace, "--values", file}
	for _, v := range e.set {
		args = append(args, "--set", v)
	}
	return run(t, root, env, "", "helm", args...).must(t)
}

func (e exported) postRendered(t *testing.T, env []string, stream string) string {
	t.Helper()
	return run(t, root, env, stream, "irsa-post-renderer", "-f", e.file, "-n", e.namespace, "--release", e.release).must(t)
}

// promised: the service accounts of a stream have the roles that the how-to says.
func (e exported) promised(t *testing.T, all map[string]string) {
	t.Helper()
	for account, arn := range e.accounts {
		namespace, name, _ := strings.Cut(account, "/")
		object := all["ServiceAccount "+account]
		if namespace == e.namespace && object == "" {
			object = all["ServiceAccount /"+name]
		}
		if !strings.Contains(object, `"eks.amazonaws.com/role-arn":"`+arn+`"`) {
			t.Errorf("service account %s has not %s: %s", account, arn, object)
		}
	}
}

// namespaced gives objects without a namespace the release's, as an engine does.
func (e exported) namespaced(all map[string]string) map[string]string {
	out := map[string]string{}
	for id, text := range all {
		if kind, name, ok := strings.Cut(id, " /"); ok && kind == "ServiceAccount" {
			id = kind + " " + e.namespace + "/" + name
			text = strings.Replace(text, `"name":"`+name+`"`, `"name":"`+name+`","namespace":"`+e.namespace+`"`, 1)
		}
		out[id] = text
	}
	return out
}

// TestExportFlux: what helm-controller makes of the HelmRelease, by its values and its patches
// (internal/postrender/kustomize.go in https://github.com/fluxcd/helm-controller at v1.6.0), and
// what stands beside it, is object for object what the post-renderer makes of the chart; and a
// patch fails where its object is gone.
func TestExportFlux(t *testing.T) {
	t.Parallel()
	env := environment(t, bin(t, map[string]string{"helm": program(t, helmVariable, "Helm (make test sets it)"), "kustomize": program(t, kustomizeVariable, "kustomize")}))
	for _, e := range exportedAll() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			text := e.export(t, env, "flux").must(t)
			all := documents(t, text)
			release := all["HelmRelease"][0]
			rendered := named(t, e.template(t, env, at(release, "spec", "values")))
			got := rendered
			patches, _ := at(release, "spec", "postRenderers", "kustomize", "patches").([]any)
			if len(patches) > 0 {
				got = kustomized(t, env, rendered, patches).must(t)
			}
			for _, account := range all["ServiceAccount"] {
				got += "\n---\n" + marshal(t, account)
			}
			wanted := e.postRendered(t, env, rendered)
			if len(patches) > 0 { // kustomize leaves out what is empty
				wanted = kustomized(t, env, wanted, nil).must(t)
			}
			is, want := e.namespaced(objects(t, got)), e.namespaced(objects(t, wanted))
			maps.DeleteFunc(is, func(id, _ string) bool {
				return e.secret != "" && strings.HasPrefix(id, e.secret+" ") && want[id] != ""
			})
			maps.DeleteFunc(want, func(id, _ string) bool { return e.secret != "" && strings.HasPrefix(id, e.secret+" ") })
			same(t, "Flux", is, want)
			e.promised(t, is)
			for _, p := range patches {
				if at(p, "target") != nil {
					continue
				}
				if r := kustomized(t, env, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n", []any{p}); r.code == 0 {
					t.Errorf("a patch without its object passes: %v", p)
				}
			}
		})
	}
}

// named are the objects of a stream that have a name: kustomize takes no other, which is said.
func named(t *testing.T, stream string) string {
	t.Helper()
	var out strings.Builder
	for _, doc := range strings.Split("\n"+stream, "\n---\n") {
		var o struct {
			Kind     string
			Metadata struct{ Name string }
		}
		if err := yaml.Unmarshal([]byte(doc), &o); err != nil {
			t.Fatal(err)
		}
		if o.Kind == "List" || o.Metadata.Name != "" {
			out.WriteString("---\n" + doc + "\n")
		}
	}
	return out.String()
}

func kustomized(t *testing.T, env []string, rendered string, patches []any) result {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "helm-output.yaml"), rendered)
	write(t, filepath.Join(dir, "kustomization.yaml"), marshal(t, map[string]any{"resources": []string{"helm-output.yaml"}, "patches": patches}))
	return run(t, dir, env, "", "kustomize", "build", dir)
}

// TestExportArgoCD: what the repo server renders of the Application, with its values
// (helmTemplate in reposerver/repository/repository.go of https://github.com/argoproj/argo-cd at
// v3.5.1) or by the plugin, leaves the post-renderer nothing to do.
func TestExportArgoCD(t *testing.T) {
	t.Parallel()
	s := newSidecar(t)
	byValues := 0
	for _, e := range exportedAll() {
		app := documents(t, e.export(t, s.env, "argocd").must(t))["Application"][0]
		if at(app, "spec", "source", "helm") != nil {
			byValues++
		}
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			var got string
			if values := at(app, "spec", "source", "helm", "valuesObject"); values != nil {
				got = e.template(t, s.env, values)
			} else {
				got = e.byPlugin(t, s, app)
			}
			all := objects(t, got)
			e.promised(t, all)
			if e.name != "rollout" { // which is said
				same(t, "Argo CD", all, objects(t, e.postRendered(t, s.env, got)))
			}
		})
	}
	if n := len(exportedAll()); byValues == 0 || byValues == n {
		t.Errorf("%d of %d by values", byValues, n)
	}
}

// byPlugin runs the plugin in a folder with the chart and irsa.yaml.
func (e exported) byPlugin(t *testing.T, s sidecar, app map[string]any) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS(filepath.Join(root, e.chart))); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, "irsa.yaml"), read(t, filepath.Join(root, e.file)))
	env := slices.Clone(s.env)
	list, _ := at(app, "spec", "source", "plugin", "env").([]any)
	for _, one := range list {
		name, _ := at(one, "name").(string)
		value, _ := at(one, "value").(string)
		env = append(env, "ARGOCD_ENV_"+name+"="+strings.ReplaceAll(value, "$$", "$"))
	}
	s.env = env
	name, _ := at(app, "metadata", "name").(string)
	return s.generate(t, folder, name, e.namespace).must(t)
}
