package kube

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
)

// maxClimb bounds how many owners stand above each other.
const maxClimb = 8

// climb reads the owners that are of kinds which were not listed: an operator's.
func (r *reading) climb(ctx context.Context) error {
	asked := map[owner]bool{}
	for range maxClimb {
		missing := r.missing(asked)
		if len(missing) == 0 {
			return nil
		}
		g, within := errgroup.WithContext(ctx)
		for version, owners := range missing {
			g.Go(func() error { return r.owners(within, version, owners) })
		}
		if err := g.Wait(); err != nil {
			return err
		}
	}
	return nil
}

// owner is what an ownerReference names, for an object in a namespace.
type owner struct{ version, kind, namespace, name string }

// missing are owners of what was kept that are not there and were not asked for, by
// apiVersion.
func (r *reading) missing(asked map[owner]bool) map[string][]owner {
	out := map[string][]owner{}
	for m, o := range r.kept {
		up := o.controller()
		want := owner{up.text("apiVersion"), up.text("kind"), m.namespace, up.text("name")}
		if !m.runs() || want.name == "" || want.known() || asked[want] {
			continue
		}
		asked[want] = true
		out[want.version] = append(out[want.version], want)
	}
	return out
}

// runs reports whether it is a pod or may stand above one, as anything may that the table
// does not know.
func (m member) runs() bool { return m.row() == nil || m.row().Runs() }

// known reports whether the owner was listed, or is of a kind that says nothing of a
// service account. A Node owns what it runs on its own.
func (o owner) known() bool {
	row := resource{version: o.version, kind: o.kind}.row()
	return row != nil && (!row.Runs() || row.APIVersion == o.version)
}

// owners reads those of one apiVersion, once the API server has said how their kinds are
// called.
func (r *reading) owners(ctx context.Context, version string, owners []owner) error {
	kinds, err := r.client.discover(ctx, version)
	if err != nil {
		return r.note(err)
	}
	g, ctx := errgroup.WithContext(ctx)
	for _, o := range owners {
		kind, ok := kinds[o.kind]
		if !ok {
			what := o.kind + " " + o.namespace + "/" + o.name
			g.Go(func() error { return r.note(&Unread{What: what, Kind: o.kind, Reason: NoAPI}) })
			continue
		}
		at := key{name: o.name}
		if kind.namespaced {
			at.namespace = o.namespace
		}
		g.Go(func() error { return r.one(ctx, kind.resource, at) })
	}
	return g.Wait()
}

// served is a kind as discovery has it.
type served struct {
	resource
	namespaced bool
}

// discover asks for the kinds of a group and version
// (https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api).
func (c *Client) discover(ctx context.Context, version string) (map[string]served, error) {
	path := strings.TrimSuffix(resource{version: version}.path(""), "/")
	no := Unread{What: "kinds of " + version, Permission: Permission{Verb: "get", Resource: path}, Reason: NoAPI}
	if strings.Count(version, "/") > 1 || slices.ContainsFunc(strings.Split(version, "/"), func(s string) bool { return s == "" || !segment(s) }) {
		no.Reason, no.Message = Failed, "no apiVersion"
		return nil, &no
	}
	var answer struct {
		Resources []struct {
			Name, Kind string
			Namespaced bool
		}
	}
	if err := c.one(ctx, no, c.rest.Get().AbsPath(path), &answer); err != nil {
		return nil, err
	}
	out := map[string]served{}
	for _, r := range answer.Resources {
		if !strings.Contains(r.Name, "/") { // with a slash: a part of one, such as its status
			out[r.Kind] = served{resource{version, r.Kind, r.Name}, r.Namespaced}
		}
	}
	return out, nil
}
