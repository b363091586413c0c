package localaws

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// needs is what a form's call needs, in words.
func needs(t *testing.T, s *Server, form url.Values) string {
	t.Helper()
	s.ResetCalls()
	form.Set("Version", "2010-05-08")
	if strings.HasPrefix(form.Get("Action"), "AssumeRole") || form.Get("Action") == "GetCallerIdentity" {
		form.Set("Version", "2011-06-15")
	}
	post(s, form, signedIAM)
	return spell(t, s)
}

func spell(t *testing.T, s *Server) string {
	t.Helper()
	calls := s.Calls()
	if len(calls) != 1 {
		t.Fatalf("the log has %d calls", len(calls))
	}
	if len(calls[0].Needs) > 0 && calls[0].Needs[0].Resource != calls[0].Resource {
		t.Errorf("%s: resource %s is not that of the first permission, %v", calls[0].Operation, calls[0].Resource, calls[0].Needs)
	}
	var out []string
	for _, p := range calls[0].Needs {
		out = append(out, p.Action+" "+p.Resource)
	}
	return strings.Join(out, ", ")
}

// Every operation of IAM and STS that is answered, with the resource type that the
// service authorization reference has for it.
func TestNeeds(t *testing.T) {
	t.Parallel()
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	const (
		inIAM    = "arn:aws:iam::111122223333:"
		role     = inIAM + "role/helm-irsa/pathed"
		policy   = inIAM + "policy/helm-irsa/Reader"
		provider = inIAM + "oidc-provider/oidc.example/id/1"
	)
	ofRole := url.Values{"RoleName": {"pathed"}, "PolicyArn": {policy}, "PolicyName": {"inline"}, "PermissionsBoundary": {policy}}
	ofPolicy := url.Values{"PolicyArn": {policy}, "VersionId": {"v1"}}
	ofProvider := url.Values{"OpenIDConnectProviderArn": {provider}, "ClientID": {"x"}}
	byResource := []struct {
		form     url.Values
		resource string
		actions  string
	}{
		{ofRole, role, "GetRole UpdateRole UpdateRoleDescription UpdateAssumeRolePolicy DeleteRole TagRole UntagRole ListRoleTags " +
			"PutRolePermissionsBoundary DeleteRolePermissionsBoundary AttachRolePolicy DetachRolePolicy ListAttachedRolePolicies " +
			"PutRolePolicy GetRolePolicy ListRolePolicies DeleteRolePolicy"},
		{ofPolicy, policy, "GetPolicy DeletePolicy CreatePolicyVersion GetPolicyVersion ListPolicyVersions DeletePolicyVersion " +
			"SetDefaultPolicyVersion TagPolicy UntagPolicy ListPolicyTags ListEntitiesForPolicy"},
		{ofProvider, provider, "GetOpenIDConnectProvider AddClientIDToOpenIDConnectProvider RemoveClientIDFromOpenIDConnectProvider " +
			"UpdateOpenIDConnectProviderThumbprint TagOpenIDConnectProvider UntagOpenIDConnectProvider ListOpenIDConnectProviderTags " +
			"DeleteOpenIDConnectProvider"},
		{url.Values{"PathPrefix": {"/helm-irsa/"}}, "*", "ListRoles ListPolicies ListOpenIDConnectProviders GetAccountAuthorizationDetails GetAccountSummary GetServiceLastAccessedDetails"},
		{url.Values{"Arn": {role}}, role, "GenerateServiceLastAccessedDetails"},
		{url.Values{"RoleName": {"new"}, "Path": {"/a/"}}, inIAM + "role/a/new", "CreateRole"},
		{url.Values{"PolicyName": {"new"}}, inIAM + "policy/new", "CreatePolicy"},
		{url.Values{"Url": {"https://oidc.example/id/1"}}, provider, "CreateOpenIDConnectProvider"},
	}
	covered := map[string]bool{}
	for _, c := range byResource {
		for _, action := range strings.Fields(c.actions) {
			if _, err := s.AddRole(Role{Name: "pathed", Path: "/helm-irsa/", Trust: trustEC2}); err != nil { // DeleteRole may have deleted it
				t.Fatal(err)
			}
			form := maps.Clone(c.form)
			form.Set("Action", action)
			covered[action] = true
			if got, want := needs(t, s, form), "iam:"+action+" "+c.resource; got != want {
				t.Errorf("%s: got %q, want %q", action, got, want)
			}
		}
	}
	for action := range iamOperations {
		if !covered[action] {
			t.Errorf("%s is in no row", action)
		}
	}
	for action, want := range map[string]string{
		"GetCallerIdentity": "", "AssumeRoleWithWebIdentity": "", "AssumeRole": "sts:AssumeRole " + role,
	} {
		if got := needs(t, s, url.Values{"Action": {action}, "RoleArn": {role}}); got != want {
			t.Errorf("%s: got %q, want %q", action, got, want)
		}
	}
	if got, want := needs(t, s, url.Values{"Action": {"GetRole"}, "RoleName": {"none"}}), "iam:GetRole "+inIAM+"role/none"; got != want {
		t.Errorf("a role that is none: got %q, want %q", got, want)
	}
	for action, want := range map[string]string{"CreateRole": "iam:TagRole", "CreatePolicy": "iam:TagPolicy", "CreateOpenIDConnectProvider": "iam:TagOpenIDConnectProvider"} {
		got := needs(t, s, url.Values{"Action": {action}, "RoleName": {"x"}, "PolicyName": {"x"}, "Url": {"https://x"}, "Tags.member.1.Key": {"a"}})
		if !strings.Contains(got, ", "+want+" "+inIAM) {
			t.Errorf("%s with tags: got %q, want %s too", action, got, want)
		}
	}
}

