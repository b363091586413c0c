package ownership

import (
	"regexp"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/kube"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// accountsOfRelease are the service accounts that the last revision of the release has,
// hooks included. None where there is no such release.
func (l *Look) accountsOfRelease() map[kube.Account]bool {
	out := map[kube.Account]bool{}
	if !l.q.Upgrade {
		return out
	}
	for _, what := range []string{"manifest", "hooks"} {
		text, err := l.q.Ask("get", what, l.q.Release.Name, "--namespace", l.q.Release.Namespace)
		if err != nil {
			return out
		}
		objects, err := manifest.Read("helm get "+what, strings.NewReader(text))
		if err != nil {
			return out
		}
		for _, object := range objects.List {
			if object.Kind != "ServiceAccount" {
				continue
			}
			if object.Namespace == "" {
				object.Namespace = l.q.Release.Namespace
			}
			out[kube.Account{Namespace: object.Namespace, Name: object.Name}] = true
		}
	}
	return out
}

// releaseIsThere asks Helm rather than the cluster: only it knows where it keeps its
// releases (HELM_DRIVER). One that was uninstalled and whose history was kept is gone.
// Where Helm cannot say, it counts as there.
func (l *Look) releaseIsThere(r Release) (bool, error) {
	names, err := l.q.Ask("list", "--namespace", r.Namespace, "--short", "--filter", "^"+regexp.QuoteMeta(r.Name)+"$",
		"--deployed", "--failed", "--pending", "--uninstalling")
	if err != nil {
		return true, err
	}
	return strings.TrimSpace(names) != "", nil
}
