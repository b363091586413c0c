package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/verify/webhook"
)

// notInjected: a running pod of which some containers have the role's variables and others
// not: those that another webhook added after the identity's
// (https://github.com/aws/amazon-eks-pod-identity-webhook/issues/91). What its annotation
// leaves out on purpose is none, nor what has credentials of another sort.
func notInjected(w *facts, p *pod) (finding, bool) {
	if !p.isPod() || !running(p) {
		return finding{}, false
	}
	skip := webhook.SkippedContainers(p.annotation(skipKey))
	var with, without []string
	for _, ct := range p.containers() {
		_, role := ct.env("AWS_ROLE_ARN")
		_, agent := ct.env(credentialsURI)
		_, keys := ct.env("AWS_ACCESS_KEY_ID")
		switch {
		case role || agent:
			with = append(with, ct.name)
		case stays(ct) && !keys && !slices.Contains(skip, ct.name):
			without = append(without, ct.name)
		}
	}
	if len(with) == 0 || len(without) == 0 {
		return finding{}, false
	}
	f := found(codeContainerNotInjected, p.String(), fmt.Sprintf("%s: container %s has the role, and %s not", p, strings.Join(with, ", "), strings.Join(without, ", ")),
		edit(fmt.Sprintf("reinvocationPolicy: IfNeeded   # of the MutatingWebhookConfiguration of the pod identity webhook; or, where %s needs no role, annotation %s of the pod template", strings.Join(without, ", "), skipKey))).at(p.from.Where)
	if t := templateOf(w, p); t != nil && !slices.ContainsFunc(t.containers(), func(ct container) bool { return slices.Contains(without, ct.name) }) {
		return f.saying("; it is none of the template's, and may need none").as(Info), true
	}
	return f, true
}
