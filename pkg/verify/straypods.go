package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// strayPods: running pods that an application makes by itself, which speak of AWS and have
// nothing to prove themselves with, in a namespace where another service account has a role:
// what makes them has a setting of its own for their service account.
func strayPods(w *facts) (out []finding) {
	for _, p := range w.pods {
		if !p.isPod() || !p.from.Live || p.spec == nil || terminating(p) || len(manifest.List(p.from.Body, "metadata", "ownerReferences")) > 0 {
			continue
		}
		if a := w.accounts[p.account]; a == nil || a.chained && !a.bare {
			continue
		}
		holder := onlyHolder(w, p.account.namespace)
		variable := speaksOfAWS(p)
		if holder == nil || holder.key == p.account || variable == "" {
			continue
		}
		out = append(out, found(codeWorkloadUsesOtherServiceAccount, p.String(),
			fmt.Sprintf("%s runs as %s, which has no role, and has %s and no credentials; %s has a role", p, p.account.name, variable, holder.key),
			edit(fmt.Sprintf("serviceAccountName: %s   # of the pods that what made %s makes: a setting of its own", asYAML(holder.name), asYAML(p.from.Name)))).as(Warning).at(p.from.Where))
	}
	return out
}

// onlyHolder is the only service account of a namespace that has a role; nil where there is
// none, or where there are several.
func onlyHolder(w *facts, namespace string) *serviceAccount {
	return w.index.holderOf.get(func() map[string]sole[serviceAccount] {
		out := map[string]sole[serviceAccount]{}
		for _, accounts := range holders(w) {
			for _, a := range accounts {
				out[a.namespace] = out[a.namespace].with(a)
			}
		}
		return out
	})[namespace].one
}

// speaksOfAWS is a variable by which a container shows that it uses AWS, where no container
// has, or may have, credentials; empty where none does.
func speaksOfAWS(p *pod) string {
	out := ""
	for _, ct := range p.containers() {
		if len(manifest.List(ct.body, "envFrom")) > 0 {
			return ""
		}
		for _, e := range manifest.List(ct.body, "env") {
			name := manifest.Text(e, "name")
			switch {
			case slices.Contains([]string{"AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", credentialsURI, "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"}, name):
				return ""
			case name == "AWS_REGION", name == "AWS_DEFAULT_REGION", strings.HasPrefix(name, "S3_"), strings.HasPrefix(name, "AWS_S3_"):
				out = name
			}
		}
	}
	return out
}
