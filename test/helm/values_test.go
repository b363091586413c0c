package helm

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/helm-irsa/helm-irsa/test/howtos"
)

// TestValues: what helm irsa values writes gives the same objects as the post-renderer does, as a
// file of values, as flags, and in what Argo CD and Flux carry. irsa.yaml is init's.
func TestValues(t *testing.T) {
	eachHelm(t, func(t *testing.T, h host) {
		h.install(t)
		for _, s := range howtos.Starts() {
			t.Run(s.Name, func(t *testing.T) {
				t.Parallel()
				values(t, h, s)
			})
		}
	})
}

func values(t *testing.T, h host, s howtos.Start) {
	dir := t.TempDir()
	file := filepath.Join(dir, "irsa.yaml")
	chart := []string{s.Name, abs(t, filepath.Join(root, s.Chart())), "--namespace", s.Namespace}
	for _, v := range s.Set {
		chart = append(chart, "--set", v)
	}
	init := append([]string{"irsa", "init"}, chart...)
	for _, g := range s.Grants {
		init = append(init, "--grant", g)
	}
	h.must(t, append(init, "--cluster-name", "prod", "--cluster-region", "eu-west-3", "--cluster-account-id", "111122223333", "--file", file)...)
	want := h.must(t, slices.Concat([]string{"irsa", "template"}, chart, []string{"--irsa-file", file})...)
	if n := strings.Count(want, "eks.amazonaws.com/role-arn: arn:aws:iam::111122223333:role/"); n != len(s.ServiceAccounts) {
		t.Fatalf("%d service accounts have a role, want %d:\n%s", n, len(s.ServiceAccounts), want)
	}
	written := func(format string) string {
		return h.must(t, slices.Concat([]string{"irsa", "values"}, chart, []string{"--irsa-file", file, "-o", format})...)
	}
	// render renders without a post-renderer.
	render := func(more ...string) string { return h.must(t, slices.Concat([]string{"template"}, chart, more)...) }
	for _, format := range []string{"yaml", "json"} {
		sameObjects(t, render("--values", write(t, filepath.Join(dir, format+".values"), written(format), 0o644)), want)
	}
	flags := write(t, filepath.Join(dir, "flags"), written("set"), 0o644)
	for _, reads := range []string{`xargs "$@" <"$0"`, `eval "set -- \"\$@\" $(tr '\n' ' ' <"$0")"; exec "$@"`} {
		r := run(t, h.env, "/bin/sh", slices.Concat([]string{"-c", reads, flags, h.path, "template"}, chart)...)
		if r.code != 0 {
			t.Fatalf("helm with flags: exit %d\n%s", r.code, r.stderr)
		}
		sameObjects(t, r.stdout, want)
	}
	for format, path := range map[string][]string{"argocd": {"spec", "source", "helm", "valuesObject"}, "flux": {"spec", "values"}} {
		body := dug(t, written(format), path)
		sameObjects(t, render("--values", write(t, filepath.Join(dir, format+".values"), body, 0o644)), want)
	}
}

// dug is a part of a document, as YAML.
func dug(t *testing.T, document string, path []string) string {
	t.Helper()
	var at any
	if err := yaml.Unmarshal([]byte(document), &at); err != nil {
		t.Fatal(err)
	}
	for _, key := range path {
		m, _ := at.(map[string]any)
		if at = m[key]; at == nil {
			t.Fatalf("there is no %s in:\n%s", strings.Join(path, "."), document)
		}
	}
	text, err := yaml.Marshal(at)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
