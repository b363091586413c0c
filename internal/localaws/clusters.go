package localaws

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Cluster is an EKS cluster as its AWS account's owner would have made it.
type Cluster struct {
	// Account and Region are where it is.
	Account, Region string
	Name            string
	Version         string // such as 1.31
	Issuer          string // the OIDC issuer's URL
	// RoleARN is the cluster's own role.
	RoleARN    string
	AutoMode   bool // EKS Auto Mode makes nodes
	Tags       map[string]string
	Created    time.Time
	Nodegroups map[string]Nodegroup // by name
}

// cluster is a Cluster and what calls have made in it.
type cluster struct {
	Cluster
	Associations map[string]*association // of EKS Pod Identity, by ID
}

// Nodegroup is a managed node group.
type Nodegroup struct {
	// RoleARN is the nodes' role.
	RoleARN string
}

// AddCluster puts a cluster into its AWS account. In place of one of the same name and
// region, it keeps that one's Pod Identity associations. What it does not say gets a
// value: the default AWS account, us-east-1, now. Where its issuer is on loopback, keys are
// fetched from there.
func (s *Server) AddCluster(c Cluster) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.Account == "" {
		c.Account = s.opts.Account
	}
	if c.Region == "" {
		c.Region = "us-east-1"
	}
	if c.Created.IsZero() {
		c.Created = s.now()
	}
	c.Nodegroups, c.Tags = maps.Clone(c.Nodegroups), maps.Clone(c.Tags)
	in := s.state.account(c.Account).Clusters
	added := &cluster{c, map[string]*association{}}
	if old := in[c.Region+"/"+c.Name]; old != nil {
		added.Associations = old.Associations
	}
	in[c.Region+"/"+c.Name] = added
	s.give(c.Issuer)
}

// Clusters are those of all AWS accounts, by AWS account, region and name.
func (s *Server) Clusters() []Cluster {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Cluster
	for _, id := range slices.Sorted(maps.Keys(s.state.Accounts)) {
		in := s.state.Accounts[id].Clusters
		for _, key := range slices.Sorted(maps.Keys(in)) {
			c := in[key].Cluster
			c.Nodegroups, c.Tags = maps.Clone(c.Nodegroups), maps.Clone(c.Tags)
			out = append(out, c)
		}
	}
	return out
}

// cluster is the one that the request names, in the caller's AWS account and region.
func (c *call) cluster() (*cluster, error) {
	name := c.path.get("clusterName")
	found := c.account.Clusters[c.scope.region+"/"+name]
	if found == nil {
		return nil, notFound("No cluster found for name: %s.", name)
	}
	return found, nil
}

// arn names something of EKS in the cluster's AWS account and region. Its forms:
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelastickubernetesservice.html#amazonelastickubernetesservice-resources-for-iam-policies.
func (c *Cluster) arn(resource string) string {
	return fmt.Sprintf("arn:%s:eks:%s:%s:%s", Partition(c.Region), c.Region, c.Account, resource)
}

// nodegroupARN ends in an ID, here always the same one for a name.
func (c *Cluster) nodegroupARN(name string) string {
	path := c.Name + "/" + name
	return c.arn("nodegroup/" + path + "/" + uuid([]byte(path)))
}

func (c *Cluster) associationARN(id string) string {
	return c.arn("podidentityassociation/" + c.Name + "/" + id)
}

func (c *call) describeCluster() (any, error) {
	found, err := c.cluster()
	if err != nil {
		return nil, err
	}
	return map[string]any{"cluster": map[string]any{
		"name": found.Name, "arn": found.arn("cluster/" + found.Name), "status": "ACTIVE", "version": found.Version,
		"createdAt": epoch(found.Created), "roleArn": found.RoleARN, "tags": found.Tags, "platformVersion": "eks.1",
		"endpoint":             "https://" + found.Name + ".invalid",
		"certificateAuthority": map[string]any{"data": base64.StdEncoding.EncodeToString([]byte("no certificate"))},
		"identity":             map[string]any{"oidc": map[string]any{"issuer": found.Issuer}},
		"computeConfig":        map[string]any{"enabled": found.AutoMode},
	}}, nil
}

func (c *call) listClusters() (any, error) {
	var names []string
	for _, found := range c.account.Clusters {
		if found.Region == c.scope.region {
			names = append(names, found.Name)
		}
	}
	return c.eksPage("clusters", names)
}

func (c *call) listNodegroups() (any, error) {
	found, err := c.cluster()
	if err != nil {
		return nil, err
	}
	return c.eksPage("nodegroups", slices.Collect(maps.Keys(found.Nodegroups)))
}

func (c *call) describeNodegroup() (any, error) {
	found, err := c.cluster()
	if err != nil {
		return nil, err
	}
	name := c.path.get("nodegroupName")
	group, ok := found.Nodegroups[name]
	if !ok {
		return nil, notFound("No node group found for name: %s.", name)
	}
	return map[string]any{"nodegroup": map[string]any{
		"nodegroupName": name, "nodegroupArn": found.nodegroupARN(name), "clusterName": found.Name,
		"nodeRole": group.RoleARN, "status": "ACTIVE", "version": found.Version, "createdAt": epoch(found.Created),
	}}, nil
}
