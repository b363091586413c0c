package awsiam

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// The steps on associations of EKS Pod Identity, in the cluster's AWS account.

func (x *executor) eks(ctx context.Context) (*eks.Client, error) {
	return x.Session.eksIn(ctx, x.Session.facts.Account, x.Session.facts.Region)
}

func (x *executor) associationSubject(doing, name string) subject {
	return subject{doing + " the Pod Identity association of service account " + name, x.client.account, clusterARN(x.Session, x.Session.facts.Account, x.Session.facts.Region, x.Session.facts.Cluster)}
}

type createAssociation struct{ want wantedAssociation }

func (a createAssociation) run(ctx context.Context, x *executor) error {
	name := a.want.Namespace + "/" + a.want.ServiceAccount
	client, err := x.eks(ctx)
	if err != nil {
		return err
	}
	err = x.Session.settle(ctx, func() error {
		in := &eks.CreatePodIdentityAssociationInput{
			ClusterName: &a.want.Cluster, Namespace: &a.want.Namespace, ServiceAccount: &a.want.ServiceAccount, RoleArn: &a.want.RoleARN, Tags: a.want.Tags,
		}
		in.TargetRoleArn, in.DisableSessionTags, in.Policy = a.want.given()
		_, err := client.CreatePodIdentityAssociation(ctx, in)
		return err
	}, unseenRole(a.want.RoleMade)...)
	if isCode(err, "ResourceInUseException") {
		return a.takeExisting(ctx, x, client, name)
	}
	return roleHint(explain(err, x.associationSubject("creating", name)), a.want.RoleMade)
}

// roleHint says what EKS may mean by an invalid parameter, of a role that others keep.
func roleHint(err error, made bool) error {
	if f := (*Fault)(nil); !made && isCode(err, "InvalidParameterException") && errors.As(err, &f) && f.hint == "" {
		f.hint = `the role must be there, and its trust policy must let {"Service":"` + trust.PodIdentityService + `"} do sts:AssumeRole and sts:TagSession`
	}
	return err
}

// unseenRole is what EKS says of a role that was made a moment ago: it is an invalid parameter
// (https://docs.aws.amazon.com/eks/latest/APIReference/API_CreatePodIdentityAssociation.html,
// Errors). Of a role that was there, the same is true for good.
func unseenRole(made bool) []string {
	if made {
		return []string{"InvalidParameterException"}
	}
	return nil
}

// given are the settings as EKS takes them with a new association: those that there are.
func (s associationSettings) given() (target *string, noTags *bool, policy *string) {
	if s.TargetRoleARN != "" {
		target = &s.TargetRoleARN
	}
	if s.NoTags {
		noTags = &s.NoTags
	}
	if s.Policy != "" {
		policy = &s.Policy
	}
	return target, noTags, policy
}

// takeExisting goes on where the association says the same: the connection broke after EKS
// had acted, or somebody did the same.
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
	made := &seenAssociation{RoleARN: aws.ToString(out.Association.RoleArn), associationSettings: settingsOf(out.Association)}
	if made.RoleARN != a.want.RoleARN || !made.same(a.want.associationSettings) {
		return meanwhile("creating the Pod Identity association of service account "+name, "one %s came to be", made.says())
	}
	return nil
}

// updateAssociation changes the role, where it names one, and the settings, where it has them.
type updateAssociation struct {
	cluster, id, name, roleARN string
	roleMade                   bool
	before                     associationSettings
	settings                   *associationSettings
}

func (a updateAssociation) run(ctx context.Context, x *executor) error {
	client, err := x.eks(ctx)
	if err != nil {
		return err
	}
	err = x.Session.settle(ctx, func() error {
		_, err := client.UpdatePodIdentityAssociation(ctx, a.input())
		return err
	}, unseenRole(a.roleMade)...)
	return roleHint(explain(err, x.associationSubject("changing", a.name)), a.roleMade || a.roleARN == "")
}

// input names what differs alone: EKS keeps the rest, and who may not pass the role may still
// change the settings. Empty text takes a target role or a policy away, as in
// https://github.com/aws-controllers-k8s/eks-controller/pull/164. A policy goes with the
// session tags, since EKS refuses it without.
func (a updateAssociation) input() *eks.UpdatePodIdentityAssociationInput {
	in := &eks.UpdatePodIdentityAssociationInput{ClusterName: &a.cluster, AssociationId: &a.id}
	if a.roleARN != "" {
		in.RoleArn = &a.roleARN
	}
	if a.settings == nil {
		return in
	}
	if a.settings.TargetRoleARN != a.before.TargetRoleARN {
		in.TargetRoleArn = &a.settings.TargetRoleARN
	}
	if !samePolicy(a.settings.Policy, a.before.Policy) {
		in.Policy, in.DisableSessionTags = &a.settings.Policy, &a.settings.NoTags
	}
	if a.settings.NoTags != a.before.NoTags {
		in.DisableSessionTags = &a.settings.NoTags
	}
	return in
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
