package filter

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/render"
)

const irsa = `apiVersion: helm-irsa.dev/v1alpha1
kind: ReleaseIdentity
serviceAccounts:
- name: web
  role: {arn: "arn:aws:iam::111122223333:role/web"}
`

const manifests = `---
# Source: app/templates/sa.yaml
apiVersion: v1
kind: ServiceAccount
metadata:
  name: web
  namespace: shop
`

// result is what one run of the program came to.
type result struct {
	code           int
	stdout, stderr string
}

func run(env map[string]string, in string, args ...string) result {
	var stdout, stderr bytes.Buffer
	p := Program{
		Name: "irsa-post-renderer", Version: "v9", Getenv: func(name string) string { return env[name] },
		Stdin: strings.NewReader(in), Stdout: &stdout, Stderr: &stderr,
	}
	return result{p.Main(args), stdout.String(), stderr.String()}
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "irsa.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWhereSettingsComeFrom(t *testing.T) {
	t.Parallel()
	file := write(t, irsa)
	report := filepath.Join(t.TempDir(), "report.json")
	for name, r := range map[string]result{
		"short flags": run(nil, manifests, "-f", file, "-n", "shop"),
		"long flags":  run(nil, manifests, "--irsa-file="+file, "--namespace=shop", "--release", "rel"),
		"environment": run(map[string]string{"HELM_IRSA_FILE": file, "HELM_NAMESPACE": "shop", "HELM_IRSA_REPORT": report}, manifests),
		// A flag wins over the environment.
		"both": run(map[string]string{"HELM_IRSA_FILE": "/none", "HELM_NAMESPACE": "bank"}, manifests, "-f", file, "-n", "shop"),
	} {
		if r.code != 0 || r.stderr != "" || strings.Count(r.stdout, "role-arn: arn:aws:iam::111122223333:role/web") != 1 || strings.Contains(r.stdout, "helm-irsa.dev/added") {
			t.Errorf("%s: %+v", name, r)
		}
	}
	text, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	var got render.Report
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if got.Result != "ok" || got.Namespace != "shop" || len(got.Accounts) != 1 || got.Accounts[0].State != "changed" {
		t.Errorf("report: %s", text)
	}
}

func TestHelpAndVersion(t *testing.T) {
	t.Parallel()
	for _, arg := range []string{"-h", "--help"} {
		if r := run(nil, "", arg); r.code != 0 || r.stderr != "" || !strings.Contains(r.stdout, "Exit codes:") {
			t.Errorf("%s: %+v", arg, r)
		}
	}
	if r := run(nil, "", "--version"); r != (result{stdout: "irsa-post-renderer v9\n"}) {
		t.Errorf("%+v", r)
	}
}

// Each failure is one line, with nothing on stdout, and in the report as well: Helm 4 shows nothing else.
func TestFailures(t *testing.T) {
	t.Parallel()
	good := write(t, irsa)
	tests := []struct {
		name, in, want string
		args           []string
	}{
		{"no file", manifests, "irsa.yaml: no such file", []string{"-f", filepath.Join(filepath.Dir(good), "none", "irsa.yaml")}},
		{"unknown field", manifests, "unknown field", []string{"-f", write(t, irsa+"  rol: {}\n")}},
		{"not YAML", "kind: ServiceAccount\nmetadata: {name: web\n", "not YAML", []string{"-f", good}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			report := filepath.Join(t.TempDir(), "report.json")
			r := run(nil, tt.in, append(tt.args, "--report", report)...)
			if r.code != 1 || r.stdout != "" || !strings.HasPrefix(r.stderr, "helm-irsa: error: ") || !strings.Contains(r.stderr, tt.want) {
				t.Errorf("%+v", r)
			}
			text, err := os.ReadFile(report)
			var got render.Report
			if err := errors.Join(err, json.Unmarshal(text, &got)); err != nil || got.Result != "error" || len(got.Errors) != 1 || !strings.Contains(got.Errors[0].Message, tt.want) {
				t.Errorf("report %s (%v)", text, err)
			}
		})
	}
	for _, args := range [][]string{{"--nope"}, {"extra"}, {"-f"}} {
		if r := run(nil, manifests, args...); r.code != 1 || r.stdout != "" || !strings.Contains(r.stderr, "see irsa-post-renderer --help") {
			t.Errorf("%v: %+v", args, r)
		}
	}
}

// failing is a reader and a writer that cannot.
type failing struct{}

func (failing) Read([]byte) (int, error)  { return 0, errors.New("gone") }
func (failing) Write([]byte) (int, error) { return 0, errors.New("full") }

