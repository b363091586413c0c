package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// podLikeness is what checks tell running pods apart by, beside their names.
type podLikeness struct {
	maker, role, audience, where, created, shape string
	account                                      key
	leaving                                      bool
}

// alike leaves out running pods that are as one before them: of the same maker, with the same
// role, token and containers. The first says how many there are.
func alike(pods []*pod) []*pod {
	first := map[podLikeness]*pod{}
	return slices.DeleteFunc(pods, func(p *pod) bool {
		maker := ""
		for _, r := range manifest.List(p.from.Body, "metadata", "ownerReferences") {
			if controls, _ := manifest.Dig(r, "controller").(bool); controls {
				maker = manifest.Text(r, "kind") + " " + manifest.Text(r, "name")
			}
		}
		if !p.isPod() || !p.from.Live || maker == "" {
			return false
		}
		like := podLikeness{maker: maker, role: injectedRole(p), where: withoutAgent(p), shape: shapeOf(p), account: p.account, leaving: terminating(p)}
		like.audience, _ = injectedAudience(p)
		if like.role == "" { // whether the annotation was there when it was made
			like.created = manifest.Text(p.from.Body, "metadata", "creationTimestamp")
		}
		if by := first[like]; by != nil {
			by.alike++
			return true
		}
		first[like] = p
		return false
	})
}

// shapeOf are a pod's containers, variables and volumes, with their values.
func shapeOf(p *pod) string {
	var out strings.Builder
	for _, ct := range p.containers() {
		fmt.Fprintf(&out, "%s %v %v %v\n", ct.name, ct.body["env"], ct.body["envFrom"], ct.body["args"])
	}
	for _, v := range manifest.List(p.spec, "volumes") {
		if name := manifest.Text(v, "name"); !strings.HasPrefix(name, "kube-api-access-") { // each pod's own
			fmt.Fprintln(&out, name)
		}
	}
	return out.String()
}
