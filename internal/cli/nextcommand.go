package cli

import "github.com/helm-irsa/helm-irsa/internal/safe"

// What hints tell the user to type is for the same release, cluster and irsa.yaml as the
// command that they typed: with the flags that said so, as they stood there. No hint
// repeats a flag that may hold a secret, such as --kube-token.

// helmAgain is a command of Helm's for the release; more is what follows its name.
func (o *wrapperOptions) helmAgain(command, namespace string, more ...string) string {
	t := safe.Type("helm", command).Value(safe.Release, o.args.Release()).With(more...).Flag("-n", safe.Namespace, namespace)
	for _, flag := range []string{"kubeconfig", "kube-context"} {
		if v, ok := o.args.Given(flag); ok {
			t.Given("--"+flag, v)
		}
	}
	return t.String()
}

// irsaAgain is one of our own for the release.
func (o *wrapperOptions) irsaAgain(command, namespace string) string {
	return irsaCommand(command, o.args.Release(), namespace, o.named)
}

// irsaCommand is one of our own; what is empty is left out.
func irsaCommand(command, release, namespace, file string) string {
	return safe.Irsa(command, release, namespace, file).String()
}
