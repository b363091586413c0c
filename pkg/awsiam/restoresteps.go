package awsiam

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// The steps of a restoration. Each goes on where what it makes is there already, to the letter: the
// connection broke after AWS had acted.

type restorePolicy struct{ want BackupPolicy }

func (a restorePolicy) run(ctx context.Context, x *executor) error {
	in := &iam.CreatePolicyInput{PolicyName: &a.want.Name, Path: &a.want.Path, PolicyDocument: &a.want.Document, Tags: tagList(a.want.Tags)}
	if a.want.Text != "" {
		in.Description = &a.want.Text
	}
	_, err := x.client.iam.CreatePolicy(ctx, in)
	if !isCode(err, "EntityAlreadyExists") {
		return explain(err, subject{"creating policy " + a.want.Name, x.client.account, a.want.ARN})
	}
	there := newObservedAccount(x.client.account)
	if err := x.client.readDetails(ctx, there, false); err != nil {
		return err
	}
	seen := there.policy(a.want.Name)
	if seen == nil {
		return meanwhile("creating policy "+a.want.Name, "policy %s came to be, and cannot be read yet", a.want.Name)
	}
	if err := x.client.readPolicy(ctx, seen); err != nil {
		return err
	}
	return came("policy", a.want.Name, a.want.differs(seen))
}

// came is the error of something that came to be meanwhile and is another; nil where it is the same.
func came(what, name string, differences []string) error {
	if differences == nil {
		return nil
	}
	return meanwhile("creating "+what+" "+name, "it came to be, and is another one: %s", strings.Join(differences, ", "))
}

type restoreProvider struct{ want BackupProvider }

// run gives the thumbprints that there were: IAM takes them, and asks the issuer for nothing then.
func (a restoreProvider) run(ctx context.Context, x *executor) error {
	want := wantedProvider{Account: x.client.account, Issuer: a.want.Issuer, ARN: a.want.ARN, Audiences: a.want.Audiences, Tags: a.want.Tags}
	in := &iam.CreateOpenIDConnectProviderInput{Url: &want.Issuer, ClientIDList: want.Audiences, Tags: tagList(want.Tags), ThumbprintList: a.want.Thumbprints}
	_, err := x.client.iam.CreateOpenIDConnectProvider(ctx, in)
	if !isCode(err, "EntityAlreadyExists") {
		return explain(err, creating(want, x.client.account))
	}
	there := newObservedAccount(x.client.account)
	if err := x.client.readProvider(ctx, want, there); err != nil {
		return err
	}
	seen := there.Providers[a.want.ARN]
	if seen == nil {
		return meanwhile("creating OIDC provider "+nameOfProvider(a.want.ARN), "it came to be, and cannot be read yet")
	}
	return came("OIDC provider", nameOfProvider(a.want.ARN), a.want.differs(seen))
}

// restoreRole makes a role with the trust policy that it can be made with.
type restoreRole struct {
	want  BackupRole
	first string
}

func (a restoreRole) run(ctx context.Context, x *executor) error {
	about := subject{"creating role " + a.want.Name, x.client.account, a.want.ARN}
	err := x.Session.settle(ctx, func() error { // its boundary may have been made a moment ago
		_, err := x.client.iam.CreateRole(ctx, a.want.input(a.first))
		return err
	}, "NoSuchEntity")
	if !isCode(err, "EntityAlreadyExists") {
		return explain(err, about)
	}
	role, err := getRole(ctx, x, a.want.Name, a.want.ARN)
	if err != nil {
		return err
	}
	seen := &seenRole{
		ARN: aws.ToString(role.Arn), trust: aws.ToString(role.AssumeRolePolicyDocument), Tags: tagMap(role.Tags),
		Description: aws.ToString(role.Description), MaxSession: aws.ToInt32(role.MaxSessionDuration), Settings: true,
	}
	if role.PermissionsBoundary != nil {
		seen.Boundary = aws.ToString(role.PermissionsBoundary.PermissionsBoundaryArn)
	}
	return came("role", a.want.Name, a.differs(seen))
}

type restoreTrust struct{ want BackupRole }

// run waits for roles that were made a moment ago: IAM calls them invalid principals until it sees
// them (MalformedPolicyDocument,
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_iam-roles.html).
func (a restoreTrust) run(ctx context.Context, x *executor) error {
	err := x.Session.settle(ctx, func() error {
		_, err := x.client.iam.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: &a.want.Name, PolicyDocument: &a.want.Trust})
		return err
	}, "NoSuchEntity", "MalformedPolicyDocument")
	return explain(err, subject{"writing the trust of role " + a.want.Name, x.client.account, a.want.ARN})
}

type restoreInline struct {
	want BackupRole
	name string
}

func (a restoreInline) run(ctx context.Context, x *executor) error {
	err := x.visible(ctx, true, func() error {
		_, err := x.client.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &a.want.Name, PolicyName: &a.name, PolicyDocument: aws.String(a.want.Inline[a.name])})
		return err
	})
	return explain(err, subject{"writing inline policy " + a.name + " of role " + a.want.Name, x.client.account, a.want.ARN})
}

type restoreAssociation struct{ want BackupAssociation }

func (a restoreAssociation) run(ctx context.Context, x *executor) error {
	in, name := a.want.in(), a.want.Namespace+"/"+a.want.ServiceAccount
	client, err := x.Session.eksIn(ctx, in.Account, in.Region)
	if err != nil {
		return err
	}
	err = x.Session.settle(ctx, func() error {
		input := &eks.CreatePodIdentityAssociationInput{
			ClusterName: &in.Name, Namespace: &a.want.Namespace, ServiceAccount: &a.want.ServiceAccount, RoleArn: &a.want.RoleARN, Tags: a.want.Tags,
		}
		input.TargetRoleArn, input.DisableSessionTags, input.Policy = a.want.settings().given()
		_, err := client.CreatePodIdentityAssociation(ctx, input)
		return err
	}, unseenRole(true)...)
	if !isCode(err, "ResourceInUseException") {
		return explain(err, associationIn(in, "creating", name))
	}
	f := &Fleet{s: x.Session}
	found, err := f.readAssociations(ctx, in)
	if err != nil {
		return err
	}
	for _, seen := range found {
		if seen.Namespace == a.want.Namespace && seen.ServiceAccount == a.want.ServiceAccount {
			return came("the Pod Identity association of service account", name, a.want.differs(&seen))
		}
	}
	return meanwhile("creating the Pod Identity association of service account "+name, "it came to be, and cannot be read yet")
}

// Nobody reads on after a restoration.

func (restorePolicy) record(*observation, string)      {}
func (restoreProvider) record(*observation, string)    {}
func (restoreRole) record(*observation, string)        {}
func (restoreTrust) record(*observation, string)       {}
func (restoreInline) record(*observation, string)      {}
func (restoreAssociation) record(*observation, string) {}
