package conformance

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

func (e *env) createPolicy(t *testing.T, name string) *types.Policy {
	t.Helper()
	return must(e.iam.CreatePolicy(t.Context(), &iam.CreatePolicyInput{
		PolicyName: &name, PolicyDocument: ptr(readBucket), Path: ptr("/helm-irsa/"), Description: ptr("reads <the> bucket"),
		Tags: []types.Tag{tag("b", "2"), tag("a", "1")},
	}))(t).Policy
}

func policies(t *testing.T, e *env) {
	made := e.createPolicy(t, "Reader")
	got := must(e.iam.GetPolicy(t.Context(), &iam.GetPolicyInput{PolicyArn: made.Arn}))(t).Policy
	for what, p := range map[string]*types.Policy{"created": made, "got": got} {
		e.equal(t, "", what+" ARN", *p.Arn, "arn:aws:iam::"+e.id+":policy/helm-irsa/Reader")
		e.equal(t, "", what+" name", *p.PolicyName, "Reader")
		e.equal(t, "", what+" path", *p.Path, "/helm-irsa/")
		e.equal(t, "", what+" default version", *p.DefaultVersionId, "v1")
		e.equal(t, "", what+" attachments", *p.AttachmentCount, int32(0))
		want := ""
		if what == "got" {
			want = "reads <the> bucket"
		}
		e.equal(t, "", what+" description", aws.ToString(p.Description), want)
		e.equal(t, "", what+" tags", pairs(p.Tags), map[string]string{"a": "1", "b": "2"})
		e.equal(t, "", what+" attachable", p.IsAttachable, true)
		e.equal(t, "", what+" ID", len(*p.PolicyId) > 4 && strings.HasPrefix(*p.PolicyId, "A"), true)
		e.equal(t, "", what+" dates missing", p.CreateDate == nil || p.UpdateDate == nil, false)
	}
	v := must(e.iam.GetPolicyVersion(t.Context(), &iam.GetPolicyVersionInput{PolicyArn: made.Arn, VersionId: ptr("v1")}))(t).PolicyVersion
	e.equal(t, "", "document", e.decoded(t, "plain-documents", v.Document), readBucket)
	e.equal(t, "", "is default", v.IsDefaultVersion, true)

	_, err := e.iam.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: ptr("Reader"), Path: ptr("/helm-irsa/"), PolicyDocument: ptr(readBucket)})
	e.refused(t, "", "the same again", err, "EntityAlreadyExists")
	_, err = e.iam.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: ptr("reader"), PolicyDocument: ptr(readBucket)})
	e.refused(t, "name-case", "the same in small letters", err, "EntityAlreadyExists")

	managed := must(e.iam.GetPolicy(t.Context(), &iam.GetPolicyInput{PolicyArn: ptr(s3ReadOnly)}))(t).Policy
	e.equal(t, "", "AWS's name", *managed.PolicyName, "AmazonS3ReadOnlyAccess")
}

