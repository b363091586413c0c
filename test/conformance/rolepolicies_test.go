package conformance

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

func attachments(t *testing.T, e *env) {
	e.createRole(t, "server")
	p := e.createPolicy(t, "Reader")
	attach := func(arn string) error {
		_, err := e.iam.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: ptr("server"), PolicyArn: &arn})
		return err
	}
	detach := func(arn string) error {
		_, err := e.iam.DetachRolePolicy(t.Context(), &iam.DetachRolePolicyInput{RoleName: ptr("server"), PolicyArn: &arn})
		return err
	}
	e.refused(t, "", "attaching", attach(*p.Arn), "")
	e.refused(t, "", "attaching AWS's", attach(s3ReadOnly), "")
	e.refused(t, "", "attaching what is not", attach("arn:aws:iam::"+e.id+":policy/none"), "NoSuchEntity")

	list := must(e.iam.ListAttachedRolePolicies(t.Context(), &iam.ListAttachedRolePoliciesInput{RoleName: ptr("server")}))(t)
	var got []string
	for _, a := range list.AttachedPolicies {
		got = append(got, *a.PolicyName+" "+*a.PolicyArn)
	}
	slices.Sort(got)
	e.equal(t, "", "attached", got, []string{"AmazonS3ReadOnlyAccess " + s3ReadOnly, "Reader " + *p.Arn})
	e.equal(t, "", "truncated", list.IsTruncated, false)
	page := must(e.iam.ListAttachedRolePolicies(t.Context(), &iam.ListAttachedRolePoliciesInput{RoleName: ptr("server"), MaxItems: ptr(int32(1))}))(t)
	e.equal(t, "", "on a page", len(page.AttachedPolicies), 1)
	e.equal(t, "", "truncated, with a marker", page.IsTruncated && page.Marker != nil, true)

	_, err := e.iam.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: ptr("server")})
	e.refused(t, "", "deleting a role with policies", err, "DeleteConflict")
	e.refused(t, "", "detaching", detach(*p.Arn), "")
	e.refused(t, "", "detaching again", detach(*p.Arn), "NoSuchEntity")
	e.refused(t, "", "detaching AWS's", detach(s3ReadOnly), "")
	_, err = e.iam.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: ptr("server")})
	e.refused(t, "", "deleting", err, "")

	e.createRole(t, "server")
	for range 2 {
		e.refused(t, "", "attaching twice", attach(*p.Arn), "")
	}
	count := *must(e.iam.GetPolicy(t.Context(), &iam.GetPolicyInput{PolicyArn: p.Arn}))(t).Policy.AttachmentCount
	e.equal(t, "attach-twice", "attachments", count, int32(1))
}

func inlinePolicies(t *testing.T, e *env) {
	e.createRole(t, "server")
	put := func(name, document string) error {
		_, err := e.iam.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: ptr("server"), PolicyName: &name, PolicyDocument: &document})
		return err
	}
	other := strings.Replace(readBucket, "epinio", "other bucket", 1)
	e.refused(t, "", "putting", put("one", readBucket), "")
	e.refused(t, "", "putting again", put("one", other), "")
	e.refused(t, "", "putting two", put("two", readBucket), "")
	e.refused(t, "", "putting what is malformed", put("three", "{}"), "MalformedPolicyDocument")
	got := must(e.iam.GetRolePolicy(t.Context(), &iam.GetRolePolicyInput{RoleName: ptr("server"), PolicyName: ptr("one")}))(t)
	e.equal(t, "", "document", e.decoded(t, "", got.PolicyDocument), other)
	e.equal(t, "", "names", *got.RoleName+" "+*got.PolicyName, "server one")

	names := must(e.iam.ListRolePolicies(t.Context(), &iam.ListRolePoliciesInput{RoleName: ptr("server")}))(t).PolicyNames
	slices.Sort(names)
	e.equal(t, "", "names", names, []string{"one", "two"})
	page := must(e.iam.ListRolePolicies(t.Context(), &iam.ListRolePoliciesInput{RoleName: ptr("server"), MaxItems: ptr(int32(1))}))(t)
	e.equal(t, "inline-pages", "on a page", len(page.PolicyNames), 1)
	_, err := e.iam.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: ptr("server")})
	e.refused(t, "", "deleting a role with inline policies", err, "DeleteConflict")

	for _, want := range []string{"", "NoSuchEntity"} {
		_, err := e.iam.DeleteRolePolicy(t.Context(), &iam.DeleteRolePolicyInput{RoleName: ptr("server"), PolicyName: ptr("one")})
		e.refused(t, "", "deleting", err, want)
	}
	_, err = e.iam.GetRolePolicy(t.Context(), &iam.GetRolePolicyInput{RoleName: ptr("server"), PolicyName: ptr("one")})
	e.refused(t, "", "getting what was deleted", err, "NoSuchEntity")
}

func entities(t *testing.T, e *env) {
	p := e.createPolicy(t, "Reader")
	want := []string{}
	for i := range 3 {
		r := e.createRole(t, fmt.Sprintf("r%d", i))
		want = append(want, *r.RoleName)
		must(e.iam.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: r.RoleName, PolicyArn: p.Arn}))(t)
	}
	out := must(e.iam.ListEntitiesForPolicy(t.Context(), &iam.ListEntitiesForPolicyInput{PolicyArn: p.Arn}))(t)
	names := []string{}
	for _, r := range out.PolicyRoles {
		names = append(names, *r.RoleName)
		e.equal(t, "", "ID is missing", r.RoleId == nil, false)
	}
	slices.Sort(names)
	e.equal(t, "", "roles", names, want)
	e.equal(t, "", "users and groups", len(out.PolicyUsers)+len(out.PolicyGroups), 0)
	out = must(e.iam.ListEntitiesForPolicy(t.Context(), &iam.ListEntitiesForPolicyInput{PolicyArn: p.Arn, EntityFilter: types.EntityTypeUser}))(t)
	e.equal(t, "", "roles when users are asked for", len(out.PolicyRoles), 0)

	page := must(e.iam.ListEntitiesForPolicy(t.Context(), &iam.ListEntitiesForPolicyInput{PolicyArn: p.Arn, MaxItems: ptr(int32(2))}))(t)
	e.equal(t, "entity-pages", "truncated, with a marker", page.IsTruncated && page.Marker != nil, true)
	must(e.iam.PutRolePermissionsBoundary(t.Context(), &iam.PutRolePermissionsBoundaryInput{RoleName: ptr("r1"), PermissionsBoundary: p.Arn}))(t)
	out = must(e.iam.ListEntitiesForPolicy(t.Context(), &iam.ListEntitiesForPolicyInput{PolicyArn: p.Arn, PolicyUsageFilter: types.PolicyUsageTypePermissionsBoundary}))(t)
	e.equal(t, "boundary-users", "roles that are bound", len(out.PolicyRoles), 1)
	_, err := e.iam.ListEntitiesForPolicy(t.Context(), &iam.ListEntitiesForPolicyInput{PolicyArn: ptr(*p.Arn + "-none")})
	e.refused(t, "entities-of-none", "a policy that is none", err, "NoSuchEntity")
}
