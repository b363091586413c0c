package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// Names that the plugin's files carry: see plugins/*/plugin.yaml.
const (
	filterName = "irsa-post-renderer"
	chainName  = "irsa-post-renderer-chain"
	chainVerb  = "chain-post-render"
)

// call is how a Helm is told to run our post-renderer.
type call struct{ flags, env []string }

// rendererCall makes the call for a major version of Helm. Helm 3 runs a
// program (pkg/postrender/exec.go), Helm 4 a plugin that it finds by name in
// $HELM_PLUGINS (pkg/postrenderer/postrenderer.go).
func (o *wrapperOptions) rendererCall(major int, args []string) (call, error) {
	name := filterName
	if o.args.PostRenderer != "" {
		first, err := o.userRenderer(major)
		if err != nil {
			return call{}, fmt.Errorf("finding the post-renderer %s: %w", o.args.PostRenderer, err)
		}
		name, args = chainName, chainArgs(first, args)
	}
	exe, err := o.ownExecutable()
	if err != nil {
		return call{}, err
	}
	switch major {
	case 3:
		return helm3Call(exe, name, args)
	case 4:
		return o.helm4Call(exe, name, args)
	}
	return call{}, hinted(fmt.Errorf("running Helm %d: only Helm 3 and Helm 4 are known", major), "set $HELM_BIN to a Helm 3 or 4")
}

func helm3Call(exe, name string, args []string) (call, error) {
	renderer := filepath.Join(filepath.Dir(exe), filterName+exeSuffix())
	if name == chainName {
		renderer, args = exe, append([]string{chainVerb}, args...)
	}
	if _, err := os.Stat(renderer); err != nil {
		return call{}, hinted(fmt.Errorf("finding our post-renderer: %w", err), "make build makes it, or install the plugin again")
	}
	return call{flags: rendererFlags(renderer, args)}, nil
}

// helm4Call appends our folder of nested plugins to the folders that Helm
// looks in. Helm 4 gives every plugin its own list as $HELM_PLUGINS; a program
// that Helm did not start has to ask for it.
func (o *wrapperOptions) helm4Call(exe, name string, args []string) (call, error) {
	nested := filepath.Join(filepath.Dir(exe), "..", "plugins")
	if _, err := os.Stat(filepath.Join(nested, pluginFolder[name], "plugin.yaml")); err != nil {
		return call{}, hinted(fmt.Errorf("finding our post-renderer plugin for Helm 4: %w", err), "run it as the Helm plugin: helm plugin install FOLDER, then helm irsa")
	}
	dirs, err := o.pluginDirs()
	if err != nil {
		return call{}, err
	}
	return call{
		flags: rendererFlags(name, args),
		env:   []string{"HELM_PLUGINS=" + dirs + string(os.PathListSeparator) + nested},
	}, nil
}

// pluginFolder is where a nested plugin lies under plugins/.
var pluginFolder = map[string]string{filterName: "post-renderer", chainName: "post-renderer-chain"}

// pluginDirs is Helm's own list of plugin folders.
func (o *wrapperOptions) pluginDirs() (string, error) {
	if dirs := o.sys.Getenv("HELM_PLUGINS"); dirs != "" {
		return dirs, nil
	}
	dirs, err := o.helm.Output("env", "HELM_PLUGINS")
	if err != nil {
		return "", fmt.Errorf("asking Helm for its plugin folder: %w", err)
	}
	return dirs, nil
}

// ownExecutable is this program with symbolic links resolved: an installed
// plugin is often a link to a checkout.
func (o *wrapperOptions) ownExecutable() (string, error) {
	exe, err := o.sys.Executable()
	if err == nil {
		exe, err = filepath.EvalSymlinks(exe)
	}
	if err != nil {
		return "", fmt.Errorf("finding this program: %w", err)
	}
	return exe, nil
}

// rendererFlags names the renderer and then its arguments, one flag each. With
// an equals sign, no argument can be taken for a flag.
func rendererFlags(renderer string, args []string) []string {
	flags := []string{"--post-renderer=" + renderer}
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
