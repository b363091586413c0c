package verify

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Trial is an account whose role can be asked for, as its pods would: with a token of
// the account, at STS.
type Trial struct {
	Namespace, Name string
	RoleARN         string
	// Audience is that of the tokens which the account's pods get.
	Audience string
	// Region is the cluster's, whose STS the pods ask; empty where nothing tells.
	Region string
	// Expected: what was read lets the token in.
	Expected bool
}

// Key is the account's in Observed.
func (t Trial) Key() string { return t.Namespace + "/" + t.Name }

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
	// NoAccount: the cluster has no such account, and so gave no token.
	NoAccount bool
	// Untried says why STS was not asked.
	Untried string
}

// Trials are the accounts that name a role of IRSA, in the order of Verify's. Accounts
// that get theirs by EKS Pod Identity are not among them: its agent gives their tokens
// to EKS, not to STS.
func Trials(in Input) []Trial {
	w := newFacts(in)
	sortAccounts(w)
	var out []Trial
	for _, a := range w.order {
		if !a.chained {
			continue
		}
		c := look(w, a)
		if !c.wellFormed || c.podIdentity || c.status[LinkAnnotation].Status != OK {
			continue
		}
		out = append(out, Trial{a.namespace, a.name, c.roleARN, c.audience, stsRegion(c), promising(c)})
	}
	return out
}

// stsRegion is the cluster's; else that of the issuer of the account's token.
func stsRegion(c *chain) string {
	if m := eksIssuer.FindStringSubmatch(c.issuer.name); m != nil {
		return orForm(region(c), m[1])
	}
	return region(c)
}

// promising: the links that STS judges are ok.
func promising(c *chain) bool {
	return !slices.ContainsFunc(c.findings, func(f Finding) bool { return f.Severity == Error && judgedBySTS(f) }) &&
		!slices.ContainsFunc(stsLinks, func(l Link) bool { return c.status[l].Status != OK })
}

// stsLinks are the links that AssumeRoleWithWebIdentity goes over.
var stsLinks = []Link{LinkIssuer, LinkProvider, LinkTrust}

// judgedBySTS: a trial shows whether the finding is so. Not how long a session the pods
// ask for: a trial asks for a short one.
func judgedBySTS(f Finding) bool {
	return f.Code != "session-duration-too-long" && (slices.Contains(stsLinks, f.Link) || f.Code == "partition-mismatch")
}

// DoubtedIssuers are those whose certificate STS does not take: with Observed.Thumbprints
// of them the repair names the thumbprint.
func DoubtedIssuers(in Input) []string {
	var out []string
	if !slices.ContainsFunc(slices.Collect(maps.Values(in.Observed.Assumed)), doubted) {
		return nil // as nearly always: nothing has to be gone through for it
	}
	for _, t := range Trials(in) {
		issuer := in.Observed.Tokens[t.Key()].Issuer
		if doubted(in.Observed.Assumed[t.Key()]) && issuer != "" && !slices.Contains(out, issuer) {
			out = append(out, issuer)
		}
	}
	return out
}

// doubted: STS does not take the issuer's certificate.
func doubted(a Assumption) bool { return strings.Contains(a.Message, saysThumbprint) }

func sortAccounts(w *facts) {
	slices.SortStableFunc(w.order, func(a, b *serviceAccount) int {
		return cmp.Or(strings.Compare(a.namespace, b.namespace), strings.Compare(a.name, b.name))
	})
}
