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

// Whole is what bears on identities in a whole cluster.
type Whole struct {
	// Objects are live. Complete has the kinds of which all were read.
	Objects *manifest.Objects
	// Unread could not be looked at; sorted by What.
	Unread []Unread
}

// ReadAll reads what Read does, of every namespace: service accounts, pods, workloads,
// NetworkPolicies, and what decides over the injection of roles. A kind is listed once, page by
// page, and of each page only what says something of identities is kept. What stands above pods
// and is of no kind of Kubernetes' own is not read: there may be thousands of it. The error is a
// *ConnectError or the context's.
func (c *Client) ReadAll(ctx context.Context) (*Whole, error) {
	r := &reading{client: c, found: map[Scope][]object{}, kept: map[member]object{}}
	a := &readingAll{reading: r, out: &manifest.Objects{Complete: map[string]bool{}}}
	g, within := errgroup.WithContext(ctx)
	for _, kind := range append([]resource{namespaces}, namespaced...) {
		g.Go(func() error { return a.list(within, kind) })
	}
	for _, name := range nodeAgents {
		g.Go(func() error { return r.one(within, daemonSets, key{systemNamespace, name}) })
	}
	g.Go(func() error { return r.hooks(within) })
	g.Go(func() error { return r.one(within, configMaps, key{systemNamespace, awsAuth}) })
	g.Go(func() error { return r.one(within, configMaps, key{systemNamespace, rootCA}) })
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for m, o := range r.kept { // what was asked for by name, unless its kind was listed
		if !a.out.Complete[m.kind] {
			a.take(m.resource, o)
		}
	}
	for _, w := range r.whole {
		a.out.Complete[w.Kind] = true
	}
	sorted(a.out.List)
	slices.SortFunc(r.unread, func(x, y Unread) int { return cmp.Compare(x.What, y.What) })
	return &Whole{Objects: a.out, Unread: r.unread}, nil
}

// readingAll is one ReadAll.
type readingAll struct {
	*reading
	mu  sync.Mutex // guards out
	out *manifest.Objects
}

// list reads a kind of all namespaces.
func (a *readingAll) list(ctx context.Context, kind resource) error {
	objects, err := a.client.listed(ctx, kind, "", "", func(o object) object { return shrunk(kind, o) })
	if u := (*Unread)(nil); errors.As(err, &u) && u.Reason == NoAPI {
		return nil // a cluster that does not serve the kind has none of it
	}
	if err != nil {
		return a.note(err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, o := range objects {
		a.take(kind, o)
	}
	a.out.Complete[kind.kind] = true
	return nil
}

// take puts an object into the result.
func (a *readingAll) take(kind resource, o object) {
	a.client.put(a.out, kind, o)
}

// unneeded are the fields of a container that say nothing of identities, and are most of a pod.
var unneeded = []string{"resources", "livenessProbe", "readinessProbe", "startupProbe", "ports", "lifecycle", "terminationMessagePath", "terminationMessagePolicy", "imagePullPolicy"}

// shrunk is an object without what says nothing of identities. Of a ReplicaSet or a Job that
// something else made, the template is that of what made it.
func shrunk(kind resource, o object) object {
	meta, _ := o["metadata"].(map[string]any)
	if kind.kind != serviceAccounts.kind { // there they tell who wrote an annotation
		delete(meta, "managedFields")
		if annotations, ok := meta["annotations"].(map[string]any); ok {
			delete(annotations, "kubectl.kubernetes.io/last-applied-configuration")
		}
	}
	spec, _ := o["spec"].(map[string]any)
	if (kind == replicaSets || kind == jobs) && o.controller() != nil {
		delete(spec, "template")
	}
	if kind == pods {
		delete(spec, "tolerations")
		for _, field := range []string{"containers", "initContainers"} {
			for _, container := range object(spec).list(field) {
				for _, name := range unneeded {
					delete(container, name)
				}
			}
		}
		if status, ok := o["status"].(map[string]any); ok {
			delete(status, "containerStatuses")
			delete(status, "initContainerStatuses")
		}
	}
	return o
}
