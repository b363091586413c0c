package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// program is one that was built.
type program struct {
	name string // of its folder in cmd/
	file string // in bin/
	data []byte
}

// commands are the programs of the plugin: every folder of cmd/.
func commands() ([]string, error) {
	entries, err := os.ReadDir("cmd")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	if len(names) == 0 {
		return nil, errors.New("there is no program in cmd/")
	}
	return names, nil
}

// programsFor builds all programs for a platform.
func programsFor(version, goos, goarch string) ([]program, error) {
	names, err := commands()
	if err != nil {
		return nil, err
	}
	tmp, err := os.MkdirTemp("", "helm-irsa-dist-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false",
		"-ldflags", "-s -w -buildid= -X main.version=v"+version, "-o", tmp+string(os.PathSeparator), "./cmd/...")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("go build ./cmd/...: %w", err)
	}
	var out []program
	for _, name := range names {
		file := name
		if goos == "windows" {
			file += ".exe"
		}
		data, err := os.ReadFile(filepath.Join(tmp, file))
		if err != nil {
			return nil, err
		}
		out = append(out, program{name, file, data})
	}
	return out, nil
}
