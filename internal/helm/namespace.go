package helm

import "fmt"

// Namespace returns the namespace that Helm will use for a command line: the
// flag, else $HELM_NAMESPACE (which Helm sets for its plugins), else what Helm
// itself reads from the kubeconfig (pkg/cli/environment.go, Namespace).
func (c Client) Namespace(a *Args, getenv func(string) string) (string, error) {
	if ns, ok := a.Given("namespace"); ok && ns != "" {
		return ns, nil
	}
	if ns := getenv("HELM_NAMESPACE"); ns != "" {
		return ns, nil
	}
	argv := []string{"env", "HELM_NAMESPACE"}
	for _, name := range []string{"kubeconfig", "kube-context"} {
		if v, ok := a.Given(name); ok {
			argv = append(argv, "--"+name+"="+v)
		}
	}
	ns, err := c.Output(argv...)
	if err != nil {
		return "", fmt.Errorf("asking Helm for the namespace: %w", err)
	}
	return ns, nil
}
