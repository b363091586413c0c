package conformance

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

func details(t *testing.T, e *env) {
	p := e.createPolicy(t, "Reader")
	must(e.iam.CreatePolicyVersion(t.Context(), &iam.CreatePolicyVersionInput{PolicyArn: p.Arn, PolicyDocument: ptr(readBucket), SetAsDefault: true}))(t)
	for _, name := range []string{"one", "two"} {
		e.createRole(t, name)
		must(e.iam.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: &name, PolicyArn: p.Arn}))(t)
	}
	must(e.iam.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: ptr("one"), PolicyName: ptr("in"), PolicyDocument: ptr(readBucket)}))(t)

	in := &iam.GetAccountAuthorizationDetailsInput{Filter: []types.EntityType{types.EntityTypeRole, types.EntityTypeLocalManagedPolicy}}
	out := must(e.iam.GetAccountAuthorizationDetails(t.Context(), in))(t)
	e.equal(t, "", "roles", len(out.RoleDetailList), 2)
	e.equal(t, "", "policies", len(out.Policies), 1)
	e.equal(t, "", "truncated", out.IsTruncated, false)
	for _, r := range out.RoleDetailList {
		e.equal(t, "", "path", *r.Path, "/helm-irsa/")
		e.equal(t, "", "tags", pairs(r.Tags), map[string]string{"a": "1"})
		e.equal(t, "", "document", e.decoded(t, "plain-documents", r.AssumeRolePolicyDocument), trustEC2)
		e.equal(t, "", "attached", len(r.AttachedManagedPolicies), 1)
		e.equal(t, "", "attached ARN", *r.AttachedManagedPolicies[0].PolicyArn, *p.Arn)
		if *r.RoleName == "one" {
			e.equal(t, "", "inline", len(r.RolePolicyList), 1)
			e.equal(t, "", "inline document", e.decoded(t, "", r.RolePolicyList[0].PolicyDocument), readBucket)
		}
	}
	policy := out.Policies[0]
	e.equal(t, "", "default version", *policy.DefaultVersionId, "v2")
	e.equal(t, "", "attachments", *policy.AttachmentCount, int32(2))
	e.equal(t, "", "versions", len(policy.PolicyVersionList), 2)
	for _, v := range policy.PolicyVersionList {
		e.equal(t, "", "version's document", e.decoded(t, "", v.Document), readBucket)
	}

	onlyRoles := must(e.iam.GetAccountAuthorizationDetails(t.Context(), &iam.GetAccountAuthorizationDetailsInput{Filter: in.Filter[:1]}))(t)
	e.equal(t, "", "policies when roles are asked for", len(onlyRoles.Policies), 0)
	in.MaxItems = ptr(int32(2))
	page := must(e.iam.GetAccountAuthorizationDetails(t.Context(), in))(t)
	e.equal(t, "detail-pages", "entities on a page", len(page.RoleDetailList)+len(page.Policies), 2)
}

func summary(t *testing.T, e *env) {
	e.createRole(t, "one")
	e.createRole(t, "two")
	e.createPolicy(t, "Reader")
	e.createProvider(t)
	got := must(e.iam.GetAccountSummary(t.Context(), nil))(t).SummaryMap
	for key, want := range map[string]int32{
		"Roles": 2, "Policies": 1, "Providers": 1, "Users": 0,
		"RolesQuota": 1000, "AssumeRolePolicySizeQuota": 2048, "RolePolicySizeQuota": 10240,
		"AttachedPoliciesPerRoleQuota": 10, "VersionsPerPolicyQuota": 5,
	} {
		value, ok := got[key]
		e.equal(t, "", key, value, want)
		e.equal(t, "", key+" is there", ok, true)
	}
}

func quotas(t *testing.T, e *env) {
	e.createRole(t, "server")
	long := strings.Repeat("x", 2048)
	_, err := e.iam.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: ptr("server"),
		PolicyDocument: ptr(strings.Replace(trustEC2, `"Effect"`, `"Condition": {"StringEquals": {"aws:userid": "`+long+`"}}, "Effect"`, 1))})
	e.refused(t, "quotas", "a long trust policy", err, "LimitExceeded")
	_, err = e.iam.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: ptr("server"),
		PolicyDocument: ptr(trustEC2 + strings.Repeat(" ", 4000))})
	e.refused(t, "", "a trust policy of white space", err, "")

	wide := strings.Replace(readBucket, "epinio", strings.Repeat(long, 3), 1)
	_, err = e.iam.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: ptr("wide"), PolicyDocument: &wide})
	e.refused(t, "quotas", "a long policy", err, "LimitExceeded")
	must(e.iam.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: ptr("server"), PolicyName: ptr("one"), PolicyDocument: &wide}))(t)
	_, err = e.iam.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: ptr("server"), PolicyName: ptr("two"), PolicyDocument: &wide})
	e.refused(t, "quotas", "long inline policies together", err, "LimitExceeded")

	for i := range 11 {
		p := e.createPolicy(t, fmt.Sprintf("p%d", i))
		_, err := e.iam.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: ptr("server"), PolicyArn: p.Arn})
		difference, want := "", ""
		if i == 10 {
			difference, want = "quotas", "LimitExceeded"
		}
		e.refused(t, difference, "policy "+aws.ToString(p.PolicyName), err, want)
	}
}