func policyDocuments(t *testing.T, e *env) {
	for i, c := range []struct{ what, document, code string }{
		{"not JSON", `{"Version"`, "MalformedPolicyDocument"},
		{"a list", `[]`, "MalformedPolicyDocument"},
		{"no version", `{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`, "MalformedPolicyDocument"},
		{"old version", `{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`, "MalformedPolicyDocument"},
		{"no statement", `{"Version":"2012-10-17"}`, "MalformedPolicyDocument"},
		{"empty statements", `{"Version":"2012-10-17","Statement":[]}`, "MalformedPolicyDocument"},
		{"unknown element", `{"Version":"2012-10-17","Statment":[],"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`, "MalformedPolicyDocument"},
		{"wrong effect", `{"Version":"2012-10-17","Statement":[{"Effect":"allow","Action":"s3:*","Resource":"*"}]}`, "MalformedPolicyDocument"},
		{"no action", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*"}]}`, "MalformedPolicyDocument"},
		{"no actions", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[],"Resource":"*"}]}`, "MalformedPolicyDocument"},
		{"action without vendor", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"GetObject","Resource":"*"}]}`, "MalformedPolicyDocument"},
		{"no resource", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*"}]}`, "MalformedPolicyDocument"},
		{"resource no ARN", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"bucket"}]}`, "MalformedPolicyDocument"},
		{"both actions", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","NotAction":"s3:*","Resource":"*"}]}`, "MalformedPolicyDocument"},
		{"condition of no operator", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringSame":{"aws:userid":"x"}}}]}`, "MalformedPolicyDocument"},
		{"condition of keys alone", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"aws:userid":"x"}}]}`, "MalformedPolicyDocument"},
		{"set operator", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"ForAnyValue:StringLikeIfExists":{"aws:userid":["x"]},"DateGreaterThan":{"aws:CurrentTime":"2020-01-01T00:00:00Z"}}}]}`, ""},
		{"same Sid twice", `{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Allow","Action":"s3:*","Resource":"*"},{"Sid":"A","Effect":"Allow","Action":"s3:*","Resource":"*"}]}`, "MalformedPolicyDocument"},
		{"one statement", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":["*"]}}`, ""},
		{"condition", `{"Version":"2012-10-17","Id":"x","Statement":[{"Effect":"Deny","NotAction":["iam:*"],"NotResource":["arn:aws:s3:::a","arn:aws:s3:::a/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`, ""},
	} {
		_, err := e.iam.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: ptr(fmt.Sprintf("p%d", i)), PolicyDocument: &c.document})
		e.refused(t, "", c.what, err, c.code)
	}
	_, err := e.iam.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: ptr("far"), PolicyDocument: ptr(strings.Replace(readBucket, "epinio", "λ", 1))})
	e.refused(t, "policy-details", "letters beyond U+00FF", err, "ValidationError")
	for what, document := range map[string]string{
		"Sid with a dash": strings.Replace(readBucket, `"Effect"`, `"Sid": "a-b", "Effect"`, 1),
		"principal":       strings.Replace(readBucket, `"Effect"`, `"Principal": "*", "Effect"`, 1),
	} {
		_, err := e.iam.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: ptr("checked"), PolicyDocument: &document})
		e.refused(t, "policy-details", what, err, "MalformedPolicyDocument")
		_, _ = e.iam.DeletePolicy(t.Context(), &iam.DeletePolicyInput{PolicyArn: ptr("arn:aws:iam::" + e.id + ":policy/checked")}) // made by moto
	}
}

func policyVersions(t *testing.T, e *env) {
	p := e.createPolicy(t, "Reader")
	create := func(setAsDefault bool) (*iam.CreatePolicyVersionOutput, error) {
		return e.iam.CreatePolicyVersion(t.Context(), &iam.CreatePolicyVersionInput{PolicyArn: p.Arn, PolicyDocument: ptr(readBucket), SetAsDefault: setAsDefault})
	}
	second := must(create(true))(t).PolicyVersion
	e.equal(t, "", "version", *second.VersionId, "v2")
	e.equal(t, "", "is default", second.IsDefaultVersion, true)
	for range 3 {
		must(create(false))(t)
	}
	_, err := create(true)
	e.refused(t, "", "the sixth version", err, "LimitExceeded")
	got := must(e.iam.GetPolicy(t.Context(), &iam.GetPolicyInput{PolicyArn: p.Arn}))(t).Policy
	e.equal(t, "", "default version", *got.DefaultVersionId, "v2")

	versions := must(e.iam.ListPolicyVersions(t.Context(), &iam.ListPolicyVersionsInput{PolicyArn: p.Arn}))(t).Versions
	found := map[string]bool{}
	for _, v := range versions {
		found[*v.VersionId] = v.IsDefaultVersion
	}
	e.equal(t, "", "versions", found, map[string]bool{"v1": false, "v2": true, "v3": false, "v4": false, "v5": false})

	setDefault := func(id string) error {
		_, err := e.iam.SetDefaultPolicyVersion(t.Context(), &iam.SetDefaultPolicyVersionInput{PolicyArn: p.Arn, VersionId: &id})
		return err
	}
	e.refused(t, "", "going back to a version", setDefault("v3"), "")
	got = must(e.iam.GetPolicy(t.Context(), &iam.GetPolicyInput{PolicyArn: p.Arn}))(t).Policy
	e.equal(t, "", "default version", *got.DefaultVersionId, "v3")
	e.refused(t, "", "going to a version that is none", setDefault("v9"), "NoSuchEntity")
	e.refused(t, "", "going to what is no version", setDefault("latest"), "ValidationError")
	e.refused(t, "", "going forward again", setDefault("v2"), "")

	remove := func(id string) error {
		_, err := e.iam.DeletePolicyVersion(t.Context(), &iam.DeletePolicyVersionInput{PolicyArn: p.Arn, VersionId: &id})
		return err
	}
	e.refused(t, "", "deleting the default version", remove("v2"), "DeleteConflict")
	e.refused(t, "", "deleting an old version", remove("v1"), "")
	e.refused(t, "", "deleting it again", remove("v1"), "NoSuchEntity")
	sixth := must(create(false))(t).PolicyVersion
	e.equal(t, "", "numbers are not used again", *sixth.VersionId, "v6")
	_, err = e.iam.GetPolicyVersion(t.Context(), &iam.GetPolicyVersionInput{PolicyArn: p.Arn, VersionId: ptr("v1")})
	e.refused(t, "", "getting a deleted version", err, "NoSuchEntity")
	_, err = e.iam.CreatePolicyVersion(t.Context(), &iam.CreatePolicyVersionInput{PolicyArn: p.Arn, PolicyDocument: ptr(`{}`)})
	e.refused(t, "", "a malformed version", err, "MalformedPolicyDocument")

	page := must(e.iam.ListPolicyVersions(t.Context(), &iam.ListPolicyVersionsInput{PolicyArn: p.Arn, MaxItems: ptr(int32(2))}))(t)
	e.equal(t, "inline-pages", "versions on a page", len(page.Versions), 2)
}

