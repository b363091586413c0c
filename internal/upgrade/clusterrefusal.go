package upgrade

import (
	"fmt"
	"os"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/whichcluster"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// heading says which cluster a plan is for, where each fact came from, and what the comparison
// came to.
func heading(r *request, s *awsiam.Session, got *whichcluster.Comparison) string {
	return Learnt(r.which, s).Heading(got)
}

// Learnt is the cluster with what AWS said of it; s may be nil.
func Learnt(c whichcluster.Cluster, s *awsiam.Session) whichcluster.Cluster {
	if s == nil {
		return c
	}
	f := s.Facts()
	learnt := whichcluster.Flags{Name: f.Cluster, Region: f.Region, AccountID: f.Account}
	if len(f.Issuers) > 0 {
		learnt.Issuer = f.Issuers[0]
	}
	return c.With(learnt, "AWS configuration", "current credentials", "EKS")
}

// refusal is the error for another cluster than irsa.yaml's.
func refusal(r *request, c whichcluster.Comparison, live whichcluster.Live) error {
	where := live.Where(r.kubeEnv("KUBECONFIG"))
	if c.Match == whichcluster.Additional {
		text := fmt.Errorf("comparing clusters: Helm would change cluster %s (%s), which irsa.yaml names in cluster.additional, and what the release has in AWS goes with its own cluster, %s", c.Additional, where, c.Name)
		if r.Args.Command == "uninstall" {
			return faults.Hinted(text, "to remove the release from %s and nothing from AWS, add --irsa-keep-roles", c.Additional)
		}
		return faults.Hinted(text, "to install it in %s with the roles that there are, add --irsa-provision=never; to change them, name %s: --kube-context CONTEXT", c.Additional, c.Name)
	}
	return faults.Hinted(fmt.Errorf("comparing clusters: Helm would change another cluster (%s) than %s of irsa.yaml: by %s, that of %s is %s, and Helm's is %s", where, c.Name, c.By, c.Name, c.Ours, c.Theirs),
		"name the kubeconfig's context for %s with --kube-context CONTEXT (kubectl config get-contexts lists them) or its kubeconfig with KUBECONFIG; or name the irsa.yaml of Helm's cluster with --irsa-file FILE", c.Name)
}

// OtherCluster is the error of a command that changes AWS alone, where the kubeconfig is for
// another cluster than irsa.yaml's. kubeconfig is $KUBECONFIG.
func OtherCluster(c whichcluster.Comparison, live whichcluster.Live, kubeconfig string) error {
	return faults.Hinted(fmt.Errorf("comparing clusters: the kubeconfig is for another cluster (%s) than %s, which is meant: by %s, that of %s is %s, and the kubeconfig's is %s", live.Where(kubeconfig), c.Name, c.By, c.Name, c.Ours, c.Theirs),
		"choose the kubeconfig's context for %s: --kube-context CONTEXT (kubectl config get-contexts lists them), or KUBECONFIG=%s where no cluster is at hand; or name the irsa.yaml or --cluster-name of the kubeconfig's", c.Name, os.DevNull)
}
