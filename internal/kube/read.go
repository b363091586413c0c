package kube

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// Account names a service account.
type Account struct{ Namespace, Name string }

// Query says what to read.
type Query struct {
	// Namespaces are read with all of their service accounts. An empty name is the
	// Client's.
	Namespaces []string
	// Accounts are further ones, with the pods and workloads that run as them.
	Accounts []Account
	// Agent asks for what shows whether nodes have the agent of EKS Pod Identity.
	Agent bool
}

// Scope is a kind in a namespace; Namespace is empty for kinds of the cluster.
type Scope struct{ Kind, Namespace string }

// Result is what was read.
type Result struct {
	// Objects are live, as they came, sorted by namespace, kind and name.
	Objects []manifest.Object
	// Whole are the scopes of which Objects has all that the Query asks for: what is
	// not there does not exist.
	Whole []Scope
	// Unread could not be looked at; sorted by What.
	Unread []Unread
}

// IsWhole reports whether all that was asked for of a kind in a namespace was read.
func (r *Result) IsWhole(kind, namespace string) bool {
	return slices.Contains(r.Whole, Scope{kind, namespace})
}

// Read reads the service accounts of the query, their pods, the workloads that run as
// them or stand above the pods, the namespaces and their NetworkPolicies; and of the
// cluster the mutating webhooks that concern pods, with what there is of the pod identity
// webhook and the cluster's certificate authorities, and the ConfigMap aws-auth. The
// error is a *ConnectError or the context's.
func (c *Client) Read(ctx context.Context, q Query) (*Result, error) {
	r := &reading{client: c, names: q.names(c.namespace), found: map[Scope][]object{}, kept: map[member]object{}}
	g, within := errgroup.WithContext(ctx)
	for namespace, names := range r.names {
		for _, kind := range namespaced {
			g.Go(func() error { return r.scope(within, kind, namespace, selector(kind, names)) })
		}
		g.Go(func() error { return r.one(within, namespaces, key{name: namespace}) })
		g.Go(func() error { return r.one(within, configMaps, key{namespace, rootCA}) })
	}
	if q.Agent {
		for _, name := range nodeAgents {
			g.Go(func() error { return r.one(within, daemonSets, key{systemNamespace, name}) })
		}
	}
	g.Go(func() error { return r.hooks(within) })
	g.Go(func() error { return r.one(within, configMaps, key{systemNamespace, awsAuth}) })
	if err := g.Wait(); err != nil {
		return nil, err
	}
	r.choose()
	if err := r.climb(ctx); err != nil {
		return nil, err
	}
	return r.result(), nil
}

// names are the service accounts asked for, by namespace; nil for all of it. Own stands
// for an empty one.
func (q Query) names(own string) map[string][]string {
	out := map[string][]string{}
	for _, a := range q.Accounts {
		n := first(a.Namespace, own)
		out[n] = append(out[n], a.Name)
	}
	for _, n := range q.Namespaces {
		out[first(n, own)] = nil
	}
	return out
}

// selector lets the API server choose where there is one service account to choose for.
func selector(kind resource, names []string) string {
	if kind != pods || len(names) != 1 {
		return ""
	}
	return "spec.serviceAccountName=" + names[0]
}

// reading is one Read.
type reading struct {
	client *Client
	names  map[string][]string // of service accounts by namespace; nil for all

	mu     sync.Mutex
	found  map[Scope][]object // as listed, before any is chosen
	kept   map[member]object
	whole  []Scope
	unread []Unread
}

// member is an object of the result.
type member struct {
	resource
	key
}

// keep takes objects into the result.
func (r *reading) keep(kind resource, objects ...object) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, o := range objects {
		r.kept[member{kind, key{o.namespace(), o.name()}}] = o
	}
}

// note takes an error that is Unread into the result, and gives others back.
func (r *reading) note(err error) error {
	u := (*Unread)(nil)
	if !errors.As(err, &u) {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unread = append(r.unread, *u)
	return nil
}

// scope lists a kind in a namespace.
func (r *reading) scope(ctx context.Context, kind resource, namespace, fields string) error {
	objects, err := r.client.list(ctx, kind, namespace, fields)
	if err != nil {
		return r.note(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s := Scope{kind.kind, namespace}
	r.found[s], r.whole = objects, append(r.whole, s)
	return nil
}

// one reads an object, where there is one.
func (r *reading) one(ctx context.Context, kind resource, k key) error {
	o, err := r.client.get(ctx, kind, k)
	if o != nil {
		r.keep(kind, o)
	}
	return r.note(err)
}

// hooks reads the webhooks, and what the pod identity webhook runs with.
func (r *reading) hooks(ctx context.Context) error {
	all, err := r.client.list(ctx, webhooks, "", "")
	if err != nil {
		if err := r.note(err); err != nil {
			return err
		}
	} else {
		r.mu.Lock()
		r.whole = append(r.whole, Scope{Kind: webhooks.kind})
		r.mu.Unlock()
	}
	places := []string{systemNamespace}
	g, ctx := errgroup.WithContext(ctx)
	for _, o := range slices.DeleteFunc(all, func(o object) bool { return !concernsPods(o) }) {
		r.keep(webhooks, o)
		for _, service := range identityServices(o) {
			places = append(places, service.namespace)
			g.Go(func() error { return r.one(ctx, deployments, service) })
		}
	}
	slices.Sort(places)
	for _, namespace := range slices.Compact(places) {
		g.Go(func() error { return r.one(ctx, configMaps, key{namespace, identityWebhook}) })
	}
	return g.Wait()
}

// result arranges what was kept.
func (r *reading) result() *Result {
	objects := &manifest.Objects{}
	for m, o := range r.kept {
		r.client.put(objects, m.resource, o)
	}
	sorted(objects.List)
	slices.SortFunc(r.whole, func(a, b Scope) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Kind, b.Kind))
	})
	slices.SortFunc(r.unread, func(a, b Unread) int { return cmp.Compare(a.What, b.What) })
	return &Result{Objects: objects.List, Whole: r.whole, Unread: r.unread}
}

// put adds an object of the API server to others.
func (c *Client) put(to *manifest.Objects, kind resource, o object) {
	o.complete(kind)
	to.AddBody(o, "cluster "+c.Server())
	to.List[len(to.List)-1].Live = true
}

// sorted sorts objects by namespace, kind and name.
func sorted(objects []manifest.Object) {
	slices.SortFunc(objects, func(a, b manifest.Object) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.APIVersion, b.APIVersion), cmp.Compare(a.Name, b.Name))
	})
}
