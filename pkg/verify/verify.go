package verify

import (
	"slices"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// Input is what was read. All of it may be absent; what is absent is unknown.
type Input struct {
	// Issuer is that of the cluster's tokens as somebody typed it, where there is no File to have it.
	Issuer string
	// Objects are manifests and live objects; nil where none were read.
	Objects *manifest.Objects
	// Snapshot is AWS; nil where it was not looked at.
	Snapshot *awsstate.State
	// File is irsa.yaml; nil where there is none.
	File *spec.File
	// Typed is what was typed of irsa.yaml and its cluster, for the commands of repairs.
	Typed safe.Source
	// Namespace is the release's, for documents that name none.
	Namespace string
	// Release is the Helm release's name; empty where it is not known.
	Release string
	// Can are actions that every role must allow, beside mustAllow of irsa.yaml.
	Can []spec.Permission
	// Observed is what was seen at work.
	Observed Observed
	// Context is the kubeconfig's name for the cluster, for the commands of repairs; empty where
	// they are for the current one.
	Context string

	// whole: Objects are those of a whole cluster; see Cluster.
	whole bool
}

// Observed is what can be seen only by trying, or from outside of cluster and AWS.
type Observed struct {
	// Tokens are the claims of tokens that the cluster gave, by "namespace/name".
	Tokens map[string]Claims
	// Assumed is what came of the trials, by "namespace/name"; nil where nothing was tried.
	Assumed map[string]Assumption
	// Thumbprints are the SHA-1 fingerprints of the certificate chain of an issuer's key
	// set, by the issuer without https://; lower case.
	Thumbprints map[string][]string
	// Unread are things that could not be read, and the permission that was missing, by
	// the link that is unknown for it.
	Unread map[Link]string
}

// Claims are the claims of a service account's token.
type Claims struct {
	Issuer, Subject string
	Audiences       []string
}

// Verify goes along the chain of every service account that has, wants or should have a role.
// It reads nothing and changes nothing.
func Verify(in Input) *Report { return verified(newFacts(in)) }

// verified judges what was read.
func verified(w *facts) *Report {
	in := w.in
	out := &Report{ServiceAccounts: []ServiceAccountReport{}, Status: OK}
	var all []told
	for _, a := range w.order {
		if !a.chained {
			continue
		}
		c := newChain(w, a)
		r, findings := reportOf(c)
		out.ServiceAccounts = append(out.ServiceAccounts, r)
		for _, f := range findings {
			all = append(all, told{f, c.roleARN, a, 0})
		}
		out.Status = worst(out.Status, r.Status)
	}
	for _, f := range looseFindings(w) {
		all = append(all, told{finding: f})
		if f.Severity == Error {
			out.Status = Broken
		} else if f.Severity == Warning && len(out.ServiceAccounts) == 0 {
			out.Status = worst(out.Status, Unknown)
		}
	}
	out.Findings = shared(w, all)
	slices.SortStableFunc(out.Findings, order)
	if len(out.ServiceAccounts) == 0 && (in.Objects == nil || in.Snapshot == nil || w.pasted.fragments) {
		out.Status = worst(out.Status, Unknown)
	}
	out.shownSafely()
	return out
}

// reportOf runs the checks of a chain: a link with an error is broken, and a root cause takes
// what it explains under it. The findings are those of the report, with their repairs.
func reportOf(c *chain) (ServiceAccountReport, []finding) {
	out := ServiceAccountReport{Namespace: c.a.namespace, Name: c.a.name, RoleARN: c.roleARN, Status: OK, Findings: []Finding{}, Proof: c.trial.proof}
	var all []finding
	links := map[Link]LinkStatus{}
	for i, r := range c.examine() {
		all = append(all, r.findings...)
		out.Permissions = append(out.Permissions, r.permissions...)
		if l := c.link(checks[i].link); l != "" && checks[i].of(c) {
			links[l] = LinkStatus{l, r.status, r.why}
		}
	}
	for l, why := range c.in.Observed.Unread {
		if l = c.link(l); links[l].Status == Unknown {
			links[l] = LinkStatus{l, Unknown, why}
		}
	}
	all = once(caused(c, all))
	for _, f := range all {
		if f.Severity == Error {
			links[f.Link] = LinkStatus{f.Link, Broken, f.Message}
		}
	}
	slices.SortStableFunc(all, func(a, b finding) int { return order(a.Finding, b.Finding) })
	for _, f := range all {
		out.Findings = append(out.Findings, f.told(f.repair.steps()))
	}
	for _, l := range Links() {
		if s, ok := links[l]; ok {
			out.Links = append(out.Links, s)
			out.Status = worst(out.Status, s.Status)
		}
	}
	return out, all
}

// once drops findings of a service account that were made twice, as of two of its pods.
func once(all []finding) []finding {
	seen := map[[3]string]bool{}
	return slices.DeleteFunc(all, func(f finding) bool {
		is := [3]string{f.Code, f.Subject, f.Message}
		had := seen[is]
		seen[is] = true
		return had
	})
}

// told is the finding with its repair as text.
func (f finding) told(steps []string) Finding {
	f.Fix = textOf(steps)
	return f.Finding
}
