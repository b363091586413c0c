package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// pkg is the package under test, as go list tells it.
type pkg struct {
	Dir, ImportPath           string
	GoFiles                   []string
	TestGoFiles, XTestGoFiles []string
}

func load(pattern string) (pkg, error) {
	var said bytes.Buffer
	cmd := exec.Command("go", "list", "-json=Dir,ImportPath,GoFiles,TestGoFiles,XTestGoFiles", pattern)
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return pkg{}, fmt.Errorf("find %s: %w: %s", pattern, err, strings.TrimSpace(said.String()))
	}
	var p pkg
	dec := json.NewDecoder(bytes.NewReader(out))
	if err := dec.Decode(&p); err != nil {
		return pkg{}, fmt.Errorf("find %s: %w", pattern, err)
	}
	if dec.More() {
		return pkg{}, fmt.Errorf("%s is more than one package: name one", pattern)
	}
	if len(p.TestGoFiles)+len(p.XTestGoFiles) == 0 {
		return pkg{}, fmt.Errorf("%s has no tests", p.ImportPath)
	}
	return p, nil
}

// What a mutation comes to; any other result is what noticed it.
const (
	survived = "survived"
	broken   = "does not compile"
)

// runner tests one mutation after the other.
type runner struct {
	pkg    pkg
	folder string // for what is built
	skip   string // a pattern of tests that are not run
	short  bool
	limit  time.Duration // of one run of the tests
}

// test builds the package's tests with a mutation, and runs them until the first one fails.
// The zero mutation changes nothing.
func (r runner) test(m mutation) (string, error) {
	binary := filepath.Join(r.folder, "mutant.test")
	args := []string{"test", "-c", "-vet=off", "-o", binary}
	if m.file != "" {
		overlay, err := r.overlay(m)
		if err != nil {
			return "", err
		}
		args = append(args, "-overlay", overlay)
	}
	build := exec.Command("go", append(args, r.pkg.ImportPath)...)
	build.Dir = r.pkg.Dir
	if out, err := build.CombinedOutput(); err != nil {
		if m.file == "" {
			return "", fmt.Errorf("build the tests: %w\n%s", err, out)
		}
		return broken, nil
	}
	return r.run(binary)
}

// run reports survived where all tests pass.
func (r runner) run(binary string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), r.limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, "-test.short="+strconv.FormatBool(r.short), "-test.failfast", "-test.skip", r.skip)
	cmd.Dir = r.pkg.Dir
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	var failed *exec.ExitError
	switch {
	case err == nil:
		return survived, nil
	case ctx.Err() != nil:
		return "noticed: the tests do not end", nil
	case errors.As(err, &failed):
		return "noticed: " + failure(string(out)), nil
	}
	return "", fmt.Errorf("run the tests: %w", err)
}

// failure is the name of the first test that failed.
func failure(out string) string {
	for line := range strings.Lines(out) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "--- FAIL: "); ok {
			return strings.Fields(rest)[0]
		}
	}
	return "a panic"
}

// overlay writes the changed file, and the file that tells the compiler of it.
func (r runner) overlay(m mutation) (string, error) {
	source, err := os.ReadFile(m.file)
	if err != nil {
		return "", err
	}
	changed := filepath.Join(r.folder, filepath.Base(m.file))
	if err := os.WriteFile(changed, []byte(string(source[:m.from])+m.text+string(source[m.to:])), 0o600); err != nil {
		return "", err
	}
	data, err := json.Marshal(map[string]any{"Replace": map[string]string{m.file: changed}})
	if err != nil {
		return "", err
	}
	file := filepath.Join(r.folder, "overlay.json")
	return file, os.WriteFile(file, data, 0o600)
}
