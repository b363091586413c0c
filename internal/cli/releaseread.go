package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/helm"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/internal/voice"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// addHeld adds what Helm holds of a release: its manifest and its hooks, as get gives them.
func addHeld(all *manifest.Objects, release string, get func(what string) (io.Reader, error)) error {
	for _, what := range []string{"manifest", "hooks"} {
		text, err := get(what)
		if err != nil {
			return err
		}
		more, err := manifest.Read(fmt.Sprintf("helm get %s %s", what, release), text)
		if err != nil {
			return err
		}
		all.Add(more)
	}
	return nil
}

// getRelease is what Helm prints of the release: its manifest, or its hooks. Where Helm
// fails, what it said stands on stderr, and below it what to look at.
func (o *verifyOptions) getRelease(client helm.Client, what, namespace string) (*bytes.Buffer, error) {
	var out, said bytes.Buffer
	client.Stdout, client.Stderr = &out, io.MultiWriter(o.sys.Stderr, &said)
	err := client.Run("get", what, o.release, "--namespace", namespace)
	var failed *helm.ExitError
	if errors.As(err, &failed) {
		o.unread(said.String(), namespace)
	}
	return &out, err
}

// unread says more of what Helm said of a release that it could not read. The words are
// those of Helm 3 and 4 (pkg/storage/driver/driver.go, ErrReleaseNotFound; pkg/kube/client.go,
// IsReachable).
func (o *verifyOptions) unread(said, namespace string) {
	v, lower := voice.To(o.sys.Stderr), strings.ToLower(said)
	switch {
	case strings.Contains(lower, "release: not found"):
		v.Error(fmt.Sprintf("release %s is not in namespace %s", o.release, namespace))
		v.Hint("helm list -A; then " + safe.Type("helm", "irsa", "verify").Value(safe.Release, o.release).With("-n", "NAMESPACE").String())
	case strings.Contains(lower, "cluster unreachable"):
		v.Error(fmt.Sprintf("reading release %s: Helm does not reach the cluster", o.release))
		v.Hint("kubectl config get-contexts; then helm irsa verify with the right one in $HELM_KUBECONTEXT or $KUBECONFIG, or read files: --manifests FILE --snapshot FILE")
	}
}
