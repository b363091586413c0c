package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/kube"
	"github.com/helm-irsa/helm-irsa/internal/live"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/internal/voice"
	"github.com/helm-irsa/helm-irsa/internal/whichcluster"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/fleet"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
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

// nameIssuers takes the issuers that were typed.
func (r *reportReader) nameIssuers(context.Context) error {
	named := map[int]string{}
	for _, text := range r.issuers {
		f := clusterFileOf(text)
		if !strings.HasPrefix(f.value, "https://") {
			return faults.Hinted(fmt.Errorf("--cluster-issuer %s: not an issuer", text), "--cluster-issuer CLUSTER=https://…")
		}
		at := slices.IndexFunc(r.out.Clusters, func(c fleet.ClusterFacts) bool { return c.Name == f.cluster })
		if f.cluster == "" && len(r.out.Clusters) == 1 {
			at = 0
		}
		if at < 0 {
			var names []string
			for _, c := range r.out.Clusters {
				names = append(names, c.Name)
			}
			err := fmt.Errorf("--cluster-issuer %s: there is no cluster %q in this report", text, f.cluster)
			if near, ok := spec.Nearest(f.cluster, names); ok {
				return faults.Hinted(err, "--cluster-issuer %s", safe.Word(near+"="+f.value))
			}
			return faults.Hinted(err, "name one of %s", strings.Join(names, ", "))
		}
		if before := named[at]; before != "" && before != f.value {
			return faults.Hinted(fmt.Errorf("--cluster-issuer %s: another one, %s, is given for the same cluster", text, before), "leave one of them out")
		}
		named[at], r.out.Clusters[at].Issuer = f.value, f.value
	}
	return nil
}

// accounts reads the AWS accounts, each once, whatever leads to it.
func (r *reportReader) accounts(ctx context.Context) error {
	accesses := r.accesses()
	if len(r.profiles)+len(r.assumeRoles)+len(r.reportOptions.snapshots) == 0 {
		for _, p := range slices.Sorted(maps.Keys(r.named)) {
			accesses = append(accesses, awsiam.Access{Profile: p})
		}
	}
	sessions := make([]*awsiam.Session, len(accesses))
	err := r.side(len(accesses), func(i int) error {
		return r.within(ctx, accessName(accesses[i]), func(ctx context.Context) (err error) {
			sessions[i], err = r.openAccount(ctx, accesses[i])
			return err
		})
	})
	if err != nil {
		return err
	}
	of := map[string][]*awsiam.Session{} // in the order in which they were named
	for _, s := range sessions {
		if s != nil {
			of[s.Facts().CallerAccount] = append(of[s.Facts().CallerAccount], s)
		}
	}
	ids := slices.Sorted(maps.Keys(of))
	found := make([]*awsiam.Snapshot, len(ids))
	err = r.side(len(ids), func(i int) error {
		return r.within(ctx, "AWS account "+ids[i], func(ctx context.Context) (err error) {
			found[i], err = mostOf(ctx, of[ids[i]], r.survey)
			return err
		})
	})
	for _, taken := range found {
		if taken == nil {
			continue
		}
		for _, f := range taken.Unread {
			r.missing("AWS account "+taken.Account, f)
		}
		r.out.Accounts = append(r.out.Accounts, taken.State)
	}
	return err
}

// mostOf reads one AWS account with the first of several credentials, and with the next ones only
// where that one may not read all of it. Where none may, it is what the first read.
func mostOf[S any](ctx context.Context, sessions []S, survey func(context.Context, S) (*awsiam.Snapshot, error)) (*awsiam.Snapshot, error) {
	var most *awsiam.Snapshot
	var failed error
	for _, s := range sessions {
		taken, err := survey(ctx, s)
		switch {
		case ctx.Err() != nil && most != nil:
			return most, nil // nobody waits for the others
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			failed = cmp.Or(failed, err)
		case len(taken.Unread) == 0:
			return taken, nil
		case most == nil:
			most = taken
		}
	}
	if most != nil {
		return most, nil
	}
	return nil, failed
}

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

// accessName is how messages name an AWS account that could not be opened.
func accessName(a awsiam.Access) string {
	switch {
	case a.Profile != "":
		return "AWS profile " + a.Profile
	case a.AssumeRoleARN != "":
		return "role " + a.AssumeRoleARN
	}
	return "AWS"
}

func (r *reportReader) openAccount(ctx context.Context, a awsiam.Access) (*awsiam.Session, error) {
	for _, c := range r.out.Clusters {
		a.Region = cmp.Or(a.Region, c.Region)
	}
	return awsiam.OpenAccount(ctx, a, awsiam.Options{Trace: tracer(r.sys), QPS: r.qps})
}

func (r *reportReader) survey(ctx context.Context, s *awsiam.Session) (*awsiam.Snapshot, error) {
	o := awsiam.SurveyOptions{Associations: r.wants}
	for _, c := range r.out.Clusters {
		if c.Region != "" {
			o.Regions = append(o.Regions, c.Region)
		}
	}
	if r.lastAccessed {
		o.LastAccessed = func(role awsstate.Role) bool { return role.Trust != nil && fleet.ForPods(*role.Trust) }
	}
	return awsiam.Survey(ctx, s, o)
}

// wants: the associations of the clusters that are in the report.
func (r *reportReader) wants(c awsstate.Cluster) bool {
	return slices.ContainsFunc(r.out.Clusters, func(of fleet.ClusterFacts) bool {
		if of.Issuer != "" && c.Issuer != "" {
			return trust.ProviderName(of.Issuer) == trust.ProviderName(c.Issuer)
		}
		return of.EKSName != "" && of.EKSName == c.Name && (of.Region == "" || of.Region == c.Region)
	})
}
