package main

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// world is a folder with two releases, what serves them, and the keys.
type world struct {
	folder, version, next string
	files, registry       string // URL and host
	keyring, otherKeyring string
	secret                string
	transcript            strings.Builder
}

const signer = "release-check@helm-irsa.dev"

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{folder: t.TempDir()}
	text, err := os.ReadFile(filepath.Join(root, "plugin.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	w.version = regexp.MustCompile(`(?m)^version: (\S+)`).FindStringSubmatch(string(text))[1]
	w.next = regexp.MustCompile(`\.\d+.*$`).ReplaceAllString(w.version, ".999.0")
	w.keyring, w.secret = w.key(t, "key", signer)
	w.otherKeyring, _ = w.key(t, "other", "somebody@example.com")

	files := http.FileServer(http.Dir(w.file("releases")))
	fileServer := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		files.ServeHTTP(out, r)
	}))
	t.Cleanup(fileServer.Close)
	images := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(images.Close)
	w.files, w.registry = fileServer.URL, strings.TrimPrefix(images.URL, "http://")
	return w
}

func (w *world) file(parts ...string) string {
	return filepath.Join(append([]string{w.folder}, parts...)...)
}

func here() string { return runtime.GOOS + "/" + runtime.GOARCH }

func (w *world) archive(version string) string {
	return fmt.Sprintf("helm-irsa-%s-%s-%s.tar.gz", version, runtime.GOOS, runtime.GOARCH)
}

func repository(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// key makes a key that is thrown away, in the old binary format that Helm reads.
func (w *world) key(t *testing.T, name, mail string) (public, secret string) {
	t.Helper()
	home, err := os.MkdirTemp("", "gpg") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = exec.Command("gpgconf", "--homedir", home, "--kill", "all").Run()
		os.RemoveAll(home)
	})
	public, secret = w.file(name+".gpg"), w.file(name+".secret.gpg")
	for _, args := range [][]string{
		{"--passphrase", "", "--quick-generate-key", "helm-irsa <" + mail + ">", "rsa2048", "sign", "1d"},
		{"--output", public, "--export"},
		{"--output", secret, "--export-secret-keys"},
	} {
		w.mustRun(t, "", "gpg", append([]string{"--homedir", home, "--batch", "--quiet"}, args...)...)
	}
	if mail == signer {
		w.mustRun(t, "", "cp", "-r", home, w.file("gpghome"))
	}
	return public, secret
}

// mustRun runs a program quietly.
func (w *world) mustRun(t *testing.T, dir, program string, args ...string) {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=helm-irsa", "GIT_AUTHOR_EMAIL="+signer, "GIT_COMMITTER_NAME=helm-irsa", "GIT_COMMITTER_EMAIL="+signer)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v\n%s", program, args, err, out)
	}
}

// dist makes a release of a checkout, and signs its sums as the release's workflow does.
func (w *world) dist(t *testing.T, checkout, out, platforms string) {
	t.Helper()
	pass := w.file("passphrase")
	if err := os.WriteFile(pass, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"run", "./scripts/dist", "-out", out, "-sbom", "-helm", os.Getenv("HELM4"), "-key", signer, "-keyring", w.secret, "-passphrase-file", pass}
	if platforms != "" {
		args = append(args, "-platforms", platforms)
	}
	w.mustRun(t, checkout, "go", args...)
	w.mustRun(t, out, "gpg", "--homedir", w.file("gpghome"), "--batch", "--quiet", "--armor", "--detach-sign", "SHA256SUMS")
	_ = exec.Command("gpgconf", "--homedir", w.file("gpghome"), "--kill", "all").Run()
}

// checkout copies what git has of the repository, and makes it one of its own.
func (w *world) checkout(t *testing.T, name string) string {
	t.Helper()
	dir := w.file("checkouts", name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	w.mustRun(t, root, "sh", "-c", `git ls-files -z | xargs -0 tar -cf - | tar -xf - -C "$1"`, "sh", dir)
	w.mustRun(t, dir, "git", "init", "--quiet", "--initial-branch=main")
	w.mustRun(t, dir, "git", "add", "--all")
	w.mustRun(t, dir, "git", "commit", "--quiet", "--message", "v"+w.version)
	w.mustRun(t, dir, "git", "tag", "v"+w.version)
	return dir
}

// bare serves the repository of the first release, as plain files.
func (w *world) bare(t *testing.T) string {
	t.Helper()
	dir := w.file("releases", "helm-irsa.git")
	if err := os.RemoveAll(dir); err != nil { // of a Helm before
		t.Fatal(err)
	}
	w.mustRun(t, "", "git", "clone", "--quiet", "--bare", "--branch", "v"+w.version, w.file("checkouts", "next"), dir)
	w.mustRun(t, dir, "git", "update-ref", "refs/heads/main", "v"+w.version)
	w.mustRun(t, dir, "git", "symbolic-ref", "HEAD", "refs/heads/main")
	w.mustRun(t, dir, "git", "update-server-info")
	return dir
}

func (w *world) copyOf(t *testing.T, release, name string) string {
	t.Helper()
	if err := os.CopyFS(w.file("releases", name), os.DirFS(w.file("releases", release))); err != nil {
		t.Fatal(err)
	}
	return w.file("releases", name)
}

// pulled gets the image from the registry, and its files.
func (w *world) pulled(t *testing.T, o imageOptions) (files string, env []string) {
	t.Helper()
	ref, err := name.NewTag(o.to+":latest", name.Insecure)
	if err != nil {
		t.Fatal(err)
	}
	image, err := remote.Image(ref)
	if err != nil {
		t.Fatal(err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if config.Config.User != user || config.Config.Labels["org.opencontainers.image.version"] != w.version || len(config.Config.Entrypoint) > 0 {
		t.Errorf("%+v", config.Config)
	}
	files = w.file("rootfs")
	r := mutate.Extract(image)
	defer r.Close()
	if err := unpack(r, files); err != nil {
		t.Fatal(err)
	}
	return files, config.Config.Env
}

func unpack(from io.Reader, to string) error {
	for r := tar.NewReader(from); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		path := filepath.Join(to, h.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		switch h.Typeflag {
		case tar.TypeDir:
			if err = os.MkdirAll(path, 0o755); err == nil {
				err = os.Chmod(path, h.FileInfo().Mode())
			}
		case tar.TypeSymlink:
			err = os.Symlink(h.Linkname, path)
		default:
			var data []byte
			if data, err = io.ReadAll(r); err == nil {
				err = os.WriteFile(path, data, h.FileInfo().Mode())
			}
		}
		if err != nil {
			return err
		}
	}
}
