package layouts_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/helm-irsa/helm-irsa/internal/layouts"
)

// TestLayouts: each case is an archive of files with what is to be found in it: the line below
// "find" are arguments, "layout" patterns, "found" a line a file, "notes" what is said.
func TestLayouts(t *testing.T) {
	t.Parallel()
	cases, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(cases) < 6 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	for _, path := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			parts := map[string]string{}
			for _, f := range archive.Files {
				if name, ok := strings.CutPrefix(f.Name, "case/"); ok {
					parts[name] = string(f.Data)
					continue
				}
				at := filepath.Join(dir, filepath.FromSlash(f.Name))
				if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(at, f.Data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if got := found(t, dir, parts); got != parts["found"] {
				t.Errorf("found\n%s\nwant\n%s", got, parts["found"])
			}
		})
	}
}

// found is what Find finds, with paths from the folder of the case.
func found(t *testing.T, dir string, parts map[string]string) string {
	t.Helper()
	var paths []string
	for _, p := range strings.Fields(parts["find"]) {
		paths = append(paths, filepath.Join(dir, filepath.FromSlash(p)))
	}
	var patterns []layouts.Pattern
	for _, text := range strings.Fields(parts["layout"]) {
		p, err := layouts.ParsePattern(text)
		if err != nil {
			t.Fatal(err)
		}
		patterns = append(patterns, p)
	}
	l, err := layouts.Find(paths, patterns)
	if err != nil {
		return clean(dir, "error: "+err.Error()+"\n")
	}
	var b strings.Builder
	for _, f := range l.Files {
		fmt.Fprintf(&b, "%s: %q of %q, by %q", f.Path, f.Release, f.Namespace, f.By)
		if f.Under != nil {
			fmt.Fprintf(&b, " over %s", strings.Join(f.Under, " "))
		}
		if f.Err != nil {
			fmt.Fprintf(&b, ": %v", f.Err)
		}
		b.WriteString("\n")
	}
	for _, note := range l.Notes {
		b.WriteString("note: " + note + "\n")
	}
	return clean(dir, b.String())
}

func clean(dir, text string) string {
	return filepath.ToSlash(strings.ReplaceAll(text, dir+string(filepath.Separator), ""))
}

func TestPatternsThatSayNothing(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "irsa.yaml", "{name}/irsa.yaml", "{release}/{release}/irsa.yaml", "{}/irsa.yaml", "{release}{namespace}/irsa.yaml", "*{release}/irsa.yaml", "**{release}/irsa.yaml", "{release}**/irsa.yaml"} {
		if _, err := layouts.ParsePattern(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

// FuzzFind: whatever is in a file that may be helmfile's or Argo CD's, nothing ends the program,
// and an irsa.yaml beside it is found.
func FuzzFind(f *testing.F) {
	f.Add("releases:\n- name: a\n  namespace: b\n  postRendererArgs: [--irsa-file=irsa.yaml]\n")
	f.Add("releases: [{name: &a [*a]}]")
	f.Add("apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: {source: {path: ..}}\n")
	f.Add("a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nkind: {{ x }}")
	f.Fuzz(func(t *testing.T, text string) {
		dir := t.TempDir()
		for name, data := range map[string]string{"irsa.yaml": "", "helmfile.yaml": text, "app.yaml": "# argoproj.io/ Application\n" + text} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		l, err := layouts.Find([]string{dir}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range l.Files {
			if file.Path == filepath.Join(dir, "irsa.yaml") {
				return
			}
		}
		if len(l.Notes) == 0 { // else it is said why: of a release that is not installed
			t.Errorf("irsa.yaml was not found in %q", text)
		}
	})
}

// TestLinks: a link to a folder is named where what is in it is found at no other place.
func TestLinks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"in/app", "out/base"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "out/base/irsa.yaml"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"in/here": "app", "in/up": "..", "in/base": "../out/base", "in/irsa.yaml": "../out/base/irsa.yaml", "in/gone": "nowhere"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Skip(err)
		}
	}
	got := found(t, dir, map[string]string{"find": "in"})
	want := "in/irsa.yaml: \"\" of \"\", by \"\"\n"
	for _, link := range []string{"base", "up"} {
		want += "note: in/" + link + " is a link to a folder, and is not followed: where it holds irsa.yaml files, name it as well\n"
	}
	if got != want {
		t.Errorf("found\n%s\nwant\n%s", got, want)
	}
}
