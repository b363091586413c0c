package cli

import (
	"fmt"
	"os"
	"path/filepath"
)

// notCalled is what stands in the report's file until the post-renderer has written to it.
const notCalled = "the post-renderer was not called\n"

// anotherFolder is what to do where the temporary folder takes no more.
const anotherFolder = "make room there, or name a folder on another disk: export TMPDIR=FOLDER"

// manifestsFile is where the post-renderer keeps what it rendered, in the report's folder.
const manifestsFile = "manifests.yaml"

// begun: a post-renderer that was to keep what it renders has begun to, which is the first
// that it does.
func begun(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, manifestsFile))
	return err == nil
}

// reportFolder makes the folder of what the post-renderer leaves for us, and its report in
// it. That is done before anything is changed, so that a disk that is full stops the
// command where nothing is lost. From then on the report has a block of the disk: errors,
// which Helm 4 does not show, fit into that whatever else the disk takes.
func reportFolder() (dir, report string, err error) {
	if dir, err = os.MkdirTemp("", "helm-irsa-"); err != nil {
		return "", "", hinted(fmt.Errorf("making a folder for the report: %w", err), anotherFolder)
	}
	report = filepath.Join(dir, "report.json")
	if err := os.WriteFile(report, []byte(notCalled), 0o600); err != nil {
		_ = os.RemoveAll(dir) // what cannot be removed is empty
		return "", "", hinted(fmt.Errorf("making the report: %w", err), anotherFolder)
	}
	return dir, report, nil
}
