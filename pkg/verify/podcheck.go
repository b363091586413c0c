package verify

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// checkPod looks at what in a pod keeps it from using what the webhook gave it.
func (c *chain) checkPod(p *pod) {
	for _, ct := range p.containers() {
		c.add2(c.staticKeys(p, ct))
		c.add2(c.tokenFile(p, ct))
		c.add2(c.ownAudience(p, ct))
		if !c.running(p) && !p.snippet() {
			c.add2(c.preset(p, ct))
		}
		c.emptyRegion(p, ct)
		c.pastedRegion(p, ct)
		c.endpoint(p, ct)
	}
	c.readable(p)
	c.reverting(p)
}

// add2 adds a finding that there may be.
func (w *chain) add2(f Finding, ok bool) {
	if ok {
		w.add(f)
	}
}

// staticKeys: access keys in the environment.
func (w *world) staticKeys(p *pod, ct container) (Finding, bool) {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		v, ok := ct.env(name)
		if !ok || v.value == "" && v.from == "" {
			continue
		}
		seen := v.value
		if name == "AWS_SECRET_ACCESS_KEY" && v.value != "" {
			seen = "a value"
		}
		if v.from != "" {
			seen = "from " + v.from
		}
		f := found("static-credentials-override", p.String(), fmt.Sprintf("%s, %s has %s: %s", p, ct.label(), name, seen), fmt.Sprintf("- name: %s   # remove, or set to the empty text\n  value: \"\"", name)).at(p.from.Where)
		if v.optional {
			f = f.as(Warning)
		}
		return f, true
	}
	for _, from := range list(ct.body, "envFrom") {
		for kind, field := range map[string]string{"Secret": "secretRef", "ConfigMap": "configMapRef"} {
			name := text(from, field, "name")
			if name == "" {
				continue
			}
			for _, o := range w.objects {
				if o.Kind == kind && o.Name == name && w.namespaceOf(o) == w.namespaceOf(p.from) && holdsKeys(o, text(from, "prefix")) {
					return found("static-credentials-override", p.String(), fmt.Sprintf("%s, %s has AWS_ACCESS_KEY_ID from %s", p, ct.label(), o), "remove AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY from "+o.String()).at(p.from.Where), true
				}
			}
		}
	}
	return Finding{}, false
}

func holdsKeys(o *Object, prefix string) bool {
	for _, field := range []string{"data", "stringData"} {
		for k, v := range mapping(o.body, field) {
			if s, ok := plain(v); prefix+k == "AWS_ACCESS_KEY_ID" && ok && s != "" {
				return true
			}
		}
	}
	return false
}

// apiServerTokens is where Kubernetes mounts the token for the API server.
const apiServerTokens = "/var/run/secrets/kubernetes.io/serviceaccount"

// tokenFile looks at a token file that the container names itself.
func (w *world) tokenFile(p *pod, ct container) (Finding, bool) {
	v, ok := ct.env("AWS_WEB_IDENTITY_TOKEN_FILE")
	if !ok || v.value == "" {
		return Finding{}, false
	}
	file := path.Clean(strings.Replace(v.value, "/run/secrets", "/var/run/secrets", 1))
	file = strings.Replace(file, "/var/var/", "/var/", 1)
	seen := fmt.Sprintf("%s, %s has AWS_WEB_IDENTITY_TOKEN_FILE: %s", p, ct.label(), v.value)
	if strings.HasPrefix(file, apiServerTokens+"/") {
		return found("token-file-wrong-token", p.String(), seen+", the token for the API server", "remove AWS_WEB_IDENTITY_TOKEN_FILE from env").at(p.from.Where), true
	}
	for _, m := range list(ct.body, "volumeMounts") {
		at := path.Clean(text(m, "mountPath"))
		rest, below := strings.CutPrefix(path.Clean(v.value), at+"/")
		if !below || at == "/" {
			continue
		}
		audience, found2, is := projectedToken(p, text(m, "name"), rest)
		switch {
		case !found2:
		case !is:
			return found("token-file-wrong-token", p.String(), seen+fmt.Sprintf("; volume %s has no such token", text(m, "name")), tokenVolume).at(p.from.Where), true
		case audience != defaultAudience && audience == "":
			return found("token-file-wrong-token", p.String(), seen+fmt.Sprintf("; its volume %s gives a token without an audience, which is for the API server", text(m, "name")), tokenVolume).at(p.from.Where), true
		}
	}
	return Finding{}, false
}

