package engines

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/helm-irsa/helm-irsa/test/plugin"
)

// root is the repository.
const root = "../.."

// helmVariable names the Helm to run, 3 or 4: `make test` sets it.
const helmVariable = "HELM_IRSA_TEST_HELM"

// scratch is where programs lie, once they are built.
var scratch string

// programs is a folder with both of ours, built once.
var programs = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "helm-irsa-engines-")
	if err != nil {
		return "", err
	}
	scratch = dir
	return plugin.Bin(dir), plugin.Build(root, dir)
})

func TestMain(m *testing.M) {
	code := m.Run()
	if scratch != "" {
		os.RemoveAll(scratch)
	}
	os.Exit(code)
}

// bin is a folder with our programs, and with others under the given names.
func bin(t *testing.T, others map[string]string) string {
	t.Helper()
	ours, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	links := map[string]string{
		"helm-irsa":          filepath.Join(ours, "helm-irsa"),
		"irsa-post-renderer": filepath.Join(ours, "irsa-post-renderer"),
	}
	maps.Copy(links, others)
	for name, path := range links {
		if err := os.Symlink(path, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// program is what the variable names; the test is skipped where it is not set.
func program(t *testing.T, variable, what string) string {
	t.Helper()
	given := os.Getenv(variable)
	if given == "" {
		t.Skipf("no %s: %s is not set", what, variable)
	}
	path, err := filepath.Abs(given)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// environment is one user's, with nothing in it but these programs and the system's.
func environment(t *testing.T, bin string) []string {
	t.Helper()
	home := t.TempDir()
	return []string{
		"PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH"),
		"HOME=" + home,
		"TMPDIR=" + home,
		"HELM_CONFIG_HOME=" + filepath.Join(home, "config"),
		"HELM_CACHE_HOME=" + filepath.Join(home, "cache"),
		"HELM_DATA_HOME=" + filepath.Join(home, "data"),
		"KUBECONFIG=" + filepath.Join(home, "none"),
		"AWS_EC2_METADATA_DISABLED=true",
	}
}

// result is what a command left.
type result struct {
	stdout, stderr string
	code           int
}

// run runs a command in a folder; it is found on the PATH of env.
func run(t *testing.T, dir string, env []string, stdin, name string, args ...string) result {
	t.Helper()
	cmd := exec.Command(name, args...)
	for _, e := range env {
		if path, ok := strings.CutPrefix(e, "PATH="); ok && !strings.Contains(name, string(os.PathSeparator)) {
			cmd.Path, cmd.Err = look(path, name)
		}
	}
	var out, said bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = dir, env, strings.NewReader(stdin), &out, &said
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s %q: %v", name, args, err)
	}
	return result{out.String(), said.String(), cmd.ProcessState.ExitCode()}
}

// look finds a program on another PATH than this process has.
func look(path, name string) (string, error) {
	for _, dir := range filepath.SplitList(path) {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && info.Mode().Perm()&0o111 != 0 {
			return filepath.Join(dir, name), nil
		}
	}
	return "", exec.ErrNotFound
}

// must fails the test where the command failed.
func (r result) must(t *testing.T) string {
	t.Helper()
	if r.code != 0 {
		t.Fatalf("exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	return r.stdout
}

// decode reads YAML without a field that into does not have.
func decode(t *testing.T, path string, into any) {
	t.Helper()
	if err := yaml.UnmarshalStrict([]byte(read(t, path)), into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// chart copies a chart of testdata to a folder.
func chart(t *testing.T, name, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(filepath.Join(root, "testdata", "charts", name))); err != nil {
		t.Fatal(err)
	}
}

// objects are those of a stream, as text that tells the same object, by kind,
// namespace and name.
func objects(t *testing.T, stream string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, doc := range strings.Split("\n"+stream, "\n---\n") {
		var o struct {
			Kind     string `json:"kind"`
			Metadata struct {
				Namespace string `json:"namespace"`
				Name      string `json:"name"`
			} `json:"metadata"`
		}
		same, err := yaml.YAMLToJSON([]byte(doc))
		if err == nil {
			err = yaml.Unmarshal([]byte(doc), &o)
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, doc)
		}
		if o.Kind == "" {
			continue // nothing but comments
		}
		id := o.Kind + " " + o.Metadata.Namespace + "/" + o.Metadata.Name
		if _, twice := all[id]; twice {
			t.Errorf("%s is there twice", id)
		}
		all[id] = string(same)
	}
	if len(all) == 0 {
		t.Error("no object in the stream")
	}
	return all
}
