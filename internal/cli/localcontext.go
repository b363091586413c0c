package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/kube"
	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/internal/voice"
)

// Whoever tries local AWS out has a kubeconfig as well, and what Helm writes into the cluster
// of that are ARNs of roles that exist nowhere but here. So the current context is told of
// where its cluster is not one of local AWS's, and a command that would write there is not
// run. `helm irsa` itself compares clusters before it changes anything (internal/upgrade).

// contextPatience is how long the API server is waited for.
const contextPatience = 3 * time.Second

// anyClusterFlag says that the cluster need not be one of local AWS's.
const anyClusterFlag = "--any-cluster"

// shells may run anything.
var shells = []string{"sh", "bash", "dash", "zsh", "ksh", "fish", "pwsh", "powershell", "make"}

// writing are the words by which a program changes a cluster.
var writing = map[string][]string{
	"helm":     {"install", "upgrade", "rollback", "uninstall", "delete", "del", "un"},
	"helmfile": {"apply", "sync", "destroy", "delete"},
	"kubectl":  {"apply", "create", "replace", "patch", "delete", "annotate", "label", "set", "edit", "scale", "rollout", "run", "expose"},
}

// guardCluster says which kube context the command will find where its cluster is none of
// local AWS's, and refuses one that would change it.
func (o *localAWSOptions) guardCluster(clusters []localaws.Cluster) error {
	name := strings.TrimSuffix(filepath.Base(o.command[0]), ".exe")
	writes := writesCluster(name, o.command[1:])
	if o.anyCluster || !writes && !slices.Contains(shells, name) {
		return nil
	}
	client, err := kube.Open(o.kubeOptions())
	if err != nil {
		return nil // the command finds no cluster either, and says so in its own way
	}
	ctx, stop := context.WithTimeoutCause(o.sys.context(), contextPatience, errors.New("the API server did not answer in time"))
	defer stop()
	issuer, err := client.Issuer(ctx)
	current := fmt.Sprintf("kube context %s (%s) is current", safe.Value(client.Context()), safe.Text(client.Server()))
	say := voice.To(o.sys.Stderr)
	switch {
	case err != nil:
		say.Warning(current + ", and its issuer could not be read: local AWS may not be its AWS")
		return nil
	case serves(clusters, issuer):
		if isTerminal(o.sys.Stdin) {
			say.Info(current + ", and local AWS serves it")
		}
		return nil
	case writes:
		return faults.Hinted(
			fmt.Errorf("running %s: %s, and local AWS does not serve its issuer %s: that cluster would get roles that do not exist", safe.Text(name), current, safe.Text(issuer)),
			"--cluster NAME,issuer=%s serves it; %s runs the command all the same", safe.Word(issuer), anyClusterFlag)
	}
	say.Warning(current + ", and local AWS does not serve its issuer " + safe.Text(issuer))
	say.Hint("what you install there gets roles that do not exist: export KUBECONFIG=/dev/null keeps Helm from it")
	return nil
}

// writesCluster reports whether the arguments of a program have a word by which it writes. A
// name that is such a word is taken for one: the flag is there for that. What `helm irsa`
// runs is not looked at.
func writesCluster(name string, args []string) bool {
	words := writing[name]
	for _, a := range args {
		switch {
		case a == "irsa" && name == "helm", strings.HasPrefix(a, "--dry-run") && a != "--dry-run=none", a == "--help", a == "-h":
			return false
		}
	}
	return slices.ContainsFunc(args, func(a string) bool { return slices.Contains(words, a) })
}

// kubeOptions are the cluster that the command will find, by its flags and the environment.
func (o *localAWSOptions) kubeOptions() kube.Options {
	out := kube.Options{Getenv: o.sys.Getenv}
	for _, f := range []struct {
		name string
		into *string
	}{{"--kubeconfig", &out.Kubeconfig}, {"--kube-context", &out.Context}, {"--context", &out.Context}} {
		for i, a := range o.command {
			if value, ok := strings.CutPrefix(a, f.name+"="); ok {
				*f.into = value
			} else if a == f.name && i+1 < len(o.command) {
				*f.into = o.command[i+1]
			}
		}
	}
	return out
}

func serves(clusters []localaws.Cluster, issuer string) bool {
	return slices.ContainsFunc(clusters, func(c localaws.Cluster) bool {
		return strings.TrimSuffix(c.Issuer, "/") == strings.TrimSuffix(issuer, "/")
	})
}
