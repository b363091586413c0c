package awsiam

import (
	"fmt"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// cluster allows looking up in EKS what irsa.yaml leaves to it, and comparing what it says. A snapshot also has the
// cluster's version, and the issuer that EKS says.
func (p *permitting) cluster() {
	if needsIssuer(p.file) || p.options.Provider || p.options.Verify {
		c := p.file.Cluster
		clusters := append([]spec.AdditionalCluster{{Name: c.Name, Issuer: c.Issuer}}, c.Additional...)
		for i, c := range clusters {
			if c.Name == "" {
				continue
			}
			account, region := c.AccountID, c.Region
			if account == "" {
				account = p.Desired.Facts.Account
			}
			if region == "" {
				region = p.Desired.Facts.Region
			}
			// An issuer that irsa.yaml gives is compared where its AWS account can be
			// reached.
			_, reached := p.file.Accounts[account]
			compared := !p.options.Verify && (account == p.Desired.Facts.Account || reached)
			if c.Issuer != "" && !compared && !(p.options.Verify && i == 0) {
				continue
			}
			p.read(account, "ReadCluster", "eks:DescribeCluster", []string{eksARN(account, region, "cluster/"+c.Name)})
		}
	}
	// The roles of node groups also say whether a role that the file names is the nodes'.
	if p.file.NodeRole != nil && p.Desired.Facts.Cluster != "" {
		p.read(p.Desired.Facts.Account, "ListNodegroups", "eks:ListNodegroups", []string{p.eks("cluster/" + p.Desired.Facts.Cluster)})
		p.read(p.Desired.Facts.Account, "ReadNodegroups", "eks:DescribeNodegroup", []string{p.eks("nodegroup/" + p.Desired.Facts.Cluster + "/*")})
	}
}

// associations allows EKS Pod Identity, where a service account of the file uses it; a
// snapshot has all associations in any case. EKS makes up their IDs, so they go by
// cluster and by tags; but for eks:TagResource, which a creation needs before there are
// any.
func (p *permitting) associations() {
	id, name := p.Desired.Facts.Account, p.Desired.Facts.Cluster
	if name == "" || len(p.Desired.Associations) == 0 && !p.options.Leftovers && !p.options.Verify {
		return
	}
	cluster, each := []string{p.eks("cluster/" + name)}, []string{p.eks("podidentityassociation/" + name + "/*")}
	p.read(id, "ListAssociations", "eks:ListPodIdentityAssociations", cluster)
	p.read(id, "ReadAssociations", "eks:DescribePodIdentityAssociation", each)
	if len(p.Desired.Associations) == 0 {
		p.write(id, "RemoveAssociations", "eks:DeletePodIdentityAssociation", each, p.owned()...)
		return
	}
	var roles []string
	for _, a := range p.Desired.Associations {
		roles = append(roles, a.RoleARN)
	}
	p.write(id, "CreateAssociations", "eks:CreatePodIdentityAssociation", cluster)
	p.write(id, "WriteAssociations", "eks:DeletePodIdentityAssociation eks:UpdatePodIdentityAssociation", each, p.owned()...)
	p.write(id, "TagAssociations", "eks:TagResource eks:UntagResource", each)
	p.write(id, "PassRoles", "iam:PassRole", roles, passing())
}

func (p *permitting) eks(resource string) string {
	return eksARN(p.Desired.Facts.Account, p.Desired.Facts.Region, resource)
}

func eksARN(account, region, resource string) string {
	return fmt.Sprintf("arn:%s:eks:%s:%s:%s", spec.PartitionOf(region), region, account, resource)
}
