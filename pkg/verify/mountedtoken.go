package verify

import (
	"path"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// A pod may have a token for AWS in a volume of its own, and no variable that says so: a
// profile in a Secret names its file. So have OpenShift's operators, whose Secrets the Cloud
// Credential Operator makes
// (https://docs.openshift.com/container-platform/latest/authentication/managing_cloud_provider_credentials/cco-short-term-creds.html).

// mountedToken is a token that a container mounts, of an audience that is for AWS, and its file.
func mountedToken(p *pod, ct container, forAWS func(audience string) bool) (audience, file string, ok bool) {
	for _, m := range manifest.List(ct.body, "volumeMounts") {
		for _, v := range manifest.List(p.spec, "volumes") {
			if manifest.Text(v, "name") != manifest.Text(m, "name") {
				continue
			}
			for _, s := range manifest.List(v, "projected", "sources") {
				audience := manifest.Text(s, "serviceAccountToken", "audience")
				if audience != "" && forAWS(audience) {
					return audience, path.Join(manifest.Text(m, "mountPath"), manifest.Text(s, "serviceAccountToken", "path")), true
				}
			}
		}
	}
	return "", "", false
}

// byMountedToken: the service account has no annotation and needs none, as the container has
// a token for AWS; the role is that of the profile which names the token's file, else the
// one that trusts the service account.
func byMountedToken(c *chain, n *naming, p *pod, ct container) bool {
	_, file, ok := mountedToken(p, ct, func(p0 string) bool { return takenBySome(c.facts, p0) })
	if !ok {
		return false
	}
	role := profileFor(c, p, file)
	if role == "" && c.a.presumed != nil {
		role = c.a.presumed.ARN
	}
	if role == "" {
		return false
	}
	n.roleARN = role
	n.set(OK, p.String()+" has a token for AWS in a volume of its own, and needs none")
	return true
}

// takenBySome: one of the OIDC providers takes the audience.
func takenBySome(w *facts, audience string) bool {
	return w.index.clients.get(func() map[string]bool {
		out := map[string]bool{}
		for _, p := range w.snapshot.Providers.List {
			for _, id := range p.ClientIDs.List {
				out[id] = true
			}
		}
		return out
	})[audience]
}

// profileFor is the role of the profile that names the token's file, in a Secret or a
// ConfigMap that the pod mounts.
func profileFor(c *chain, p *pod, file string) string {
	for _, v := range manifest.List(p.spec, "volumes") {
		for _, o := range mountedObjects(c.facts, p, v) {
			for _, t := range textsOf(o) {
				for _, profile := range profiles(t.text) {
					if named := profile.fields["web_identity_token_file"]; named != "" && path.Clean(named) == file {
						return profile.fields["role_arn"]
					}
				}
			}
		}
	}
	return ""
}
