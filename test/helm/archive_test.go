package helm

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
)

// dist is the folder in which the archive for this machine was made, once for all tests.
var dist = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "helm-irsa-test-")
	if err != nil {
		return "", err
	}
	cmd := exec.Command("go", "run", "./scripts/dist", "-out", dir, "-platforms", runtime.GOOS+"/"+runtime.GOARCH)
	cmd.Dir, cmd.Stderr = root, os.Stderr
	return dir, cmd.Run()
})

func TestMain(m *testing.M) {
	code := 1
	if os.Getenv("HELM3") != "" || os.Getenv("HELM4") != "" {
		dir, err := dist()
		if err == nil {
			code = m.Run()
		}
		os.RemoveAll(dir)
	} else {
		code = m.Run()
	}
	os.Exit(code)
}

// archive returns the path of the archive for this machine.
func archive(t *testing.T) string {
	t.Helper()
	dir, err := dist()
	if err != nil {
		t.Fatalf("making the archive: %v", err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "helm-irsa-*.tar.gz"))
	if err != nil || len(files) != 1 {
		t.Fatalf("archives in %s: %v, %v", dir, files, err)
	}
	return files[0]
}

// unpack unpacks an archive as a user would, and returns the plugin's folder.
func unpack(t *testing.T, archive string) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("tar", "-xzf", archive, "-C", dir).CombinedOutput(); err != nil {
		t.Fatalf("tar: %v\n%s", err, out)
	}
	return filepath.Join(dir, "helm-irsa")
}
