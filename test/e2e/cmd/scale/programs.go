package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/helm-irsa/helm-irsa/bench/results"
	"github.com/helm-irsa/helm-irsa/test/plugin"
)

// helm is one Helm to measure with.
type helm struct{ major, path string }

func (h helm) String() string { return "Helm " + h.major }

// helms are those that $HELM3 and $HELM4 name.
func helms(getenv func(string) string) ([]helm, error) {
	var out []helm
	for _, major := range []string{"3", "4"} {
		if path := getenv("HELM" + major); path != "" {
			out = append(out, helm{major, path})
		}
	}
	if len(out) == 0 {
		return nil, errors.New("no Helm: set HELM3 or HELM4 to the path of one")
	}
	return out, nil
}

func (h helm) version() (string, error) {
	out, err := exec.Command(h.path, "version", "--template={{.Version}}").Output()
	if err != nil {
		return "", fmt.Errorf("asking %s for its version: %w", h, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// programs are ours, as `helm plugin install` would lay them out.
type programs struct {
	// plugins is for HELM_PLUGINS.
	plugins string
	// nested has the post-renderer as a plugin of Helm 4.
	nested           string
	helmIRSA, filter string
	goVersion        string
}

// buildPrograms builds them into dir.
func buildPrograms(root, dir string) (programs, error) {
	plugins := filepath.Join(dir, "plugins")
	p := programs{
		plugins: plugins, nested: filepath.Join(plugins, plugin.Name, "plugins"),
		helmIRSA: filepath.Join(plugin.Bin(plugins), "helm-irsa"), filter: filepath.Join(plugin.Bin(plugins), "irsa-post-renderer"),
	}
	if err := plugin.Build(root, plugins); err != nil {
		return p, err
	}
	version, err := results.GoEnv("GOVERSION")
	p.goVersion = version
	return p, err
}

// rendererFlags have a Helm run our post-renderer, and env is what else that takes.
func (p programs) rendererFlags(h helm, args []string) (flags, env []string) {
	name := p.filter
	if h.major == "4" {
		name, env = "irsa-post-renderer", []string{"HELM_PLUGINS=" + p.plugins + string(os.PathListSeparator) + p.nested}
	}
	flags = []string{"--post-renderer=" + name}
	for _, a := range args {
		flags = append(flags, "--post-renderer-args="+a)
	}
	return flags, env
}
