package verify

import (
	"slices"
)

// finding is a Finding whose repair is not text yet.
type finding struct {
	Finding
	repair repair
}

// result is what a check came to.
type result struct {
	of       *chain
	status   Status
	why      string
	findings []finding
	// permissions are what was asked of the role.
	permissions []PermissionReport
}

func (r *result) set(s Status, why string) { r.status, r.why = s, why }

// add takes a finding in, complete: as certain as what STS said of the service account's token
// makes it.
func (r *result) add(f finding) {
	if t := r.of.trial; !t.denies() || !saidBy(r.of, r.findings) { // a refusal of the role is said once
		f = t.judge(f)
	}
	r.addSaid(f)
}

// addSaid takes in a finding of what STS itself said, with the place of the service account
// where it has none of its own.
func (r *result) addSaid(f finding) {
	if f.Subject != theCluster {
		f.Where = orForm(f.Where, r.of.a.where())
	}
	if r.of.anonymous && f.Severity == Error {
		f.Severity = Warning // no service account needs it, as far as was read
	}
	f.Link = r.of.link(f.Link)
	r.findings = append(r.findings, f)
}

// maybe takes in a finding that there may be.
func (r *result) maybe(f finding, ok bool) {
	if ok {
		r.add(f)
	}
}

// has reports whether one of the findings has one of the codes.
func (r *result) has(codes ...string) bool {
	return slices.ContainsFunc(r.findings, func(f finding) bool { return slices.Contains(codes, f.Code) })
}

// broken reports whether one of the findings is an error.
func (r *result) broken() bool {
	return slices.ContainsFunc(r.findings, func(f finding) bool { return f.Severity == Error })
}

// check looks at one link of a chain, or, where it has no link, at what is about several.
type check struct {
	link Link
	run  func(*chain, *result)
	// of says of which chains it is.
	of func(*chain) bool
}

func every(*chain) bool        { return true }
func withToken(c *chain) bool  { return !c.podIdentity }
func withTarget(c *chain) bool { return c.podIdentity && c.target.roleARN != "" }

// checks are all of them, in the order in which their findings are told. Each is a function
// of the chain alone; one that needs what another came to asks for it with resultOf. It is
// filled in init, since some ask.
var checks []check

func init() {
	checks = []check{
		{LinkAnnotation, checkAnnotation, every},
		{LinkWorkload, checkWorkload, every},
		{LinkServiceAccount, checkServiceAccount, every},
		{LinkWebhook, checkWebhook, every},
		{LinkIssuer, checkIssuer, withToken},
		{LinkProvider, checkProvider, withToken},
		{LinkTrust, checkTrust, every},
		{LinkTargetRole, checkTarget, withTarget},
		{LinkPermissions, checkPermissions, every},
		{"", checkSettings, every},
	}
}

// link is the link of the chain that is meant: EKS Pod Identity has others than IRSA.
func (c *chain) link(l Link) Link {
	if other, ok := forPodIdentity[l]; ok && c.podIdentity {
		return other
	}
	return l
}

// resultOf is what the check of a link came to. It is run once.
func resultOf(c *chain, l Link) *result {
	return c.run(slices.IndexFunc(checks, func(k check) bool { return k.link == l }))
}

// run gives the result of a check by its place. Of a service account that nobody said should
// have a role, only what it is itself is looked at.
func (c *chain) run(i int) *result {
	if c.results == nil {
		c.results = make([]*result, len(checks))
	}
	if c.results[i] == nil {
		r := &result{of: c, status: Unknown, why: "not looked at"}
		if k := checks[i]; k.of(c) && (!c.unasked() || slices.Contains(ofItself, k.link)) {
			k.run(c, r)
		}
		c.results[i] = r
	}
	return c.results[i]
}

// ofItself are the links that need no role.
var ofItself = []Link{LinkWorkload, LinkServiceAccount, LinkAnnotation}

// examine runs all checks of a chain.
func (c *chain) examine() []*result {
	out := make([]*result, len(checks))
	for i := range checks {
		out[i] = c.run(i)
	}
	return out
}
