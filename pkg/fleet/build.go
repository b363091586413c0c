package fleet

import (
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

// Build makes the report. It reads nothing and changes nothing but the order of what it was given.
func Build(f Facts) *Report {
	b := &builder{facts: f, out: &Report{APIVersion: APIVersion, Missing: append([]Missing{}, f.Missing...)}, roles: map[string]*roleFacts{}}
	b.out.Clusters, b.out.AWSAccounts, b.out.ServiceAccounts = []Cluster{}, []AWSAccount{}, []ServiceAccount{}
	b.out.Roles, b.out.Edges, b.out.Findings = []Role{}, []Edge{}, []Finding{}
	b.readAccounts()
	for i := range f.Clusters {
		b.clusters = append(b.clusters, b.judged(&f.Clusters[i]))
	}
	b.nameMissing()
	b.findEdges()
	b.tellServiceAccounts()
	b.tellRoles()
	b.findings()
	b.summarize()
	return b.out
}

// builder is one Build.
type builder struct {
	facts     Facts
	out       *Report
	clusters  []*clusterFacts
	state     awsstate.State        // all AWS accounts
	roles     map[string]*roleFacts // by ARN, those that are for pods
	policies  map[string]*awsstate.Policy
	providers map[string]*awsstate.Provider // by ARN
	owner     map[string]*awsstate.State    // by AWS account
	edges     map[pair]*Edge
}

// pair is a service account of a cluster and a role.
type pair struct {
	cluster         *clusterFacts
	namespace, name string
	role            string
}

// clusterFacts is a cluster, judged.
type clusterFacts struct {
	*ClusterFacts
	issuer string // without https://
	eks    awsstate.Cluster
	*verify.Cluster
	accounts map[[2]string]*verify.Account
	reports  map[[2]string]*verify.ServiceAccountReport
	snapshot *awsstate.State
}

// roleFacts is a role that is for pods; role is nil where AWS has none, or it was not read.
type roleFacts struct {
	arn      string
	role     *awsstate.Role
	entrants []trust.Entrant
}

// judged has verify judge a cluster.
func (b *builder) judged(f *ClusterFacts) *clusterFacts {
	c := &clusterFacts{ClusterFacts: f, issuer: trust.ProviderName(f.Issuer), accounts: map[[2]string]*verify.Account{}, reports: map[[2]string]*verify.ServiceAccountReport{}}
	b.findEKS(c)
	c.snapshot = b.snapshotFor(c)
	objects := f.Objects
	if objects == nil {
		objects = &manifest.Objects{}
	}
	c.Cluster = verify.VerifyCluster(verify.Input{Objects: objects, Snapshot: c.snapshot, Context: f.Context, Observed: verify.Observed{Unread: f.Unread}})
	for i := range c.Accounts {
		a := &c.Accounts[i]
		c.accounts[[2]string{a.Namespace, a.Name}] = a
	}
	for i := range c.ServiceAccounts {
		r := &c.ServiceAccounts[i]
		c.reports[[2]string{r.Namespace, r.Name}] = r
	}
	return c
}

// summarize counts, and sorts what is not sorted yet.
func (b *builder) summarize() {
	s, r := &b.out.Summary, b.out
	s.Clusters, s.AWSAccounts, s.Roles = len(r.Clusters), len(r.AWSAccounts), len(r.Roles)
	namespaces, releases := map[[2]string]bool{}, map[[3]string]bool{}
	for _, c := range r.Clusters {
		s.ServiceAccounts += c.ServiceAccounts
	}
	for _, a := range r.ServiceAccounts {
		namespaces[[2]string{a.Cluster, a.Namespace}] = true
		if a.Release != nil {
			releases[[3]string{a.Cluster, a.Release.Namespace, a.Release.Name}] = true
		}
		switch a.Status {
		case verify.OK:
			s.OK++
		case verify.Broken:
			s.Broken++
		case verify.Unknown:
			s.Unknown++
		}
		if a.Status != "" {
			s.WithRole++
		}
	}
	s.Namespaces, s.Releases = len(namespaces), len(releases)
	for _, f := range r.Findings {
		switch f.Severity {
		case verify.Error:
			s.Errors++
		case verify.Warning:
			s.Warnings++
		default:
			s.Infos++
		}
	}
}

// Status is the worst of all: broken, then unknown. What is missing is unknown.
func (r *Report) Status() verify.Status {
	switch {
	case r.Summary.Errors > 0 || r.Summary.Broken > 0:
		return verify.Broken
	case r.Summary.Unknown > 0 || len(r.Missing) > 0:
		return verify.Unknown
	}
	return verify.OK
}

// sortedBy sorts by several texts.
func sortedBy[T any](all []T, keys func(T) []string) {
	slices.SortStableFunc(all, func(a, b T) int {
		x, y := keys(a), keys(b)
		for i := range x {
			if c := strings.Compare(x[i], y[i]); c != 0 {
				return c
			}
		}
		return 0
	})
}

// last is what stands behind the last slash.
func last(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }
