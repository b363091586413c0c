package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/kube"
	"github.com/helm-irsa/helm-irsa/internal/live"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/internal/voice"
	"github.com/helm-irsa/helm-irsa/pkg/fleet"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// What a report reads of clusters.

// contexts reads the contexts side by side.
func (r *reportReader) contexts(ctx context.Context) error {
	names, err := r.contextNames()
	if err != nil {
		return err
	}
	if err := r.apart(names); err != nil {
		return err
	}
	found := make([]*contextRead, len(names))
	err = r.side(len(names), func(i int) error {
		c, err := r.cluster(ctx, names[i])
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			r.missing("context "+cmp.Or(names[i], "(current)"), err)
		}
		found[i] = c
		return nil
	})
	if err != nil {
		return err
	}
	v := voice.To(r.sys.Stderr)
	for _, c := range eachClusterOnce(found) {
		for _, same := range c.same {
			v.Info(fmt.Sprintf("contexts %s and %s are of one cluster, which is in the report once", safe.Text(c.Name), safe.Text(same)))
		}
		for _, l := range c.lacks {
			r.missing(l.what, l.err)
		}
		r.out.Clusters = append(r.out.Clusters, *c.ClusterFacts)
	}
	return nil
}

// apart refuses two clusters of one name: in a report, a cluster is known by it.
func (r *reportReader) apart(contexts []string) error {
	seen := map[string]bool{}
	for _, name := range contexts {
		seen[name] = true
	}
	for _, c := range r.out.Clusters {
		if seen[c.Name] {
			return faults.Hinted(fmt.Errorf("two clusters of this report would be called %s", safe.Text(c.Name)), "give the one of files another name: --manifests NAME=FILE")
		}
		seen[c.Name] = true
	}
	return nil
}

// contextRead is what one context came to.
type contextRead struct {
	*fleet.ClusterFacts
	// lacks are what could not be read.
	lacks []lack
	// same are other contexts of this cluster.
	same []string
}

type lack struct {
	what string
	err  error
}

// eachClusterOnce leaves out contexts of a cluster that another context is of as well, as a kubeconfig
// has them for its users and namespaces: of those, what could be read best counts, then the first.
func eachClusterOnce(found []*contextRead) []*contextRead {
	var out []*contextRead
	seen := map[string]*contextRead{} // by the UID of a service account
	for _, c := range found {
		if c == nil {
			continue
		}
		had := sameCluster(c, seen)
		switch {
		case had == nil:
			out = append(out, c)
		case len(c.lacks) < len(had.lacks):
			c.same = append(append(c.same, had.same...), had.Name)
			out[slices.Index(out, had)] = c
		default:
			had.same = append(had.same, c.Name)
			continue
		}
		for uid := range accountUIDs(c) {
			seen[uid] = c
		}
	}
	return out
}

// sameCluster is the context that has one of the service accounts too: nobody chooses a UID
// (https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#uids). A cluster that was
// made from the backup of another has its UIDs, and an issuer of its own.
func sameCluster(c *contextRead, seen map[string]*contextRead) *contextRead {
	for uid := range accountUIDs(c) {
		if had := seen[uid]; had != nil && (had.Issuer == c.Issuer || had.Issuer == "" || c.Issuer == "") {
			return had
		}
	}
	return nil
}

// accountUIDs are those of a cluster's service accounts.
func accountUIDs(c *contextRead) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, o := range c.Objects.List {
			if uid := manifest.Text(o.Body, "metadata", "uid"); isServiceAccount(o) && uid != "" && !yield(uid) {
				return
			}
		}
	}
}

// cluster reads one context; nil where it cannot be read at all.
func (r *reportReader) cluster(ctx context.Context, name string) (*contextRead, error) {
	within, stop := context.WithTimeout(ctx, r.timeout)
	defer stop()
	of := kube.Beside(name, r.sys.Getenv)
	if !r.allContexts && len(r.reportOptions.contexts) == 0 {
		of = kube.Options{Context: name, Getenv: r.sys.Getenv} // Helm's own, as Helm was told of it
	}
	of.QPS = r.qps
	client, err := kube.Open(of)
	if err != nil {
		return nil, err
	}
	out := &contextRead{ClusterFacts: &fleet.ClusterFacts{Name: cmp.Or(client.Context(), client.Server()), Context: client.Context()}}
	described := client.Described()
	r.useProfile(described.Profile())
	for _, n := range described.Names() {
		out.EKSName, out.Region, out.AWSAccount = cmp.Or(out.EKSName, n.Name), cmp.Or(out.Region, n.Region), cmp.Or(out.AWSAccount, n.Account)
	}
	read, err := client.ReadAll(within)
	if err != nil {
		if within.Err() != nil && ctx.Err() == nil {
			err = faults.Hinted(fmt.Errorf("it was not read within %s", r.timeout), "a longer --timeout")
		}
		return nil, err
	}
	out.Objects = read.Objects
	var unread []string
	out.Unread, unread = live.Unread(read.Unread)
	for _, text := range unread {
		out.lacks = append(out.lacks, lack{"context " + out.Name, errors.New(text)})
	}
	if out.Issuer, err = client.Issuer(within); err != nil && within.Err() == nil {
		var u *kube.Unread
		if !errors.As(err, &u) { // EKS tells it too
			out.lacks = append(out.lacks, lack{"issuer of context " + out.Name, err})
		}
	}
	return out, nil
}
