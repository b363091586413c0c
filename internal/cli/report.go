package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/helm-irsa/helm-irsa/pkg/render"
)

// sayReport tells the user what our post-renderer reported. Both Helms throw
// away what it wrote to stderr when it succeeded. When it failed, Helm 3 shows it
// (pkg/postrender/exec.go, Run) and Helm 4 does not
// (internal/plugin/runtime_subprocess.go, runPostrenderer), so only there the
// errors are said here.
func sayReport(v voice, path string, major int, failed error) error {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if failed == nil {
			v.warning("Helm ended well without calling our post-renderer: nothing got an identity")
		}
		return nil
	}
	var r render.Report
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		return fmt.Errorf("reading the post-renderer's report: %w", err)
	}
	for _, m := range r.Warnings {
		v.warning(m.Message)
		v.hint(m.Hint)
	}
	if major == 3 {
		return nil
	}
	for _, m := range r.Errors {
		v.error(m.Message)
		v.hint(m.Hint)
	}
	return nil
}