func policyDeletion(t *testing.T, e *env) {
	remove := func(p *types.Policy) error {
		_, err := e.iam.DeletePolicy(t.Context(), &iam.DeletePolicyInput{PolicyArn: p.Arn})
		return err
	}
	plain := e.createPolicy(t, "plain")
	e.refused(t, "", "deleting", remove(plain), "")
	e.refused(t, "", "deleting again", remove(plain), "NoSuchEntity")

	used := e.createPolicy(t, "used")
	e.createRole(t, "role")
	must(e.iam.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: ptr("role"), PolicyArn: used.Arn}))(t)
	e.refused(t, "delete-policy", "deleting an attached policy", remove(used), "DeleteConflict")

	many := e.createPolicy(t, "many")
	must(e.iam.CreatePolicyVersion(t.Context(), &iam.CreatePolicyVersionInput{PolicyArn: many.Arn, PolicyDocument: ptr(readBucket)}))(t)
	e.refused(t, "delete-policy", "deleting a policy with versions", remove(many), "DeleteConflict")
}

func policyLists(t *testing.T, e *env) {
	for i := range 5 {
		e.createPolicy(t, fmt.Sprintf("p%d", i))
	}
	must(e.iam.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: ptr("elsewhere"), PolicyDocument: ptr(readBucket)}))(t)
	e.createRole(t, "role")
	must(e.iam.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: ptr("role"), PolicyArn: ptr("arn:aws:iam::" + e.id + ":policy/helm-irsa/p3")}))(t)

	in := &iam.ListPoliciesInput{Scope: types.PolicyScopeTypeLocal, PathPrefix: ptr("/helm-irsa/"), MaxItems: ptr(int32(2))}
	var names []string
	pages := 0
	for p := iam.NewListPoliciesPaginator(e.iam, in); p.HasMorePages(); pages++ {
		page := must(p.NextPage(t.Context()))(t)
		e.equal(t, "", "marker is there when truncated", page.Marker != nil, page.IsTruncated)
		for _, policy := range page.Policies {
			names = append(names, *policy.PolicyName)
			e.equal(t, "", "description in a list", aws.ToString(policy.Description), "")
		}
	}
	e.equal(t, "", "names", names, []string{"p0", "p1", "p2", "p3", "p4"})
	e.equal(t, "", "pages", pages, 3)

	attached := must(e.iam.ListPolicies(t.Context(), &iam.ListPoliciesInput{OnlyAttached: true, Scope: types.PolicyScopeTypeLocal}))(t).Policies
	e.equal(t, "", "attached policies", len(attached), 1)
	e.equal(t, "", "attachments", *attached[0].AttachmentCount, int32(1))
	of := must(e.iam.ListPolicies(t.Context(), &iam.ListPoliciesInput{Scope: types.PolicyScopeTypeAws, MaxItems: ptr(int32(3))}))(t)
	e.equal(t, "", "AWS's policies on a page", len(of.Policies), 3)
	e.equal(t, "", "truncated", of.IsTruncated, true)
}
