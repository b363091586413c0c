package upgrade

import (
	"context"
	"time"

	"github.com/helm-irsa/helm-irsa/internal/safe"
)

// What hints tell the user to type is for the same release, cluster and irsa.yaml as the
// command that they typed: with the flags that said so, as they stood there. No hint
// repeats a flag that may hold a secret, such as --kube-token.

// helmAgain is a command of Helm's for the release; more is what follows its name.
func (r *request) helmAgain(command string, more ...string) string {
	t := safe.Type("helm", command).Value(safe.Release, r.Args.Release()).With(more...).Flag("-n", safe.Namespace, r.namespace)
	for _, flag := range []string{"kubeconfig", "kube-context"} {
		if v, ok := r.Args.Given(flag); ok {
			t.Given("--"+flag, v)
		}
	}
	return t.String()
}

// again is one of our own for the release.
func (r *request) again(command string) string {
	return safe.Irsa(command, r.Args.Release(), r.namespace, r.typed()).String()
}

// typed is what was typed of irsa.yaml and its cluster.
func (r *request) typed() safe.Source {
	return safe.Source{Files: r.Files, Folders: r.Folders, Cluster: r.Cluster.Typed()}
}

// given is the value of a flag of Helm's.
func (r *request) given(flag string) string {
	v, _ := r.Args.Given(flag)
	return v
}

// kubeFlags are Helm's flags for the cluster, and the variables in which Helm hands them
// on to plugins: pkg/cli/environment.go, AddFlags and EnvVars.
var kubeFlags = map[string]string{
	"kube-context": "HELM_KUBECONTEXT", "kube-token": "HELM_KUBETOKEN", "kube-as-user": "HELM_KUBEASUSER",
	"kube-as-group": "HELM_KUBEASGROUPS", "kube-apiserver": "HELM_KUBEAPISERVER", "kube-ca-file": "HELM_KUBECAFILE",
	"kube-tls-server-name": "HELM_KUBETLS_SERVER_NAME", "kube-insecure-skip-tls-verify": "HELM_KUBEINSECURE_SKIP_TLS_VERIFY",
	"kubeconfig": "KUBECONFIG",
}

// kubeEnv is the environment with Helm's flags for the cluster in it: who starts this
// program directly has them on the command line.
func (r *request) kubeEnv(name string) string {
	for flag, variable := range kubeFlags {
		if variable != name {
			continue
		}
		if v, ok := r.Args.Given(flag); ok {
			if v == "" && flag == "kube-insecure-skip-tls-verify" { // a switch
				return "true"
			}
			return v
		}
	}
	return r.Getenv(name)
}

// askHelm runs a command of Helm's that reads, for the cluster that the user's flags name.
func (r *request) askHelm(args ...string) (string, error) {
	for flag := range kubeFlags {
		if v, ok := r.Args.Given(flag); ok {
			if v == "" {
				v = "true"
			}
			args = append(args, "--"+flag+"="+v)
		}
	}
	ctx := r.Context
	if ctx.Err() != nil { // after a signal, what is left to say is to be said soon
		soon, stop := context.WithTimeout(context.Background(), lastWords)
		defer stop()
		ctx = soon
	}
	return r.helm.Ask(ctx, args...)
}

// lastWords is how long Helm is asked for what is to be said after a signal.
const lastWords = time.Second