const tokenVolume = `volumes:
- name: aws-iam-token
  projected: {sources: [{serviceAccountToken: {audience: sts.amazonaws.com, expirationSeconds: 86400, path: token}}]}`

// projectedToken finds the token at a path of a pod's own volume. The first bool is
// true where the pod has that volume and it is projected, the second where it has a
// token at the path.
func projectedToken(p *pod, volume, file string) (audience string, volumeFound, tokenFound bool) {
	for _, v := range list(p.spec, "volumes") {
		if text(v, "name") != volume || mapping(v, "projected") == nil {
			continue
		}
		for _, s := range list(v, "projected", "sources") {
			if t := mapping(s, "serviceAccountToken"); t != nil && text(t, "path") == file {
				return text(t, "audience"), true, true
			}
		}
		return "", true, false
	}
	return "", false, false
}

// ownAudience: a token of the pod's own volume, for an audience that AWS does not take.
func (c *chain) ownAudience(p *pod, ct container) (Finding, bool) {
	v, _ := ct.env("AWS_WEB_IDENTITY_TOKEN_FILE")
	for _, m := range list(ct.body, "volumeMounts") {
		rest, below := strings.CutPrefix(path.Clean(v.value), path.Clean(text(m, "mountPath"))+"/")
		audience, _, is := projectedToken(p, text(m, "name"), rest)
		if !below || !is || audience == "" || audience == c.audience {
			continue
		}
		provider := c.provider()
		f := found("token-audience-mismatch", p.String(), fmt.Sprintf("%s, %s uses the token of its volume %s, whose audience is %q", p, ct.label(), text(m, "name"), audience), tokenVolume).
			because("The token's audience must be a client ID of the provider.").on(LinkWebhook).at(p.from.Where)
		switch {
		case provider == nil || !provider.ClientIDs.Read:
			return f.as(Warning), true
		case !slices.Contains(provider.ClientIDs.List, audience):
			f.Message += "; the provider takes " + quoteAll(provider.ClientIDs.List)
			return f, true
		}
	}
	return Finding{}, false
}

// preset: a template that sets what the webhook would.
func (c *chain) preset(p *pod, ct container) (Finding, bool) {
	role, hasRole := ct.env("AWS_ROLE_ARN")
	file, hasFile := ct.env("AWS_WEB_IDENTITY_TOKEN_FILE")
	if !hasRole && !hasFile {
		return Finding{}, false
	}
	var seen []string
	for _, v := range []struct {
		name string
		variable
		has bool
	}{{"AWS_ROLE_ARN", role, hasRole}, {"AWS_WEB_IDENTITY_TOKEN_FILE", file, hasFile}} {
		if v.has {
			seen = append(seen, fmt.Sprintf("%s: %s", v.name, orForm(v.value+v.from, `""`)))
		}
	}
	f := found("preset-env-blocks-injection", p.String(), fmt.Sprintf("%s, %s sets %s", p, ct.label(), strings.Join(seen, " and ")),
		"remove AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE from env").at(p.from.Where)
	switch {
	case role.from != "" || file.from != "":
		return f.as(Warning), true
	case hasRole && hasFile && role.value == c.roleARN && (strings.HasPrefix(file.value, tokenMount) || mountsToken(p, ct, file.value)):
		return f.as(Info), true // it says the same
	case !hasRole:
		f.Message += ", and no AWS_ROLE_ARN"
	case !hasFile:
		f.Message += ", and no AWS_WEB_IDENTITY_TOKEN_FILE"
	case role.value != c.roleARN && c.roleARN != "":
		f.Message += "; the account has " + c.roleARN
	}
	return f, true
}

// mountsToken: the container has a token of its own at that path.
func mountsToken(p *pod, ct container, file string) bool {
	for _, m := range list(ct.body, "volumeMounts") {
		rest, below := strings.CutPrefix(path.Clean(file), path.Clean(text(m, "mountPath"))+"/")
		if _, _, is := projectedToken(p, text(m, "name"), rest); below && is {
			return true
		}
	}
	return false
}

// emptyRegion: the webhook leaves a region alone that is there, even where it is empty.
func (c *chain) emptyRegion(p *pod, ct container) {
	a, hasA := ct.env("AWS_REGION")
	b, hasB := ct.env("AWS_DEFAULT_REGION")
	if (hasA || hasB) && a.value+a.from+b.value+b.from == "" && c.roleARN != "" {
		c.noRegion(p, ct)
	}
}

