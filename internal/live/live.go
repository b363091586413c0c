// Package live adds what a cluster has to what verify judges.
package live

import (
	"context"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/kube"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

// linkOf is the link that is unknown where a kind could not be read; false for a kind that
// only adds to what is known, such as those of operators.
func linkOf(kind string) (verify.Link, bool) {
	switch kind {
	case "ServiceAccount":
		return verify.LinkServiceAccount, true
	case "MutatingWebhookConfiguration":
		return verify.LinkWebhook, true
	}
	for k := range manifest.Kinds().All() {
		if k.Name == kind && k.Listed() {
			return verify.LinkWorkload, k.Runs()
		}
	}
	return "", false
}

// Add adds to the input what the cluster has: live objects beside what the release holds. What
// may not be read is unknown, and named with the permission that was missing, in the lines that
// it gives too. The error is a *kube.ConnectError or the context's.
func Add(ctx context.Context, client *kube.Client, in *verify.Input) (unread []string, err error) {
	query := accountsOf(in.File, in.Namespace)
	result, err := client.Read(ctx, query)
	if err != nil {
		return nil, err
	}
	live := &manifest.Objects{List: result.Objects, Complete: completeKinds(result, query)}
	if in.Objects == nil {
		in.Objects = &manifest.Objects{}
	}
	in.Objects.Add(live)
	in.Observed.Unread, unread = Unread(result.Unread)
	return unread, nil
}

// Unread says which links are unknown for what could not be read, and why; and the same as lines.
// What only adds to what is known is left out, and kinds that the cluster does not serve.
func Unread(all []kube.Unread) (links map[verify.Link]string, lines []string) {
	links = map[verify.Link]string{}
	for _, u := range all {
		link, ok := linkOf(u.Kind)
		if u.Kind == "DaemonSet" && u.Permission.Name != "" { // one by its name: for the agent of EKS Pod Identity
			link, ok = verify.LinkAgent, true
		}
		if !ok || u.Reason == kube.NoAPI {
			continue
		}
		links[link] = strings.TrimPrefix(links[link]+"; "+u.Error(), "; ")
		lines = append(lines, u.Error())
	}
	return links, lines
}

// accountsOf asks for the service accounts of irsa.yaml, and for all of the release's
// namespace.
func accountsOf(f *spec.File, namespace string) kube.Query {
	q := kube.Query{Namespaces: []string{namespace}}
	for _, sa := range f.ServiceAccounts {
		q.Agent = q.Agent || sa.Mode == "podIdentity" || sa.Mode == "both"
		if sa.Namespace != "" && sa.Namespace != namespace {
			q.Accounts = append(q.Accounts, kube.Account{Namespace: sa.Namespace, Name: sa.Name})
		}
	}
	return q
}

// completeKinds are the kinds of which everything that matters was read: in each of the
// namespaces, or in the cluster.
func completeKinds(r *kube.Result, q kube.Query) map[string]bool {
	namespaces := slices.Clone(q.Namespaces)
	for _, a := range q.Accounts {
		namespaces = append(namespaces, a.Namespace)
	}
	kinds := map[string]bool{}
	for _, w := range r.Whole {
		kinds[w.Kind] = true
	}
	for kind := range kinds {
		whole := r.IsWhole(kind, "")
		if !whole {
			whole = !slices.ContainsFunc(namespaces, func(n string) bool { return !r.IsWhole(kind, n) })
		}
		if !whole {
			delete(kinds, kind)
		}
	}
	return kinds
}
