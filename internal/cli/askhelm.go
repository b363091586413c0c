package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

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
	var out, said bytes.Buffer
	client.Stdin, client.Stdout, client.Stderr = nil, &out, &said
	if err := client.Run(args...); err != nil {
		return "", fmt.Errorf("%w: %s", err, strings.TrimSpace(said.String()))
	}
	return out.String(), nil
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
	text, err := o.askHelm(o.helm, "list", "--namespace", namespace, "--pending", "--filter", "^"+regexp.QuoteMeta(name)+"$", "--output", "json")
	if err != nil {
		return // the API server does not answer, which Helm has said
	}
	var found []struct{ Status string }
	if json.Unmarshal([]byte(text), &found) != nil || len(found) == 0 {
		return
	}
	back := "rollback"
	if found[0].Status == "pending-install" { // there is nothing to go back to
		back = "uninstall"
	}
	v := voice{o.sys.Stderr}
	v.info(fmt.Sprintf("release %s is %s: another helm is at work on it, or one was cut off", name, found[0].Status))
	v.hint(fmt.Sprintf("where none is at work: helm %s %s -n %s, and then the same command again", back, name, namespace))
}
