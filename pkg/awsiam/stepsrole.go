package awsiam

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// The steps on roles and what is on them.

type createRole struct {
	want  wantedRole
	owner Owner
}

func (a createRole) run(ctx context.Context, x *executor) error {
	doc, err := a.merged(trust.Document{}, a.want.TrustFirst)
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
	about := subject{"creating role " + a.want.Name, x.client.account, a.want.ARN}
	// A trust that names a role which another tool has just made, and a boundary that
	// was just made, may not be visible yet.
	err = x.Session.settle(ctx, func() error {
		_, err := x.client.iam.CreateRole(ctx, in)
		return err
	}, "NoSuchEntity")
	if isCode(err, "EntityAlreadyExists") {
		return a.takeExisting(ctx, x)
	}
	return explain(err, about)
}

// merged is a trust with our statements as the role gets them.
func (a createRole) merged(doc trust.Document, statements []trust.Statement) (trust.Document, error) {
	return trust.MergeAs(doc, a.owner.trust(), trust.Mark{Consent: consentText(a.want.SharedWith)}, statements)
}

// takeExisting goes on where the role that is there is exactly what this step makes: the
// connection broke after IAM had acted, or a run before this one made the role and IAM did
// not show it to us yet. Any other role came to be meanwhile, by somebody else's hand, and
// gets nothing of ours.
//
// No tag says which run made a role: it would stay there for ever or cost a call more, and
// a run that goes on where another was killed could not know it anyway. Who makes a role
// that is the same to the letter, tags and trust, has made what was planned.
func (a createRole) takeExisting(ctx context.Context, x *executor) error {
	doing := "creating role " + a.want.Name
	var role *types.Role
	err := x.visible(ctx, true, func() (err error) {
		role, err = getRole(ctx, x, a.want.Name, a.want.ARN)
		return err
	})
	if err != nil {
		return err
	}
	seen, err := a.look(ctx, x, role)
	if err != nil {
		return err
	}
	if seen == nil {
		return meanwhile(doing, "role %s came to be, and cannot be read yet", a.want.Name)
	}
	if what := a.differs(seen); what != "" {
		return meanwhile(doing, "role %s came to be, and is not what was planned: %s", a.want.Name, what)
	}
	return nil
}

// look reads what is on the role as well. IAM tells of a role and of what is on it in one
// answer only with the whole AWS account; this is rare.
func (a createRole) look(ctx context.Context, x *executor, role *types.Role) (*seenRole, error) {
	var seen *seenRole
	for attempt := 1; seen == nil && attempt <= maxAttempts; attempt++ {
		there := newObservedAccount(x.client.account)
		if err := x.client.readDetails(ctx, there, false); err != nil {
			return nil, err
		}
		if seen = there.role(a.want.Name); seen != nil && seen.ID != aws.ToString(role.RoleId) {
			seen = nil
		}
		if seen == nil {
			if err := x.Session.opts.Sleep(ctx, Backoff(attempt)); err != nil {
				return nil, err
			}
		}
	}
	if seen != nil {
		seen.Description, seen.MaxSession, seen.Settings = aws.ToString(role.Description), aws.ToInt32(role.MaxSessionDuration), true
		seen.Tags, seen.trust = tagMap(role.Tags), aws.ToString(role.AssumeRolePolicyDocument)
	}
	return seen, nil
}

// differs says in what a role is not what this step makes, or what the plan goes on to
// make of it; empty where it is.
func (a createRole) differs(r *seenRole) string {
	switch {
	case r.ARN != a.want.ARN:
		return "its ARN is " + r.ARN
	case !maps.Equal(r.Tags, a.want.Tags):
		return "it has other tags"
	case r.Boundary != a.want.Boundary:
		return "it has another permissions boundary"
	case r.Settings && (r.Description != a.want.Description || r.MaxSession != a.want.MaxSession):
		return "it has other settings"
	case !a.madeTrust(r):
		return "it has another trust"
	case len(missing(a.want.Attached, r.Attached)) > 0:
		return "it has other policies"
	}
	for name := range r.inline {
		if doc, wanted := a.want.Inline[name]; !wanted || !trust.Equal(r.Inline(name), doc) {
			return "it has other inline policies"
		}
	}
	return ""
}

// madeTrust: the trust has our statements and no others, those that the role is made with
// or those that it ends with.
func (a createRole) madeTrust(r *seenRole) bool {
	doc, err := r.Trust()
	if err != nil || doc.Version() != trust.Version2012 || !allOf(a.owner, doc) {
		return false
	}
	return slices.ContainsFunc([][]trust.Statement{a.want.TrustFirst, a.want.Trust}, func(want []trust.Statement) bool {
		made, err := a.merged(doc, want)
		return err == nil && made.Text() == doc.Text()
	})
}

