package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const kustomizeVersion = "v5.8.1"

// tools are the programs that are measured.
type tools struct {
	kustomize, ours, cat string
	goVersion            string
}

// buildTools builds ours into tmp, and kustomize once into the cache that the Makefile uses.
func buildTools(root, tmp string, progress io.Writer) (tools, error) {
	t := tools{ours: filepath.Join(tmp, "irsa-post-renderer")}
	version, err := output(root, "go", "env", "GOVERSION")
	if err != nil {
		return t, err
	}
	t.goVersion = version
	if t.cat, err = exec.LookPath("cat"); err != nil {
		return t, err
	}
	// As `make build` and a release build it.
	if _, err := output(root, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", t.ours, "./cmd/irsa-post-renderer"); err != nil {
		return t, err
	}
	cache, err := cacheFolder()
	if err != nil {
		return t, err
	}
	bin := filepath.Join(cache, "kustomize-"+kustomizeVersion)
	t.kustomize = filepath.Join(bin, "kustomize")
	if _, err := os.Stat(t.kustomize); err == nil {
		return t, nil
	}
	fmt.Fprintf(progress, "building kustomize %s into the cache (once)\n", kustomizeVersion)
	cmd := exec.Command("go", "install", "sigs.k8s.io/kustomize/kustomize/v5@"+kustomizeVersion)
	cmd.Dir, cmd.Env, cmd.Stderr = tmp, append(os.Environ(), "GOBIN="+bin), progress
	if err := cmd.Run(); err != nil {
		return t, fmt.Errorf("building kustomize %s: %w", kustomizeVersion, err)
	}
	return t, nil
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
	file, err := output("", "go", "env", "GOMOD")
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
