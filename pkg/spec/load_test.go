package spec

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const loadHead = "apiVersion: helm-irsa.dev/v1alpha1\nkind: ReleaseIdentity\npolicies:\n- name: A\n  file: "

// folder writes files below a new folder; a value that begins with -> is a symbolic link.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		err := error(nil)
		if to, ok := strings.CutPrefix(text, "->"); ok {
			err = os.Symlink(to, path)
		} else {
			err = os.WriteFile(path, []byte(text), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestLoadPolicyFiles(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file  string
		files map[string]string
	}{
		"json":               {"p.json", map[string]string{"home/p.json": `{"Version":"2012-10-17"}`}},
		"yaml":               {"p.yaml", map[string]string{"home/p.yaml": "Version: 2012-10-17\n"}},
		"in a folder":        {"./x/p.json", map[string]string{"home/x/p.json": `{"Version":"2012-10-17"}`}},
		"link that stays":    {"p.json", map[string]string{"home/p.json": "->x/q.json", "home/x/q.json": `{"Version":"2012-10-17"}`}},
		"dots inside a name": {"..p..json", map[string]string{"home/..p..json": `{"Version":"2012-10-17"}`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.files["home/irsa.yaml"] = loadHead + c.file + "\n"
			f, err := Load(filepath.Join(folder(t, c.files), "home", "irsa.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			if got := string(f.Policies[0].Document.JSON()); got != `{"Version":"2012-10-17"}` {
				t.Error(got)
			}
		})
	}
}

func TestLoadPolicyFileFaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		want  string
		files map[string]string
	}{
		"missing":   {`"p.json" does not exist; the path is relative to irsa.yaml`, nil},
		"a folder":  {`"p.json" is not a regular file; keep the file beside irsa.yaml, or name its folder: --policy-folder FOLDER`, map[string]string{"home/p.json/x": ""}},
		"leaves":    {`"p.json" leads out of irsa.yaml's folder through a symbolic link; keep the file beside irsa.yaml, or name its folder: --policy-folder FOLDER`, map[string]string{"home/p.json": "->../q.json", "q.json": "{}"}},
		"dangling":  {`"p.json" does not exist; the path is relative to irsa.yaml`, map[string]string{"home/p.json": "->q.json"}},
		"list":      {`p.json:1:1: must be a mapping, not a list; write the document itself, not its text`, map[string]string{"home/p.json": "[1]"}},
		"malformed": {`p.json:2:1: not valid YAML: did not find expected ',' or '}'`, map[string]string{"home/p.json": "{\"a\": 1\n\"b\": 2}"}},
		"huge":      {`"p.json" is larger than 1 MiB; IAM takes policies of 6,144 characters`, map[string]string{"home/p.json": strings.Repeat(" ", 1<<20+1)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{"home/irsa.yaml": loadHead + "p.json\n"}
			for k, v := range c.files {
				files[k] = v
			}
			path := filepath.Join(folder(t, files), "home", "irsa.yaml")
			_, err := Load(path)
			if want := path + ":5:9: policies[0].file: " + c.want; err == nil || err.Error() != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
}

// TestLoadPolicyFileNotRead: a file whose name is at fault, or beside which the document
// stands, is not looked at: its name is all that is said of it.
func TestLoadPolicyFileNotRead(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"../q.json":                     `5:9: policies[0].file: "../q.json" leads out of irsa.yaml's folder; keep the file beside irsa.yaml, or name its folder: --policy-folder FOLDER`,
		"/etc/no-such-file":             `5:9: policies[0].file: "/etc/no-such-file" is no path relative to irsa.yaml; write a path relative to irsa.yaml`,
		"none.json\n  document: {a: 1}": `6:3: policies[0]: document and file exclude each other`,
	} {
		path := filepath.Join(folder(t, map[string]string{"home/irsa.yaml": loadHead + name + "\n", "q.json": "[1]"}), "home", "irsa.yaml")
		_, err := Load(path)
		if err == nil || !strings.HasPrefix(err.Error(), path+":"+want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q:\ngot  %v\nwant %s", name, err, want)
		}
	}
}

func TestLoadMissing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "irsa.yaml")
	_, err := Load(path)
	var r *ReadError
	if !errors.As(err, &r) || !errors.Is(err, fs.ErrNotExist) || err.Error() != path+": no such file" {
		t.Fatal(err)
	}
	if r.Hint() != "pass --irsa-file FILE, set HELM_IRSA_FILE, or run where ./irsa.yaml is" {
		t.Error(r.Hint())
	}
	_, err = Load(filepath.Dir(path))
	if !errors.As(err, &r) || !strings.HasSuffix(err.Error(), ": cannot be read: is a directory") {
		t.Error(err)
	}
}

// TestLoadBound: irsa.yaml has at most 16 MiB.
func TestLoadBound(t *testing.T) {
	t.Parallel()
	text := "apiVersion: helm-irsa.dev/v1alpha1\nkind: ReleaseIdentity\nserviceAccounts: [{name: a, namespace: b}]\n"
	for size, want := range map[int]string{16 << 20: "", 16<<20 + 1: "larger than 16 MiB"} {
		path := filepath.Join(folder(t, map[string]string{"irsa.yaml": text + strings.Repeat("\n", size-len(text))}), "irsa.yaml")
		_, err := Load(path)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

// The faults come in the file's order, whatever found them.
func TestFaultsAreSorted(t *testing.T) {
	t.Parallel()
	l := newFaultList("f", []Fault{{Line: 2, Column: 1, Message: "c"}, {Line: 1, Column: 9, Message: "b"}, {Line: 1, Column: 2, Field: "x", Message: "a", Hint: "h"}})
	if got, want := l.Error(), "f:1:2: x: a; h\nf:1:9: b\nf:2:1: c"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
