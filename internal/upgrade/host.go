package upgrade

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/helm"
)

// Names that the plugin's files carry: see plugins/*/plugin.yaml.
const (
	filterName = "irsa-post-renderer"
	chainName  = "irsa-post-renderer-chain"
	// ChainVerb is the command that runs another post-renderer and then ours.
	ChainVerb = "chain-post-render"
)

// call is how a Helm is told to run our post-renderer.
type call struct{ flags, env []string }

// Renderer is what makes a command of Helm's, such as that of a plugin, call our post-renderer with
// arguments: flags for it, and its environment.
func Renderer(d Deps, args *helm.Args, ours []string) (flags, env []string, err error) {
	r := &request{Deps: d, Options: Options{Args: args}}
	if r.helm, err = d.FindHelm(); err != nil {
		return nil, nil, err
	}
	if r.major, err = r.helm.Major(); err != nil {
		return nil, nil, err
	}
	made, err := findRenderer(r)
	if err != nil {
		return nil, nil, err
	}
	c := made(ours)
	return c.flags, c.env, nil
}

// findRenderer finds the post-renderer for the user's Helm, and gives what makes
// the call of it with arguments. Helm 3 runs a program (pkg/postrender/exec.go), Helm 4 a
// plugin that it finds by name in $HELM_PLUGINS (pkg/postrenderer/postrenderer.go).
func findRenderer(r *request) (func(args []string) call, error) {
	name, all := filterName, func(args []string) []string { return args }
	if r.Args.PostRenderer != "" {
		first, err := userRenderer(r)
		if err != nil {
			return nil, fmt.Errorf("finding the post-renderer %s: %w", r.Args.PostRenderer, err)
		}
		name, all = chainName, func(args []string) []string { return chainArgs(first, args) }
	}
	exe, err := ownExecutable(r)
	if err != nil {
		return nil, err
	}
	var flags []string
	var env []string
	switch r.major {
	case 3:
		flags, err = helm3Renderer(exe, name)
	case 4:
		flags = rendererFlags(name, nil)
		env, err = helm4Environment(r, exe, name)
	default:
		err = faults.Hinted(fmt.Errorf("running Helm %d: only Helm 3 and Helm 4 are known", r.major), "set $HELM_BIN to a Helm 3 or 4")
	}
	if err != nil {
		return nil, err
	}
	return func(args []string) call {
		return call{flags: append(flags, rendererArgs(all(args))...), env: env}
	}, nil
}

func helm3Renderer(exe, name string) (flags []string, err error) {
	renderer := filepath.Join(filepath.Dir(exe), filterName+exeSuffix())
	var first []string
	if name == chainName {
		renderer, first = exe, []string{ChainVerb}
	}
	if _, err := os.Stat(renderer); err != nil {
		return nil, faults.Hinted(fmt.Errorf("finding our post-renderer: %w", err), "make build makes it, or install the plugin again")
	}
	return rendererFlags(renderer, first), nil
}

// helm4Environment appends our folder of nested plugins to the folders that Helm
// looks in. Helm 4 gives every plugin its own list as $HELM_PLUGINS; a program
// that Helm did not start has to ask for it.
func helm4Environment(r *request, exe, name string) ([]string, error) {
	nested := filepath.Join(filepath.Dir(exe), "..", "plugins")
	if _, err := os.Stat(filepath.Join(nested, pluginFolder[name], "plugin.yaml")); err != nil {
		return nil, faults.Hinted(fmt.Errorf("finding our post-renderer plugin for Helm 4: %w", err), "run it as the Helm plugin: helm plugin install FOLDER, then helm irsa")
	}
	dirs, err := pluginDirs(r)
	if err != nil {
		return nil, err
	}
	return []string{"HELM_PLUGINS=" + dirs + string(os.PathListSeparator) + nested}, nil
}

// pluginFolder is where a nested plugin lies under plugins/.
var pluginFolder = map[string]string{filterName: "post-renderer", chainName: "post-renderer-chain"}

// pluginDirs is Helm's own list of plugin folders.
func pluginDirs(r *request) (string, error) {
	if dirs := r.Getenv("HELM_PLUGINS"); dirs != "" {
		return dirs, nil
	}
	dirs, err := r.helm.Output("env", "HELM_PLUGINS")
	if err != nil {
		return "", fmt.Errorf("asking Helm for its plugin folder: %w", err)
	}
	return dirs, nil
}

// ownExecutable is this program with symbolic links resolved: an installed
// plugin is often a link to a checkout.
func ownExecutable(r *request) (string, error) {
	exe, err := r.Executable()
	if err == nil {
		exe, err = filepath.EvalSymlinks(exe)
	}
	if err != nil {
		return "", fmt.Errorf("finding this program: %w", err)
	}
	return exe, nil
}

// rendererFlags names the renderer and then its arguments.
func rendererFlags(renderer string, args []string) []string {
	return append([]string{"--post-renderer=" + renderer}, rendererArgs(args)...)
}

// rendererArgs are the renderer's arguments, one flag each. With an equals sign, none can be
// taken for a flag.
func rendererArgs(args []string) []string {
	var flags []string
	for _, a := range args {
		flags = append(flags, "--post-renderer-args="+a)
	}
	return flags
}

func exeSuffix() string {
	if runtime.GOOS == "windows" {
		return ".exe"
	}
	return ""
}

// chainArgs are the arguments of chain-post-render for a renderer and the arguments of ours.
func chainArgs(first firstRenderer, filterArgs []string) []string {
	args := []string{"--exec=" + first.path}
	for _, a := range first.args {
		args = append(args, "--exec-arg="+a)
	}
	for _, e := range first.env {
		args = append(args, "--exec-env="+e)
	}
	return append(append(args, "--"), filterArgs...)
}
