package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
	"github.com/helm-irsa/helm-irsa/pkg/verify/hints"
)

// checkSettings tells what settings of the application say of its service account's role.
func checkSettings(c *chain, r *result) {
	for _, h := range hintsFor(c.facts, c.a) {
		for _, f := range checkHint(c.facts, h) {
			r.add(f)
		}
	}
}

// owner is the service account whose chain a hint belongs to: that of the pods which the same
// object makes, else the only service account that has a chain; nil where it is not known.
func owner(w *facts, h hint) *serviceAccount {
	if a, ok := w.owners[h.from]; ok {
		return a
	}
	var out *serviceAccount
	several := false
	take := func(a *serviceAccount) {
		if a != nil && a.chained && a != out {
			several, out = several || out != nil, a
		}
	}
	pods := false
	for _, p := range w.index.podsFrom[h.from] {
		if p.account != (key{}) {
			pods = true
			take(w.accounts[p.account])
		}
	}
	if !pods {
		out = chainedAccount(w).one
	}
	if several || out != nil && out.bare {
		out = nil
	}
	w.owners[h.from] = out
	return out
}

// checkHint looks at one place that speaks of a role.
func checkHint(w *facts, h hint) []finding {
	at := func(f finding) []finding { return []finding{f.at(h.from.Where)} }
	seen := fmt.Sprintf("%s has %s at %s", h.from, h.Value, h.Path)
	switch h.Kind {
	case hints.Assume:
		return append(checkARN(w, h), assumesOwn(w, h)...)
	case hints.Mention:
		if mentionsOwn(w, h) {
			return assumes(w, h)
		}
	case hints.WebIdentity:
		return checkARN(w, h)
	case hints.Profile:
		if f, ok := brokenProfile(w, h); ok {
			return at(f)
		}
	case hints.Keys:
		return at(found(codeStaticCredentialsOverride, h.from.String(), strings.Replace(seen, " has ", " has AWS_ACCESS_KEY_ID: ", 1), edit("remove AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or set them to the empty text")).as(Warning))
	case hints.TokenFile:
		if strings.HasPrefix(h.Value, apiServerTokens+"/") {
			return at(found(codeTokenFileWrongToken, h.from.String(), seen+", the token for the API server", edit("remove AWS_WEB_IDENTITY_TOKEN_FILE")))
		}
	case hints.Preset:
		return at(found(codePresetEnvBlocksInjection, h.from.String(), fmt.Sprintf("%s sets %s at %s", h.from, h.Value, h.Path), edit("remove AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE")).as(Warning))
	case hints.Kiam:
		return at(found(codeKiamAnnotationLeftover, h.from.String(), fmt.Sprintf("%s has %s: %s", h.from, h.Path, h.Value), edit("remove it from the values")))
	case hints.Hops:
		return at(found(codeIMDSHopLimit, h.from.String(), fmt.Sprintf("%s has %s: %s: pods without a role of their own have no credentials on its nodes", h.from, h.Path, h.Value),
			edit("httpPutResponseHopLimit: 2   # or a role for the service account")))
	}
	return nil
}

// checkARN: a role's ARN outside of ServiceAccounts. Only what was clearly meant to be
// one is looked at: fields of such names hold other things too, such as templates.
func checkARN(w *facts, h hint) []finding {
	if !strings.Contains(h.Value, "arn:") && !strings.Contains(h.Value, ":iam::") || strings.ContainsAny(h.Value, "{$<") {
		return nil
	}
	_, err := spec.ParseRoleARN(h.Value)
	fault, ok := err.(*spec.ARNError)
	if !ok {
		return nil
	}
	code, fix := codeRoleARNMalformed, mendARN(h.Value, "arn:aws:iam::ACCOUNT:role/NAME")
	if fault.Fault == spec.ARNOfPolicy {
		code = codeRoleARNIsPolicyARN
	}
	return []finding{found(code, h.from.String(), fmt.Sprintf("%s at %s: %s", h.from, h.Path, malformation(h.Value, err)), edit(safe.Text(h.Path)+": "+asYAML(fix))).at(h.from.Where)}
}

// assumesOwn: a setting names the role that the pods have anyway. Where the role trusts
// itself, that works.
func assumesOwn(w *facts, h hint) []finding {
	if strings.Contains(strings.ToLower(h.Path), "serviceaccount") || !mentionsOwn(w, h) {
		return nil
	}
	return assumes(w, h)
}

// assumes is the finding for a setting that names the pods' own role, unless that may assume
// itself.
func assumes(w *facts, h hint) []finding {
	if r := w.roles[h.Value]; r != nil && trustsItself(r) {
		return nil
	}
	what := safe.Text(h.Path)
	if h.Name != "" {
		what = safe.Text(h.Name) + " from " + what
	}
	return []finding{found(codeAppAssumesOwnRole, h.from.String(), fmt.Sprintf("%s has %s at %s, the role that its pods have anyway", h.from, h.Value, strings.TrimSuffix(h.Path+": "+h.Name, ": ")),
		edit("remove "+what+`, or let the role assume itself, in irsa.yaml: trust: {also: [{principals: {AWS: [self]}, actions: [sts:AssumeRole]}]}`)).at(h.from.Where)}
}

// trustsItself: the role's trust policy, as far as it was read, lets in the role itself.
func trustsItself(r *awsstate.Role) bool {
	return r.Trust != nil && trust.Evaluate(*r.Trust, trust.Request{Action: trust.ActionAssumeRole, Principal: trust.Principal{Type: "AWS", ID: r.ARN}, Unknown: []string{"aws:*", "sts:*"}}).Verdict == trust.Allow
}

// refersFor: the role is the one that a controller asks for with a token of a service account.
func refersFor(h hint) bool {
	return slices.ContainsFunc(manifest.References(h.from), func(r manifest.Reference) bool { return r.Role == h.Value })
}

// isOwn: the ARN is that of the service account which the setting's pods run as; for a setting
// that runs no pods, of any service account.
func isOwn(w *facts, h hint) bool {
	var accounts []*serviceAccount
	for _, p := range w.index.podsFrom[h.from] {
		if injectedRole(p) == h.Value {
			return true
		}
		if a := w.accounts[p.account]; a != nil {
			accounts = append(accounts, a)
		}
	}
	if len(accounts) == 0 {
		has := rolesAssumed(w)
		return has.injected[h.Value] || has.annotated[h.Value] || has.associated[h.Value]
	}
	return slices.ContainsFunc(accounts, func(a *serviceAccount) bool {
		return manifest.Text(a.annotations(), roleKey) == h.Value || a.association != nil && a.association.RoleARN == h.Value
	})
}
