package upgrade

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// revision is one of a release's, as helm history prints it.
type revision struct {
	Revision int
	Status   string
}

// sayPending says that a release is in the middle of something, which is how a Helm that
// was killed, or lost its API server, leaves it: every further install and upgrade ends in
// "another operation (install/upgrade/rollback) is in progress" (pkg/action/upgrade.go,
// errPending). Helm does not say how to get out of that.
func sayPending(r *request) {
	name := r.Args.Release()
	if name == "" || r.Args.DryRun() || r.Args.Command == "template" {
		return
	}
	history := revisions(r)
	if len(history) == 0 {
		return // there is no release, or no API server, which Helm has said
	}
	status := history[len(history)-1].Status
	if !strings.HasPrefix(status, "pending-") {
		return
	}
	r.Say.Info(fmt.Sprintf("release %s is %s: another helm is at work on it, or one was cut off", name, status))
	r.Say.Hint(fmt.Sprintf("where none is at work: %s, and then the same command again", wayBack(r, history)))
}

// wayBack is the command that takes a release out of the middle. A revision has to be
// named: without one, Helm goes to the one before, which is not always one that worked
// (pkg/action/rollback.go, prepareRollback). What was deployed last stays marked so until
// another is.
func wayBack(r *request, history []revision) string {
	for _, v := range slices.Backward(history) {
		if v.Status == "deployed" {
			return r.helmAgain("rollback", strconv.Itoa(v.Revision))
		}
	}
	return r.helmAgain("uninstall")
}

// revisions are those of the release, the eldest first; none where Helm knows none, or does not
// reach its storage.
func revisions(r *request) []revision {
	text, err := r.askHelm("history", r.Args.Release(), "--namespace", r.namespace, "--output", "json")
	var history []revision
	if err != nil || json.Unmarshal([]byte(text), &history) != nil {
		return nil
	}
	return history
}