// missing: what every call says to a role and a policy that are not there.
func missing(t *testing.T, e *env) {
	ctx, none, doc := t.Context(), ptr("none"), ptr(readBucket)
	arn := ptr("arn:aws:iam::" + e.id + ":policy/none")
	for what, call := range map[string]func() error{
		"GetRole":    func() error { _, err := e.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: none}); return err },
		"DeleteRole": func() error { _, err := e.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: none}); return err },
		"UpdateRole": func() error { _, err := e.iam.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: none}); return err },
		"UpdateRoleDescription": func() error {
			_, err := e.iam.UpdateRoleDescription(ctx, &iam.UpdateRoleDescriptionInput{RoleName: none, Description: none})
			return err
		},
		"UpdateAssumeRolePolicy": func() error {
			_, err := e.iam.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: none, PolicyDocument: ptr(trustEC2)})
			return err
		},
		"TagRole": func() error {
			_, err := e.iam.TagRole(ctx, &iam.TagRoleInput{RoleName: none, Tags: []types.Tag{tag("a", "b")}})
			return err
		},
		"UntagRole": func() error {
			_, err := e.iam.UntagRole(ctx, &iam.UntagRoleInput{RoleName: none, TagKeys: []string{"a"}})
			return err
		},
		"ListRoleTags": func() error { _, err := e.iam.ListRoleTags(ctx, &iam.ListRoleTagsInput{RoleName: none}); return err },
		"ListRolePolicies": func() error {
			_, err := e.iam.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: none})
			return err
		},
		"GetRolePolicy": func() error {
			_, err := e.iam.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: none, PolicyName: none})
			return err
		},
		"PutRolePolicy": func() error {
			_, err := e.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: none, PolicyName: none, PolicyDocument: doc})
			return err
		},
		"DeleteRolePolicy": func() error {
			_, err := e.iam.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: none, PolicyName: none})
			return err
		},
		"AttachRolePolicy": func() error {
			_, err := e.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: none, PolicyArn: ptr(s3ReadOnly)})
			return err
		},
		"DetachRolePolicy": func() error {
			_, err := e.iam.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: none, PolicyArn: ptr(s3ReadOnly)})
			return err
		},
		"ListAttachedRolePolicies": func() error {
			_, err := e.iam.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: none})
			return err
		},
		"PutRolePermissionsBoundary": func() error {
			_, err := e.iam.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: none, PermissionsBoundary: ptr(s3ReadOnly)})
			return err
		},
		"DeleteRolePermissionsBoundary": func() error {
			_, err := e.iam.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: none})
			return err
		},
		"GetPolicy":    func() error { _, err := e.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: arn}); return err },
		"DeletePolicy": func() error { _, err := e.iam.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: arn}); return err },
		"GetPolicyVersion": func() error {
			_, err := e.iam.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: arn, VersionId: ptr("v1")})
			return err
		},
		"CreatePolicyVersion": func() error {
			_, err := e.iam.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: doc})
			return err
		},
		"SetDefaultPolicyVersion": func() error {
			_, err := e.iam.SetDefaultPolicyVersion(ctx, &iam.SetDefaultPolicyVersionInput{PolicyArn: arn, VersionId: ptr("v1")})
			return err
		},
		"DeletePolicyVersion": func() error {
			_, err := e.iam.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: arn, VersionId: ptr("v1")})
			return err
		},
		"ListPolicyVersions": func() error {
			_, err := e.iam.ListPolicyVersions(ctx, &iam.ListPolicyVersionsInput{PolicyArn: arn})
			return err
		},
		"TagPolicy": func() error {
			_, err := e.iam.TagPolicy(ctx, &iam.TagPolicyInput{PolicyArn: arn, Tags: []types.Tag{tag("a", "b")}})
			return err
		},
		"UntagPolicy": func() error {
			_, err := e.iam.UntagPolicy(ctx, &iam.UntagPolicyInput{PolicyArn: arn, TagKeys: []string{"a"}})
			return err
		},
		"ListPolicyTags": func() error {
			_, err := e.iam.ListPolicyTags(ctx, &iam.ListPolicyTagsInput{PolicyArn: arn})
			return err
		},
	} {
		e.refused(t, "", what, call(), "NoSuchEntity")
	}
}
