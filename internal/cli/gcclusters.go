package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/kube"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/internal/whichcluster"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// gcPatience is how long one cluster is waited for.
const gcPatience = 2 * time.Minute

// gcCluster is a cluster that tags or trust policies name, or a context, as -o json shows it.
type gcCluster struct {
	Name    string `json:"name,omitempty"`
	Account string `json:"account,omitempty"`
	Region  string `json:"region,omitempty"`
	Issuer  string `json:"issuer,omitempty"`
	// Context is that by which it was read; empty where it was not.
	Context string `json:"context,omitempty"`
	// Gone: the user says so.
	Gone bool `json:"gone,omitempty"`
	// Reason is why it was not read, or why a context is of no cluster that counts.
	Reason string `json:"reason,omitempty"`
}

// gcRead is what one context came to.
type gcRead struct {
	name     string
	client   *kube.Client
	issuer   string
	noIssuer error // why it is not known
	evidence awsiam.Evidence
	err      error
}

// gather reads AWS and the clusters, and judges.
func (o *gcOptions) gather(ctx context.Context, fleet *awsiam.Fleet) (*gcFound, error) {
	contexts := o.contexts
	if len(contexts) == 0 {
		contexts = []string{""}
	}
	reads := make([]*gcRead, len(contexts))
	var inventory *awsiam.Inventory
	g, within := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		inventory, err = fleet.Read(within)
		return err
	})
	for i, name := range contexts {
		g.Go(func() error {
			reads[i] = o.readContext(within, name)
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	proof, clusters, err := o.proof(inventory, reads)
	if err != nil {
		return nil, err
	}
	o.askForPods(ctx, inventory, proof, reads)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return &gcFound{inventory, clusters, inventory.Leftovers(proof)}, nil
}

// readContext reads all of a cluster that gc asks of it. An error leaves nothing known.
func (o *gcOptions) readContext(ctx context.Context, name string) *gcRead {
	r := &gcRead{name: name}
	if r.client, r.err = kube.Open(kube.Beside(name, o.sys.Getenv)); r.err != nil {
		return r
	}
	r.name = r.client.Context()
	ctx, stop := context.WithTimeoutCause(ctx, gcPatience, errors.New("it did not answer in time"))
	defer stop()
	r.err = r.read(ctx)
	if r.err != nil && ctx.Err() != nil {
		r.err = context.Cause(ctx)
	}
	return r
}

func (r *gcRead) read(ctx context.Context) (err error) {
	r.issuer, r.noIssuer = r.client.Issuer(ctx) // people may often not read it; EKS's address tells as well
	releases, err := r.client.Releases(ctx)
	if err != nil {
		return err
	}
	accounts, err := r.client.ServiceAccounts(ctx)
	if err != nil {
		return err
	}
	r.evidence = awsiam.Evidence{Releases: map[string]bool{}, Pods: map[string]bool{}}
	for _, rel := range releases {
		r.evidence.Releases[rel.Namespace+"/"+rel.Name] = true
	}
	for _, a := range accounts {
		r.evidence.Accounts = append(r.evidence.Accounts, awsiam.SeenAccount(a))
	}
	return nil
}

// is reports whether a context is of a cluster, by what two clusters cannot share: the issuer that
// the API server publishes, or the address that EKS gave to it. What a kubeconfig calls a cluster is
// left out: it proves nothing.
func (r *gcRead) is(c awsiam.NamedCluster) bool {
	said := r.client.Described()
	live := whichcluster.Live{Kubeconfig: whichcluster.Kubeconfig{Server: said.Server, CertifiedName: said.CertifiedName}, Issuer: r.issuer, Unread: r.noIssuer}
	return whichcluster.Compare([]whichcluster.ID{c.ID}, live).Match == whichcluster.Same
}

// proof says which cluster each context is.
func (o *gcOptions) proof(inv *awsiam.Inventory, reads []*gcRead) (awsiam.Proof, []gcCluster, error) {
	p := awsiam.Proof{
		Clusters: map[awsiam.ClusterKey]*awsiam.Evidence{}, Unread: map[awsiam.ClusterKey]string{}, Gone: map[awsiam.ClusterKey]bool{},
		Now: o.now(), OlderThan: time.Duration(o.olderThan), UnusedFor: time.Duration(o.unusedFor),
	}
	var out []gcCluster
	for _, c := range inv.Clusters {
		one := gcCluster{Name: c.Name, Account: c.Account, Region: c.Region, Issuer: c.Issuer}
		if c.Unread != nil {
			p.Unread[c.Key] = faults.FirstLine(c.Unread)
		}
		for _, r := range reads {
			if r.err == nil && r.is(c) {
				p.Clusters[c.Key], one.Context = &r.evidence, r.name
			}
		}
		out = append(out, one)
	}
	for _, r := range reads {
		if r.err == nil {
			continue
		}
		why := fmt.Sprintf("%s was not read: %s", contextWords(r), faults.FirstLine(r.err))
		out = append(out, gcCluster{Context: r.name, Reason: why})
		for _, c := range inv.Clusters { // it may be any of those that nobody has read
			if p.Clusters[c.Key] == nil && p.Unread[c.Key] == "" {
				p.Unread[c.Key] = why
			}
		}
	}
	return p, out, o.declareGone(inv, &p, out)
}

func contextWords(r *gcRead) string {
	if r.name == "" {
		return "the cluster of the kubeconfig"
	}
	return "context " + r.name
}

// declareGone takes --cluster-gone, unless something says otherwise.
func (o *gcOptions) declareGone(inv *awsiam.Inventory, p *awsiam.Proof, out []gcCluster) error {
	for _, said := range o.clustersGone {
		var names []string
		known := false
		for i, c := range inv.Clusters {
			names = append(names, c.String())
			byIssuer := c.Issuer != "" && strings.TrimPrefix(said, "https://") == strings.TrimPrefix(c.Issuer, "https://")
			if !byIssuer && (said != c.Name || c.Name == "") {
				continue
			}
			known = true
			switch {
			case p.Clusters[c.Key] != nil:
				return faults.Hinted(fmt.Errorf("--cluster-gone %s: context %s is of it", said, out[i].Context), "leave out --cluster-gone %s", safe.Word(said))
			case c.Unread != nil:
				return fmt.Errorf("--cluster-gone %s: EKS could not be asked whether it is: %w", said, c.Unread)
			case c.Name != "" && !c.Gone && byIssuer:
				return faults.Hinted(fmt.Errorf("--cluster-gone %s: EKS has a cluster of that issuer, %s in %s of AWS account %s", said, c.Name, c.Region, c.Account), "read it: --context CONTEXT")
			case c.Name != "" && !c.Gone:
				return faults.Hinted(fmt.Errorf("--cluster-gone %s: EKS has a cluster of that name in %s of AWS account %s", said, c.Region, c.Account), "read it: --context CONTEXT")
			}
			p.Gone[c.Key], out[i].Gone = true, true
		}
		if known {
			continue
		}
		err := fmt.Errorf("--cluster-gone %s: nothing here names such a cluster", said)
		if near, ok := spec.Nearest(said, names); ok {
			return faults.Hinted(err, "did you mean %s?", safe.Word(near))
		}
		return faults.Hinted(err, "there are: %s", strings.Join(names, ", "))
	}
	return nil
}

// askForPods asks each cluster whether pods run as the service accounts on which it depends. Where
// one cannot be asked, nothing of it is known.
func (o *gcOptions) askForPods(ctx context.Context, inv *awsiam.Inventory, p awsiam.Proof, reads []*gcRead) {
	all := inv.Leftovers(p)
	names, patterns := inv.Suspects(all), inv.SuspectPatterns(all)
	for key, evidence := range maps.Clone(p.Clusters) {
		i := slices.IndexFunc(reads, func(r *gcRead) bool { return &r.evidence == evidence })
		if i < 0 {
			continue
		}
		if err := reads[i].readPods(ctx, names[key], patterns[key]); err != nil {
			delete(p.Clusters, key)
			p.Unread[key] = fmt.Sprintf("%s: %s", contextWords(reads[i]), faults.FirstLine(err))
		}
	}
}

// readPods asks whether pods run as service accounts, NAMESPACE/NAME, and where pods run as one that
// is gone and that a pattern lets in.
func (r *gcRead) readPods(ctx context.Context, names, patterns []string) error {
	found, err := podsOf(ctx, r.client, names)
	if err != nil {
		return err
	}
	maps.Copy(r.evidence.Pods, found)
	if len(patterns) == 0 {
		return nil
	}
	accounts := map[string][]string{}
	for _, a := range r.evidence.Accounts {
		accounts[a.Namespace] = append(accounts[a.Namespace], a.Name)
	}
	strays, err := r.client.Strays(ctx, accounts, func(namespace string) bool {
		return slices.ContainsFunc(patterns, func(p string) bool { return awsiam.MayBeIn(p, namespace) })
	})
	// A context may be of several clusters that AWS names: each asks for its own patterns.
	r.evidence.Strays = append(r.evidence.Strays, strays...)
	return err
}

// podsOf says of each service account, NAMESPACE/NAME, whether pods run as it.
func podsOf(ctx context.Context, client *kube.Client, names []string) (map[string]bool, error) {
	found := make([]bool, len(names))
	g, ctx := errgroup.WithContext(ctx)
	for i, name := range names {
		namespace, account, _ := strings.Cut(name, "/")
		g.Go(func() (err error) {
			found[i], err = client.HasPods(ctx, namespace, account)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for i, name := range names {
		out[name] = found[i]
	}
	return out, nil
}
