package awsiam

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// The steps on roles and what is on them.

type createRole struct {
	want  Role
	owner Owner
}

func (a createRole) run(ctx context.Context, x *executor) error {
	mark := trust.Mark{Consent: consentText(a.want.SharedWith)}
	doc, err := trust.MergeAs(trust.Document{}, a.owner.trust(), mark, a.want.TrustFirst)
	if err != nil {
		return fault("", "building the trust of role %s: %v", a.want.Name, err)
	}
	in := &iam.CreateRoleInput{
		RoleName: &a.want.Name, Path: &a.want.Path, AssumeRolePolicyDocument: aws.String(doc.Text()),
		MaxSessionDuration: &a.want.MaxSession, Tags: tagList(a.want.Tags),
	}
	if a.want.Description != "" {
		in.Description = &a.want.Description
	}
	if a.want.Boundary != "" {
		in.PermissionsBoundary = &a.want.Boundary
	}
	about := subject{"creating role " + a.want.Name, x.account, a.want.ARN}
	// A trust that names a role which another tool has just made, and a boundary that
	// was just made, may not be visible yet.
	err = x.settle(ctx, func() error {
		_, err := x.iam.CreateRole(ctx, in)
		return err
	}, "NoSuchEntity")
	if isCode(err, "EntityAlreadyExists") {
		return a.takeExisting(ctx, x)
	}
	return explain(err, about)
}

// takeExisting: the connection broke after IAM had acted, or a run before this one made
// the role and IAM did not show it to us yet. Then it is ours, with its proof.
func (a createRole) takeExisting(ctx context.Context, x *executor) error {
	var role *types.Role
	err := x.visible(ctx, true, func() (err error) {
		role, err = getRole(ctx, x, a.want.Name, a.want.ARN)
		return err
	})
	if err != nil {
		return err
	}
	seen := &ObservedRole{Name: a.want.Name, ARN: aws.ToString(role.Arn), Tags: tagMap(role.Tags), trust: aws.ToString(role.AssumeRolePolicyDocument)}
	if !a.owner.keeps(seen) {
		return fault("run the same command again to see what it is", "role %s came to be in account %s meanwhile, and is not this release's", a.want.Name, x.account)
	}
	return writeTrust{
		role: a.want.Name, arn: a.want.ARN, owner: a.owner, statements: a.want.TrustFirst, says: trust.Mark{Consent: consentText(a.want.SharedWith)},
	}.run(ctx, x)
}

func getRole(ctx context.Context, x *executor, name, arn string) (*types.Role, error) {
	out, err := x.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
	if err != nil {
		return nil, explain(err, subject{"reading role " + name, x.account, arn})
	}
	return out.Role, nil
}

type updateRole struct {
	name, arn, description string
	maxSession             int32
}

// run writes both settings: UpdateRole without MaxSessionDuration sets it to one hour
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html).
func (a updateRole) run(ctx context.Context, x *executor) error {
	_, err := x.iam.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: &a.name, Description: &a.description, MaxSessionDuration: &a.maxSession})
	return explain(err, subject{"changing role " + a.name, x.account, a.arn})
}

type setBoundary struct{ name, arn, boundary string }

func (a setBoundary) run(ctx context.Context, x *executor) error {
	about := subject{"setting the permissions boundary of role " + a.name, x.account, a.arn}
	if a.boundary == "" {
		_, err := x.iam.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: &a.name})
		return gone(err, about)
	}
	_, err := x.iam.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: &a.name, PermissionsBoundary: &a.boundary})
	return explain(err, about)
}

// tagRole writes tags, and then takes others off.
type tagRole struct {
	name, arn string
	tags      map[string]string
	untag     []string
}

func (a tagRole) run(ctx context.Context, x *executor) error {
	if len(a.tags) > 0 {
		_, err := x.iam.TagRole(ctx, &iam.TagRoleInput{RoleName: &a.name, Tags: tagList(a.tags)})
		if err != nil {
			return explain(err, subject{"tagging role " + a.name, x.account, a.arn})
		}
	}
	if len(a.untag) > 0 {
		_, err := x.iam.UntagRole(ctx, &iam.UntagRoleInput{RoleName: &a.name, TagKeys: a.untag})
		return gone(err, subject{"taking tags off role " + a.name, x.account, a.arn})
	}
	return nil
}

type deleteRole struct{ name, arn string }

func (a deleteRole) run(ctx context.Context, x *executor) error {
	err := x.settle(ctx, func() error {
		_, err := x.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: &a.name})
		return err
	}, "DeleteConflict")
	return gone(err, subject{"deleting role " + a.name, x.account, a.arn})
}

// attach puts a managed policy on a role; made says that one of them was made a moment
// ago, and may not be visible for a while.
type attach struct {
	role, roleARN, policy string
	made                  bool
}

func (a attach) run(ctx context.Context, x *executor) error {
	err := x.visible(ctx, a.made, func() error {
		_, err := x.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: &a.role, PolicyArn: &a.policy})
		return err
	})
	return explain(err, subject{"attaching policy " + nameOfARN(a.policy) + " to role " + a.role, x.account, a.roleARN})
}

// visible runs f, and again while what was made a moment ago is not there yet.
func (x *executor) visible(ctx context.Context, made bool, f func() error) error {
	if !made {
		return f()
	}
	return x.settle(ctx, f, "NoSuchEntity")
}

type detach struct{ role, policy string }

func (a detach) run(ctx context.Context, x *executor) error {
	_, err := x.iam.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: &a.role, PolicyArn: &a.policy})
	return gone(err, subject{"detaching policy " + nameOfARN(a.policy) + " from role " + a.role, x.account, x.roleResource("/*" + a.role)})
}

type putInline struct {
	role, roleARN, name string
	doc                 trust.Document
	made                bool
}

func (a putInline) run(ctx context.Context, x *executor) error {
	err := x.visible(ctx, a.made, func() error {
		_, err := x.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &a.role, PolicyName: &a.name, PolicyDocument: aws.String(a.doc.Text())})
		return err
	})
	return explain(err, subject{"writing inline policy " + a.name + " of role " + a.role, x.account, a.roleARN})
}

type deleteInline struct{ role, name string }

func (a deleteInline) run(ctx context.Context, x *executor) error {
	_, err := x.iam.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: &a.role, PolicyName: &a.name})
	return gone(err, subject{"deleting inline policy " + a.name + " of role " + a.role, x.account, x.roleResource("/*" + a.role)})
}
