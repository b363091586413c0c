package awsiam

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// podPatience is how long the associations are waited for where nothing depends on them.
const podPatience = 10 * time.Second

// tryAssociations lists the associations of the cluster, also for whoever has none in irsa.yaml:
// one that is there goes before the role on the service account. Who never used Pod Identity needs
// no permission for it, and may have no way to EKS: that they cannot be listed is no error. Where
// something depends on them, they are asked for again.
func tryAssociations(s *Session, ctx context.Context, d *desired, o *observation) error {
	within, stop := context.WithTimeout(ctx, podPatience)
	defer stop()
	_ = listAll(s, within, d, o)
	return ctx.Err()
}

// needsAssociations: some are wanted, or a role of the release still trusts Pod Identity. That
// statement is removed after the association, so it stays as long as one with a role that the
// release made may be left.
func (o *observation) needsAssociations(d *desired) bool {
	return len(d.Associations) > 0 || o.trustsPodIdentity(d.Owner)
}

// listAssociations finds the associations that are wanted, those that the release may have left,
// and those that overrule what irsa.yaml says.
//
// Where a role of the release lets in every association, as they all did once, those of
// other namespaces are found too: one of them may have the role, and is to lose it.
func listAssociations(s *Session, ctx context.Context, d *desired, o *observation, leaving bool) ([]listedAssociation, error) {
	if d.Facts.Cluster == "" || !o.isListed && !o.needsAssociations(d) {
		return nil, nil
	}
	if !o.isListed {
		err := listAll(s, ctx, d, o)
		if isMissing(err) && leaving { // its associations went with the cluster
			return nil, nil
		}
		if isMissing(err) {
			client, err := s.eksIn(ctx, d.Facts.Account, d.Facts.Region)
			if err != nil {
				return nil, err
			}
			return nil, noCluster(s, ctx, client, d.Facts.Cluster, d.Facts.Account, d.Facts.Region)
		}
		if err != nil {
			return nil, explain(err, ofAssociations(s, d))
		}
	}
	var found []listedAssociation
	wide, namespaces := o.trustsAllPods(d.Owner), d.namespaces()
	for _, a := range o.Listed {
		if wide || namespaces[a.Namespace] {
			found = append(found, a)
		}
	}
	return found, nil
}

// listAll lists the associations of the cluster.
func listAll(s *Session, ctx context.Context, d *desired, o *observation) error {
	if d.Facts.Cluster == "" {
		return nil
	}
	client, err := s.eksIn(ctx, d.Facts.Account, d.Facts.Region)
	if err != nil {
		return err
	}
	var all []listedAssociation
	pages := eks.NewListPodIdentityAssociationsPaginator(client, &eks.ListPodIdentityAssociationsInput{ClusterName: &d.Facts.Cluster})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, a := range page.Associations {
			all = append(all, listedAssociation{
				ID: aws.ToString(a.AssociationId), ARN: aws.ToString(a.AssociationArn), Namespace: aws.ToString(a.Namespace),
				ServiceAccount: aws.ToString(a.ServiceAccount), Owner: aws.ToString(a.OwnerArn),
			})
		}
	}
	o.Listed, o.isListed = all, true
	return nil
}

// associationsOf reads all of a cluster: a list does not tell their roles.
func associationsOf(s *Session, ctx context.Context, account, region, cluster string) ([]seenAssociation, error) {
	d, o := &desired{Facts: Facts{Account: account, Region: region, Cluster: cluster}}, newObserved()
	if err := listAll(s, ctx, d, o); err != nil {
		return nil, explain(err, ofAssociations(s, d))
	}
	return describeAssociations(s, ctx, d, o.Listed)
}

func ofAssociations(s *Session, d *desired) subject {
	return subject{"reading the Pod Identity associations of cluster " + d.Facts.Cluster, d.Facts.Account, clusterARN(s, d.Facts.Account, d.Facts.Region, d.Facts.Cluster)}
}

func observed(a *types.PodIdentityAssociation) *seenAssociation {
	tags := a.Tags   // the answer itself stays as it is: see Reads
	if tags == nil { // EKS leaves out what there is none of
		tags = map[string]string{}
	}
	return &seenAssociation{
		ID: aws.ToString(a.AssociationId), ARN: aws.ToString(a.AssociationArn), Namespace: aws.ToString(a.Namespace), ServiceAccount: aws.ToString(a.ServiceAccount),
		RoleARN: aws.ToString(a.RoleArn), Tags: tags, associationSettings: settingsOf(a),
		ExternalID: aws.ToString(a.ExternalId), Owner: aws.ToString(a.OwnerArn), Created: isoTime(a.CreatedAt), Modified: isoTime(a.ModifiedAt),
	}
}

// settingsOf are what an association says beside its role.
func settingsOf(a *types.PodIdentityAssociation) associationSettings {
	return associationSettings{TargetRoleARN: aws.ToString(a.TargetRoleArn), NoTags: aws.ToBool(a.DisableSessionTags), Policy: aws.ToString(a.Policy)}
}

// namespaces are those that the release has service accounts in.
func (d *desired) namespaces() map[string]bool {
	out := map[string]bool{d.Owner.Namespace: true}
	for _, i := range d.Identities {
		out[i.Namespace] = true
	}
	return out
}

func (o *observation) trustsPodIdentity(owner Owner) bool {
	return o.anyRole(owner, func(role *seenRole) bool { return strings.Contains(role.trust, trust.PodIdentityService) })
}

// trustsAllPods reports whether a role of the release has a statement of ours that lets EKS
// Pod Identity in whatever the association is.
func (o *observation) trustsAllPods(owner Owner) bool {
	return o.anyRole(owner, func(role *seenRole) bool {
		if !strings.Contains(role.trust, trust.PodIdentityService) {
			return false
		}
		doc, err := role.Trust()
		return err == nil && slices.ContainsFunc(doc.Statements(), func(s trust.Statement) bool {
			return trust.Ours(s) && isForPods(s) && len(s.Conditions()) == 0
		})
	})
}

// isForPods reports whether a statement lets EKS Pod Identity in.
func isForPods(s trust.Statement) bool {
	principals, not := s.Principals()
	return s.Allows() && !not && slices.Contains(principals, trust.Principal{Type: "Service", ID: trust.PodIdentityService})
}

func (o *observation) anyRole(owner Owner, is func(*seenRole) bool) bool {
	for _, a := range o.Accounts {
		for _, role := range a.Roles {
			if owner.keepsOrMay(role) && is(role) {
				return true
			}
		}
	}
	return false
}
