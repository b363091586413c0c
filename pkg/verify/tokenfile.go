package verify

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/verify/hints"
)

// apiServerTokens is where Kubernetes mounts the token for the API server.
const apiServerTokens = hints.APIServerTokens

// tokenFile looks at a token file that the container names itself.
func tokenFile(w *facts, p *pod, ct container) (finding, bool) {
	v, ok := ct.env("AWS_WEB_IDENTITY_TOKEN_FILE")
	if !ok || v.value == "" {
		return finding{}, false
	}
	file := path.Clean(strings.Replace(v.value, "/run/secrets", "/var/run/secrets", 1))
	file = strings.Replace(file, "/var/var/", "/var/", 1)
	seen := fmt.Sprintf("%s, %s has AWS_WEB_IDENTITY_TOKEN_FILE: %s", p, ct.label(), v.value)
	if strings.HasPrefix(file, apiServerTokens+"/") {
		return found(codeTokenFileWrongToken, p.String(), seen+", the token for the API server", edit("remove AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE from env")).at(p.from.Where), true
	}
	for _, m := range manifest.List(ct.body, "volumeMounts") {
		rest, below := inMount(m, v.value)
		if !below {
			continue
		}
		audience, found2, is := projectedToken(p, manifest.Text(m, "name"), rest)
		switch {
		case !found2:
		case !is:
			return found(codeTokenFileWrongToken, p.String(), seen+fmt.Sprintf("; volume %s has no such token", manifest.Text(m, "name")), rightPath(p, m)).at(p.from.Where), true
		case audience != defaultAudience && audience == "":
			return found(codeTokenFileWrongToken, p.String(), seen+fmt.Sprintf("; its volume %s gives a token without an audience, which is for the API server", manifest.Text(m, "name")), ofVolume(manifest.Text(m, "name"), defaultAudience)).at(p.from.Where), true
		case manifest.Text(m, "subPath") != "":
			return found(codeTokenFileWrongToken, p.String(), seen+fmt.Sprintf(", which volume %s has there by subPath: such a file is never renewed", manifest.Text(m, "name")),
				wholeMount(m)).
				because("Once the token has expired STS refuses it (https://kubernetes.io/docs/concepts/storage/projected-volumes/: a subPath mount \"will not receive updates\").").as(Warning).at(p.from.Where), true
		}
	}
	return finding{}, false
}

const tokenVolume = `volumes:
- name: aws-iam-token
  projected: {sources: [{serviceAccountToken: {audience: sts.amazonaws.com, expirationSeconds: 86400, path: token}}]}`

// ofVolume gives the token of a volume another audience.
func ofVolume(volume, audience string) repair {
	return edit(fmt.Sprintf("audience: %s   # of serviceAccountToken in volume %s", asYAML(audience), asYAML(volume)))
}

// rightPath is the file of the token that a mounted volume has; without one, the volume that would
// have it.
func rightPath(p *pod, mount any) repair {
	if manifest.Text(mount, "subPath") != "" {
		return wholeMount(mount)
	}
	for _, v := range manifest.List(p.spec, "volumes") {
		for _, s := range manifest.List(v, "projected", "sources") {
			if file := manifest.Text(s, "serviceAccountToken", "path"); manifest.Text(v, "name") == manifest.Text(mount, "name") && file != "" {
				return edit("- name: AWS_WEB_IDENTITY_TOKEN_FILE\n  value: " + asYAML(path.Join(path.Clean(manifest.Text(mount, "mountPath")), file)))
			}
		}
	}
	return edit(tokenVolume)
}

// wholeMount mounts a volume as a whole, in a folder of its own.
func wholeMount(mount any) repair {
	return edit(fmt.Sprintf("- {name: %s, mountPath: /var/run/secrets/aws}   # of volumeMounts, without subPath; and AWS_WEB_IDENTITY_TOKEN_FILE below it", asYAML(manifest.Text(mount, "name"))))
}

// projectedToken finds the token at a path of a pod's own volume. The first bool is
// true where the pod has that volume and it is projected, the second where it has a
// token at the path.
func projectedToken(p *pod, volume, file string) (audience string, volumeFound, tokenFound bool) {
	for _, v := range manifest.List(p.spec, "volumes") {
		if manifest.Text(v, "name") != volume || manifest.Mapping(v, "projected") == nil {
			continue
		}
		for _, s := range manifest.List(v, "projected", "sources") {
			if t := manifest.Mapping(s, "serviceAccountToken"); t != nil && manifest.Text(t, "path") == file {
				return manifest.Text(t, "audience"), true, true
			}
		}
		return "", true, false
	}
	return "", false, false
}

// ownAudience: a token of the pod's own volume, for an audience that AWS does not take.
func ownAudience(c *chain, p *pod, ct container) (finding, bool) {
	v, _ := ct.env("AWS_WEB_IDENTITY_TOKEN_FILE")
	audience, volume, ok := tokenAt(p, ct, v.value)
	if !ok || audience == "" || audience == c.audience {
		return finding{}, false
	}
	if injected(c.facts, p, ct) && c.a.object() != nil {
		return finding{}, false // the webhook's, which olderAudience looks at
	}
	provider := provider(c)
	f := found(codeTokenAudienceMismatch, p.String(), fmt.Sprintf("%s, %s uses the token of its volume %s, whose audience is %q", p, ct.label(), volume, audience), ofVolume(volume, c.audience)).
		because("The token's audience must be a client ID of the provider.").on(LinkWebhook).at(p.from.Where)
	switch {
	case provider == nil || !provider.ClientIDs.Read:
		return f.as(Warning), true
	case !slices.Contains(provider.ClientIDs.List, audience):
		return f.saying("; the provider takes " + quoteAll(provider.ClientIDs.List)), true
	}
	return finding{}, false
}

// tokenAt is the audience of the token that a file of a container is, and the projected
// volume of the pod that has it there.
func tokenAt(p *pod, ct container, file string) (audience, volume string, ok bool) {
	for _, m := range manifest.List(ct.body, "volumeMounts") {
		rest, below := inMount(m, file)
		volume := manifest.Text(m, "name")
		if audience, _, is := projectedToken(p, volume, rest); below && is {
			return audience, volume, true
		}
	}
	return "", "", false
}

// inMount is where in its volume a file is that a container has by a mount: below it, or, with
// subPath, what is mounted as it.
func inMount(mount any, file string) (rest string, ok bool) {
	at, sub := path.Clean(manifest.Text(mount, "mountPath")), manifest.Text(mount, "subPath")
	if sub != "" && path.Clean(file) == at {
		return path.Clean(sub), true
	}
	rest, ok = strings.CutPrefix(path.Clean(file), at+"/")
	return path.Join(sub, rest), ok
}

// mountsToken: the container has a token of its own at that path.
func mountsToken(p *pod, ct container, file string) bool {
	_, _, ok := tokenAt(p, ct, file)
	return ok
}
