package verify

import (
	"maps"
	"slices"
	"strings"
)

// Trial is a service account whose role can be asked for, as its pods would: with a token of
// the service account, at STS.
type Trial struct {
	Namespace, Name string
	RoleARN         string
	// Audience is that of the tokens which the service account's pods get.
	Audience string
	// Region is the cluster's, whose STS the pods ask; empty where nothing tells.
	Region string
	// Expected: what was read lets the token in.
	Expected bool
	// Pod is a running pod that has another role or audience than pods that are made now, where
	// the trial is of what that has.
	Pod string
}

// Key is the trial's in Observed: of a service account, or of what its pods have.
func (t Trial) Key() string {
	if t.Pod == "" {
		return t.Namespace + "/" + t.Name
	}
	return t.Namespace + "/" + t.Name + "/" + t.RoleARN + "/" + t.Audience
}

// Assumption is what came of a Trial: one of ARN, Code, Unreached, NoAccount and Untried
// is set.
type Assumption struct {
	// ARN is whose the credentials are that STS gave, as GetCallerIdentity tells.
	ARN string
	// Call is the call that STS refused, such as sts:AssumeRoleWithWebIdentity; Code and
	// Message are its error.
	Call, Code, Message string
	// Unreached says why no answer came from the host that was asked: Endpoint, where that
	// is known.
	Unreached, Endpoint string
	// NoAccount: the cluster has no such service account, and so gave no token.
	NoAccount bool
	// Untried says why STS was not asked.
	Untried string
}

// Trials are the service accounts that name a role of IRSA, in the order of Verify's. Those
// that get theirs by EKS Pod Identity are not among them: its agent gives their tokens
// to EKS, not to STS.
func Trials(in Input) []Trial {
	w := newFacts(in)
	var out []Trial
	for _, a := range w.order {
		if !a.chained {
			continue
		}
		c := newChain(w, a)
		if c.wellFormed && !c.podIdentity && c.naming.status == OK {
			out = append(out, Trial{Namespace: a.namespace, Name: a.name, RoleARN: c.roleARN, Audience: c.audience, Region: stsRegion(c), Expected: promising(c)})
		}
		out = append(out, podTrials(c)...)
	}
	return out
}

// podTrials are of what running pods have that is not what pods get now: each role and audience
// once.
func podTrials(c *chain) []Trial {
	var out []Trial
	for _, p := range c.a.pods {
		t, ok := podTrial(c, p)
		if ok && !slices.ContainsFunc(out, func(had Trial) bool { return had.Key() == t.Key() }) {
			out = append(out, t)
		}
	}
	return out
}

// podTrial is what a running pod gives to STS, where that is not what pods get now.
func podTrial(c *chain, p *pod) (Trial, bool) {
	role := injectedRole(p)
	audience, ok := injectedAudience(p)
	if !ok || terminating(p) || role == c.roleARN && audience == c.audience && !c.podIdentity {
		return Trial{}, false
	}
	r := c.roles[role]
	return Trial{c.a.namespace, c.a.name, role, audience, stsRegion(c), r != nil && r.Trust != nil && letsInto(c, r, audience), p.from.Name}, true
}

// triedPod tells of a running pod's finding what STS said of what the pod has.
func triedPod(c *chain, p *pod, f finding) finding {
	t, ok := podTrial(c, p)
	if !ok {
		return f
	}
	switch said, tried := c.in.Observed.Assumed[t.Key()]; {
	case !tried:
	case said.ARN != "":
		return f.saying("; STS still gives it " + said.ARN).as(Warning)
	case said.Code != "" && !slices.Contains(undecidedCodes, said.Code):
		return f.saying("; STS refuses what it has: " + said.Code + ": " + said.Message).as(Error)
	}
	return f
}

// stsRegion is the cluster's; else that of the issuer of the service account's token.
func stsRegion(c *chain) string {
	if m := eksIssuer.FindStringSubmatch(c.issuer.name); m != nil {
		return orForm(region(c), m[1])
	}
	return region(c)
}

// promising: the links that STS judges are ok.
func promising(c *chain) bool {
	for _, l := range stsLinks {
		if resultOf(c, l).status != OK {
			return false
		}
	}
	for _, r := range c.examine() {
		if slices.ContainsFunc(r.findings, func(f finding) bool { return f.Severity == Error && judgedBySTS(f) }) {
			return false
		}
	}
	return true
}

// DoubtedIssuers are those whose certificate STS does not take: with Observed.Thumbprints
// of them the repair names the thumbprint.
func DoubtedIssuers(in Input) []string {
	var out []string
	if !slices.ContainsFunc(slices.Collect(maps.Values(in.Observed.Assumed)), certificateDoubted) {
		return nil // as nearly always: nothing has to be gone through for it
	}
	for _, t := range Trials(in) {
		issuer := in.Observed.Tokens[t.Key()].Issuer
		if certificateDoubted(in.Observed.Assumed[t.Key()]) && issuer != "" && !slices.Contains(out, issuer) {
			out = append(out, issuer)
		}
	}
	return out
}

// certificateDoubted: STS does not take the issuer's certificate.
func certificateDoubted(a Assumption) bool { return strings.Contains(a.Message, saysThumbprint) }
