package upgrade

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/pkg/fileio"
)

// mostPluginFile is how long a plugin.yaml may be that is read.
const mostPluginFile = 1 << 20

// firstRenderer is the user's own post-renderer, which runs before ours.
type firstRenderer struct {
	path string
	args []string
	// env is what Helm 4 tells a plugin about itself.
	env []string
}

func userRenderer(r *request) (firstRenderer, error) {
	if r.major == 3 {
		return programRenderer(r.Args.PostRenderer, r.Args.PostRendererArgs)
	}
	dirs, err := pluginDirs(r)
	if err != nil {
		return firstRenderer{}, err
	}
	p, err := findPlugin(filepath.SplitList(dirs), r.Args.PostRenderer)
	if err != nil {
		return firstRenderer{}, err
	}
	return p.renderer(r.Args.PostRendererArgs, r.Getenv)
}

// programRenderer finds a program as Helm 3 does (pkg/postrender/exec.go, getFullPath).
func programRenderer(name string, args []string) (firstRenderer, error) {
	path, err := exec.LookPath(name)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	return firstRenderer{path: path, args: args}, err
}

// rendererPlugin is what counts of a plugin.yaml of Helm 4 (internal/plugin/metadata_v1.go).
type rendererPlugin struct {
	Name          string `json:"name"`
	Type          string `json:"type"`
	Runtime       string `json:"runtime"`
	RuntimeConfig struct {
		PlatformCommand []platformCommand `json:"platformCommand"`
	} `json:"runtimeConfig"`

	dir string
}

type platformCommand struct {
	OS      string   `json:"os"`
	Arch    string   `json:"arch"`
	Command string   `json:"command"`
	Args    []string `json:"args"`
}

// findPlugin finds a post-renderer plugin as Helm 4 does: the first of that name
// and type, one level deep, in the order of the folders (internal/plugin/loader.go, FindPlugin).
func findPlugin(dirs []string, name string) (rendererPlugin, error) {
	for _, dir := range dirs {
		files, err := filepath.Glob(filepath.Join(dir, "*", "plugin.yaml"))
		if err != nil {
			return rendererPlugin{}, err
		}
		for _, file := range files {
			p := rendererPlugin{dir: filepath.Dir(file)}
			text, err := fileio.Read(file, mostPluginFile)
			// Helm passes over a plugin that it cannot read, with a warning of its own.
			if err != nil || yaml.Unmarshal(text, &p) != nil {
				continue
			}
			if p.Name == name && p.Type == "postrenderer/v1" {
				return p, nil
			}
		}
	}
	return rendererPlugin{}, faults.Hinted(errors.New("no plugin of type postrenderer/v1 has this name"), "helm plugin list")
}

// renderer is the plugin's command for this platform, with the environment and
// the expansion of variables that Helm gives it
// (internal/plugin/runtime_subprocess.go, runPostrenderer; subprocess_commands.go, PrepareCommands).
func (p rendererPlugin) renderer(args []string, getenv func(string) string) (firstRenderer, error) {
	if p.Runtime != "subprocess" {
		return firstRenderer{}, faults.Hinted(fmt.Errorf("it runs in Helm's %s, which no other program can start", p.Runtime), "let it call irsa-post-renderer, or use a post-renderer with runtime: subprocess")
	}
	c, ok := pick(p.RuntimeConfig.PlatformCommand, runtime.GOOS, runtime.GOARCH)
	if !ok || c.Command == "" {
		return firstRenderer{}, fmt.Errorf("it has no command for %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	about := map[string]string{"HELM_PLUGIN_NAME": p.Name, "HELM_PLUGIN_DIR": p.dir}
	expand := func(s string) string {
		return os.Expand(s, func(key string) string {
			if v, ok := about[key]; ok {
				return v
			}
			return getenv(key)
		})
	}
	var argv []string
	for _, word := range append(strings.Split(c.Command, " "), c.Args...) {
		argv = append(argv, expand(word))
	}
	return firstRenderer{
		path: argv[0], args: append(argv[1:], args...),
		env: []string{"HELM_PLUGIN_NAME=" + p.Name, "HELM_PLUGIN_DIR=" + p.dir},
	}, nil
}

// pick chooses as Helm does (internal/plugin/subprocess_commands.go,
// getPlatformCommand): system and architecture, else the first for the system, else the first for any.
func pick(cmds []platformCommand, goos, goarch string) (platformCommand, bool) {
	var any, bySystem *platformCommand
	for i, c := range cmds {
		system := strings.EqualFold(c.OS, goos)
		switch {
		case system && strings.EqualFold(c.Arch, goarch):
			return c, true
		case c.Arch != "":
		case system && bySystem == nil:
			bySystem = &cmds[i]
		case c.OS == "" && any == nil:
			any = &cmds[i]
		}
	}
	for _, c := range []*platformCommand{bySystem, any} {
		if c != nil {
			return *c, true
		}
	}
	return platformCommand{}, false
}

// PluginCommand is the command of a post-renderer plugin of Helm 4, as Helm would run it: the
// program, its arguments, and what it finds in its environment beside what Helm has.
func PluginCommand(dirs []string, name string, args []string, getenv func(string) string) (path string, argv, env []string, err error) {
	p, err := findPlugin(dirs, name)
	if err != nil {
		return "", nil, nil, err
	}
	r, err := p.renderer(args, getenv)
	return r.path, r.args, r.env, err
}
