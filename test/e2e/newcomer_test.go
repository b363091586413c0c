package e2e

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// TestNewcomer types what README.md says, at a terminal, and nothing else: with the kubeconfig that
// aws eks update-kubeconfig writes, and credentials. Only the chart comes from a repository on this
// machine, and AWS is the local one. The answers are what the questions offer, the hosted zone, and yes.
func TestNewcomer(t *testing.T) {
	scenario(t, func(t *testing.T, h helmProgram) {
		if _, err := exec.LookPath("script"); err != nil {
			t.Skip("no terminal: script (Debian: bsdutils) is not here")
		}
		w := newWorld(t, h, paris, "external-dns-"+h.major)
		w.helmOnPath()
		w.kubeconfigOfEKS()
		repository := w.repository("testdata/charts/external-dns")
		for _, line := range w.quickStart() {
			line, _, _ = strings.Cut(line, "   #")
			line = strings.Replace(line, "https://kubernetes-sigs.github.io/external-dns", repository, 1)
			line = strings.ReplaceAll(line, "-n external-dns", "-n "+w.namespace)
			answers := ""
			switch {
			case strings.HasPrefix(line, "helm irsa init"):
				answers = "\n\nZ0123456789\n\n\n"
			case strings.HasPrefix(line, "helm irsa upgrade"):
				answers = "yes\n"
			case strings.HasPrefix(line, "helm irsa verify"):
				w.await("the pods", func() bool { return len(w.started("external-dns")) > 0 })
			}
			if r := w.typed(line, answers); r.code != 0 {
				t.Fatalf("$ %s\n%s", line, r)
			}
		}
		w.proven(w.annotated([]string{"external-dns"}))
	})
}

// quickStart are the commands of README.md's first steps.
func (w *world) quickStart() []string {
	w.Helper()
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	w.no(err)
	_, after, _ := strings.Cut(string(text), "in five commands")
	_, after, _ = strings.Cut(after, "```sh\n")
	block, _, found := strings.Cut(after, "```\n")
	lines := strings.Split(strings.TrimSpace(block), "\n")
	if !found || len(lines) != 5 {
		w.Fatalf("README.md has %d commands: %q", len(lines), lines)
	}
	return lines
}

// typed runs a line of shell at a terminal, with answers for what it asks.
func (w *world) typed(line, answers string) result {
	w.Helper()
	cmd := exec.CommandContext(w.Context(), "script", "--quiet", "--return", "--command", line, os.DevNull)
	cmd.Dir, cmd.Env, cmd.Stdin = w.dir, append(w.env, "TERM=xterm", "SHELL=/bin/sh"), strings.NewReader(answers)
	return w.finish(cmd)
}

// helmOnPath lets a shell find Helm under its name.
func (w *world) helmOnPath() {
	w.Helper()
	dir := w.TempDir()
	w.no(os.Symlink(w.path, filepath.Join(dir, "helm")))
	w.env = append(w.env, "PATH="+dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// kubeconfigOfEKS gives the cluster the name that aws eks update-kubeconfig gives: its ARN.
func (w *world) kubeconfigOfEKS() {
	w.Helper()
	config, err := clientcmd.LoadFromFile(w.cluster.Kubeconfig())
	w.no(err)
	arn := "arn:aws:eks:" + w.where.region + ":" + home + ":cluster/" + w.name
	old := config.Contexts[config.CurrentContext]
	named := clientcmdapi.NewConfig()
	named.Clusters[arn], named.AuthInfos[arn] = config.Clusters[old.Cluster], config.AuthInfos[old.AuthInfo]
	named.Contexts[arn] = &clientcmdapi.Context{Cluster: arn, AuthInfo: arn}
	named.CurrentContext = arn
	file := filepath.Join(w.TempDir(), "kubeconfig")
	w.no(clientcmd.WriteToFile(*named, file))
	w.env = append(w.env, "KUBECONFIG="+file)
}

// repository serves a chart as chart repositories do.
func (w *world) repository(chart string) string {
	w.Helper()
	dir := w.TempDir()
	w.must("package", absolute(chart), "--destination", dir)
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	w.Cleanup(server.Close)
	w.must("repo", "index", dir, "--url", server.URL)
	return server.URL
}
