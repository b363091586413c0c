package awsiam

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
)

// The steps on associations of EKS Pod Identity, in the cluster's account.

func (x *executor) eks(ctx context.Context) (*eks.Client, error) {
	return x.eksIn(ctx, x.facts.Account, x.facts.Region)
}

func (x *executor) associationSubject(doing, name string) subject {
	return subject{doing + " the Pod Identity association of account " + name, x.account, x.clusterARN(x.facts.Account, x.facts.Region, x.facts.Cluster)}
}

type createAssociation struct{ want Association }

func (a createAssociation) run(ctx context.Context, x *executor) error {
	name := a.want.Namespace + "/" + a.want.ServiceAccount
	client, err := x.eks(ctx)
	if err != nil {
		return err
	}
	// The role may have been made a moment ago; EKS then calls it an invalid parameter
	// (https://docs.aws.amazon.com/eks/latest/APIReference/API_CreatePodIdentityAssociation.html, Errors).
	err = x.settle(ctx, func() error {
		_, err := client.CreatePodIdentityAssociation(ctx, &eks.CreatePodIdentityAssociationInput{
			ClusterName: &a.want.Cluster, Namespace: &a.want.Namespace, ServiceAccount: &a.want.ServiceAccount, RoleArn: &a.want.RoleARN, Tags: a.want.Tags,
		})
		return err
	}, "InvalidParameterException")
	if isCode(err, "ResourceInUseException") {
		return a.takeExisting(ctx, x, client, name)
	}
	return explain(err, x.associationSubject("creating", name))
}

// takeExisting goes on where the association gives the same role: the connection broke
// after EKS had acted, or somebody did the same.
func (a createAssociation) takeExisting(ctx context.Context, x *executor, client *eks.Client, name string) error {
	about := x.associationSubject("looking at", name)
	list, err := client.ListPodIdentityAssociations(ctx, &eks.ListPodIdentityAssociationsInput{
		ClusterName: &a.want.Cluster, Namespace: &a.want.Namespace, ServiceAccount: &a.want.ServiceAccount,
	})
	if err != nil || len(list.Associations) == 0 {
		return explain(err, about)
	}
	out, err := client.DescribePodIdentityAssociation(ctx, &eks.DescribePodIdentityAssociationInput{ClusterName: &a.want.Cluster, AssociationId: list.Associations[0].AssociationId})
	if err != nil {
		return explain(err, about)
	}
	if aws.ToString(out.Association.RoleArn) != a.want.RoleARN {
		return meanwhile("creating the Pod Identity association of service account "+name, "one with role %s came to be", aws.ToString(out.Association.RoleArn))
	}
	return nil
}

type updateAssociation struct{ cluster, id, name, roleARN string }

func (a updateAssociation) run(ctx context.Context, x *executor) error {
	client, err := x.eks(ctx)
	if err != nil {
		return err
	}
	err = x.settle(ctx, func() error {
		_, err := client.UpdatePodIdentityAssociation(ctx, &eks.UpdatePodIdentityAssociationInput{ClusterName: &a.cluster, AssociationId: &a.id, RoleArn: &a.roleARN})
		return err
	}, "InvalidParameterException")
	return explain(err, x.associationSubject("changing", a.name))
}

type tagAssociation struct {
	arn, name string
	tags      map[string]string
}

func (a tagAssociation) run(ctx context.Context, x *executor) error {
	client, err := x.eks(ctx)
	if err != nil {
		return err
	}
	_, err = client.TagResource(ctx, &eks.TagResourceInput{ResourceArn: &a.arn, Tags: a.tags})
	return explain(err, x.associationSubject("tagging", a.name))
}

type deleteAssociation struct{ cluster, id, name string }

func (a deleteAssociation) run(ctx context.Context, x *executor) error {
	client, err := x.eks(ctx)
	if err != nil {
		return err
	}
	_, err = client.DeletePodIdentityAssociation(ctx, &eks.DeletePodIdentityAssociationInput{ClusterName: &a.cluster, AssociationId: &a.id})
	return gone(err, x.associationSubject("deleting", a.name))
}