// pastedRegion: a piece of a pod that has its role, and shows no region.
func (c *chain) pastedRegion(p *pod, ct container) {
	file, ok := ct.env("AWS_WEB_IDENTITY_TOKEN_FILE")
	_, a := ct.env("AWS_REGION")
	_, b := ct.env("AWS_DEFAULT_REGION")
	if !ok || !strings.HasPrefix(file.value, tokenMount) || a || b || p.from.Live || !p.snippet() && !p.isPod() || len(list(ct.body, "envFrom")) > 0 {
		return
	}
	c.noRegion(p, ct)
	c.findings[len(c.findings)-1].Severity = Info // it may have been left out
}

// readable: may the containers' user read the token?
func (c *chain) readable(p *pod) {
	if p.spec == nil || c.roleARN == "" || c.podIdentity || dig(p.spec, "securityContext", "fsGroup") != nil {
		return
	}
	minor, known := c.minorVersion()
	if common, same := commonUser(p); same && common != "" && known && minor >= 19 {
		return // the token is made that user's (kubernetes/kubernetes#89193)
	}
	user := nonRoot(p)
	message := fmt.Sprintf("%s has no securityContext.fsGroup", p)
	if user != "" {
		message += ", and runs as " + user
	}
	f := found("token-file-not-readable", p.String(), message, "securityContext: {fsGroup: 65534}   # of the pod").at(p.from.Where)
	if mode, ok := ownMode(p); ok && user != "" {
		f.Message += fmt.Sprintf("; its volume's defaultMode is %s", mode)
		c.add(f)
		return
	}
	switch {
	case known && minor >= 19:
	case known && user != "":
		f.Message += fmt.Sprintf("; the cluster is %s", c.snapshot.Cluster.Version)
		c.add(f)
	case p.snippet() || user != "":
		f.Message += "; the cluster's version is not known, nor its image's user"
		c.add(f.as(Info))
	}
}

// commonUser is the user that all containers have, as the kubelet sees it.
func commonUser(p *pod) (string, bool) {
	pod, _ := plain(dig(p.spec, "securityContext", "runAsUser"))
	out := ""
	for i, ct := range p.containers() {
		user, ok := plain(dig(ct.body, "securityContext", "runAsUser"))
		if !ok {
			user = pod
		}
		if i > 0 && user != out {
			return "", false
		}
		out = user
	}
	return out, true
}

// nonRoot says which container does not run as root; empty where none says so.
func nonRoot(p *pod) string {
	for _, at := range append([]container{{body: p.spec}}, p.containers()...) {
		if user, ok := plain(dig(at.body, "securityContext", "runAsUser")); ok && user != "0" {
			return "user " + user
		}
		if dig(at.body, "securityContext", "runAsNonRoot") == true {
			return "another user than root"
		}
	}
	return ""
}

// ownMode is the mode of a token volume of the pod's own, where others may not read it.
func ownMode(p *pod) (string, bool) {
	for _, v := range list(p.spec, "volumes") {
		for _, s := range list(v, "projected", "sources") {
			mode, ok := plain(dig(v, "projected", "defaultMode"))
			if text(s, "serviceAccountToken", "audience") != defaultAudience || !ok {
				continue
			}
			n, err := strconv.ParseInt(mode, 0, 64)
			if err == nil && n&0o004 == 0 {
				return mode, true
			}
		}
	}
	return "", false
}

// minorVersion is the cluster's: 31 of 1.31.
func (c *chain) minorVersion() (int, bool) {
	_, rest, ok := strings.Cut(strings.TrimPrefix(c.snapshot.Cluster.Version, "v"), ".")
	rest, _, _ = strings.Cut(rest, ".")
	n, err := strconv.Atoi(strings.TrimRight(rest, "+"))
	return n, ok && err == nil
}

// revertingGroups are controllers that took the injected parts for drift, until the
// version that is named
// (github.com/actions/actions-runner-controller pull 226, in v0.10.0).
var revertingGroups = map[string]string{
	"actions.summerwind.dev": "actions-runner-controller before 0.10.0 compares the live pod with its own template",
}

func (c *chain) reverting(p *pod) {
	if why, ok := revertingGroups[p.from.group()]; ok && c.roleARN != "" && !slices.ContainsFunc(p.containers(), func(ct container) bool { _, has := ct.env("AWS_ROLE_ARN"); return has }) {
		c.add(found("controller-reverts-injection", p.String(), fmt.Sprintf("%s makes the pods: %s", p, why), "helm upgrade the controller to a version that compares its template only").at(p.from.Where))
	}
}
