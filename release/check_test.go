package main

import (
	"bytes"
	"flag"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the transcript into docs/release.md")

const root = ".."

// TestRelease makes a release and the next one with a key that is thrown away, serves both on
// loopback, and does with them what users of Helm 4 and Helm 3 do. What it types and what it
// sees is the transcript in docs/release.md. `make release-check` runs it.
func TestRelease(t *testing.T) {
	if os.Getenv("HELM4") == "" || os.Getenv("HELM3") == "" {
		t.Skip("HELM4 and HELM3 are not set (make release-check sets them)")
	}
	w := newWorld(t)
	w.built(t)
	w.sent(t)
	w.onHelm4(t, "helm4", os.Getenv("HELM4"))
	w.onHelm3(t, "helm3", os.Getenv("HELM3"))
	w.image(t)
	w.krew(t)
	w.compare(t)
	// The oldest that are supported do the same; the transcript is that of the newest.
	if old := os.Getenv("HELM4_OLD"); old != "" {
		w.onHelm4(t, "helm4-old", old)
	}
	if old := os.Getenv("HELM3_OLD"); old != "" {
		w.onHelm3(t, "helm3-old", old)
	}
}

// built makes the files of both releases.
func (w *world) built(t *testing.T) {
	w.heading("What a release consists of")
	w.dist(t, repository(t), w.file("releases", "v"+w.version), os.Getenv("RELEASE_PLATFORMS"))
	w.say(t, "sha256sum --check --quiet SHA256SUMS", w.in(w.file("releases", "v"+w.version)))
	w.say(t, "ls", w.in(w.file("releases", "v"+w.version)))
	w.say(t, "gpgv --quiet --keyring $KEYRING SHA256SUMS.asc SHA256SUMS", w.in(w.file("releases", "v"+w.version)), w.silently())

	// The next version, of a copy: all places say it.
	next := w.checkout(t, "next")
	w.mustRun(t, next, "go", "run", "./scripts/dist", "-set-version", w.next)
	w.mustRun(t, next, "git", "commit", "--quiet", "--all", "--message", "v"+w.next)
	w.dist(t, next, w.file("releases", "v"+w.next), here())
}

// sent sends the packages to a registry, the tampered ones as well.
func (w *world) sent(t *testing.T) {
	for _, version := range []string{w.version, w.next} {
		if err := pushPlugin(t.Context(), w.file("releases", "v"+version), version, w.registry+"/helm-irsa/irsa", true); err != nil {
			t.Fatal(err)
		}
	}
	if err := pushPlugin(t.Context(), w.file("releases", "v"+w.version), w.version, w.registry+"/x/helm-irsa", true); err == nil {
		t.Error("a repository whose last part is not the plugin's name was taken")
	}
	// A byte of the package is another one; and a package as it should be, for which the
	// archive of somebody else is served.
	tampered := w.copyOf(t, "v"+w.version, "tampered")
	flip(t, filepath.Join(tampered, "irsa-"+w.version+".tgz"), systemByte)
	if err := pushPlugin(t.Context(), tampered, w.version, w.registry+"/tampered/irsa", true); err != nil {
		t.Fatal(err)
	}
	replaced := w.copyOf(t, "v"+w.version, "replaced")
	flip(t, filepath.Join(replaced, w.archive(w.version)), systemByte)
}

// onHelm4 is what a user of Helm 4 does.
func (w *world) onHelm4(t *testing.T, name, helm string) {
	h := w.visitor(t, name, helm)
	plugin := "oci://" + w.registry + "/helm-irsa/irsa"
	w.heading("Helm 4: install, and what is refused")
	h.say(t, "helm plugin verify irsa-"+w.version+".tgz --keyring $KEYRING", w.in(w.file("releases", "v"+w.version)))
	h.refused(t, "helm plugin install oci://"+w.registry+"/tampered/irsa:"+w.version+" --plain-http --keyring $KEYRING", "verification failed")
	h.refused(t, "helm plugin install "+plugin+":"+w.version+" --plain-http --keyring $OTHER_KEYRING", "unknown entity")
	h.env = append(h.env, "HELM_IRSA_DOWNLOAD_URL="+w.files+"/replaced")
	h.refused(t, "helm plugin install "+plugin+":"+w.version+" --plain-http --keyring $KEYRING", "does not match ARCHIVES.sha256")
	h.must(t, "plugin", "uninstall", "irsa") // Helm keeps a plugin whose hook failed
	h.env = append(h.env, "HELM_IRSA_DOWNLOAD_URL="+w.files+"/v"+w.version)
	h.say(t, "helm plugin install "+plugin+":"+w.version+" --plain-http --keyring $KEYRING")
	h.works(t, w.version)

	w.heading("Helm 4: the next version, and away")
	h.refused(t, "helm plugin update irsa", "cannot get information about plugin source")
	h.env = append(h.env, "HELM_IRSA_DOWNLOAD_URL="+w.files+"/v"+w.next)
	h.say(t, "helm plugin uninstall irsa")
	h.say(t, "helm plugin install "+plugin+":"+w.next+" --plain-http --keyring $KEYRING")
	h.works(t, w.next)
	h.say(t, "helm plugin uninstall irsa")
	h.gone(t)
}

// onHelm3 is what a user of Helm 3 does, which verifies no plugin: the hook checks what it
// fetches, here with the release's key.
func (w *world) onHelm3(t *testing.T, name, helm string) {
	h := w.visitor(t, name, helm)
	w.heading("Helm 3: install from git, update, and away")
	bare := w.bare(t)
	h.env = append(h.env, "HELM_IRSA_KEYRING="+w.keyring, "HELM_IRSA_DOWNLOAD_URL="+w.files+"/replaced")
	h.refused(t, "helm plugin install "+w.files+"/helm-irsa.git --version v"+w.version, "does not match SHA256SUMS")
	h.must(t, "plugin", "uninstall", "irsa")
	h.env = append(h.env, "HELM_IRSA_KEYRING="+w.otherKeyring, "HELM_IRSA_DOWNLOAD_URL="+w.files+"/v"+w.version)
	h.refused(t, "helm plugin install "+w.files+"/helm-irsa.git --version v"+w.version, "is not signed by a key of")
	h.must(t, "plugin", "uninstall", "irsa")
	// Helm keeps its clone, at the version that was named, and updates none that is at one
	// (github.com/Masterminds/vcs, git.go, Update: a detached HEAD is not pulled).
	if err := os.RemoveAll(filepath.Join(h.home, "cache")); err != nil {
		t.Fatal(err)
	}
	h.env = append(h.env, "HELM_IRSA_KEYRING="+w.keyring)
	h.say(t, "helm plugin install "+w.files+"/helm-irsa.git")
	h.works(t, w.version)
	w.mustRun(t, w.file("checkouts", "next"), "git", "push", "--quiet", bare, "HEAD:main")
	w.mustRun(t, bare, "git", "update-server-info")
	h.env = append(h.env, "HELM_IRSA_DOWNLOAD_URL="+w.files+"/v"+w.next)
	h.say(t, "helm plugin update irsa")
	h.works(t, w.next)
	h.say(t, "helm plugin uninstall irsa")
	h.gone(t)
}

// works: the plugin says its version, is listed, and renders a chart.
func (h *visitor) works(t *testing.T, version string) {
	t.Helper()
	if out := h.say(t, "helm irsa version"); !strings.HasPrefix(out, "helm-irsa v"+version+" ") {
		t.Errorf("version %s is installed: %s", version, out)
	}
	out := h.say(t, "helm irsa template epinio $REPOSITORY/testdata/charts/epinio-1.13 -n epinio --irsa-file $REPOSITORY/docs/examples/epinio/irsa.yaml | grep -c role-arn")
	if strings.TrimSpace(out) != "2" {
		t.Errorf("the chart was rendered with %s roles, want 2", out)
	}
}

// gone: nothing of the plugin is left in Helm's folder of plugins but what Helm leaves.
func (h *visitor) gone(t *testing.T) {
	t.Helper()
	if left, _ := filepath.Glob(filepath.Join(h.home, "data", "plugins", "*irsa", "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// image makes the image of this platform, and runs its programs in its files alone, as the
// user that it names.
func (w *world) image(t *testing.T) {
	w.heading("The image")
	folder := w.file("image")
	o := imageOptions{dist: w.file("releases", "v"+w.version), version: w.version, layout: folder, to: w.registry + "/helm-irsa/helm-irsa", plain: true, helms: map[string]string{here(): os.Getenv("HELM4")}}
	if err := o.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	files, env := w.pulled(t, o)
	for _, want := range []string{"HELM_PLUGINS=/opt/helm/plugins", "HOME=/tmp"} {
		if !strings.Contains(strings.Join(env, "\n"), want) {
			t.Errorf("%s is not in its environment: %v", want, env)
		}
	}
	if os.Getuid() != 0 {
		t.Log("only root may change the root folder: the image's programs are not run")
		return
	}
	if err := os.CopyFS(filepath.Join(files, "chart"), os.DirFS(filepath.Join(root, "testdata/charts/epinio-1.13"))); err != nil {
		t.Fatal(err)
	}
	copyFile(t, filepath.Join(root, "docs/examples/epinio/irsa.yaml"), filepath.Join(files, "irsa.yaml"))
	if err := os.MkdirAll(filepath.Join(files, "proc"), 0o755); err != nil {
		t.Fatal(err)
	}
	chroot, err := exec.LookPath("chroot")
	if err != nil {
		t.Fatal(err)
	}
	// In this order in the transcript.
	for _, run := range []struct{ command, want string }{
		{"helm irsa version", "helm-irsa v" + w.version},
		{"helm irsa template epinio /chart -n epinio --irsa-file /irsa.yaml", "role/epinio-server-role"},
		{"kubectl-irsa --help", "kubectl irsa verify"},
	} {
		// With /proc, as a container has it: in a namespace of mounts that ends with the command.
		inside := `mount -t proc proc "$0/proc" && exec "$3" --userspec="$1" "$0" $2`
		cmd := exec.Command("unshare", "--mount", "sh", "-c", inside, files, user, "/usr/local/bin/"+run.command, chroot)
		cmd.Env = env
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), run.want) {
			t.Errorf("%s in the image: %v\n%s", run.command, err, out)
		}
		w.note("(in the image, as %s) $ %s\n%s", user, run.command, firstLine(string(out)))
	}
	// On an image that exists: what it has stays.
	o.base, o.layout, o.to = w.registry+"/helm-irsa/helm-irsa:"+w.version, "", w.registry+"/helm-irsa/on-base"
	if err := o.run(t.Context()); err != nil {
		t.Errorf("on a base: %v", err)
	}
}

// krew installs the program from the manifest, from the archive that it names.
func (w *world) krew(t *testing.T) {
	manifest := w.file("releases", "v"+w.version, "irsa.yaml")
	if _, err := os.Stat(manifest); err != nil {
		t.Log("not all platforms were built: krew's manifest is not tried")
		return
	}
	w.heading("kubectl irsa, by krew")
	env := append(os.Environ(), "KREW_ROOT="+w.file("krew"))
	cmd := exec.Command("go", "run", "sigs.k8s.io/krew/cmd/krew@v0.4.3", "install", "--manifest="+manifest, "--archive="+w.file("releases", "v"+w.version, w.archive(w.version)))
	cmd.Env = env
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("krew: %v\n%s", err, out)
	}
	out, err := exec.Command(w.file("krew", "bin", "kubectl-irsa"), "version").CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "helm-irsa v"+w.version) {
		t.Errorf("kubectl-irsa version: %v\n%s", err, out)
	}
	w.note("$ kubectl krew install --manifest=irsa.yaml --archive=%s\n$ kubectl irsa version\n%s", w.archive(w.version), out)
}

// systemByte is where gzip's header says on which system the file was made (RFC 1952, 2.3): another
// one there, and the file still unpacks to the same, so that only who checks it notices.
const systemByte = 9

// flip changes one byte of a file.
func flip(t *testing.T, path string, at int) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[at] ^= 1
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, data, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func firstLine(text string) string { line, _, _ := strings.Cut(text, "\n"); return line + "\n" }

// TestTranscript: what differs from run to run stands for itself in the transcript.
func TestTranscript(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(nil)
	defer server.Close()
	got := tidy("took 127.0.0.1:41234/x sha256:"+strings.Repeat("a1", 32)+" /tmp/x/y\n", "/tmp/x")
	if want := "took HOST/x sha256:DIGEST …/y\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if !regexp.MustCompile(`^[a-z]+/[a-z0-9]+$`).MatchString(here()) || bytes.Contains([]byte(here()), []byte(" ")) {
		t.Error(here())
	}
}
