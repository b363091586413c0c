package helm

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestInstall installs the plugin in each way that this Helm has, and looks
// whether it runs, is listed once, and goes away again.
func TestInstall(t *testing.T) {
	eachHelm(t, func(t *testing.T, h host) {
		server := serveArchive(t)
		url := server + "/" + filepath.Base(archive(t))
		ways := map[string][]string{
			"unpacked archive": {unpack(t, archive(t))},
			"checkout":         {checkout(t)},
			// Helm 3 takes an archive only by URL (pkg/plugin/installer/local_installer.go: ErrPluginNotAFolder).
			"archive by URL": {url},
		}
		if h.major == 4 {
			// Helm 4 wants a signature, and there is no release key.
			ways["archive by URL"] = []string{url, "--verify=false"}
			ways["archive"] = []string{archive(t), "--verify=false"}
		}
		// Twice, since a plugin that was removed must be installable again.
		for _, name := range append(slices.Collect(maps.Keys(ways)), slices.Collect(maps.Keys(ways))...) {
			args := ways[name]
			out := h.must(t, append([]string{"plugin", "install"}, args...)...)
			if !strings.Contains(out, "Installed plugin: irsa") {
				t.Errorf("%s: %s", name, out)
			}
			if v := h.must(t, "irsa", "version"); !strings.HasPrefix(v, "helm-irsa v") {
				t.Errorf("%s: version is %q", name, v)
			}
			// The nested plugins are too deep to be found by themselves: Helm 3 could not read them.
			list := h.must(t, "plugin", "list")
			if strings.Count(list, "irsa") < 1 || strings.Contains(list, "post-renderer") {
				t.Errorf("%s: plugin list:\n%s", name, list)
			}
			if out := h.run(t, "irsa", "template", "rel", small(t), "--irsa-file", smallSpec(t), "-n", "ns1"); out.code != 0 || !strings.Contains(out.stdout, "serviceAccountName: web") {
				t.Errorf("%s: template: %+v", name, out)
			}
			h.must(t, "plugin", "uninstall", "irsa")
		}
	})
}

// TestCorruptBinary: an archive whose binary is not the one that SHA256SUMS names is refused.
func TestCorruptBinary(t *testing.T) {
	eachHelm(t, func(t *testing.T, h host) {
		dir := unpack(t, archive(t))
		corrupt(t, filepath.Join(dir, "bin", "irsa-post-renderer"))
		r := h.run(t, "plugin", "install", dir)
		if r.code == 0 || !strings.Contains(r.stderr, " does not match SHA256SUMS") {
			t.Errorf("%+v", r)
		}
	})
}

