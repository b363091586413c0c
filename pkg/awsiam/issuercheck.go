package awsiam

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// checkIssuers holds the issuers that irsa.yaml gives against those that EKS knows of the
// clusters of these names, where the plan lets somebody in by them: whoever may write one
// issuer in the place of another says whose tokens are taken. One that EKS contradicts is an
// error; what could not be compared is said. A plan in which nobody new gets in costs no
// call.
func checkIssuers(s *Session, ctx context.Context, p *Plan) (*Plan, error) {
	clusters := givenIssuers(s)
	if len(clusters) == 0 || !slices.ContainsFunc(p.Changes, letsIn) {
		return p, nil
	}
	words := make([]string, len(clusters))
	failed := each(ctx, s, indexes(clusters), func(i int) (err error) {
		words[i], err = checkOneIssuer(s, ctx, clusters[i])
		return err
	})
	var faults Faults
	for _, err := range failed {
		if f, ok := err.(*Fault); ok {
			faults = append(faults, f)
		} else if err != nil {
			return nil, err
		}
	}
	if err := faults.err(); err != nil {
		return nil, err
	}
	words = slices.DeleteFunc(words, func(w string) bool { return w == "" })
	p.Warnings = append(words, p.Warnings...)
	return p, nil
}

// letsIn: a change by which tokens may come to be taken that were not.
func letsIn(c Change) bool {
	switch c.Type {
	case TypeRole:
		return c.Action == Create // what else changes of a role lets nobody in
	case TypeProvider, TypeTrust:
		return c.Action != Delete
	}
	return false
}

// givenIssuers are the clusters whose issuer irsa.yaml gives together with a name.
func givenIssuers(s *Session) []spec.AdditionalCluster {
	c := s.release.File.Cluster
	all := append([]spec.AdditionalCluster{{Name: c.Name, Region: s.facts.Region, AccountID: s.facts.Account, Issuer: c.Issuer}}, c.Additional...)
	if !needsIssuer(s.release.File) {
		return nil
	}
	return slices.DeleteFunc(all, func(c spec.AdditionalCluster) bool { return c.Name == "" || c.Issuer == "" })
}

// checkOneIssuer asks EKS for one cluster, and says what could not be compared. The error is a
// *Fault where EKS knows another issuer, and the context's where that has ended.
func checkOneIssuer(s *Session, ctx context.Context, c spec.AdditionalCluster) (words string, err error) {
	account, region := cmp.Or(c.AccountID, s.facts.Account), cmp.Or(c.Region, s.facts.Region)
	known, err := knownIssuer(s, ctx, account, region, c.Name)
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case isMissing(err):
		return fmt.Sprintf("EKS knows no cluster %s in %s of AWS account %s, and so nobody checked that %s is its issuer", c.Name, region, account, c.Issuer), nil
	case err != nil:
		return fmt.Sprintf("nobody checked that %s is the issuer of cluster %s, since EKS could not be asked: %s", c.Issuer, c.Name,
			oneLine(explain(err, subject{"looking up cluster " + c.Name, account, clusterARN(s, account, region, c.Name)}))), nil
	case known == c.Issuer:
		return "", nil
	}
	return "", fault("correct the issuer in irsa.yaml, or leave it away: then it is looked up",
		"cluster %s has the issuer %s in EKS, and irsa.yaml says %s", c.Name, cmp.Or(known, "of no tokens"), c.Issuer)
}

// knownIssuer is what EKS says of a cluster.
func knownIssuer(s *Session, ctx context.Context, account, region, name string) (string, error) {
	client, err := s.eksIn(ctx, account, region)
	if err != nil {
		return "", err
	}
	out, err := client.DescribeCluster(ctx, &eks.DescribeClusterInput{Name: &name})
	if err != nil || out.Cluster.Identity == nil || out.Cluster.Identity.Oidc == nil {
		return "", err
	}
	return aws.ToString(out.Cluster.Identity.Oidc.Issuer), nil
}