func TestNeedsEKS(t *testing.T) {
	t.Parallel()
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	const (
		in      = "arn:aws:eks:eu-west-3:111122223333:"
		cluster = in + "cluster/prod"
		one     = in + "podidentityassociation/prod/a-1"
	)
	group := (&Cluster{Account: DefaultAccount, Region: testRegion, Name: "prod"}).nodegroupARN("workers")
	if !strings.HasPrefix(group, in+"nodegroup/prod/workers/") {
		t.Errorf("got %s", group)
	}
	body, err := json.Marshal(associationInput{RoleARN: nodeRole, Tags: map[string]string{"a": "1"}})
	if err != nil {
		t.Fatal(err)
	}
	pass := ", iam:PassRole " + nodeRole + ", eks:TagResource " + in + "podidentityassociation/prod/*"
	var covered []string
	for _, c := range []struct{ method, path, body, want string }{
		{http.MethodGet, "/clusters", "", "eks:ListClusters *"},
		{http.MethodGet, "/clusters/prod", "", "eks:DescribeCluster " + cluster},
		{http.MethodGet, "/clusters/prod/node-groups", "", "eks:ListNodegroups " + cluster},
		{http.MethodGet, "/clusters/prod/node-groups/workers", "", "eks:DescribeNodegroup " + group},
		{http.MethodGet, "/clusters/prod/pod-identity-associations", "", "eks:ListPodIdentityAssociations " + cluster},
		{http.MethodPost, "/clusters/prod/pod-identity-associations", string(body), "eks:CreatePodIdentityAssociation " + cluster + pass},
		{http.MethodGet, "/clusters/prod/pod-identity-associations/a-1", "", "eks:DescribePodIdentityAssociation " + one},
		{http.MethodPost, "/clusters/prod/pod-identity-associations/a-1", `{"roleArn":"` + nodeRole + `"}`, "eks:UpdatePodIdentityAssociation " + one + ", iam:PassRole " + nodeRole},
		{http.MethodDelete, "/clusters/prod/pod-identity-associations/a-1", "", "eks:DeletePodIdentityAssociation " + one},
		{http.MethodPost, "/clusters/prod/assume-role-for-pod-identity", "{}", "eks-auth:AssumeRoleForPodIdentity " + cluster},
		{http.MethodPost, "/tags/" + url.PathEscape(one), `{"tags":{"a":"1"}}`, "eks:TagResource " + one},
		{http.MethodDelete, "/tags/" + url.PathEscape(one) + "?tagKeys=a", "", "eks:UntagResource " + one},
	} {
		s.ResetCalls()
		r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
		r.Header.Set("Authorization", strings.NewReplacer("us-east-1", testRegion, "iam", "eks").Replace(signedIAM))
		s.ServeHTTP(httptest.NewRecorder(), r)
		if got := spell(t, s); got != c.want {
			t.Errorf("%s %s: got %q, want %q", c.method, c.path, got, c.want)
		}
		covered = append(covered, s.Calls()[0].Operation)
	}
	for _, r := range eksRoutes {
		if !slices.Contains(covered, r.operation) {
			t.Errorf("%s is in no row", r.operation)
		}
	}
}

// A permission beside the operation's own can be denied too.
func TestDenyFurther(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	s.AddCluster(Cluster{Region: testRegion, Name: "prod"})
	s.SetFaults(Faults{Deny: []string{"iam:TagRole", "iam:PassRole", "sts:GetCallerIdentity"}})
	c := s.clients("AKIATEST")
	_, err := c.createRole(t, "plain", trustEC2)
	want(t, "creating without tags", err, "")
	_, err = c.iam.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: ptr("tagged"), AssumeRolePolicyDocument: ptr(trustEC2), Tags: []types.Tag{{Key: ptr("a"), Value: ptr("1")}}})
	want(t, "creating with tags", err, "AccessDenied")
	if err == nil || !strings.Contains(err.Error(), "perform: iam:TagRole on resource: arn:aws:iam::111122223333:role/tagged") {
		t.Errorf("got %v", err)
	}
	_, err = c.eks.CreatePodIdentityAssociation(t.Context(), &eks.CreatePodIdentityAssociationInput{
		ClusterName: ptr("prod"), Namespace: ptr("ns"), ServiceAccount: ptr("a"), RoleArn: ptr(nodeRole),
	})
	want(t, "passing a role", err, "AccessDeniedException")
	_, err = c.sts.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	want(t, "named without need", err, "AccessDenied")
	var log []string
	for _, call := range s.Calls() {
		log = append(log, fmt.Sprint(call.Operation, " ", call.Resource))
	}
	wanted := []string{
		"CreateRole arn:aws:iam::111122223333:role/plain", "CreateRole arn:aws:iam::111122223333:role/tagged",
		"CreatePodIdentityAssociation arn:aws:eks:eu-west-3:111122223333:cluster/prod", "GetCallerIdentity ",
	}
	if !slices.Equal(log, wanted) {
		t.Errorf("got %q, want %q", log, wanted)
	}
}
