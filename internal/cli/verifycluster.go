package cli

import (
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

// openCluster opens the cluster once: the program that gets the credentials may take
// seconds.
func (o *verifyOptions) openCluster(namespace string) (client *kube.Client, err error) {
	if o.kube == nil {
		o.kube, err = kube.Open(kube.Options{Namespace: namespace, Getenv: o.sys.Getenv})
	}
	return o.kube, err
}

// cluster adds to the input what the cluster has: live objects beside what the release
// holds. What may not be read is unknown, and named with the permission that was missing.
func (o *verifyOptions) cluster(in *verify.Input) error {
	client, err := o.openCluster(in.Namespace)
	if err != nil {
		return err
	}
	query := accountsOf(in.File, in.Namespace)
	result, err := client.Read(o.sys.context(), query)
	if err != nil {
		return err
	}
	live, err := manifest.Read("cluster "+client.Server(), result.Stream())
	if err != nil {
		return err
	}
	live.Complete = completeKinds(result, query)
	in.Objects.Add(live)
	in.Observed.Unread = map[verify.Link]string{}
	say := voice{o.sys.Stderr}
	for _, u := range result.Unread {
		link, ok := linkOf(u.Kind)
		if u.Kind == "DaemonSet" && u.Permission.Name != "" { // one by its name: for the agent of EKS Pod Identity
			link, ok = verify.LinkAgent, true
		}
		if !ok || u.Reason == kube.NoAPI {
			continue
		}
		in.Observed.Unread[link] = strings.TrimPrefix(in.Observed.Unread[link]+"; "+u.Error(), "; ")
		say.warning("unknown: " + u.Error())
	}
	return nil
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
