package conformance

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

func (e *env) createRole(t *testing.T, name string) *types.Role {
	t.Helper()
	return must(e.iam.CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: &name, AssumeRolePolicyDocument: ptr(trustEC2), Path: ptr("/helm-irsa/"), Description: ptr("a & b"),
		Tags: []types.Tag{tag("a", "1")},
	}))(t).Role
}

func (e *env) getRole(t *testing.T, name string) *types.Role {
	t.Helper()
	return must(e.iam.GetRole(t.Context(), &iam.GetRoleInput{RoleName: &name}))(t).Role
}

func roles(t *testing.T, e *env) {
	made := e.createRole(t, "server")
	for what, r := range map[string]*types.Role{"created": made, "got": e.getRole(t, "server")} {
		e.equal(t, "", what+" ARN", *r.Arn, "arn:aws:iam::"+e.id+":role/helm-irsa/server")
		e.equal(t, "", what+" path", *r.Path, "/helm-irsa/")
		e.equal(t, "", what+" description", aws.ToString(r.Description), "a & b")
		e.equal(t, "", what+" session", aws.ToInt32(r.MaxSessionDuration), int32(3600))
		e.equal(t, "", what+" document", e.decoded(t, "", r.AssumeRolePolicyDocument), trustEC2)
		e.equal(t, "", what+" tags", pairs(r.Tags), map[string]string{"a": "1"})
		e.equal(t, "", what+" ID", strings.HasPrefix(*r.RoleId, "AROA") && len(*r.RoleId) == 21, true)
		e.equal(t, "", what+" boundary", r.PermissionsBoundary == nil, true)
	}
	bare := must(e.iam.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: ptr("bare"), AssumeRolePolicyDocument: ptr(trustEC2)}))(t).Role
	e.equal(t, "", "default path", *bare.Path, "/")
	e.equal(t, "", "default description", aws.ToString(bare.Description), "")
	e.equal(t, "", "no tags", len(bare.Tags), 0)

	must(e.iam.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: ptr("bare")}))(t)
	_, err := e.iam.GetRole(t.Context(), &iam.GetRoleInput{RoleName: ptr("bare")})
	e.refused(t, "", "getting what was deleted", err, "NoSuchEntity")
}

func roleFaults(t *testing.T, e *env) {
	e.createRole(t, "server")
	for _, c := range []struct {
		what, difference string
		in               iam.CreateRoleInput
		code             string
	}{
		{"the same again", "", iam.CreateRoleInput{RoleName: ptr("server")}, "EntityAlreadyExists"},
		{"in capitals", "name-case", iam.CreateRoleInput{RoleName: ptr("SERVER")}, "EntityAlreadyExists"},
		{"long name", "role-name", iam.CreateRoleInput{RoleName: ptr(strings.Repeat("a", 65))}, "ValidationError"},
		{"name with a slash", "role-name", iam.CreateRoleInput{RoleName: ptr("a/b")}, "ValidationError"},
		{"path without slashes", "role-path", iam.CreateRoleInput{RoleName: ptr("path"), Path: ptr("helm-irsa")}, "ValidationError"},
		{"short session", "session-duration", iam.CreateRoleInput{RoleName: ptr("short"), MaxSessionDuration: ptr(int32(900))}, "ValidationError"},
		{"two tags in one", "", iam.CreateRoleInput{RoleName: ptr("tags"), Tags: []types.Tag{tag("A", "1"), tag("a", "2")}}, "InvalidInput"},
		{"long tag key", "", iam.CreateRoleInput{RoleName: ptr("tags"), Tags: []types.Tag{tag(strings.Repeat("a", 129), "")}}, "ValidationError"},
		{"long tag value", "", iam.CreateRoleInput{RoleName: ptr("tags"), Tags: []types.Tag{tag("a", strings.Repeat("a", 257))}}, "ValidationError"},
		{"odd tag key", "", iam.CreateRoleInput{RoleName: ptr("tags"), Tags: []types.Tag{tag("a#b", "")}}, "ValidationError"},
		{"boundary that is none", "boundary-exists", iam.CreateRoleInput{RoleName: ptr("bound"), PermissionsBoundary: ptr("arn:aws:iam::" + e.id + ":policy/none")}, "NoSuchEntity"},
	} {
		c.in.AssumeRolePolicyDocument = ptr(trustEC2)
		_, err := e.iam.CreateRole(t.Context(), &c.in)
		e.refused(t, c.difference, c.what, err, c.code)
	}
}

