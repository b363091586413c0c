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
	seen := fmt.Sprintf("%s has %s at %s", h.from, h.value, h.path)
	switch h.kind {
	case hintAssume:
		return append(checkARN(w, h), assumesOwn(w, h)...)
	case hintMention:
		if mentionsOwn(w, h) {
			return assumes(w, h)
		}
	case hintWebIdentity:
		return checkARN(w, h)
	case hintProfile:
		if f, ok := brokenProfile(w, h); ok {
			return at(f)
		}
	case hintKeys:
		return at(found(codeStaticCredentialsOverride, h.from.String(), strings.Replace(seen, " has ", " has AWS_ACCESS_KEY_ID: ", 1), edit("remove AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or set them to the empty text")).as(Warning))
	case hintTokenFile:
		if strings.HasPrefix(h.value, apiServerTokens+"/") {
			return at(found(codeTokenFileWrongToken, h.from.String(), seen+", the token for the API server", edit("remove AWS_WEB_IDENTITY_TOKEN_FILE")))
		}
	case hintPreset:
		return at(found(codePresetEnvBlocksInjection, h.from.String(), fmt.Sprintf("%s sets %s at %s", h.from, h.value, h.path), edit("remove AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE")).as(Warning))
	case hintKiam:
		return at(found(codeKiamAnnotationLeftover, h.from.String(), fmt.Sprintf("%s has %s: %s", h.from, h.path, h.value), edit("remove it from the values")))
	case hintHops:
		return at(found(codeIMDSHopLimit, h.from.String(), fmt.Sprintf("%s has %s: %s: pods without a role of their own have no credentials on its nodes", h.from, h.path, h.value),
			edit("httpPutResponseHopLimit: 2   # or a role for the service account")))
	}
	return nil
}

// checkARN: a role's ARN outside of ServiceAccounts. Only what was clearly meant to be
// one is looked at: fields of such names hold other things too, such as templates.
func checkARN(w *facts, h hint) []finding {
	if !strings.Contains(h.value, "arn:") && !strings.Contains(h.value, ":iam::") || strings.ContainsAny(h.value, "{$<") {
		return nil
	}
	_, err := spec.ParseRoleARN(h.value)
	fault, ok := err.(*spec.ARNError)
	if !ok {
		return nil
	}
	code, fix := codeRoleARNMalformed, mendARN(h.value, "arn:aws:iam::ACCOUNT:role/NAME")
	if fault.Fault == spec.ARNOfPolicy {
		code = codeRoleARNIsPolicyARN
	}
	return []finding{found(code, h.from.String(), fmt.Sprintf("%s at %s: %s", h.from, h.path, malformation(h.value, err)), edit(safe.Text(h.path)+": "+asYAML(fix))).at(h.from.Where)}
}

// assumesOwn: a setting names the role that the pods have anyway. Where the role trusts
// itself, that works.
func assumesOwn(w *facts, h hint) []finding {
	if strings.Contains(strings.ToLower(h.path), "serviceaccount") || !mentionsOwn(w, h) {
		return nil
	}
	return assumes(w, h)
}

// assumes is the finding for a setting that names the pods' own role, unless that may assume
// itself.
func assumes(w *facts, h hint) []finding {
	if r := w.roles[h.value]; r != nil && trustsItself(r) {
		return nil
	}
	what := safe.Text(h.path)
	if h.name != "" {
		what = safe.Text(h.name) + " from " + what
	}
	return []finding{found(codeAppAssumesOwnRole, h.from.String(), fmt.Sprintf("%s has %s at %s, the role that its pods have anyway", h.from, h.value, strings.TrimSuffix(h.path+": "+h.name, ": ")),
		edit("remove "+what+`, or let the role assume itself, in irsa.yaml: trust: {also: [{principals: {AWS: [self]}, actions: [sts:AssumeRole]}]}`)).at(h.from.Where)}
}

// trustsItself: the role's trust policy, as far as it was read, lets in the role itself.
func trustsItself(r *awsstate.Role) bool {
	return r.Trust != nil && trust.Evaluate(*r.Trust, trust.Request{Action: trust.ActionAssumeRole, Principal: trust.Principal{Type: "AWS", ID: r.ARN}, Unknown: []string{"aws:*", "sts:*"}}).Verdict == trust.Allow
}

// refersFor: the role is the one that a controller asks for with a token of a service account.
func refersFor(h hint) bool {
	return slices.ContainsFunc(referencesOf(h.from), func(r reference) bool { return r.role == h.value })
}

// isOwn: the ARN is that of the service account which the setting's pods run as; for a setting
// that runs no pods, of any service account.
func isOwn(w *facts, h hint) bool {
	var accounts []*serviceAccount
	for _, p := range w.index.podsFrom[h.from] {
		if injectedRole(p) == h.value {
			return true
		}
		if a := w.accounts[p.account]; a != nil {
			accounts = append(accounts, a)
		}
	}
	if len(accounts) == 0 {
		has := rolesAssumed(w)
		return has.injected[h.value] || has.annotated[h.value] || has.associated[h.value]
	}
	return slices.ContainsFunc(accounts, func(a *serviceAccount) bool {
		return manifest.Text(a.annotations(), roleKey) == h.value || a.association != nil && a.association.RoleARN == h.value
	})
}
