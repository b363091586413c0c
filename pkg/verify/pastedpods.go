package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// besides: pieces of pods that stand beside each other, of which one runs as default.
// Of whole objects that is no wonder; who pastes two pods compares them.
func besides(w *facts) []finding {
	var none, named *pod
	for _, p := range w.pods {
		if !p.snippet() || p.account.name == "" {
			continue
		}
		if p.account.name == "default" {
			none = p
		} else {
			named = p
		}
	}
	if none == nil || named == nil {
		return nil
	}
	return []finding{found(codeWorkloadUsesOtherServiceAccount, none.String(), fmt.Sprintf("%s runs as default, %s as %s", none, named, named.account.name),
		edit("serviceAccountName: "+asYAML(named.account.name))).as(Warning).at(none.from.Where)}
}

// globalEndpoint: a piece of a pod in which nothing says the region or the endpoint. In a
// whole manifest the webhook adds both; who pastes a piece may have it from a pod that
// has them not.
func globalEndpoint(w *facts) (out []finding) {
	for _, p := range w.pods {
		if a := w.accounts[p.account]; !p.snippet() || len(p.containers()) == 0 || p.account.name == "" || p.account.name == "default" || a != nil && a.chained {
			continue
		}
		says := slices.ContainsFunc(p.containers(), func(ct container) bool {
			for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_STS_REGIONAL_ENDPOINTS", "AWS_ROLE_ARN"} {
				if _, ok := ct.env(name); ok {
					return true
				}
			}
			return len(manifest.List(ct.body, "envFrom")) > 0
		})
		if !says {
			out = append(out, found(codeSTSEndpointUnreachable, p.String(), fmt.Sprintf("%s has neither AWS_REGION nor AWS_STS_REGIONAL_ENDPOINTS: older SDKs then ask sts.amazonaws.com, which a network without a way out does not reach", p),
				edit("env: [{name: AWS_STS_REGIONAL_ENDPOINTS, value: regional}]")).as(Info).at(p.from.Where))
		}
	}
	return out
}

// pastedRegion: a pod, or a piece of one, that somebody pasted, which has its role, and shows no
// region.
func pastedRegion(c *chain, r *result, p *pod, ct container) {
	file, ok := ct.env("AWS_WEB_IDENTITY_TOKEN_FILE")
	_, a := ct.env("AWS_REGION")
	_, b := ct.env("AWS_DEFAULT_REGION")
	if !ok || !strings.HasPrefix(file.value, tokenMount) || a || b || p.from.Live || !p.snippet() && !p.isPod() || len(manifest.List(ct.body, "envFrom")) > 0 {
		return
	}
	r.add(noRegion(c, p, ct).as(Info)) // it may have been left out
}
