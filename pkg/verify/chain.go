package verify

import (
	"slices"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// chain is the chain of one account while it is looked at.
type chain struct {
	*facts
	a *serviceAccount
	// roleARN is the role that the pods ask for; empty where it is not known, or none.
	roleARN string
	// parsed is roleARN in parts, where it is one.
	parsed     spec.RoleARN
	wellFormed bool
	// role is what AWS has under roleARN; nil where it has none, or was not looked at.
	role *awsstate.Role
	// podIdentity is true where the pods get an association's role, and no token for STS.
	podIdentity bool
	audience    string
	// token says where the audience comes from.
	token  tokenIs
	issuer issuer
	// target is the role that an association's role assumes for the pods; nil where there is
	// none, or it was not looked at.
	target *awsstate.Role
	// undecided is what the trust policy's verdict depends on and nobody knows; empty
	// where it is known.
	undecided string
	// late says that the release is behind irsa.yaml, which the live account is not; empty
	// where that is not so.
	late string
	// astray: the annotation names another role than irsa.yaml.
	astray bool
	// proof is whose credentials STS gave for a token of the account; empty where it was
	// not asked, or gave none.
	proof string

	status      map[Link]LinkStatus
	permissions []PermissionReport
	findings    []Finding
}

func add(c *chain, f Finding) { c.findings = append(c.findings, f) }

func set(c *chain, l Link, s Status, why string) { c.status[l] = LinkStatus{l, s, why} }

// look looks at all links of an account.
func look(w *facts, a *serviceAccount) *chain {
	c := &chain{facts: w, a: a, status: map[Link]LinkStatus{}}
	for _, l := range Links() {
		set(c, l, Unknown, "not looked at")
	}
	checkAnnotation(c) // first: it says which role the others are about
	checkWorkload(c)
	checkAccount(c)
	if a.bare && c.roleARN == "" {
		return c // nobody said that it should have a role
	}
	c.issuer = findIssuer(c)
	c.token = findAudience(c)
	c.audience = c.token.audience
	checkWebhook(c)
	checkIssuer(c)
	checkProvider(c)
	checkTrust(c)
	checkRole(c)
	ownHints(c)
	tried(c)
	return c
}

// report closes the chain: a link with an error is broken, and a root cause takes what
// it explains under it.
func report(c *chain) AccountReport {
	for l, why := range c.in.Observed.Unread {
		if s := c.status[l]; s.Status == Unknown {
			set(c, l, Unknown, why)
		}
	}
	for i, f := range c.findings {
		if f.Subject != theCluster {
			c.findings[i].Where = orForm(f.Where, where(c))
		}
	}
	if c.late != "" && c.status[LinkAnnotation].Status == OK {
		set(c, LinkAnnotation, Unknown, c.late)
	}
	repairs(c)
	doubt(c)
	nest(c)
	for _, f := range c.findings {
		if f.Severity == Error {
			set(c, f.Link, Broken, f.Message)
		}
	}
	out := AccountReport{Namespace: c.a.namespace, Name: c.a.name, RoleARN: c.roleARN, Status: OK, Findings: unique(c.findings), Permissions: c.permissions, Proof: c.proof}
	slices.SortStableFunc(out.Findings, order)
	for _, l := range Links() {
		out.Links = append(out.Links, c.status[l])
		out.Status = worst(out.Status, c.status[l].Status)
	}
	if out.Findings == nil {
		out.Findings = []Finding{}
	}
	return out
}

// doubt: where only a trust policy says that the account should have a role, a fault of
// the policy or of the provider is more certain than that of the account, which may have
// been left out of the documents.
func doubt(c *chain) {
	later := len(Links())
	for _, f := range c.findings {
		if f.Link.rank() >= LinkIssuer.rank() {
			later = min(later, f.Severity.rank())
		}
	}
	for i, f := range c.findings {
		if f.Code == "annotation-missing" && c.a.presumed != nil && f.Severity.rank() <= later && later <= Warning.rank() {
			c.findings[i] = f.as([]Severity{Warning, Info}[later])
		}
	}
}

// explains says which finding is explained by which, on the same account: the left one
// is a consequence of any of the right ones.
var explains = map[string][]string{
	"annotation-missing":                {"annotation-wrong-key", "annotation-malformed", "annotation-on-pod-not-serviceaccount", "chart-annotation-not-rendered", "annotation-removed-by-controller", "service-account-missing"},
	"pod-older-than-annotation":         {"webhook-missing", "webhook-failing", "annotation-removed-by-controller"},
	"kiam-annotation-leftover":          {"chart-annotation-not-rendered", "annotation-wrong-key"},
	"role-missing":                      {"role-arn-malformed", "role-arn-is-policy-arn", "service-account-missing"},
	"webhook-failing":                   {"webhook-missing"},
	"issuer-mismatch":                   {"issuer-region-mismatch", "federated-provider-arn-typo", "issuer-changed-stale-tokens"},
	"aud-value-wrong":                   {"token-audience-mismatch", "aud-key-used-for-sub"},
	"oidc-provider-audience-wrong":      {"token-audience-mismatch"},
	"sub-namespace-mismatch":            {"sub-wildcard-in-string-equals"},
	"sub-service-account-name-mismatch": {"sub-wildcard-in-string-equals", "workload-uses-other-serviceaccount"},
	"preset-env-blocks-injection":       {"token-file-wrong-token", "pod-older-than-annotation"},
	"oidc-provider-missing":             {"issuer-changed-stale-tokens"},
	"imds-hop-limit":                    {"annotation-missing", "annotation-wrong-key"},
}

func nest(c *chain) {
	roots := map[string]*[3]int{} // of a code, how many of each severity are under nothing
	count := func(f Finding, n int) {
		if roots[f.Code] == nil {
			roots[f.Code] = &[3]int{}
		}
		roots[f.Code][f.Severity.rank()] += n
	}
	for _, f := range c.findings {
		if f.Under == "" {
			count(f, 1)
		}
	}
	for i, f := range c.findings {
		if f.Under != "" {
			continue
		}
		for _, root := range explains[f.Code] {
			if of := roots[root]; of != nil && slices.Max(of[:f.Severity.rank()+1]) > 0 {
				if c.findings[i].Under == "" {
					count(f, -1)
				}
				c.findings[i].Under = root
			}
		}
	}
}