func TestBrokenStreams(t *testing.T) {
	t.Parallel()
	file := write(t, irsa)
	var stderr bytes.Buffer
	p := Program{Name: "x", Getenv: func(string) string { return "" }, Stdin: failing{}, Stdout: &bytes.Buffer{}, Stderr: &stderr}
	if code := p.Main([]string{"-f", file}); code != 1 || stderr.String() != "helm-irsa: error: reading the manifests from standard input: gone\n" {
		t.Errorf("%d %q", code, stderr.String())
	}
	stderr.Reset()
	p.Stdin, p.Stdout = strings.NewReader(manifests), failing{}
	if code := p.Main([]string{"-f", file}); code != 1 || stderr.String() != "helm-irsa: error: writing the manifests: full\n" {
		t.Errorf("%d %q", code, stderr.String())
	}
}

// A report that cannot be written is said, and does not undo what Helm has by then.
func TestReportCannotBeWritten(t *testing.T) {
	t.Parallel()
	file := write(t, irsa)
	r := run(nil, manifests, "-f", file, "-n", "shop", "--report", filepath.Join(t.TempDir(), "none", "report.json"))
	if r.code != 0 || !strings.Contains(r.stdout, "role-arn") || !strings.HasPrefix(r.stderr, "helm-irsa: error: writing the report to ") {
		t.Errorf("%+v", r)
	}
}

// TestFullDisk: a report that finds no room is said, and does not undo what Helm has by then.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	const full = "/dev/full" // https://man7.org/linux/man-pages/man4/full.4.html
	if _, err := os.Stat(full); err != nil {
		t.Skip("no disk that is always full: ", err)
	}
	r := run(nil, manifests, "-f", write(t, irsa), "--report", full)
	if r.code != 0 || !strings.Contains(r.stderr, "error: writing the report to /dev/full: ") || !strings.Contains(r.stderr, "\nhelm-irsa: hint: make room on that disk") {
		t.Errorf("%+v", r)
	}
}

// TestAccountAndRegion: the flags are for what irsa.yaml leaves out, and do not go before it.
func TestAccountAndRegion(t *testing.T) {
	t.Parallel()
	const byName = "apiVersion: helm-irsa.dev/v1alpha1\nkind: ReleaseIdentity\ndefaults: {path: /}\nserviceAccounts:\n- {name: web, role: {name: web}}\n"
	r := run(nil, manifests, "-f", write(t, byName), "--account-id", "444455556666", "--region", "cn-north-1")
	if r.code != 0 || !strings.Contains(r.stdout, "arn:aws-cn:iam::444455556666:role/web") {
		t.Errorf("%+v", r)
	}
	said := strings.Replace(byName, "defaults:", "cluster: {accountID: \"111122223333\", region: eu-west-3}\ndefaults:", 1)
	r = run(nil, manifests, "-f", write(t, said), "--account-id", "444455556666", "--region", "cn-north-1")
	if r.code != 0 || !strings.Contains(r.stdout, "arn:aws:iam::111122223333:role/web") {
		t.Errorf("%+v", r)
	}
	if r := run(nil, manifests, "-f", write(t, byName), "--account-id", "4444"); r.code != 1 || !strings.Contains(r.stderr, "--cluster-account-id: \"4444\" is not an AWS account ID") {
		t.Errorf("%+v", r)
	}
}

// TestReportFollowsNoLink: what somebody else put where the report is to be is not written
// to, and what is no file is refused. This process's own streams may be named.
func TestReportFollowsNoLink(t *testing.T) {
	t.Parallel()
	file, dir := write(t, irsa), t.TempDir()
	target := filepath.Join(dir, "target")
	if err := os.WriteFile(target, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{"link": target, "dangling": filepath.Join(dir, "none")} {
		link := filepath.Join(dir, name)
		if err := os.Symlink(to, link); err != nil {
			t.Skip("no links here: ", err)
		}
		if r := run(nil, manifests, "-f", file, "--report", link); !strings.Contains(r.stderr, "helm-irsa: error: ") || strings.Contains(r.stderr, "make room") {
			t.Errorf("--report %s: %+v", name, r)
		}
	}
	if text, err := os.ReadFile(target); err != nil || string(text) != "precious" {
		t.Errorf("the target has %q (%v)", text, err)
	}
	if _, err := os.Lstat(filepath.Join(dir, "none")); !os.IsNotExist(err) {
		t.Errorf("a file was made behind a link (%v)", err)
	}
	if r := run(nil, manifests, "-f", file, "--report", dir); !strings.Contains(r.stderr, "error: writing the report into folder "+dir) {
		t.Errorf("%+v", r)
	}
	made := filepath.Join(dir, "report.json")
	run(nil, manifests, "-f", file, "--report", made)
	if info, err := os.Stat(made); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the report is %v (%v)", info, err)
	}
	if r := run(nil, manifests, "-f", file, "--report", "/dev/stderr"); r.code != 0 || !strings.Contains(r.stderr, `"result": "ok"`) {
		t.Errorf("%+v", r)
	}
}

