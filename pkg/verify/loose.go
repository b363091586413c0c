package verify

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/verify/hints"
)

// looseFindings are of what belongs to no service account's chain: settings of applications,
// pieces of pods, and, where nothing has a role, the providers.
func looseFindings(w *facts) []finding {
	var out []finding
	chained := slices.ContainsFunc(w.order, func(a *serviceAccount) bool { return a.chained && !a.bare })
	for _, h := range w.hints {
		for _, f := range looseHint(w, h) {
			out = append(out, f.at(orForm(f.Where, h.from.Where)))
		}
	}
	for _, p := range w.pods {
		if a := w.accounts[p.account]; (a == nil || !a.chained || a.bare) && (podWantsRole(p) || !chained) {
			out = append(out, loosePod(w, p)...)
		}
	}
	for _, o := range w.objects {
		if f, ok := metadataService(w, o); ok {
			out = append(out, f)
		}
	}
	if w.pasted.fragments {
		out = slices.Concat(out, unreadValues(w), besides(w), globalEndpoint(w))
	}
	out = slices.Concat(out, strayPods(w), refusedPods(w))
	if !chained && w.in.File == nil { // irsa.yaml that names nobody needs no provider
		out = append(out, checkProviders(w)...)
	}
	return out
}

// loosePod looks at the environment of pods without a chain.
func loosePod(w *facts, p *pod) (out []finding) {
	for _, ct := range p.containers() {
		for _, check := range []func(*facts, *pod, container) (finding, bool){staticKeys, tokenFile} {
			f, ok := check(w, p, ct)
			switch {
			case ok && podWantsRole(p):
				out = append(out, f)
			case ok:
				out = append(out, f.as(Info)) // nothing says that it should have a role
			}
		}
	}
	return out
}

// looseHint looks at a hint that belongs to no service account's chain.
func looseHint(w *facts, h hint) []finding {
	a := accountOf(w, h)
	inChain := a != nil && a.chained
	switch {
	case inChain && (h.Kind == hints.Glued || h.Kind == hints.Role || h.Kind == hints.WrongKey || h.Kind == hints.OnPod):
		return nil
	case h.Kind == hints.ServiceAccount:
		return nil // unreadValues looks at those
	case h.Kind == hints.Glued:
		arn, _ := hints.SplitGlued(h.Value)
		return []finding{found(codeAnnotationMalformed, h.from.String(), fmt.Sprintf("%s has the one text %q at %s", h.from, h.Value, h.Path), edit(roleKey+": "+asYAML(orForm(arn, "arn:aws:iam::ACCOUNT:role/NAME")))).
			because("Without a blank behind the colon YAML reads key and value as one text; without backslashes before its dots, helm --set reads the key as several.")}
	case h.Kind == hints.WrongKey:
		return []finding{found(codeAnnotationWrongKey, h.from.String(), fmt.Sprintf("%s has %s at %s, and no %s", h.from, h.Value, h.Path, roleKey), edit(roleKey+": "+asYAML(mendARN(h.Value[strings.Index(h.Value, ": ")+2:], "arn:aws:iam::ACCOUNT:role/NAME"))))}
	case h.Kind == hints.OnPod && h.pasted():
		return []finding{found(codeAnnotationOnPodNotServiceAccount, h.from.String(), fmt.Sprintf("%s has %s: %s for pods at %s, where the webhook does not read it", h.from, roleKey, h.Value, h.Path), edit("serviceAccount: {annotations: {"+roleKey+": "+asYAML(h.Value)+"}}")).as(Warning)}
	case h.Kind == hints.Role:
		return checkARN(w, h)
	case owner(w, h) == nil:
		return checkHint(w, h)
	}
	return nil
}

// needsMetadata: a pod that was read shows that it uses AWS, and has no role of its own, or none was
// read. Where all
// pods have theirs, a node whose metadata they cannot reach is as it should be
// (https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html).
func needsMetadata(w *facts) bool {
	return len(w.pods) == 0 || slices.ContainsFunc(w.pods, func(p *pod) bool {
		a := w.accounts[p.account]
		return (a == nil || !a.chained || a.bare) && speaksOfAWS(p) != ""
	})
}

// metadataService: nodes and agents that depend on the node's metadata.
func metadataService(w *facts, o *manifest.Object) (finding, bool) {
	switch {
	case o.Kind == "EC2NodeClass" && o.APIVersion == "karpenter.k8s.aws/v1":
		// In v1 the default is 1 (karpenter.sh/docs/concepts/nodeclasses, spec.metadataOptions).
		if manifest.Dig(o.Body, "spec", "metadataOptions", "httpPutResponseHopLimit") != nil || !needsMetadata(w) {
			return finding{}, false
		}
		return found(codeIMDSHopLimit, o.String(), fmt.Sprintf("%s does not set spec.metadataOptions.httpPutResponseHopLimit, which then is 1: pods without a role of their own have no credentials on its nodes", o),
			edit("# a role of its own for each service account that needs AWS; or, which lets every pod use the node's role:\nspec: {metadataOptions: {httpPutResponseHopLimit: 2}}")).at(o.Where), true
	case o.Kind == "AmazonCloudWatchAgent" && o.Group() == "cloudwatch.aws.amazon.com":
		for _, e := range manifest.List(o.Body, "spec", "env") {
			if manifest.Text(e, "name") == "RUN_WITH_IRSA" {
				return finding{}, false
			}
		}
		return found(codeIMDSHopLimit, o.String(), fmt.Sprintf("%s has no RUN_WITH_IRSA in spec.env: the agent asks the node's metadata where it runs, before it looks at the token", o),
			edit("spec: {env: [{name: RUN_WITH_IRSA, value: \"True\"}]}")).at(o.Where), true
	}
	return finding{}, false
}

var lookedUp = regexp.MustCompile(`error looking up service account ([^/\s]+)/([^:\s]+): serviceaccount "[^"]+" not found`)

// refusedPods: the API server says that a service account does not exist, of which nothing says
// that it should have a role.
func refusedPods(w *facts) (out []finding) {
	for _, o := range w.objects {
		said := []string{manifest.Text(o.Body, "message")}
		for _, cond := range manifest.List(o.Body, "status", "conditions") {
			said = append(said, manifest.Text(cond, "message"))
		}
		for _, s := range said {
			m := lookedUp.FindStringSubmatch(s)
			if m == nil {
				continue
			}
			k := key{m[1], m[2]}
			if a := w.accounts[k]; a == nil || !a.chained || a.bare {
				out = append(out, found(codeServiceAccountMissing, k.String(), fmt.Sprintf("%s says: %s", o, s),
					edit(fmt.Sprintf("serviceAccounts:                # irsa.yaml\n- name: %s\n  create: %s", asYAML(k.name), spec.CreateAlways))).at(o.Where))
			}
		}
	}
	return out
}

// checkProviders looks at the cluster's provider where no service account led to it.
func checkProviders(w *facts) []finding {
	return resultOf(aboutCluster(w), LinkProvider).findings
}
