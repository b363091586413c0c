package upgrade

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestPick(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, cmds, want string }{
		{"exact", "linux/ linux/amd64 /", "linux/amd64"},
		{"system before any", "/ linux/", "linux/"},
		{"first of the system", "linux/ Linux/", "linux/"},
		{"any", "windows/ /", "/"},
		{"another architecture", "linux/arm64", ""},
		{"architecture without a system", "/amd64", ""},
		{"none", "", ""},
	} {
		var cmds []platformCommand
		for _, f := range strings.Fields(c.cmds) {
			goos, arch, _ := strings.Cut(f, "/")
			cmds = append(cmds, platformCommand{OS: goos, Arch: arch})
		}
		got, ok := pick(cmds, "linux", "amd64")
		if ok != (c.want != "") || ok && got.OS+"/"+got.Arch != c.want {
			t.Errorf("%s: got %v, %v", c.name, got, ok)
		}
	}
}

func TestPluginRenderer(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "folder with spaces")
	for name, text := range map[string]string{
		"a-broken": "{",
		"b-cli":    "{name: mine, type: cli/v1, runtime: subprocess}",
		"c-mine":   "{apiVersion: v1, name: mine, type: postrenderer/v1, runtime: subprocess, runtimeConfig: {platformCommand: [{command: '${HELM_PLUGIN_DIR}/run $X', args: ['${HELM_PLUGIN_NAME}']}]}}",
		"d-wasm":   "{apiVersion: v1, name: wasm, type: postrenderer/v1, runtime: extism/v1}",
		"e-none":   "{apiVersion: v1, name: none, type: postrenderer/v1, runtime: subprocess}",
	} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name, "plugin.yaml"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	find := func(name string) (firstRenderer, error) {
		p, err := findPlugin([]string{t.TempDir(), dir}, name)
		if err != nil {
			return firstRenderer{}, err
		}
		return p.renderer([]string{"more"}, func(key string) string { return "value of " + key })
	}
	r, err := find("mine")
	if err != nil {
		t.Fatal(err)
	}
	home := filepath.Join(dir, "c-mine")
	if r.path != home+"/run" || !slices.Equal(r.args, []string{"value of X", "mine", "more"}) {
		t.Errorf("got %q %q", r.path, r.args)
	}
	if !slices.Equal(r.env, []string{"HELM_PLUGIN_NAME=mine", "HELM_PLUGIN_DIR=" + home}) {
		t.Errorf("got %q", r.env)
	}
	for name, want := range map[string]string{"absent": "no plugin", "wasm": "extism/v1", "none": "no command"} {
		if _, err := find(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", name, err, want)
		}
	}
}
