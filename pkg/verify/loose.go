package verify

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// checkLoose looks at what belongs to no account's chain: settings of applications,
// pieces of pods, and, where nothing has a role, the providers.
func checkLoose(w *facts) {
	chained := slices.ContainsFunc(w.order, func(a *serviceAccount) bool { return a.chained && !a.bare })
	for _, h := range w.hints {
		looseHint(w, h)
	}
	for _, p := range w.pods {
		if a := w.accounts[p.account]; (a == nil || !a.chained || a.bare) && (podWantsRole(p) || !chained) {
			for _, ct := range p.containers() {
				for _, check := range []func(*pod, container) (Finding, bool){func(p0 *pod, p1 container) (Finding, bool) { return staticKeys(w, p0, p1) }, func(p0 *pod, p1 container) (Finding, bool) { return tokenFile(w, p0, p1) }} {
					if f, ok := check(p, ct); ok {
						if !podWantsRole(p) {
							f = f.as(Info) // nothing says that it should have a role
						}
						w.loose = append(w.loose, f)
					}
				}
			}
		}
	}
	for _, o := range w.objects {
		metadataService(w, o)
	}
	besides(w)
	strayPods(w)
	globalEndpoint(w)
	refusedPods(w)
	if !chained && w.in.File == nil { // irsa.yaml that names nobody needs no provider
		checkProviders(w)
	}
}

// looseHint looks at a hint that belongs to no account's chain.
func looseHint(w *facts, h hint) {
	a := accountOf(w, h)
	inChain := a != nil && a.chained
	add := func(f Finding) { w.loose = append(w.loose, f.at(h.from.Where)) }
	switch {
	case h.kind == hintAccount:
		unread(w, h)
	case inChain && (h.kind == hintGlued || h.kind == hintRole || h.kind == hintWrongKey || h.kind == hintOnPod):
	case h.kind == hintGlued:
		add(found("annotation-malformed", h.from.String(), fmt.Sprintf("%s has the one text %q at %s", h.from, h.value, h.path), roleKey+": "+asYAML(orForm(glued.FindStringSubmatch(h.value)[2], "arn:aws:iam::ACCOUNT:role/NAME"))).
			because("Without a blank behind the colon YAML reads key and value as one text; without backslashes before its dots, helm --set reads the key as several."))
	case h.kind == hintWrongKey:
		add(found("annotation-wrong-key", h.from.String(), fmt.Sprintf("%s has %s at %s, and no %s", h.from, h.value, h.path, roleKey), roleKey+": "+asYAML(mendARN(h.value[strings.Index(h.value, ": ")+2:], "arn:aws:iam::ACCOUNT:role/NAME"))))
	case h.kind == hintOnPod && h.from.Kind == "":
		add(found("annotation-on-pod-not-serviceaccount", h.from.String(), fmt.Sprintf("%s has %s: %s for pods at %s, where the webhook does not read it", h.from, roleKey, h.value, h.path), "serviceAccount: {annotations: {"+roleKey+": "+asYAML(h.value)+"}}").as(Warning))
	case h.kind == hintRole:
		w.loose = append(w.loose, checkARN(w, h)...)
	default:
		if owner(w, h) == nil {
			w.loose = append(w.loose, checkHint(w, h)...)
		}
	}
}

// unread: values that name an account below a key which few charts read, and which no
// document has.
func unread(w *facts, h hint) {
	a := w.accounts[h.account]
	if h.account.name == "" || h.from.Kind != "" || !oddKey(h.path) || a != nil && len(a.pods) > 0 {
		return
	}
	if a == nil || a.object() == nil {
		w.loose = append(w.loose, found("workload-uses-other-serviceaccount", h.from.String(),
			fmt.Sprintf("%s names account %s at %s, and nothing rendered runs as it", h.from, h.account.name, h.path),
			"helm show values CHART | grep -n -A4 -i serviceaccount").as(Warning).at(h.from.Where))
		return
	}
	if !w.saidUnread {
		w.saidUnread = true
		w.loose = append(w.loose, valuesUnread(w, h))
	}
}

