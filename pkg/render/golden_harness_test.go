package render_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGoldenHarness: the harness does not pass on nothing, on half a case, or on
// output that is off by one byte.
func TestGoldenHarness(t *testing.T) {
	t.Parallel()
	whole := map[string]string{"irsa.yaml": "# why\n", "input.yaml": "", "expected.yaml": "", "report.json": "{}\n"}
	but := func(change map[string]string, drop ...string) map[string]string {
		files := map[string]string{}
		for name, text := range whole {
			files[name] = text
		}
		for name, text := range change {
			files[name] = text
		}
		for _, name := range drop {
			delete(files, name)
		}
		return files
	}
	for name, tt := range map[string]struct {
		files     map[string]string // of the only case; nil: no case
		rewriting bool
		want      string // in the error; empty: none
	}{
		"whole":                     {files: whole},
		"no case":                   {want: "has no case"},
		"no case when rewriting":    {rewriting: true, want: "has no case"},
		"empty case":                {files: map[string]string{}, want: "irsa.yaml is missing"},
		"no irsa.yaml":              {files: but(nil, "irsa.yaml"), want: "irsa.yaml is missing"},
		"no reason":                 {files: but(map[string]string{"irsa.yaml": "kind: ReleaseIdentity\n"}), want: "does not say what the case shows"},
		"no input":                  {files: but(nil, "input.yaml"), want: "want one of input.yaml and chart"},
		"two inputs":                {files: but(map[string]string{"chart": "c\n"}), want: "want one of input.yaml and chart"},
		"values without chart":      {files: but(map[string]string{"values.yaml": ""}), want: "values.yaml without chart"},
		"no outcome":                {files: but(nil, "expected.yaml"), want: "want one of expected.yaml and error.txt"},
		"two outcomes":              {files: but(map[string]string{"error.txt": ""}), want: "want one of expected.yaml and error.txt"},
		"no report":                 {files: but(nil, "report.json"), want: "report.json is missing"},
		"unknown file":              {files: but(map[string]string{"expected.yml": ""}), want: "expected.yml is no file of a case"},
		"no outcome when rewriting": {files: but(nil, "expected.yaml", "report.json"), rewriting: true},
		"no input when rewriting":   {files: but(nil, "input.yaml"), rewriting: true, want: "want one of input.yaml and chart"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			if tt.files != nil {
				writeCase(t, filepath.Join(folder, "case"), tt.files)
			}
			cases, err := readCases(folder, tt.rewriting)
			switch {
			case tt.want == "" && (err != nil || len(cases) != 1):
				t.Errorf("%d cases, error %v", len(cases), err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
	if _, err := readCases(filepath.Join(t.TempDir(), "none"), false); err == nil {
		t.Error("a folder that is not there is no error")
	}

	folder := t.TempDir()
	writeCase(t, filepath.Join(folder, "case"), but(map[string]string{"expected.yaml": "a: b\n"}))
	cases, err := readCases(folder, false)
	if err != nil {
		t.Fatal(err)
	}
	out := func(expected string) map[string][]byte {
		return map[string][]byte{"expected.yaml": []byte(expected), "report.json": []byte("{}\n")}
	}
	if err := cases[0].compare(out("a: b\n")); err != nil {
		t.Errorf("equal bytes: %v", err)
	}
	for _, text := range []string{"a: b", "a: b\r\n", "a: b\n\n", ""} {
		if err := cases[0].compare(out(text)); err == nil {
			t.Errorf("%q passes for %q", text, "a: b\n")
		}
	}
	other := map[string][]byte{"error.txt": []byte("helm-irsa: error: x\n"), "report.json": []byte("{}\n")}
	if err := cases[0].compare(other); err == nil {
		t.Error("an error passes for a success")
	}
}

func writeCase(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
