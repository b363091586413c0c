package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/helm-irsa/helm-irsa/bench/results"
)

const kustomizeVersion = "v5.8.1"

// helmVersion is the Helm 3 of the Makefile.
const helmVersion = "v3.22.0"

// tools are the programs that are measured.
type tools struct {
	kustomize, helm, cat string
	ours                 string // irsa-post-renderer, as installed in plugins
	helmIRSA             string // helm-irsa, beside it
	plugins              string // for HELM_PLUGINS
	root                 string // the repository
	goVersion            string
}

// buildTools builds ours as a plugin into tmp, and what they are held against once into
// the cache that the Makefile uses.
func buildTools(root, tmp string, progress io.Writer) (tools, error) {
	t := tools{root: root, plugins: filepath.Join(tmp, "plugins")}
	version, err := results.GoEnv("GOVERSION")
	if err != nil {
		return t, err
	}
	t.goVersion = version
	if t.cat, err = exec.LookPath("cat"); err != nil {
		return t, err
	}
	if err := t.buildPlugin(); err != nil {
		return t, err
	}
	if t.kustomize, err = cached(tmp, "kustomize", kustomizeVersion, "sigs.k8s.io/kustomize/kustomize/v5", progress); err != nil {
		return t, err
	}
	t.helm, err = cached(tmp, "helm", helmVersion, "helm.sh/helm/v3/cmd/helm", progress)
	return t, err
}

// buildPlugin makes the folder that `helm plugin install` would make.
func (t *tools) buildPlugin() error {
	plugin := filepath.Join(t.plugins, "irsa")
	t.ours, t.helmIRSA = filepath.Join(plugin, "bin", "irsa-post-renderer"), filepath.Join(plugin, "bin", "helm-irsa")
	if err := os.MkdirAll(filepath.Join(plugin, "bin"), 0o755); err != nil {
		return err
	}
	manifest, err := os.ReadFile(filepath.Join(t.root, "plugin.yaml"))
	if err != nil {
		return err
	}
	if _, err := writeFile(plugin, "plugin.yaml", string(manifest)); err != nil {
		return err
	}
	// As `make build` and a release build them.
	_, err = output(t.root, "env", "CGO_ENABLED=0", "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join(plugin, "bin")+string(os.PathSeparator), "./cmd/...")
	return err
}

// cached is the path of a program in the cache, built from its module where it is not there yet.
func cached(tmp, name, version, pkg string, progress io.Writer) (string, error) {
	cache, err := cacheFolder()
	if err != nil {
		return "", err
	}
	bin := filepath.Join(cache, name+"-"+version)
	path := filepath.Join(bin, name)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	fmt.Fprintf(progress, "building %s %s into the cache (once)\n", name, version)
	cmd := exec.Command("go", "install", pkg+"@"+version)
	cmd.Dir, cmd.Env, cmd.Stderr = tmp, append(os.Environ(), "GOBIN="+bin), progress
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("building %s %s: %w", name, version, err)
	}
	return path, nil
}

// cacheFolder is HELM_IRSA_CACHE, with the Makefile's default.
func cacheFolder() (string, error) {
	if dir := os.Getenv("HELM_IRSA_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	if dir := os.Getenv("XDG_CACHE_HOME"); dir != "" {
		return filepath.Join(dir, "helm-irsa"), nil
	}
	home, err := os.UserHomeDir()
	return filepath.Join(home, ".cache", "helm-irsa"), err
}

func moduleRoot() (string, error) {
	file, err := results.GoEnv("GOMOD")
	return filepath.Dir(file), err
}

// output runs a program and gives what it printed, trimmed; what it said is in the error.
func output(dir, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	var said strings.Builder
	cmd.Dir, cmd.Stderr = dir, &said
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("running %s %s: %w: %s", name, strings.Join(args, " "), err, strings.TrimSpace(said.String()))
	}
	return strings.TrimSpace(string(out)), nil
}
