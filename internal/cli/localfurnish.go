package cli

import (
	"fmt"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/fileio"
)

// furnish puts in what the world has. What is there already stays: the server may
// have it from a file.
func (w *localWorld) furnish(s *localaws.Server) error {
	w.region = localRegion
	there := s.Clusters()
	switch {
	case len(w.clusters) == 0 && len(there) == 0:
		w.clusters = []localCluster{{name: "demo"}}
	case len(w.clusters) == 0:
		w.region = there[0].Region
	}
	s.AddCredential(accessKeyID(w.account), localaws.Credential{Account: w.account})
	for i, c := range w.clusters {
		if i == 0 {
			w.region = c.regionOr(localRegion)
		}
		if err := w.addCluster(s, c, there); err != nil {
			return err
		}
	}
	for _, a := range w.others {
		if err := w.addAccount(s, a); err != nil {
			return err
		}
	}
	return nil
}

// addCluster makes the cluster, its role and its nodes'. Of one that is there, what the
// command line does not say stays.
func (w *localWorld) addCluster(s *localaws.Server, c localCluster, there []localaws.Cluster) error {
	made := localaws.Cluster{
		Account: w.account, Region: c.regionOr(localRegion), Name: c.name, Version: localVersion, Issuer: c.issuer,
	}
	known := false
	for _, old := range there {
		if old.Account == made.Account && old.Region == made.Region && old.Name == made.Name {
			made, known = old, true
		}
	}
	switch {
	case c.issuer != "":
		made.Issuer = c.issuer
	case made.Issuer == "":
		made.Issuer = eksIssuer(made.Account, made.Region, made.Name)
	}
	if err := addKeys(s, c.keys, made.Issuer); err != nil {
		return fmt.Errorf("--cluster %s: %w", c.name, err)
	}
	if known && c.nodeRole == "" {
		s.AddCluster(made)
		return nil
	}
	if c.nodeRole == "" {
		c.nodeRole = localNodeRole
	}
	return w.addRoles(s, made, c.nodeRole)
}

// addKeys publishes the keys in a file as those of an issuer; none is no file.
func addKeys(s *localaws.Server, file, issuer string) error {
	if file == "" {
		return nil
	}
	text, err := fileio.ReadStream(file, maxKeySet)
	if err != nil {
		return faults.Hinted(fmt.Errorf("keys=%s: %w", file, fileio.Cause(err)), "kubectl get --raw /openid/v1/jwks > %s", safe.Word(file))
	}
	if err := s.AddIssuerKeySet(issuer, text); err != nil {
		return faults.Hinted(fmt.Errorf("keys=%s: %w", file, err), "kubectl get --raw /openid/v1/jwks > %s", safe.Word(file))
	}
	return nil
}

// addRoles makes the roles of a cluster as
// https://docs.aws.amazon.com/eks/latest/userguide/cluster-iam-role.html and
// https://docs.aws.amazon.com/eks/latest/userguide/create-node-role.html say, then the cluster.
func (w *localWorld) addRoles(s *localaws.Server, c localaws.Cluster, nodeRole string) error {
	var err error
	add := func(name, service string, policies ...string) (arn string) {
		if err != nil {
			return ""
		}
		r := localaws.Role{Account: c.Account, Region: c.Region, Name: name, Trust: localTrust(fmt.Sprintf(`{"Service":%q}`, service))}
		for _, p := range policies {
			r.Policies = append(r.Policies, localPolicy(c.Region, p))
		}
		arn, err = s.AddRole(r)
		return arn
	}
	if c.RoleARN == "" {
		c.RoleARN = add("eks-cluster", "eks.amazonaws.com", "AmazonEKSClusterPolicy")
	}
	nodes := add(nodeRole, "ec2.amazonaws.com", "AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly", "AmazonEKS_CNI_Policy")
	if err != nil {
		return err
	}
	c.Nodegroups = map[string]localaws.Nodegroup{"workers": {RoleARN: nodes}}
	s.AddCluster(c)
	return nil
}

// addAccount makes the AWS account's key, and the role in it that the clusters' AWS
// account may assume.
func (w *localWorld) addAccount(s *localaws.Server, a localAccount) error {
	s.AddCredential(accessKeyID(a.id), localaws.Credential{Account: a.id})
	root := fmt.Sprintf("arn:%s:iam::%s:root", localaws.Partition(w.region), w.account)
	_, err := s.AddRole(localaws.Role{
		Account: a.id, Region: w.region, Name: localAccess, Trust: localTrust(fmt.Sprintf(`{"AWS":%q}`, root)),
		Policies: []string{localPolicy(w.region, "AdministratorAccess")},
	})
	return err
}

func localTrust(principal string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":` + principal + `,"Action":"sts:AssumeRole"}]}`
}

func localPolicy(region, name string) string {
	return "arn:" + localaws.Partition(region) + ":iam::aws:policy/" + name
}

// accessKeyID tells local AWS which AWS account calls. It is 20 characters long, as AWS's
// are, and cannot be taken for one of AWS's, which begin with AKIA or ASIA.
func accessKeyID(account string) string { return "LOCALAWS" + account }

// describe says what there is, one line for each AWS account.
func (w *localWorld) describe(clusters []localaws.Cluster) []string {
	var names []string
	for _, c := range clusters {
		if c.Account == w.account {
			names = append(names, c.Name+" in "+c.Region)
		}
	}
	text := "cluster " + strings.Join(names, ", ")
	if len(names) == 0 {
		text = "no cluster"
	}
	lines := []string{"AWS account " + w.account + ": " + text}
	for _, a := range w.others {
		lines = append(lines, fmt.Sprintf("AWS account %s: profile %s, or assumeRoleARN arn:%s:iam::%s:role/%s",
			a.id, a.profile, localaws.Partition(w.region), a.id, localAccess))
	}
	return lines
}
