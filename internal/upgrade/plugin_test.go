package upgrade

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// TestPluginFiles: the three plugin.yaml say the same version, have a command for
// every system of a release, and are of the format that each Helm needs.
func TestPluginFiles(t *testing.T) {
	t.Parallel()
	type file struct {
		APIVersion      string            `json:"apiVersion"`
		Name            string            `json:"name"`
		Version         string            `json:"version"`
		PlatformCommand []platformCommand `json:"platformCommand"`
		RuntimeConfig   struct {
			PlatformCommand []platformCommand `json:"platformCommand"`
		} `json:"runtimeConfig"`
	}
	version := ""
	for path, want := range map[string]struct{ name, api string }{
		"plugin.yaml":                             {"irsa", ""},
		"plugins/post-renderer/plugin.yaml":       {filterName, "v1"},
		"plugins/post-renderer-chain/plugin.yaml": {chainName, "v1"},
	} {
		text, err := os.ReadFile(filepath.Join("../..", path))
		if err != nil {
			t.Fatal(err)
		}
		var f file
		if err := yaml.Unmarshal(text, &f); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if f.Name != want.name || f.APIVersion != want.api {
			t.Errorf("%s: name %q, apiVersion %q", path, f.Name, f.APIVersion)
		}
		if version == "" {
			version = f.Version
		}
		if f.Version == "" || f.Version != version {
			t.Errorf("%s: version %q, another has %q", path, f.Version, version)
		}
		cmds := append(f.PlatformCommand, f.RuntimeConfig.PlatformCommand...)
		for _, p := range []string{"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64"} {
			goos, goarch, _ := strings.Cut(p, "/")
			if c, ok := pick(cmds, goos, goarch); !ok || strings.HasSuffix(c.Command, ".exe") != (goos == "windows") {
				t.Errorf("%s: %s: %v", path, p, c)
			}
		}
	}
}
