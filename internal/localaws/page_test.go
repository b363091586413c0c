package localaws

import (
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// Pages of the AWS account's details have everything once, whatever their size.
func TestDetailPages(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	c := s.clients("AKIATEST")
	wanted := []string{"AmazonS3ReadOnlyAccess"}
	for i := range 3 {
		role, policy := fmt.Sprintf("r%d", i), fmt.Sprintf("p%d", i)
		wanted = append(wanted, role, policy)
		_, err := c.createRole(t, role, trustEC2)
		want(t, "creating", err, "")
		_, err = c.iam.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: &policy, PolicyDocument: ptr(readBucket)})
		want(t, "creating", err, "")
		_, err = c.iam.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: &role, PolicyArn: ptr("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")})
		want(t, "attaching", err, "")
	}
	slices.Sort(wanted)
	for size := range int32(9) {
		var got []string
		pages := iam.NewGetAccountAuthorizationDetailsPaginator(c.iam, &iam.GetAccountAuthorizationDetailsInput{MaxItems: ptr(size + 1)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page.RoleDetailList {
				got = append(got, *r.RoleName)
			}
			for _, p := range page.Policies {
				got = append(got, *p.PolicyName)
			}
		}
		if slices.Sort(got); !slices.Equal(got, wanted) {
			t.Errorf("pages of %d: got %q, want %q", size+1, got, wanted)
		}
	}
	_, err := c.iam.GetAccountAuthorizationDetails(t.Context(), &iam.GetAccountAuthorizationDetailsInput{MaxItems: ptr(int32(1001))})
	want(t, "a page too large", err, "ValidationError")
	out, err := c.iam.GetAccountAuthorizationDetails(t.Context(), &iam.GetAccountAuthorizationDetailsInput{Filter: []types.EntityType{types.EntityTypeUser}})
	if err != nil || len(out.RoleDetailList)+len(out.Policies) != 0 {
		t.Errorf("users: %v, %v", out, err)
	}
}

// A marker stays right when the item before it goes.
func TestMarkerAfterDelete(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	c := s.clients("AKIATEST")
	for i := range 4 {
		_, err := c.createRole(t, fmt.Sprintf("r%d", i), trustEC2)
		want(t, "creating", err, "")
	}
	page, err := c.iam.ListRoles(t.Context(), &iam.ListRolesInput{MaxItems: ptr(int32(2))})
	want(t, "listing", err, "")
	_, err = c.iam.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: ptr("r1")})
	want(t, "deleting", err, "")
	page, err = c.iam.ListRoles(t.Context(), &iam.ListRolesInput{Marker: page.Marker})
	if err != nil || len(page.Roles) != 2 || *page.Roles[0].RoleName != "r2" || page.Marker != nil {
		t.Errorf("got %v, %v", page, err)
	}
	_, err = c.iam.ListRoles(t.Context(), &iam.ListRolesInput{Marker: ptr("no marker!")})
	want(t, "a made up marker", err, "ValidationError")
}

// Roles that have a policy as boundary are among its entities, and come in pages.
func TestEntities(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	c := s.clients("AKIATEST")
	p, err := c.iam.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: ptr("Reader"), PolicyDocument: ptr(readBucket)})
	want(t, "creating", err, "")
	for _, name := range []string{"attached", "both", "bound"} {
		in := &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: ptr(trustEC2)}
		if name != "attached" {
			in.PermissionsBoundary = p.Policy.Arn
		}
		_, err := c.iam.CreateRole(t.Context(), in)
		want(t, "creating", err, "")
		if name != "bound" {
			_, err := c.iam.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: &name, PolicyArn: p.Policy.Arn})
			want(t, "attaching", err, "")
		}
	}
	for usage, wanted := range map[types.PolicyUsageType]string{
		"": "[attached both bound]", "PermissionsPolicy": "[attached both]", "PermissionsBoundary": "[both bound]",
	} {
		var got []string
		in := &iam.ListEntitiesForPolicyInput{PolicyArn: p.Policy.Arn, PolicyUsageFilter: usage, MaxItems: ptr(int32(1))}
		for pages := iam.NewListEntitiesForPolicyPaginator(c.iam, in); pages.HasMorePages(); {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page.PolicyRoles {
				got = append(got, *r.RoleName)
			}
		}
		if fmt.Sprint(got) != wanted {
			t.Errorf("%q: got %v, want %s", usage, got, wanted)
		}
	}
	for _, in := range []iam.ListEntitiesForPolicyInput{{EntityFilter: "Roles"}, {PolicyUsageFilter: "Boundary"}} {
		in.PolicyArn = p.Policy.Arn
		_, err := c.iam.ListEntitiesForPolicy(t.Context(), &in)
		want(t, "an unknown filter", err, "ValidationError")
	}
}

// AWS's own policies are of the partition, and nobody's to change.
func TestAWSPolicies(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	own := ptr("arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy")
	c := s.clients("AKIATEST")
	got, err := c.iam.GetPolicy(t.Context(), &iam.GetPolicyInput{PolicyArn: own})
	if err != nil || *got.Policy.Path != "/service-role/" || *got.Policy.PolicyName != "AmazonEBSCSIDriverPolicy" {
		t.Errorf("got %v, %v", got, err)
	}
	_, err = c.iam.DeletePolicy(t.Context(), &iam.DeletePolicyInput{PolicyArn: own})
	want(t, "deleting", err, "AccessDenied")
	_, err = c.iam.TagPolicy(t.Context(), &iam.TagPolicyInput{PolicyArn: own, Tags: []types.Tag{{Key: ptr("a"), Value: ptr("1")}}})
	want(t, "tagging", err, "AccessDenied")
	_, err = s.clientsIn("cn-north-1", "AKIATEST").iam.GetPolicy(t.Context(), &iam.GetPolicyInput{PolicyArn: own})
	want(t, "in another partition", err, "NoSuchEntity")
	for _, p := range awsPolicies("aws") {
		if _, err := checkDocument(p.current().Document, permissions); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
	}
}
