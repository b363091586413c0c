package attacks

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/helm-irsa/helm-irsa/internal/cli"
	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/pkg/render/filter"
)

// The fuzz targets give a reader what anybody may have written, through the commands that
// read it. Whatever comes: no panic; where a command fails, nothing on stdout and one voice
// on stderr; nowhere a character that could move a terminal's cursor.

// failed is how a command says that it failed, and how its further lines begin.
var failed = regexp.MustCompile(`^(?:irsa-post-renderer|helm-irsa): error: \S`)

// controls are the characters that no output may hold, beside \n and \t: C0, DEL, C1 and
// those that turn the direction of text.
var controls = regexp.MustCompile("[\x00-\x08\x0b-\x1f\x7f\u0080-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]")

// outcome is what one command came to.
type outcome struct {
	args           []string
	code           int
	stdout, stderr string
}

// check fails the test where an outcome breaks what holds for every input. The exit codes 2
// and 3 of verify and status are answers, on stdout; see docs/findings.md.
func (o outcome) check(t *testing.T, input []byte) {
	t.Helper()
	bad := ""
	switch {
	case o.code < 0 || o.code > 3:
		bad = "an exit code of no meaning"
	case o.code == 1 && o.stdout != "":
		bad = "output on an error"
	case o.code == 1 && !failed.MatchString(o.stderr):
		bad = "an error without a word of its own"
	case controls.MatchString(o.stdout):
		bad = "a control character on stdout"
	case controls.MatchString(o.stderr):
		bad = "a control character on stderr"
	}
	if bad != "" {
		t.Fatalf("%q: %s\nexit code %d\ninput:\n%q\nstdout:\n%q\nstderr:\n%q", o.args, bad, o.code, input, o.stdout, o.stderr)
	}
}

// world is where the fuzzed commands run: a folder, and a local AWS to plan against.
type world struct{ dir string }

func newWorld(f *testing.F) world {
	server, err := localaws.New(localaws.Options{Seed: 1})
	if err != nil {
		f.Fatal(err)
	}
	server.AddCluster(localaws.Cluster{Name: "demo", Region: "eu-west-3"})
	if err := server.Start(); err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = server.Close() }) // the process ends anyway
	dir := f.TempDir()
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL(), "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "no-secret",
		"AWS_REGION": "eu-west-3", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_MAX_ATTEMPTS": "1", "HOME": dir, "KUBECONFIG": filepath.Join(dir, "none"), "HELM_BIN": filepath.Join(dir, "no-helm"),
		"HELM_NAMESPACE": "", "HELM_IRSA_FILE": "",
	} {
		f.Setenv(name, value)
	}
	return world{dir}
}

// file writes what a command is to read, and gives its path.
func (w world) file(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// run runs helm-irsa within this process, so that a panic is the fuzzer's to find.
func (w world) run(stdin string, args ...string) outcome {
	var stdout, stderr bytes.Buffer
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	code := cli.Main(&cli.System{
		Context: ctx, Args: args, Stdin: strings.NewReader(stdin), Stdout: &stdout, Stderr: &stderr,
		Getenv: os.Getenv, Environ: os.Environ, Version: "v9.9.9",
		Executable: func() (string, error) { return filepath.Join(w.dir, "bin", "helm-irsa"), nil },
	})
	return outcome{args, code, stdout.String(), stderr.String()}
}

// filter runs the post-renderer.
func (w world) filter(stdin string, args ...string) outcome {
	var stdout, stderr bytes.Buffer
	p := filter.Program{Name: "irsa-post-renderer", Getenv: os.Getenv, Stdin: strings.NewReader(stdin), Stdout: &stdout, Stderr: &stderr}
	return outcome{args, p.Main(args), stdout.String(), stderr.String()}
}

// seeds adds the files of a pattern to a target's corpus; one at least.
func seeds(f *testing.F, patterns ...string) {
	found := false
	for _, pattern := range patterns {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			found = true
			f.Add(data)
		}
	}
	if !found {
		f.Fatal("there is no seed")
	}
}

// smallChart is what a small chart renders to.
const smallChart = `---
# Source: c/templates/sa.yaml
apiVersion: v1
kind: ServiceAccount
metadata: {name: app, namespace: app}
---
# Source: c/templates/web.yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: app}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: app
      containers: [{name: web, image: web}]
`

func FuzzIrsaYAML(f *testing.F) {
	w := newWorld(f)
	snapshot, err := os.ReadFile("../../testdata/golden/verify/annotation-malformed--empty/snapshot.json")
	if err != nil {
		f.Fatal(err)
	}
	seeds(f, "../../pkg/spec/testdata/good/*.yaml", "../../pkg/spec/testdata/bad/*.yaml", "../../docs/examples/*/irsa.yaml")
	f.Fuzz(func(t *testing.T, data []byte) {
		path := w.file(t, "irsa.yaml", data)
		w.filter(smallChart, "-f", path, "-n", "app").check(t, data)
		w.run("", "plan", "app", "-n", "app", "-f", path).check(t, data)
		w.run("", "permissions", "app", "-n", "app", "-f", path).check(t, data)
		manifests, aws := w.file(t, "m.yaml", []byte(smallChart)), w.file(t, "s.json", snapshot)
		w.run("", "verify", "-n", "app", "-f", path, "--manifests", manifests, "--snapshot", aws).check(t, data)
	})
}

func FuzzSnapshot(f *testing.F) {
	w := newWorld(f)
	seeds(f, "../../testdata/golden/verify/*/snapshot.json")
	manifests := []byte(strings.Replace(smallChart, "{name: app, namespace: app}",
		`{name: app, namespace: app, annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::111122223333:role/app"}}`, 1))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, s := w.file(t, "m.yaml", manifests), w.file(t, "s.json", data)
		for _, format := range []string{"text", "json", "sarif", "junit"} {
			w.run("", "verify", "-n", "app", "--manifests", m, "--snapshot", s, "-o", format).check(t, data)
		}
	})
}

func FuzzManifests(f *testing.F) {
	w := newWorld(f)
	seeds(f, "../../testdata/golden/verify/*/manifests.yaml")
	snapshot, err := os.ReadFile("../../testdata/golden/verify/annotation-malformed--empty/snapshot.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, s := w.file(t, "m.yaml", data), w.file(t, "s.json", snapshot)
		for _, format := range []string{"text", "junit"} {
			w.run("", "verify", "-n", "app", "--manifests", m, "--snapshot", s, "-o", format).check(t, data)
		}
	})
}
