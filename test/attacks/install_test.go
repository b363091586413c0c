package attacks

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// bare is a plugin's folder without programs, as the install hook finds it, and a PATH
// without Go.
func bare(t *testing.T) (dir string, env []string) {
	t.Helper()
	dir, bin := t.TempDir(), t.TempDir()
	text, err := os.ReadFile("../../scripts/install.sh")
	if err == nil {
		err = os.MkdirAll(filepath.Join(dir, "scripts"), 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "scripts", "install.sh"), text, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "plugin.yaml"), []byte("name: irsa\nversion: 0.1.0\n"), 0o644)
	}
	for _, tool := range []string{"sh", "awk", "sed", "tr", "cut", "uname", "dirname", "mktemp", "mkdir", "mv", "rm", "chmod", "tar", "gzip", "curl", "sha256sum", "touch"} {
		path, failed := exec.LookPath(tool)
		if failed != nil {
			t.Skip(failed)
		}
		if err == nil {
			err = os.Symlink(path, filepath.Join(bin, tool))
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir, []string{"PATH=" + bin, "HOME=" + dir, "RAN=" + filepath.Join(dir, "ran")}
}

// program is one that leaves a mark where it is run.
const program = "#!/bin/sh\ntouch \"$RAN\"\n"

// packed is an archive as `make dist` makes it, as far as the hook looks at it.
func packed(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	w := tar.NewWriter(zip)
	for _, name := range []string{"helm-irsa", "irsa-charts", "irsa-post-renderer"} {
		if err := w.WriteHeader(&tar.Header{Name: "helm-irsa/bin/" + name, Mode: 0o755, Size: int64(len(program))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(program)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// hook runs the install hook, and says what it said and whether a program was run.
func hook(t *testing.T, dir string, env ...string) (said string, ok, ran bool) {
	t.Helper()
	cmd := exec.Command("sh", filepath.Join(dir, "scripts", "install.sh"))
	cmd.Env = env
	out, err := cmd.CombinedOutput()
	_, missing := os.Stat(filepath.Join(dir, "ran"))
	return string(out), err == nil, missing == nil
}

// TestDownloads: what the install hook fetches is run and kept only where SHA256SUMS has
// exactly one line for exactly that archive, and it fits; nothing is left of what is not.
func TestDownloads(t *testing.T) {
	t.Parallel()
	arch := map[string]string{"amd64": "amd64", "arm64": "arm64"}[runtime.GOARCH]
	if arch == "" || runtime.GOOS != "linux" {
		t.Skip("the archives' names are those of Linux here")
	}
	name, data := "helm-irsa-0.1.0-linux-"+arch+".tar.gz", packed(t)
	sum := fmt.Sprintf("%x", sha256.Sum256(data))
	none := strings.Repeat("0", 64)
	for what, c := range map[string]struct{ sums, says string }{
		"as it should be":     {none + "  other.tar.gz\n" + sum + "  " + name + "\n", ""},
		"binary mode":         {sum + " *" + name + "\n", ""},
		"another archive's":   {sum + "  other.tar.gz\n", "has no line for " + name},
		"dots are no pattern": {sum + "  " + strings.ReplaceAll(name, ".", "x") + "\n", "has no line for"},
		"the end of a name":   {sum + "  x  " + name + "\n", "has no line for"},
		"the begin of one":    {sum + "  " + name + ".old\n", "has no line for"},
		"a folder before":     {sum + "  ./" + name + "\n", "has no line for"},
		"twice":               {sum + "  " + name + "\n" + none + "  " + name + "\n", "or more than one"},
		"too short":           {sum[:40] + "  " + name + "\n", "has no line for"},
		"no digits":           {strings.Repeat("z", 64) + "  " + name + "\n", "has no line for"},
		"empty":               {"", "has no line for"},
		"a page":              {"<html>\n", "has no line for"},
		"another sum":         {none + "  " + name + "\n", "does not match SHA256SUMS"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			url := release(t, c.sums, data)
			dir, env := bare(t)
			said, ok, ran := hook(t, dir, append(env, "HELM_IRSA_DOWNLOAD_URL="+url)...)
			if want := c.says == ""; ok != want || ran != want || !strings.Contains(said, c.says) {
				t.Errorf("ok %v, ran %v: %s", ok, ran, said)
			}
			if _, err := os.Stat(filepath.Join(dir, "bin")); (err == nil) != ok {
				t.Errorf("bin/: %v", err)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, ".install*")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// TestDownloadsFrom: nothing is fetched by http from anywhere but this machine, however
// the URL is written, and nobody is followed there.
func TestDownloadsFrom(t *testing.T) {
	t.Parallel()
	dir, env := bare(t)
	for _, url := range []string{
		"http://example.com", "ftp://example.com", "//example.com", "example.com", "-k", "HTTP://127.0.0.1",
		"http://127.0.0.1.example.com", "http://127.0.0.1:80@example.com", "https://user@example.com/x",
		"http://localhost.example.com", "https://example.com/x?y=", "https://example.com/#", "https://exam ple.com", `http://localhost:1\@example.com`,
	} {
		said, ok, ran := hook(t, dir, append(env, "HELM_IRSA_DOWNLOAD_URL="+url)...)
		if ok || ran || !strings.Contains(said, "HELM_IRSA_DOWNLOAD_URL is not an https URL") {
			t.Errorf("%s: %s", url, said)
		}
	}
	asked := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = asked || r.URL.Path == "/passwd"
		http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
	}))
	defer server.Close()
	if said, ok, _ := hook(t, dir, append(env, "HELM_IRSA_DOWNLOAD_URL="+server.URL)...); ok || !strings.Contains(said, "fetching "+server.URL+"/SHA256SUMS failed") {
		t.Errorf("redirected: %s", said)
	}
	if _, err := os.Stat(filepath.Join(dir, "bin")); err == nil || asked {
		t.Error("something was fetched")
	}
}

// TestSignedSums: the programs of the signed package are those that the package itself names,
// whatever the server says of them.
func TestSignedSums(t *testing.T) {
	t.Parallel()
	arch := map[string]string{"amd64": "amd64", "arm64": "arm64"}[runtime.GOARCH]
	if arch == "" || runtime.GOOS != "linux" {
		t.Skip("the archives' names are those of Linux here")
	}
	name, data := "helm-irsa-0.1.0-linux-"+arch+".tar.gz", packed(t)
	sum := fmt.Sprintf("%x", sha256.Sum256(data))
	for what, c := range map[string]struct{ own, served, says string }{
		"its own":            {sum + "  " + name + "\n", "", ""},
		"another, as served": {strings.Repeat("0", 64) + "  " + name + "\n", sum + "  " + name + "\n", "does not match ARCHIVES.sha256"},
		"none, as served":    {"", sum + "  " + name + "\n", "ARCHIVES.sha256 has no line for"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			url := release(t, c.served, data)
			dir, env := bare(t)
			if err := os.WriteFile(filepath.Join(dir, "ARCHIVES.sha256"), []byte(c.own), 0o644); err != nil {
				t.Fatal(err)
			}
			said, ok, ran := hook(t, dir, append(env, "HELM_IRSA_DOWNLOAD_URL="+url)...)
			if want := c.says == ""; ok != want || ran != want || !strings.Contains(said, c.says) {
				t.Errorf("ok %v, ran %v: %s", ok, ran, said)
			}
		})
	}
}

// TestPackedSums: the SHA256SUMS of an archive must name the programs, each once.
func TestPackedSums(t *testing.T) {
	t.Parallel()
	sum := fmt.Sprintf("%x", sha256.Sum256([]byte(program)))
	for what, c := range map[string]struct{ sums, says string }{
		"all":          {sum + "  bin/helm-irsa\n" + sum + "  bin/irsa-charts\n" + sum + "  bin/irsa-post-renderer\n", ""},
		"one":          {sum + "  bin/irsa-post-renderer\n", "no line for bin/helm-irsa"},
		"others":       {sum + "  plugin.yaml\n", "no line for bin/helm-irsa"},
		"empty":        {"", "no line for bin/helm-irsa"},
		"one too many": {sum + "  bin/helm-irsa\n" + sum + "  bin/irsa-charts\n" + sum + "  bin/irsa-post-renderer\n" + sum + "  bin/irsa-more\n", "bin/irsa-more is not there, and SHA256SUMS names it"},
		"another one":  {sum + "  bin/helm-irsa\n" + sum + "  bin/irsa-charts\n" + strings.Repeat("0", 64) + "  bin/irsa-post-renderer\n", "bin/irsa-post-renderer does not match SHA256SUMS"},
		"out of there": {sum + "  ../bin/helm-irsa\n" + sum + "  bin/irsa-post-renderer\n", "no line for bin/helm-irsa"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			dir, env := bare(t)
			if err := os.Mkdir(filepath.Join(dir, "bin"), 0o755); err != nil {
				t.Fatal(err)
			}
			for name, text := range map[string]string{"bin/helm-irsa": program, "bin/irsa-charts": program, "bin/irsa-post-renderer": program, "SHA256SUMS": c.sums} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			said, ok, ran := hook(t, dir, env...)
			if want := c.says == ""; ok != want || ran != want || !strings.Contains(said, c.says) {
				t.Errorf("ok %v, ran %v: %s", ok, ran, said)
			}
		})
	}
}

// release serves an archive under any name, and the sums beside it; the URL of both.
func release(t *testing.T, sums string, archive []byte) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/SHA256SUMS" {
			_, _ = w.Write([]byte(sums))
			return
		}
		_, _ = w.Write(archive)
	}))
	t.Cleanup(server.Close)
	return server.URL
}
