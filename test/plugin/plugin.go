// Package plugin builds the Helm plugin for tests, laid out as `helm plugin install`
// leaves it.
package plugin

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Name is the plugin's folder in the folder of plugins.
const Name = "irsa"

// Bin is where the programs are, in the folder that Build made.
func Bin(plugins string) string { return filepath.Join(plugins, Name, "bin") }

// Build builds the plugin of the repository at root into the folder plugins, which is
// then one for $HELM_PLUGINS.
func Build(root, plugins string) error {
	build := exec.Command("go", "build", "-o", Bin(plugins)+string(os.PathSeparator), "./cmd/...")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building the programs: %w\n%s", err, out)
	}
	if err := os.CopyFS(filepath.Join(plugins, Name, "plugins"), os.DirFS(filepath.Join(root, "plugins"))); err != nil {
		return fmt.Errorf("laying out the plugin: %w", err)
	}
	for _, name := range []string{"plugin.yaml", "plugin.complete"} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(plugins, Name, name), text, 0o755) // plugin.complete is run
		}
		if err != nil {
			return fmt.Errorf("laying out the plugin: %w", err)
		}
	}
	return nil
}