func roleChanges(t *testing.T, e *env) {
	e.createRole(t, "server")
	must(e.iam.UpdateRole(t.Context(), &iam.UpdateRoleInput{RoleName: ptr("server"), Description: ptr("new"), MaxSessionDuration: ptr(int32(7200))}))(t)
	r := e.getRole(t, "server")
	e.equal(t, "", "description", *r.Description, "new")
	e.equal(t, "", "session", *r.MaxSessionDuration, int32(7200))
	r = must(e.iam.UpdateRoleDescription(t.Context(), &iam.UpdateRoleDescriptionInput{RoleName: ptr("server"), Description: ptr("newer")}))(t).Role
	e.equal(t, "", "description", *r.Description, "newer")

	trust := strings.ReplaceAll(trustEC2, "ec2", "pods.eks")
	must(e.iam.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: ptr("server"), PolicyDocument: &trust}))(t)
	e.equal(t, "", "document", e.decoded(t, "", e.getRole(t, "server").AssumeRolePolicyDocument), trust)
}

func roleDocuments(t *testing.T, e *env) {
	e.createRole(t, "server")
	oidc := `{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Allow","Principal":{"Federated":"arn:aws:iam::` + e.id +
		`:oidc-provider/oidc.example/id/1"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"oidc.example/id/1:sub":"system:serviceaccount:ns:sa"}}}]}`
	for i, c := range []struct{ what, difference, document, code string }{
		{"not JSON", "", `nothing`, "MalformedPolicyDocument"},
		{"no statement", "", `{"Version":"2012-10-17"}`, "MalformedPolicyDocument"},
		{"resource", "", strings.Replace(trustEC2, `"Action"`, `"Resource": "*", "Action"`, 1), "MalformedPolicyDocument"},
		{"action of another service", "", strings.Replace(trustEC2, "sts:AssumeRole", "s3:GetObject", 1), "MalformedPolicyDocument"},
		{"no principal", "trust-missing", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole"}]}`, "MalformedPolicyDocument"},
		{"role that is none", "trust-principal", strings.Replace(trustEC2, `"Service": "ec2.amazonaws.com"`, `"AWS": "arn:aws:iam::`+e.id+`:role/none"`, 1), "MalformedPolicyDocument"},
		{"itself", "", strings.Replace(trustEC2, `"Service": "ec2.amazonaws.com"`, `"AWS": "arn:aws:iam::`+e.id+`:role/helm-irsa/server"`, 1), ""},
		{"an account", "", strings.Replace(trustEC2, `"Service": "ec2.amazonaws.com"`, `"AWS": ["111122223333", "arn:aws:iam::111122223333:root"]`, 1), ""},
		{"a provider that need not exist", "", oidc, ""},
	} {
		_, err := e.iam.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: ptr("server"), PolicyDocument: &c.document})
		e.refused(t, c.difference, "updating to "+c.what, err, c.code)
		difference := c.difference
		if c.code != "" {
			difference = "create-role-trust"
		}
		_, err = e.iam.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: ptr(fmt.Sprintf("r%d", i)), AssumeRolePolicyDocument: &c.document})
		e.refused(t, difference, "creating with "+c.what, err, c.code)
	}
}

// deletedPrincipals: a trust in a role that was deleted is a trust in nobody, and
// cannot be written again.
func deletedPrincipals(t *testing.T, e *env) {
	gone := e.createRole(t, "gone")
	trust := func(principal string) *string {
		return ptr(strings.Replace(trustEC2, `"Service": "ec2.amazonaws.com"`, `"AWS": ["`+principal+`"]`, 1))
	}
	must(e.iam.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: ptr("trusting"), AssumeRolePolicyDocument: trust(*gone.Arn)}))(t)
	must(e.iam.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: ptr("gone")}))(t)
	e.createRole(t, "gone")
	got := e.decoded(t, "", e.getRole(t, "trusting").AssumeRolePolicyDocument)
	e.equal(t, "deleted-principal", "document", got, *trust(*gone.RoleId))
	_, err := e.iam.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: ptr("trusting"), PolicyDocument: trust(*gone.RoleId)})
	e.refused(t, "deleted-principal", "writing it again", err, "MalformedPolicyDocument")
}

func roleLists(t *testing.T, e *env) {
	var want []string
	for i := range 5 {
		want = append(want, *e.createRole(t, fmt.Sprintf("r%d", i)).RoleName)
	}
	must(e.iam.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: ptr("elsewhere"), AssumeRolePolicyDocument: ptr(trustEC2)}))(t)
	var names []string
	pages := 0
	for p := iam.NewListRolesPaginator(e.iam, &iam.ListRolesInput{PathPrefix: ptr("/helm-irsa/"), MaxItems: ptr(int32(2))}); p.HasMorePages(); pages++ {
		page := must(p.NextPage(t.Context()))(t)
		e.equal(t, "", "marker is there when truncated", page.Marker != nil, page.IsTruncated)
		for _, r := range page.Roles {
			names = append(names, *r.RoleName)
			e.equal(t, "", "document in a list", e.decoded(t, "plain-documents", r.AssumeRolePolicyDocument), trustEC2)
			e.equal(t, "", "tags in a list", len(r.Tags), 0)
		}
	}
	slices.Sort(names) // AWS names no order
	e.equal(t, "", "names", names, want)
	e.equal(t, "", "pages", pages, 3)
}

