package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/whichcluster"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/fleet"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// filesAlone is what a cluster is called whose files have no name before them.
const filesAlone = "files"

// clustersAtOnce is how many clusters are read side by side.
const clustersAtOnce = 4

// read reads clusters and AWS accounts. What cannot be read is in Missing; a file that cannot be
// read is an error, as is a signal.
func (o *reportOptions) read() (*fleet.Facts, error) {
	r := &reportReader{reportOptions: o, out: &fleet.Facts{Now: o.now()}, named: map[string]bool{}}
	for _, step := range []func(context.Context) error{r.files, r.contexts, r.nameIssuers, r.accounts} {
		if err := step(o.sys.context()); err != nil {
			return nil, err
		}
	}
	return r.out, nil
}

// reportReader is one read.
type reportReader struct {
	*reportOptions
	mu  sync.Mutex // guards out and named
	out *fleet.Facts
	// named are the AWS profiles by which contexts get their tokens: the clusters' AWS accounts.
	named map[string]bool
}

// useProfile notes an AWS profile that a context names.
func (r *reportReader) useProfile(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if name != "" {
		r.named[name] = true
	}
}

func (r *reportReader) missing(what string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := fleet.Missing{What: what, Why: err.Error()}
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		m.Hint = hinted.Hint()
	}
	r.out.Missing = append(r.out.Missing, m)
}

// files reads manifests and snapshots.
func (r *reportReader) files(context.Context) error {
	at := map[string]int{}
	for _, text := range r.manifests {
		f := clusterFileOf(text)
		objects, err := r.objects(f.value)
		if err != nil {
			return err
		}
		i, had := at[f.cluster]
		if !had {
			i, at[f.cluster] = len(r.out.Clusters), len(r.out.Clusters)
			r.out.Clusters = append(r.out.Clusters, fleet.ClusterFacts{Name: cmp.Or(f.cluster, filesAlone), EKSName: f.cluster, Objects: &manifest.Objects{}})
			for _, n := range (whichcluster.Kubeconfig{Context: f.cluster}).Names() { // as of a context of that name
				c := &r.out.Clusters[i]
				c.EKSName, c.Region, c.AWSAccount = n.Name, n.Region, n.Account
			}
		}
		r.out.Clusters[i].Objects.Add(objects)
	}
	for _, c := range r.out.Clusters { // an empty file, or one of another kind, is no cluster without them
		if !slices.ContainsFunc(c.Objects.List, isServiceAccount) {
			r.missing("service accounts of cluster "+c.Name, faults.Hinted(errors.New("its files have none, and each namespace has one"), "kubectl get sa,deploy,sts,ds,cronjob,job,pod -A -o yaml"))
		}
	}
	for _, path := range r.reportOptions.snapshots {
		text, name, err := readInput(r.sys, path)
		if err != nil {
			return err
		}
		s, err := awsstate.Read(name, bytes.NewReader(text))
		if err != nil {
			return err
		}
		r.out.Accounts = append(r.out.Accounts, s)
	}
	return nil
}

func (r *reportReader) objects(path string) (*manifest.Objects, error) {
	text, name, err := readInput(r.sys, path)
	if err != nil {
		return nil, err
	}
	objects, err := manifest.Read(name, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	// kubectl gives one List of several kinds, which says nothing of what is complete: a file
	// that has service accounts is taken for one that has all of them.
	if objects.Complete == nil {
		objects.Complete = map[string]bool{}
	}
	for _, o := range objects.List {
		if o.Live && isServiceAccount(o) {
			objects.Complete["ServiceAccount"] = true
		}
	}
	return objects, nil
}

func isServiceAccount(o manifest.Object) bool { return o.Kind == "ServiceAccount" && o.Group() == "" }

// side runs n jobs side by side. An error ends the command.
func (r *reportReader) side(n int, job func(int) error) error {
	g := errgroup.Group{}
	g.SetLimit(clustersAtOnce)
	for i := range n {
		g.Go(func() error { return job(i) })
	}
	return g.Wait()
}

// within reads something for no longer than --timeout. What fails is missing; a signal is an error.
func (r *reportReader) within(ctx context.Context, what string, read func(context.Context) error) error {
	inner, stop := context.WithTimeout(ctx, r.timeout)
	defer stop()
	err := read(inner)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil && inner.Err() != nil {
		err = faults.Hinted(fmt.Errorf("it was not read within %s", r.timeout), "a longer --timeout")
	}
	if err != nil {
		r.missing(what, err)
	}
	return nil
}
