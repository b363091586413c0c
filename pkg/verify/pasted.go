package verify

import (
	"slices"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/verify/excerpt"
	"github.com/helm-irsa/helm-irsa/pkg/verify/hints"
)

// pasted says what of the inputs somebody has pasted, as far as verify may guess from it. This
// is the one place that decides it.
//
// Where a release is verified (Input.Release) nothing was pasted: its objects are whole, and AWS
// was read for it. Documents without a kind are then passed over, of two documents of one
// service account the later counts, and a service account that nobody says should have a role is
// not judged against a role of others. The same holds for a whole cluster.
//
// Without a release, guesses across documents are made only from what came in pieces: from
// fragments where there are any, and from roles where AWS is in pieces too. Of whole objects
// beside a whole AWS account, a service account without a role is judged against a role only
// where that role's trust policy does not name others (mayMean).
type pasted struct {
	// objects: no release is verified, and the documents are those that somebody chose.
	objects bool
	// fragments: some of them have no kind.
	fragments bool
	// roles: AWS is a role or two, such as the one whose trust policy somebody asks about, and
	// not an AWS account: `helm irsa snapshot` and `aws iam get-account-authorization-details`
	// give policies beside the roles, and an AWS CLI that prints one role does not.
	roles bool
}

func pastedIn(in Input) pasted {
	if in.Release != "" || in.whole {
		return pasted{}
	}
	return pasted{
		objects:   true,
		fragments: in.Objects != nil && slices.ContainsFunc(in.Objects.List, func(o manifest.Object) bool { return isFragment(&o) }),
		roles:     in.Snapshot == nil || !in.Snapshot.Policies.Read,
	}
}

// isFragment reports whether a document is a fragment: values, a piece of a pod, variables.
func isFragment(o *manifest.Object) bool { return o.Kind == "" }

// fragmentPods are the pods that a fragment is a piece of.
func fragmentPods(o *manifest.Object, namespace string) []*pod {
	var out []*pod
	for _, p := range excerpt.Pods(o.Body) {
		read := newPod(o, p.Path, p.Metadata, p.Spec, namespace)
		if p.Partial {
			read.account, read.namesNone = key{}, false
		}
		out = append(out, read)
	}
	return out
}

// fragmentHints are the hints of a fragment.
func fragmentHints(o *manifest.Object) []hints.Hint { return excerpt.Hints(o) }

// place finds the namespaces for a fragment, which has none: that of the only service account of
// the name, or of the only service account at all.
func place(w *facts, pods []*pod, found []hint) {
	of := func(k key) key {
		if fits := w.index.declared[k.name]; k.name != "" && len(fits) == 1 {
			k.namespace = fits[0].namespace
		}
		if only := w.index.only.one; k.name == "" && only != nil {
			k.namespace = only.namespace
		}
		return k
	}
	for _, p := range pods {
		if p.account.name != "" {
			p.account = of(p.account)
		}
	}
	for i := range found {
		found[i].account = of(found[i].account)
	}
}

// takenForLive is the one of two rendered documents of a service account that is the live one,
// pasted without what the API server adds: the one that another tool has marked as its own. It
// is nil where neither is.
func takenForLive(a, b *manifest.Object) *manifest.Object {
	foreign := func(o *manifest.Object) bool {
		by := manifest.Text(o.Body, "metadata", "labels", managedBy)
		return by != "" && by != "Helm"
	}
	switch {
	case foreign(b) && !foreign(a):
		return b
	case foreign(a) && !foreign(b):
		return a
	}
	return nil
}