func tags(t *testing.T, e *env) {
	e.createRole(t, "server")
	p := e.createPolicy(t, "Reader")
	must(e.iam.TagRole(t.Context(), &iam.TagRoleInput{RoleName: ptr("server"), Tags: []types.Tag{tag("b", "2"), tag("a", "3"), tag("c", "")}}))(t)
	must(e.iam.UntagRole(t.Context(), &iam.UntagRoleInput{RoleName: ptr("server"), TagKeys: []string{"b", "nothing"}}))(t)
	must(e.iam.TagPolicy(t.Context(), &iam.TagPolicyInput{PolicyArn: p.Arn, Tags: []types.Tag{tag("c", "3")}}))(t)
	must(e.iam.UntagPolicy(t.Context(), &iam.UntagPolicyInput{PolicyArn: p.Arn, TagKeys: []string{"a"}}))(t)
	ofRole := must(e.iam.ListRoleTags(t.Context(), &iam.ListRoleTagsInput{RoleName: ptr("server")}))(t)
	e.equal(t, "", "role's tags", pairs(ofRole.Tags), map[string]string{"a": "3", "c": ""})
	ofPolicy := must(e.iam.ListPolicyTags(t.Context(), &iam.ListPolicyTagsInput{PolicyArn: p.Arn}))(t)
	e.equal(t, "", "policy's tags", pairs(ofPolicy.Tags), map[string]string{"b": "2", "c": "3"})
	tags := must(e.iam.ListPolicyTags(t.Context(), &iam.ListPolicyTagsInput{PolicyArn: p.Arn, MaxItems: ptr(int32(1))}))(t)
	e.equal(t, "", "policy's tags on a page", pairs(tags.Tags), map[string]string{"b": "2"})
	tags = must(e.iam.ListPolicyTags(t.Context(), &iam.ListPolicyTagsInput{PolicyArn: p.Arn, Marker: tags.Marker}))(t)
	e.equal(t, "", "policy's tags on the last page", pairs(tags.Tags), map[string]string{"c": "3"})
	_, err := e.iam.TagPolicy(t.Context(), &iam.TagPolicyInput{PolicyArn: p.Arn, Tags: []types.Tag{tag("a", "1"), tag("A", "2")}})
	e.refused(t, "", "two tags in one", err, "InvalidInput")
	_, err = e.iam.UntagPolicy(t.Context(), &iam.UntagPolicyInput{PolicyArn: p.Arn, TagKeys: []string{strings.Repeat("a", 129)}})
	e.refused(t, "", "a long key", err, "ValidationError")
	page := must(e.iam.ListRoleTags(t.Context(), &iam.ListRoleTagsInput{RoleName: ptr("server"), MaxItems: ptr(int32(1))}))(t)
	e.equal(t, "", "tags on a page", pairs(page.Tags), map[string]string{"a": "3"})
	e.equal(t, "", "truncated, with a marker", page.IsTruncated && page.Marker != nil, true)
	page = must(e.iam.ListRoleTags(t.Context(), &iam.ListRoleTagsInput{RoleName: ptr("server"), Marker: page.Marker}))(t)
	e.equal(t, "", "tags on the last page", pairs(page.Tags), map[string]string{"c": ""})
	e.equal(t, "", "truncated, or a marker", page.IsTruncated || page.Marker != nil, false)
}

func boundary(t *testing.T, e *env) {
	p := e.createPolicy(t, "Boundary")
	r := must(e.iam.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: ptr("server"), AssumeRolePolicyDocument: ptr(trustEC2), PermissionsBoundary: p.Arn}))(t).Role
	e.equal(t, "", "boundary", aws.ToString(r.PermissionsBoundary.PermissionsBoundaryArn), *p.Arn)
	must(e.iam.DeleteRolePermissionsBoundary(t.Context(), &iam.DeleteRolePermissionsBoundaryInput{RoleName: ptr("server")}))(t)
	e.equal(t, "", "no boundary", e.getRole(t, "server").PermissionsBoundary == nil, true)
	must(e.iam.PutRolePermissionsBoundary(t.Context(), &iam.PutRolePermissionsBoundaryInput{RoleName: ptr("server"), PermissionsBoundary: p.Arn}))(t)
	b := e.getRole(t, "server").PermissionsBoundary
	e.equal(t, "", "boundary", aws.ToString(b.PermissionsBoundaryArn), *p.Arn)
	e.equal(t, "", "kind of boundary", b.PermissionsBoundaryType, types.PermissionsBoundaryAttachmentTypePolicy)
	_, err := e.iam.PutRolePermissionsBoundary(t.Context(), &iam.PutRolePermissionsBoundaryInput{RoleName: ptr("server"), PermissionsBoundary: ptr("arn:aws:iam::" + e.id + ":policy/none")})
	e.refused(t, "boundary-exists", "a boundary that is none", err, "NoSuchEntity")
}