// metadataService: nodes and agents that depend on the node's metadata.
func metadataService(w *facts, o *manifest.Object) {
	switch {
	case o.Kind == "EC2NodeClass" && o.APIVersion == "karpenter.k8s.aws/v1":
		// In v1 the default is 1 (karpenter.sh/docs/concepts/nodeclasses, spec.metadataOptions).
		if manifest.Dig(o.Body, "spec", "metadataOptions", "httpPutResponseHopLimit") != nil {
			return
		}
		w.loose = append(w.loose, found("imds-hop-limit", o.String(), fmt.Sprintf("%s does not set spec.metadataOptions.httpPutResponseHopLimit, which then is 1: pods without a role of their own have no credentials on its nodes", o),
			"spec: {metadataOptions: {httpPutResponseHopLimit: 2}}").at(o.Where))
	case o.Kind == "AmazonCloudWatchAgent" && o.Group() == "cloudwatch.aws.amazon.com":
		for _, e := range manifest.List(o.Body, "spec", "env") {
			if manifest.Text(e, "name") == "RUN_WITH_IRSA" {
				return
			}
		}
		w.loose = append(w.loose, found("imds-hop-limit", o.String(), fmt.Sprintf("%s has no RUN_WITH_IRSA in spec.env: the agent asks the node's metadata where it runs, before it looks at the token", o),
			"spec: {env: [{name: RUN_WITH_IRSA, value: \"True\"}]}").at(o.Where))
	}
}

var lookedUp = regexp.MustCompile(`error looking up service account ([^/\s]+)/([^:\s]+): serviceaccount "[^"]+" not found`)

// refusedPods: the API server says that an account does not exist, of which nothing says
// that it should have a role.
func refusedPods(w *facts) {
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
				w.loose = append(w.loose, found("service-account-missing", k.String(), fmt.Sprintf("%s says: %s", o, s),
					fmt.Sprintf("serviceAccounts:                # irsa.yaml\n- name: %s\n  create: always", asYAML(k.name))).at(o.Where))
			}
		}
	}
}

// besides: pieces of pods that stand beside each other, of which one runs as default.
// Of whole objects that is no wonder; who pastes two pods compares them.
func besides(w *facts) {
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
		return
	}
	w.loose = append(w.loose, found("workload-uses-other-serviceaccount", none.String(), fmt.Sprintf("%s runs as default, %s as %s", none, named, named.account.name),
		"serviceAccountName: "+asYAML(named.account.name)).as(Warning).at(none.from.Where))
}

// globalEndpoint: a piece of a pod in which nothing says the region or the endpoint. In a
// whole manifest the webhook adds both; who pastes a piece may have it from a pod that
// has them not.
func globalEndpoint(w *facts) {
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
			w.loose = append(w.loose, found("sts-endpoint-unreachable", p.String(), fmt.Sprintf("%s has neither AWS_REGION nor AWS_STS_REGIONAL_ENDPOINTS: older SDKs then ask sts.amazonaws.com, which a network without a way out does not reach", p),
				"env: [{name: AWS_STS_REGIONAL_ENDPOINTS, value: regional}]").as(Info).at(p.from.Where))
		}
	}
}

// checkProviders looks at the cluster's provider where no account led to it.
func checkProviders(w *facts) {
	c := &chain{facts: w, a: &serviceAccount{key: key{w.namespace, ""}}, status: map[Link]LinkStatus{}, audience: defaultAudience}
	c.issuer = findIssuer(c)
	checkProvider(c)
	for _, f := range c.findings {
		if f.Subject == c.a.String() {
			f.Subject = "the cluster"
		}
		if f.Severity == Error {
			f = f.as(Warning) // no account needs it, as far as was read
		}
		w.loose = append(w.loose, f)
	}
}
