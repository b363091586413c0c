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
// errors are said here. With accounts, a line an account says what it came to.
func sayReport(v voice, path string, major int, accounts bool, failed error) error {
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
	if accounts && failed == nil {
		sayAccounts(v, r)
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

// sayAccounts says what the release now has: a line an account.
func sayAccounts(v voice, r render.Report) {
	for _, a := range r.Accounts {
		name := a.Name
		if a.Namespace != "" {
			name = a.Namespace + "/" + name
		}
		text := "account " + name
		if a.RoleARN != "" {
			text += " has role " + a.RoleARN
		}
		v.info(fmt.Sprintf("%s (%s%s)", text, stateWords[a.State], movedWords(a.Moved)))
	}
}

var stateWords = map[string]string{
	"added":     "added to the release",
	"changed":   "written on the chart's account",
	"unchanged": "the chart's account has it already",
	"absent":    "not in this release",
}

func movedWords(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "; 1 object now names it"
	}
	return fmt.Sprintf("; %d objects now name it", n)
}
