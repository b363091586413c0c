package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/helm-irsa/helm-irsa/internal/helm"
)

// askHelm runs a command of Helm's that reads, for the cluster that the user's flags name.
func (o *wrapperOptions) askHelm(client helm.Client, args ...string) (string, error) {
	for flag := range kubeFlags {
		if v, ok := o.args.Given(flag); ok {
			if v == "" {
				v = "true"
			}
			args = append(args, "--"+flag+"="+v)
		}
	}
	ctx := o.sys.context()
	if ctx.Err() != nil { // after a signal, what is left to say is to be said soon
		soon, stop := context.WithTimeout(context.Background(), lastWords)
		defer stop()
		ctx = soon
	}
	return client.Ask(ctx, args...)
}

// lastWords is how long Helm is asked for what is to be said after a signal.
const lastWords = time.Second

// revision is one of a release's, as helm history prints it.
type revision struct {
	Revision int
	Status   string
}

// sayPending says that a release is in the middle of something, which is how a Helm that
// was killed, or lost its API server, leaves it: every further install and upgrade ends in
// "another operation (install/upgrade/rollback) is in progress" (pkg/action/upgrade.go,
// errPending). Helm does not say how to get out of that.
func (o *wrapperOptions) sayPending(namespace string) {
	name := o.args.Release()
	if name == "" || o.args.DryRun() || o.args.Command == "template" {
		return
	}
	text, err := o.askHelm(o.helm, "history", name, "--namespace", namespace, "--output", "json")
	if err != nil {
		return // there is no release, or no API server, which Helm has said
	}
	var history []revision
	if json.Unmarshal([]byte(text), &history) != nil || len(history) == 0 {
		return
	}
	status := history[len(history)-1].Status
	if !strings.HasPrefix(status, "pending-") {
		return
	}
	v := voice{o.sys.Stderr}
	v.info(fmt.Sprintf("release %s is %s: another helm is at work on it, or one was cut off", name, status))
	v.hint(fmt.Sprintf("where none is at work: %s, and then the same command again", o.wayBack(namespace, history)))
}

// wayBack is the command that takes a release out of the middle. A revision has to be
// named: without one, Helm goes to the one before, which is not always one that worked
// (pkg/action/rollback.go, prepareRollback). What was deployed last stays marked so until
// another is.
func (o *wrapperOptions) wayBack(namespace string, history []revision) string {
	for _, r := range slices.Backward(history) {
		if r.Status == "deployed" {
			return o.helmAgain("rollback", namespace, strconv.Itoa(r.Revision))
		}
	}
	return o.helmAgain("uninstall", namespace)
}
