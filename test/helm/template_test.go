package helm

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

const goldenFolder = root + "/testdata/golden/render"

// TestGolden renders every golden chart with the real Helm. A case that has a
// chart is a folder with
//
//	chart          the chart's folder, from the repository's root
//	irsa.yaml      what to render with
//	values.yaml    values (optional)
//	release        the release's name (default rel)
//	namespace      its namespace (default ns1)
//	expected.yaml  what Helm 3 prints, or error.txt, what goes wrong
func TestGolden(t *testing.T) {
	eachHelm(t, func(t *testing.T, h host) {
		h.install(t)
		cases, err := filepath.Glob(filepath.Join(goldenFolder, "*", "chart"))
		if err != nil || len(cases) == 0 {
			t.Fatalf("no case with a chart under %s (%v)", goldenFolder, err)
		}
		for _, c := range cases {
			dir := abs(t, filepath.Dir(c))
			t.Run(filepath.Base(dir), func(t *testing.T) {
				t.Parallel()
				golden(t, h, dir)
			})
		}
	})
}

// onlyHelm3Fails are cases whose target is a hook, which Helm 3 does not send through us.
var onlyHelm3Fails = map[string]bool{"hooks-chart-target-is-a-hook": true}

func golden(t *testing.T, h host, dir string) {
	args := []string{"irsa", "template", text(t, dir, "release", "rel"), abs(t, filepath.Join(root, text(t, dir, "chart", ""))),
		"--namespace", text(t, dir, "namespace", "ns1"), "--irsa-file", filepath.Join(dir, "irsa.yaml")}
	if values := filepath.Join(dir, "values.yaml"); exists(values) {
		args = append(args, "--values", values)
	}
	r := h.run(t, args...)
	if h.major == 4 && onlyHelm3Fails[filepath.Base(dir)] {
		if r.code != 0 {
			t.Errorf("exit %d, though Helm 4 sends the hook\n%s", r.code, r.stderr)
		}
		return
	}
	if exists(filepath.Join(dir, "error.txt")) {
		if r.code != 1 || r.stdout != "" {
			t.Errorf("exit %d, want 1 and an empty stdout\n%s%s", r.code, r.stdout, r.stderr)
		}
		said := strings.ReplaceAll(r.stderr, filepath.Join(dir, "irsa.yaml"), "irsa.yaml")
		for line := range strings.Lines(text(t, dir, "error.txt", "")) {
			if strings.Count(said, strings.TrimSpace(line)) != 1 {
				t.Errorf("want once: %s\non stderr: %s", line, said)
			}
		}
		return
	}
	if r.code != 0 {
		t.Fatalf("exit %d\n%s", r.code, r.stderr)
	}
	want, err := os.ReadFile(filepath.Join(dir, "expected.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if h.major == 3 {
		if r.stdout != string(want) {
			t.Errorf("not what expected.yaml holds:\n%s", r.stdout)
		}
		return
	}
	sameObjects(t, r.stdout, string(want))
}

// sameObjects compares what the documents mean, in any order. Helm 4 writes every
// document anew after a post-renderer, without comments and with its own
// quoting, takes its annotation postrenderer.helm.sh/postrender-filename away
// again, and sorts by kind (pkg/action/action.go, renderResources and
// annotateAndMerge), so bytes cannot be equal there. Where it was the only
// annotation, `annotations: {}` goes with it; a List becomes its items. Hooks are left out: Helm 4 sends
// them through us, Helm 3 does not (see TestHooks).
func sameObjects(t *testing.T, got, want string) {
	t.Helper()
	if strings.Contains(got, "postrenderer.helm.sh/postrender-filename") {
		t.Error("Helm's own annotation is still there")
	}
	a, b := objects(t, got), objects(t, want)
	for _, o := range a {
		if !slices.Contains(b, o) {
			t.Errorf("not expected: %s", o)
		}
	}
	for _, o := range b {
		if !slices.Contains(a, o) {
			t.Errorf("missing: %s", o)
		}
	}
	if len(a) != len(b) {
		t.Errorf("%d objects, want %d", len(a), len(b))
	}
}

// objects returns each object as JSON, whose keys are in order.
func objects(t *testing.T, text string) []string {
	t.Helper()
	var list []string
	for d := yaml.NewDecoder(strings.NewReader(text)); ; {
		var object any
		err := d.Decode(&object)
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range items(object) {
			if o == nil || isHook(o) {
				continue
			}
			line, err := json.Marshal(o)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, string(line))
		}
	}
}

// items takes a List apart.
func items(object any) []any {
	o, _ := object.(map[string]any)
	if list, ok := o["items"].([]any); ok && o["kind"] == "List" {
		return list
	}
	return []any{object}
}

// isHook looks, and takes an empty mapping of annotations away.
func isHook(object any) bool {
	o, _ := object.(map[string]any)
	meta, _ := o["metadata"].(map[string]any)
	annotations, ok := meta["annotations"].(map[string]any)
	if ok && len(annotations) == 0 {
		delete(meta, "annotations")
	}
	return annotations["helm.sh/hook"] != nil
}

// text is a file of a case, trimmed.
func text(t *testing.T, dir, name, otherwise string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if errors.Is(err, os.ErrNotExist) && otherwise != "" {
		return otherwise
	}
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(data))
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