// TestNamespaceAssumed: Helm's default namespace decides whose pods get a role only with a
// warning, which the report has too; one that was named, or that irsa.yaml names, does not.
func TestNamespaceAssumed(t *testing.T) {
	t.Parallel()
	file, named := write(t, irsa), write(t, irsa+"  namespace: default\n")
	plain := strings.Replace(manifests, "  namespace: shop\n", "", 1)
	report := filepath.Join(t.TempDir(), "report.json")
	for name, tt := range map[string]struct {
		r    result
		warn bool
	}{
		"Helm's default":         {run(map[string]string{"HELM_NAMESPACE": "default"}, plain, "-f", file, "--report", report), true},
		"said by the wrapper":    {run(nil, plain, "-f", file, "-n", "default", "--namespace-assumed"), true},
		"named":                  {run(nil, plain, "-f", file, "-n", "default"), false},
		"another one":            {run(map[string]string{"HELM_NAMESPACE": "shop"}, plain, "-f", file), false},
		"irsa.yaml names it":     {run(map[string]string{"HELM_NAMESPACE": "default"}, plain, "-f", named), false},
		"named beside a default": {run(map[string]string{"HELM_NAMESPACE": "default"}, plain, "-f", file, "-n", "shop"), false},
	} {
		if warned := strings.Contains(tt.r.stderr, "is taken to be default, since none was named"); tt.r.code != 0 || warned != tt.warn {
			t.Errorf("%s: code %d, stderr %q", name, tt.r.code, tt.r.stderr)
		}
	}
	data, err := os.ReadFile(report)
	if err != nil || !bytes.Contains(data, []byte("is taken to be default")) {
		t.Errorf("the report: %v\n%s", err, data)
	}
}

// terminal is a reader that says it is a device of characters.
type terminal struct {
	*strings.Reader
	os.FileInfo
}

func (t terminal) Stat() (os.FileInfo, error) { return t, nil }
func (t terminal) Mode() os.FileMode          { return os.ModeDevice | os.ModeCharDevice }
func (t terminal) Size() int64                { return 0 }

// TestWaits: at a terminal the program says what it waits for; with a file, a pipe or nothing
// to read from it says nothing.
func TestWaits(t *testing.T) {
	t.Parallel()
	file := write(t, irsa)
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	regular, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer regular.Close()
	for name, tt := range map[string]struct {
		in    io.Reader
		waits bool
	}{
		"a terminal": {terminal{Reader: strings.NewReader(manifests)}, true},
		"no file":    {strings.NewReader(manifests), false},
		"nothing":    {null, false},
		"a file":     {regular, false},
	} {
		var stdout, stderr bytes.Buffer
		p := Program{Name: "irsa-post-renderer", Getenv: func(string) string { return "" }, Stdin: tt.in, Stdout: &stdout, Stderr: &stderr}
		p.Main([]string{"-f", file, "-n", "shop"})
		if waits := strings.Contains(stderr.String(), "waiting for rendered manifests"); waits != tt.waits {
			t.Errorf("%s: stderr %q", name, stderr.String())
		}
	}
}

// TestReportFolder: several releases that share a folder have a file each, and one without a name
// has none.
func TestReportFolder(t *testing.T) {
	t.Parallel()
	file := write(t, irsa)
	folder := filepath.Join(t.TempDir(), "reports") + string(os.PathSeparator)
	for _, release := range []string{"web", "shop.v2"} {
		if r := run(nil, manifests, "-f", file, "-n", "shop", "--release", release, "--report", folder); r.code != 0 || r.stderr != "" {
			t.Fatalf("%+v", r)
		}
		text, err := os.ReadFile(filepath.Join(folder, "shop."+release+".json"))
		if err != nil || !strings.Contains(string(text), `"release": "`+release+`"`) {
			t.Errorf("%s (%v)", text, err)
		}
	}
	r := run(map[string]string{"HELM_IRSA_REPORT": folder}, manifests, "-f", file, "-n", "shop")
	if !strings.Contains(r.stderr, "the release's name is not known\nhelm-irsa: hint: add --release NAME") {
		t.Errorf("without a name: %+v", r)
	}
	r = run(nil, manifests, "-f", file, "-n", "shop", "--release", "../x", "--report", folder)
	if r.code != 1 || !strings.Contains(r.stderr, "is not a release name") {
		t.Errorf("a name that leads elsewhere: %+v", r)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 2 {
		t.Errorf("%v, %v", entries, err)
	}
}
