package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// archiveSums is the file of the plugin package that names the archives of its release.
// scripts/install.sh fetches the one for its system, and takes no other: so the package's
// signature covers the programs, though it is a few kilobytes for all systems.
const archiveSums = "ARCHIVES.sha256"

// signing is how Helm 4 packages the plugin.
type signing struct{ helm, key, keyring, passphrase string }

// pack makes irsa-<version>.tgz, and its signature beside it, which is what `helm plugin
// verify` and `helm plugin install` read (internal/plugin/sign.go).
func (s signing) pack(out, version string, archives, all sums) error {
	if s.key == "" || s.keyring == "" {
		return errors.New("neither -key nor -keyring may be left out with -helm")
	}
	tmp, err := os.MkdirTemp("", "helm-irsa-package-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	folder := filepath.Join(tmp, "irsa")
	if err := layOut(folder, archives); err != nil {
		return err
	}
	args := []string{"plugin", "package", folder, "--sign", "--key", s.key, "--keyring", s.keyring, "--destination", tmp}
	if s.passphrase != "" {
		args = append(args, "--passphrase-file", s.passphrase)
	}
	cmd := exec.Command(s.helm, args...)
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("helm plugin package: %w\n%s", err, said)
	}
	for _, name := range []string{"irsa-" + version + ".tgz", "irsa-" + version + ".tgz.prov"} {
		data, err := os.ReadFile(filepath.Join(tmp, name))
		if err != nil {
			return err
		}
		if err := all.write(out, name, data); err != nil {
			return err
		}
	}
	return nil
}

// layOut writes the plugin's folder without programs. All is as old as the epoch: Helm
// takes the times of the files into the package.
func layOut(folder string, archives sums) error {
	inner, err := pluginFiles()
	if err != nil {
		return err
	}
	inner[archiveSums] = entry{archives.text(), 0o644}
	for name, e := range inner {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, e.data, os.FileMode(e.mode)); err != nil {
			return err
		}
	}
	return filepath.WalkDir(folder, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chtimes(path, time.Unix(0, 0), time.Unix(0, 0))
	})
}