// TestDownload: without a binary and without Go, the hook fetches the archive and checks it.
func TestDownload(t *testing.T) {
	t.Parallel()
	if os.Getenv("HELM3") == "" {
		t.Skip("HELM3 is not set (make test-helm sets it)")
	}
	env := []string{"PATH=" + pathWithoutGo(t), "TMPDIR=" + t.TempDir(), "HELM_IRSA_DOWNLOAD_URL="}
	bare := func() string {
		dir := unpack(t, archive(t))
		for _, f := range []string{"SHA256SUMS", "bin"} {
			if err := os.RemoveAll(filepath.Join(dir, f)); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	dir := bare()
	if r := run(t, env, "sh", filepath.Join(dir, "scripts", "install.sh")); r.code != 1 || !strings.Contains(r.stderr, "no programs in "+dir+"/bin, and no Go to build them") {
		t.Errorf("nothing there: %+v", r)
	}
	good := append(env, "HELM_IRSA_DOWNLOAD_URL="+serveArchive(t))
	if r := run(t, good, "sh", filepath.Join(dir, "scripts", "install.sh")); r.code != 0 {
		t.Errorf("download: %+v", r)
	}
	if r := run(t, env, filepath.Join(dir, "bin", "helm-irsa"), "version"); r.code != 0 {
		t.Errorf("what was downloaded: %+v", r)
	}

	served := t.TempDir()
	if err := os.CopyFS(served, os.DirFS(filepath.Dir(archive(t)))); err != nil {
		t.Fatal(err)
	}
	corrupt(t, filepath.Join(served, filepath.Base(archive(t))))
	bad := append(env, "HELM_IRSA_DOWNLOAD_URL="+serve(t, served))
	dir = bare()
	if r := run(t, bad, "sh", filepath.Join(dir, "scripts", "install.sh")); r.code != 1 || !strings.Contains(r.stderr, "does not match SHA256SUMS") {
		t.Errorf("corrupt download: %+v", r)
	}
	if _, err := os.Stat(filepath.Join(dir, "bin")); err == nil {
		t.Error("a corrupt download left binaries")
	}
}

// TestReproducible: the same source gives the same archive.
func TestReproducible(t *testing.T) {
	t.Parallel()
	if os.Getenv("HELM3") == "" {
		t.Skip("HELM3 is not set (make test-helm sets it)")
	}
	again := t.TempDir()
	cmd := exec.Command("go", "run", "./scripts/dist", "-out", again, "-platforms", platform())
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range []string{filepath.Base(archive(t)), "SHA256SUMS"} {
		a, errA := os.ReadFile(filepath.Join(filepath.Dir(archive(t)), name))
		b, errB := os.ReadFile(filepath.Join(again, name))
		if errA != nil || errB != nil || string(a) != string(b) {
			t.Errorf("%s differs (%v, %v)", name, errA, errB)
		}
	}
}

func corrupt(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(path, data, 0o755); err != nil {
		t.Fatal(err)
	}
}

func serveArchive(t *testing.T) string {
	t.Helper()
	return serve(t, filepath.Dir(archive(t)))
}

// serve serves a folder on loopback, archives as what Helm 3 asks for (pkg/plugin/installer, mediaTypeToExtension).
func serve(t *testing.T, dir string) string {
	t.Helper()
	files := http.FileServer(http.Dir(dir))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".gz") {
			w.Header().Set("Content-Type", "application/gzip")
		}
		files.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// checkout copies what a clone of the repository needs to build the plugin.
func checkout(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "helm-irsa")
	for _, name := range []string{"cmd", "internal", "pkg", "plugins", "scripts"} {
		if err := os.CopyFS(filepath.Join(dir, name), os.DirFS(filepath.Join(root, name))); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"go.mod", "go.sum", "plugin.yaml", "plugin.complete", "LICENSE"} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name), string(text), 0o755)
	}
	return dir
}

// pathWithoutGo is a PATH with the few tools that the hook uses.
func pathWithoutGo(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, tool := range []string{"sh", "dirname", "sed", "uname", "tr", "mktemp", "rm", "curl", "grep", "tar", "gzip", "mkdir", "cp", "mv", "chmod", "sha256sum", "shasum"} {
		path, err := exec.LookPath(tool)
		if err != nil {
			continue
		}
		if err := os.Symlink(path, filepath.Join(dir, tool)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestPostRendererAlone: in Helm 4 the nested plugin can be installed by itself, and
// is then what --post-renderer takes, without the wrapper.
func TestPostRendererAlone(t *testing.T) {
	eachHelm(t, func(t *testing.T, h host) {
		if h.major != 4 {
			t.Skip("Helm 3 takes a path; test/docs runs that")
		}
		h.must(t, "plugin", "install", filepath.Join(unpack(t, archive(t)), "plugins", "post-renderer"))
		out := h.must(t, "template", "rel", small(t), "-n", "ns1", "--post-renderer", "irsa-post-renderer",
			"--post-renderer-args=-f="+smallSpec(t), "--post-renderer-args=-n=ns1")
		if !strings.Contains(out, "serviceAccountName: web") || !strings.Contains(out, "eks.amazonaws.com/role-arn") {
			t.Errorf("the post-renderer did nothing:\n%s", out)
		}
	})
}
