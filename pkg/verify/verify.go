package verify

import (
	"slices"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// Input is what was read. All of it may be absent; what is absent is unknown.
type Input struct {
	// Objects are manifests and live objects; nil where none were read.
	Objects *manifest.Objects
	// Snapshot is AWS; nil where it was not looked at.
	Snapshot *awsstate.State
	// File is irsa.yaml; nil where there is none.
	File *spec.File
	// Namespace is the release's, for documents that name none.
	Namespace string
	// Release is the Helm release's name; empty where it is not known.
	Release string
	// Can are actions that every role must allow, beside mustAllow of irsa.yaml.
	Can []spec.Permission
	// Observed is what was seen at work.
	Observed Observed
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

// Verify goes along the chain of every account that has, wants or should have a role.
// It reads nothing and changes nothing.
func Verify(in Input) *Report {
	w := newFacts(in)
	out := &Report{ServiceAccounts: []AccountReport{}, Findings: []Finding{}, Status: OK}
	sortAccounts(w)
	var all []told
	for _, a := range w.order {
		if !a.chained {
			continue
		}
		r := report(look(w, a))
		out.ServiceAccounts = append(out.ServiceAccounts, r)
		for _, f := range r.Findings {
			all = append(all, told{f, r.RoleARN, a, 0})
		}
		out.Status = worst(out.Status, r.Status)
	}
	checkLoose(w)
	for _, f := range w.loose {
		all = append(all, told{Finding: f})
		if f.Severity == Error {
			out.Status = Broken
		} else if f.Severity == Warning && len(out.ServiceAccounts) == 0 {
			out.Status = worst(out.Status, Unknown)
		}
	}
	out.Findings = shared(w, all)
	slices.SortStableFunc(out.Findings, order)
	if len(out.ServiceAccounts) == 0 && (in.Objects == nil || in.Snapshot == nil) {
		out.Status = worst(out.Status, Unknown)
	}
	out.shownSafely()
	return out
}

// unique drops findings of an account that were made twice, as of two of its pods.
func unique(all []Finding) []Finding {
	seen := map[[3]string]bool{}
	return slices.DeleteFunc(all, func(f Finding) bool {
		key := [3]string{f.Code, f.Subject, f.Message}
		had := seen[key]
		seen[key] = true
		return had
	})
}