func allOf(o Owner, doc trust.Document) bool {
	return !slices.ContainsFunc(doc.Statements(), func(s trust.Statement) bool { return !o.trust().Owns(s) })
}

func getRole(ctx context.Context, x *executor, name, arn string) (*types.Role, error) {
	out, err := x.client.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
	if err != nil {
		return nil, explain(err, subject{"reading role " + name, x.client.account, arn})
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
	_, err := x.client.iam.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: &a.name, Description: &a.description, MaxSessionDuration: &a.maxSession})
	return explain(err, subject{"changing role " + a.name, x.client.account, a.arn})
}

type setBoundary struct{ name, arn, boundary string }

func (a setBoundary) run(ctx context.Context, x *executor) error {
	about := subject{"setting the permissions boundary of role " + a.name, x.client.account, a.arn}
	if a.boundary == "" {
		_, err := x.client.iam.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: &a.name})
		return gone(err, about)
	}
	_, err := x.client.iam.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: &a.name, PermissionsBoundary: &a.boundary})
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
		_, err := x.client.iam.TagRole(ctx, &iam.TagRoleInput{RoleName: &a.name, Tags: tagList(a.tags)})
		if err != nil {
			return explain(err, subject{"tagging role " + a.name, x.client.account, a.arn})
		}
	}
	if len(a.untag) > 0 {
		_, err := x.client.iam.UntagRole(ctx, &iam.UntagRoleInput{RoleName: &a.name, TagKeys: a.untag})
		return gone(err, subject{"taking tags off role " + a.name, x.client.account, a.arn})
	}
	return nil
}

type deleteRole struct{ name, arn string }

// run deletes the role that the plan saw, and no other that got its name since.
func (a deleteRole) run(ctx context.Context, x *executor) error {
	role, err := getRole(ctx, x, a.name, a.arn)
	if err == nil {
		err = x.sameRole("deleting role "+a.name, role)
	}
	if isMissing(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return a.delete(ctx, x)
}

// delete deletes it, whatever it is.
func (a deleteRole) delete(ctx context.Context, x *executor) error {
	err := x.Session.settle(ctx, func() error {
		_, err := x.client.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: &a.name})
		return err
	}, "DeleteConflict")
	return gone(err, subject{"deleting role " + a.name, x.client.account, a.arn})
}

// sameRole refuses a role that is another than the plan saw under its name.
func (x *executor) sameRole(doing string, role *types.Role) error {
	name := aws.ToString(role.RoleName)
	was := x.basis.seen.Accounts[x.client.account].role(name)
	if was == nil || was.ID == aws.ToString(role.RoleId) {
		return nil
	}
	return meanwhile(doing, "role %s was deleted and made again", name)
}

// attach puts a managed policy on a role; made says that one of them was made a moment
// ago, and may not be visible for a while.
type attach struct {
	role, roleARN, policy string
	made                  bool
}

func (a attach) run(ctx context.Context, x *executor) error {
	err := x.visible(ctx, a.made, func() error {
		_, err := x.client.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: &a.role, PolicyArn: &a.policy})
		return err
	})
	return explain(err, subject{"attaching policy " + nameOfARN(a.policy) + " to role " + a.role, x.client.account, a.roleARN})
}

// visible runs f, and again while what was made a moment ago is not there yet.
func (x *executor) visible(ctx context.Context, made bool, f func() error) error {
	if !made {
		return f()
	}
	return x.Session.settle(ctx, f, "NoSuchEntity")
}

type detach struct{ role, policy string }

func (a detach) run(ctx context.Context, x *executor) error {
	_, err := x.client.iam.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: &a.role, PolicyArn: &a.policy})
	return gone(err, subject{"detaching policy " + nameOfARN(a.policy) + " from role " + a.role, x.client.account, x.client.roleResource("/*" + a.role)})
}

type putInline struct {
	role, roleARN, name string
	doc                 trust.Document
	made                bool
}

func (a putInline) run(ctx context.Context, x *executor) error {
	err := x.visible(ctx, a.made, func() error {
		_, err := x.client.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &a.role, PolicyName: &a.name, PolicyDocument: aws.String(a.doc.Text())})
		return err
	})
	return explain(err, subject{"writing inline policy " + a.name + " of role " + a.role, x.client.account, a.roleARN})
}

type deleteInline struct{ role, name string }

func (a deleteInline) run(ctx context.Context, x *executor) error {
	_, err := x.client.iam.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: &a.role, PolicyName: &a.name})
	return gone(err, subject{"deleting inline policy " + a.name + " of role " + a.role, x.client.account, x.client.roleResource("/*" + a.role)})
}
