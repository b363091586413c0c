package adopt

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// eksctlCluster is the tag with the name of the cluster that eksctl made something for
// (eksctl: pkg/apis/eksctl.io/v1alpha5/types.go, ClusterNameTag).
const eksctlCluster = "alpha.eksctl.io/cluster-name"

// ClusterError says that a source is of several clusters, or not of the one that was named.
type ClusterError struct{ What, Fix string }

// Error says what is wrong, and Hint what helps.
func (e *ClusterError) Error() string { return e.What }

// Hint is what to type.
func (e *ClusterError) Hint() string { return e.Fix }

// locate completes what is known of the cluster from what AWS has. The error is a
// *ClusterError.
func locate(s *Source) (spec.Cluster, error) {
	c := s.Cluster
	c.Name = cmp.Or(c.Name, s.State.Cluster.Name)
	c.Issuer = cmp.Or(c.Issuer, s.State.Cluster.Issuer)
	c = s.known(c)
	for _, find := range []func(*Source, *spec.Cluster) error{findName, findIssuer} {
		if err := find(s, &c); err != nil {
			return c, err
		}
		c = s.known(c)
	}
	scopes := valuesOf(s, spec.TagScope)
	if len(scopes) == 1 {
		account, region, _ := strings.Cut(scopes[0], "/")
		c.AccountID, c.Region = cmp.Or(c.AccountID, account), cmp.Or(c.Region, region)
	}
	c.Region = cmp.Or(c.Region, regionOf(c.Issuer), s.State.Region)
	c.AccountID = cmp.Or(c.AccountID, s.State.Account, mostAccount(s))
	return c, nil
}

// known completes a cluster with what the source tells of it, where it is one of those by what is
// known already.
func (s *Source) known(c spec.Cluster) spec.Cluster {
	if c.Name == "" && c.Issuer == "" {
		return c
	}
	agree := func(a, b string) bool { return a == "" || b == "" || a == b }
	var found []spec.Cluster
	for _, k := range s.Clusters {
		alike := k.Name != "" && k.Name == c.Name || k.Issuer != "" && k.Issuer == c.Issuer
		if alike && agree(k.Name, c.Name) && agree(k.Issuer, c.Issuer) && agree(k.Region, c.Region) && agree(k.AccountID, c.AccountID) {
			found = append(found, k)
		}
	}
	if len(found) != 1 {
		return c
	}
	return spec.Cluster{
		Name: cmp.Or(c.Name, found[0].Name), Region: cmp.Or(c.Region, found[0].Region),
		AccountID: cmp.Or(c.AccountID, found[0].AccountID), Issuer: cmp.Or(c.Issuer, found[0].Issuer), Additional: c.Additional,
	}
}

// findName finds the cluster's name: that of the associations, or of tags.
func findName(s *Source, c *spec.Cluster) error {
	var names []string
	for _, a := range s.State.Associations.List {
		if a.Cluster != "" {
			names = append(names, a.Cluster)
		}
	}
	names = unique(names)
	switch {
	case c.Name != "" && len(names) > 0 && !slices.Contains(names, c.Name):
		return &ClusterError{fmt.Sprintf("%s has associations of cluster %s, and none of %s", s.Name, strings.Join(names, ", "), c.Name), "name that cluster: --cluster-name " + safe.Word(names[0])}
	case c.Name == "" && len(names) > 1:
		return &ClusterError{fmt.Sprintf("%s has associations of several clusters: %s", s.Name, strings.Join(names, ", ")), "name one: --cluster-name " + safe.Word(names[0])}
	case c.Name == "" && len(names) == 1:
		c.Name = names[0]
	}
	for _, key := range []string{spec.TagCluster, eksctlCluster} {
		// Of a cluster without a name the tag has its issuer, which holds a dot.
		if tagged := valuesOf(s, key); c.Name == "" && len(tagged) == 1 && !strings.Contains(tagged[0], ".") {
			c.Name = tagged[0]
		}
	}
	return nil
}

// findIssuer finds the issuer: the one that each trust policy with tokens names first.
func findIssuer(s *Source, c *spec.Cluster) error {
	var firsts, all []string
	for _, r := range s.State.Roles.List {
		issuers := issuersOf(r)
		all = append(all, issuers...)
		if len(issuers) > 0 {
			firsts = append(firsts, issuers[0])
		}
	}
	firsts, all = unique(firsts), unique(all)
	switch {
	case c.Issuer != "" && len(all) > 0 && !slices.Contains(all, c.Issuer):
		return &ClusterError{fmt.Sprintf("%s has roles for the issuer %s, and none for %s: it is of another cluster", s.Name, strings.Join(all, ", "), c.Issuer), "name its cluster: --cluster-issuer " + safe.Word(all[0])}
	case c.Issuer == "" && len(firsts) > 1:
		return &ClusterError{fmt.Sprintf("%s has roles for several clusters, of the issuers %s", s.Name, strings.Join(firsts, ", ")), "name one: --cluster-issuer " + safe.Word(firsts[0])}
	case c.Issuer == "" && len(firsts) == 1:
		c.Issuer = firsts[0]
	}
	return nil
}

func issuersOf(r awsstate.Role) []string {
	var out []string
	for _, a := range admits(r.Trust) {
		if !slices.Contains(out, a.issuer) && forAccounts(a.subjects) {
			out = append(out, a.issuer)
		}
	}
	return out
}

func forAccounts(subjects []string) bool {
	return slices.ContainsFunc(subjects, func(s string) bool { return strings.HasPrefix(s, spec.SubjectPrefix) })
}

// valuesOf are the values that a tag has on roles and policies.
func valuesOf(s *Source, key string) []string {
	var out []string
	add := func(tags map[string]string) {
		if v := tags[key]; v != "" {
			out = append(out, v)
		}
	}
	for _, r := range s.State.Roles.List {
		add(r.Tags)
	}
	for _, p := range s.State.Policies.List {
		add(p.Tags)
	}
	return unique(out)
}

// regionOf is the region in an issuer of EKS
// (https://docs.aws.amazon.com/eks/latest/userguide/enable-iam-roles-for-service-accounts.html).
func regionOf(issuer string) string {
	rest, ok := strings.CutPrefix(issuer, "https://oidc.eks.")
	region, _, dotted := strings.Cut(rest, ".")
	if !ok || !dotted {
		return ""
	}
	return region
}

// mostAccount is the AWS account of the associations' roles, which is the cluster's, else that
// of the most roles, or of a policy where there is no role.
func mostAccount(s *Source) string {
	count, best := map[string]int{}, ""
	for _, a := range s.State.Associations.List {
		if id := awsstate.AccountOf(a.RoleARN); id != "" {
			return id
		}
	}
	add := func(arn string) {
		id := awsstate.AccountOf(arn)
		if count[id]++; id != "" && (best == "" || count[id] > count[best]) {
			best = id
		}
	}
	for _, r := range s.State.Roles.List {
		add(r.ARN)
	}
	for _, p := range s.State.Policies.List {
		if best == "" {
			add(p.ARN)
		}
	}
	return best
}

// lastOf is the name at the end of an ARN.
func lastOf(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

func unique(values []string) []string {
	out := slices.Clone(values)
	slices.Sort(out)
	return slices.Compact(out)
}
