package verify

import (
	"fmt"
	"slices"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// checkScalers holds what KEDA asks AWS for a workload as against how its service account gets its
// role: with identityOwner: workload KEDA takes the role of the annotation, and reads no association
// (https://keda.sh/docs/latest/authentication-providers/aws/; kedacore/keda#6418).
func checkScalers(c *chain, r *result) {
	if c.a.association == nil || manifest.Text(c.a.annotations(), roleKey) != "" {
		return
	}
	for _, p := range c.a.pods {
		for _, scaler := range scalersOf(c.facts, p) {
			for _, trigger := range manifest.List(scaler.Body, "spec", "triggers") {
				o := asWorkload(c.facts, scaler, trigger)
				if o == nil {
					continue
				}
				r.add(found(codeAnnotationMissing, o.String(), fmt.Sprintf("%s has identityOwner: workload, and what %s scales runs as %s, which has no annotation %s; its role is that of a Pod Identity association", o, scaler, c.a, annotationKey(c.facts, roleKey)),
					edit("spec: {podIdentity: {provider: aws}}   # of "+safe.Text(o.String())+", and a role for KEDA's own service account; or give "+safe.Text(c.a.String())+" the annotation")).
					at(o.Where).because("KEDA reads the role in the annotation of the workload's service account, and assumes that. EKS Pod Identity gives roles to pods."))
				return
			}
		}
	}
}

// scalersOf are the objects of KEDA that scale what has the pod: a ScaledJob its own pods, a
// ScaledObject what it names, which is a Deployment where it says no kind
// (https://keda.sh/docs/latest/reference/scaledobject-spec/#scaletargetref).
func scalersOf(w *facts, p *pod) []*manifest.Object {
	has := author(w, p).from
	if has.Kind == "ScaledJob" && has.Group() == kedaGroup {
		return []*manifest.Object{has}
	}
	return slices.DeleteFunc(slices.Clone(scalers(w)[key{namespaceOf(w, has), has.Name}]), func(o *manifest.Object) bool {
		return orForm(manifest.Text(o.Body, "spec", "scaleTargetRef", "kind"), "Deployment") != has.Kind
	})
}

const kedaGroup = "keda.sh"

// scalers are the ScaledObjects by the namespace and the name of what they scale.
func scalers(w *facts) map[key][]*manifest.Object {
	return w.index.scalers.get(func() map[key][]*manifest.Object {
		out := map[key][]*manifest.Object{}
		for _, o := range w.index.byKind["ScaledObject"] {
			if o.Group() == kedaGroup {
				of := key{namespaceOf(w, o), manifest.Text(o.Body, "spec", "scaleTargetRef", "name")}
				out[of] = append(out[of], o)
			}
		}
		return out
	})
}

// asWorkload is the object by which a trigger asks AWS as the workload; nil where it does not.
func asWorkload(w *facts, scaler *manifest.Object, trigger any) *manifest.Object {
	kind := orForm(manifest.Text(trigger, "authenticationRef", "kind"), "TriggerAuthentication")
	for _, o := range w.index.byName[kindName{kind, manifest.Text(trigger, "authenticationRef", "name")}] {
		if o.Group() != kedaGroup || kind == "TriggerAuthentication" && namespaceOf(w, o) != namespaceOf(w, scaler) {
			continue
		}
		if manifest.Text(o.Body, "spec", "podIdentity", "provider") == "aws" && manifest.Text(o.Body, "spec", "podIdentity", "identityOwner") == "workload" {
			return o
		}
	}
	return nil
}
