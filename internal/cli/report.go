package cli

import (
	"encoding/json"
	"fmt"

	"github.com/helm-irsa/helm-irsa/pkg/fileio"
	"github.com/helm-irsa/helm-irsa/pkg/render"
)

// leftBehind is what a post-renderer left that a Helm of this major version has run.
type leftBehind struct {
	report string // the file
	// begun: it began to render.
	begun bool
	major int
}

// sayReport tells the user what our post-renderer reported. Both Helms throw
// away what it wrote to stderr when it succeeded. When it failed, Helm 3 shows it
// (pkg/postrender/exec.go, Run) and Helm 4 does not
// (internal/plugin/runtime_subprocess.go, runPostrenderer), so only there the
// errors are said here. With service accounts, one line for each says what it came to.
//
// A report that is lost undoes nothing: what is installed is whole.
func sayReport(v voice, left leftBehind, accounts bool, failed error) {
	path := left.report
	text, err := fileio.Read(path, maxReport)
	if string(text) == notCalled {
		switch {
		case failed == nil:
			v.warning("Helm ended well without calling our post-renderer: nothing got an identity")
		case left.begun:
			v.error("our post-renderer was ended from outside, as where memory runs out, so Helm got nothing to install")
		}
		return
	}
	var r render.Report
	if err == nil && json.Unmarshal(text, &r) != nil {
		err = fmt.Errorf("%s is cut off, as where the disk is full", path)
	}
	if err != nil {
		v.warning(fmt.Sprintf("what the post-renderer reported is lost: %v", err))
		v.hint(anotherFolder)
		return
	}
	for _, m := range r.Warnings {
		v.warning(m.Message)
		v.hint(m.Hint)
	}
	if accounts && failed == nil {
		sayAccounts(v, r)
	}
	if left.major == 3 {
		return
	}
	for _, m := range r.Errors {
		v.error(m.Message)
		v.hint(m.Hint)
	}
}

// sayAccounts says what the release now has, one line for each service account.
func sayAccounts(v voice, r render.Report) {
	for _, a := range r.Accounts {
		name := a.Name
		if a.Namespace != "" {
			name = a.Namespace + "/" + name
		}
		text := "service account " + name
		if a.RoleARN != "" {
			text += " has role " + a.RoleARN
		}
		v.info(fmt.Sprintf("%s (%s%s)", text, stateWords[a.State], movedWords(a.Moved)))
	}
}

var stateWords = map[string]string{
	"added":     "added to the release",
	"changed":   "written on the chart's service account",
	"unchanged": "the chart's service account has it already",
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
