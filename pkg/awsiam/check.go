package awsiam

import (
	"cmp"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// Check says what is wrong with irsa.yaml by itself: all that Plan would refuse before it asks
// AWS for anything. What irsa.yaml leaves to AWS is taken to be something that fits. It makes no
// call. The error is a *spec.FaultList with places in irsa.yaml.
func Check(r Release) error {
	c := r.File.Cluster
	facts := Facts{
		Account: cmp.Or(c.AccountID, "111122223333"), Region: cmp.Or(c.Region, "us-east-1"), Cluster: c.Name,
	}
	facts.Partition = spec.PartitionOf(facts.Region)
	issuer := cmp.Or(c.Issuer, "https://issuer.invalid") // a domain that is nobody's (RFC 2606)
	facts.Issuers, facts.Clusters = []string{issuer}, map[string]string{issuer: cmp.Or(c.Name, issuer)}
	if node := r.File.NodeRole; node != nil {
		facts.NodeRoles = []string{cmp.Or(node.Name, "nodes")}
	}
	_, err := want(r, facts, false)
	return err
}
