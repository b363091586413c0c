package verify

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// readable: may the containers' user read the token?
func readable(c *chain, r *result, p *pod) {
	if p.spec == nil || c.roleARN == "" || c.podIdentity || manifest.Dig(p.spec, "securityContext", "fsGroup") != nil {
		return
	}
	minor, known := minorVersion(c)
	if common, same := commonUser(p); same && common != "" && known && minor >= 19 {
		return // the token is made that user's (kubernetes/kubernetes#89193)
	}
	user := nonRoot(p)
	message := fmt.Sprintf("%s has no securityContext.fsGroup", p)
	if user != "" {
		message += ", and runs as " + user
	}
	f := found(codeTokenFileNotReadable, p.String(), message, edit("securityContext: {fsGroup: 65534}   # of the pod")).at(p.from.Where)
	if mode, ok := ownMode(p); ok && user != "" {
		r.add(f.saying("; its volume's defaultMode is " + mode))
		return
	}
	switch {
	case known && minor >= 19:
	case known && user != "":
		r.add(f.saying("; the cluster is " + c.snapshot.Cluster.Version))
	case c.in.Snapshot != nil && user != "": // without one, all of the cluster is unknown
		r.add(f.saying("; the cluster's version is not known").as(Info))
	case c.in.Snapshot != nil && p.snippet():
		r.add(f.saying("; the cluster's version is not known, nor the image's user").as(Info))
	}
}

// commonUser is the user that all containers have, as the kubelet sees it.
func commonUser(p *pod) (string, bool) {
	pod, _ := manifest.Plain(manifest.Dig(p.spec, "securityContext", "runAsUser"))
	out := ""
	for i, ct := range p.containers() {
		user, ok := manifest.Plain(manifest.Dig(ct.body, "securityContext", "runAsUser"))
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
		if user, ok := manifest.Plain(manifest.Dig(at.body, "securityContext", "runAsUser")); ok && user != "0" {
			return "user " + user
		}
		if manifest.Dig(at.body, "securityContext", "runAsNonRoot") == true {
			return "another user than root"
		}
	}
	return ""
}

// ownMode is the mode of a token volume of the pod's own, where others may not read it.
func ownMode(p *pod) (string, bool) {
	for _, v := range manifest.List(p.spec, "volumes") {
		for _, s := range manifest.List(v, "projected", "sources") {
			mode, ok := manifest.Plain(manifest.Dig(v, "projected", "defaultMode"))
			if manifest.Text(s, "serviceAccountToken", "audience") != defaultAudience || !ok {
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
func minorVersion(c *chain) (int, bool) {
	_, rest, ok := strings.Cut(strings.TrimPrefix(c.snapshot.Cluster.Version, "v"), ".")
	rest, _, _ = strings.Cut(rest, ".")
	n, err := strconv.Atoi(strings.TrimRight(rest, "+"))
	return n, ok && err == nil
}
