package verify

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// looseFindings are of what belongs to no service account's chain: settings of applications,
// pieces of pods, and, where nothing has a role, the providers.
func looseFindings(w *facts) []finding {
	var out []finding
	chained := slices.ContainsFunc(w.order, func(a *serviceAccount) bool { return a.chained && !a.bare })
	unread := false // values that the chart did not read are spoken of once
	for _, h := range w.hints {
		if h.kind == hintServiceAccount {
			f, ok := unreadValues(w, h)
			if ok && !(unread && f.Code == codeChartAnnotationNotRendered) {
				unread = unread || f.Code == codeChartAnnotationNotRendered
				out = append(out, f)
			}
			continue
		}
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
	if f, ok := besides(w); ok {
		out = append(out, f)
	}
	out = slices.Concat(out, strayPods(w), globalEndpoint(w), refusedPods(w))
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
	case inChain && (h.kind == hintGlued || h.kind == hintRole || h.kind == hintWrongKey || h.kind == hintOnPod):
		return nil
	case h.kind == hintGlued:
		return []finding{found(codeAnnotationMalformed, h.from.String(), fmt.Sprintf("%s has the one text %q at %s", h.from, h.value, h.path), edit(roleKey+": "+asYAML(orForm(glued.FindStringSubmatch(h.value)[2], "arn:aws:iam::ACCOUNT:role/NAME")))).
			because("Without a blank behind the colon YAML reads key and value as one text; without backslashes before its dots, helm --set reads the key as several.")}
	case h.kind == hintWrongKey:
		return []finding{found(codeAnnotationWrongKey, h.from.String(), fmt.Sprintf("%s has %s at %s, and no %s", h.from, h.value, h.path, roleKey), edit(roleKey+": "+asYAML(mendARN(h.value[strings.Index(h.value, ": ")+2:], "arn:aws:iam::ACCOUNT:role/NAME"))))}
	case h.kind == hintOnPod && h.from.Kind == "":
		return []finding{found(codeAnnotationOnPodNotServiceAccount, h.from.String(), fmt.Sprintf("%s has %s: %s for pods at %s, where the webhook does not read it", h.from, roleKey, h.value, h.path), edit("serviceAccount: {annotations: {"+roleKey+": "+asYAML(h.value)+"}}")).as(Warning)}
	case h.kind == hintRole:
		return checkARN(w, h)
	case owner(w, h) == nil:
		return checkHint(w, h)
	}
	return nil
}

// unreadValues: values that name a service account below a key which few charts read, and
// which no document has.
func unreadValues(w *facts, h hint) (finding, bool) {
	a := w.accounts[h.account]
	switch {
	case h.account.name == "" || h.from.Kind != "" || !oddKey(h.path) || a != nil && len(a.pods) > 0:
		return finding{}, false
	case !slices.ContainsFunc(w.objects, func(o *manifest.Object) bool { return o.Kind != "" }): // nothing rendered was read
		return found(codeWorkloadUsesOtherServiceAccount, h.from.String(),
			fmt.Sprintf("%s names service account %s at %s, a key that few charts read", h.from, h.account.name, h.path),
			edit("helm show values CHART | grep -n -A4 -i serviceaccount")).as(Info).at(h.from.Where), true
	case a == nil || a.object() == nil:
		return found(codeWorkloadUsesOtherServiceAccount, h.from.String(),
			fmt.Sprintf("%s names service account %s at %s, and nothing rendered runs as it", h.from, h.account.name, h.path),
			edit("helm show values CHART | grep -n -A4 -i serviceaccount")).as(Warning).at(h.from.Where), true
	}
	return notRead(h), true
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
					edit(fmt.Sprintf("serviceAccounts:                # irsa.yaml\n- name: %s\n  create: always", asYAML(k.name)))).at(o.Where))
			}
		}
	}
	return out
}

// besides: pieces of pods that stand beside each other, of which one runs as default.
// Of whole objects that is no wonder; who pastes two pods compares them.
func besides(w *facts) (finding, bool) {
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
		return finding{}, false
	}
	return found(codeWorkloadUsesOtherServiceAccount, none.String(), fmt.Sprintf("%s runs as default, %s as %s", none, named, named.account.name),
		edit("serviceAccountName: "+asYAML(named.account.name))).as(Warning).at(none.from.Where), true
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

// checkProviders looks at the cluster's provider where no service account led to it.
func checkProviders(w *facts) []finding {
	return resultOf(aboutCluster(w), LinkProvider).findings
}
