package localaws

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

func TestAddRole(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	worker := "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"
	arn, err := s.AddRole(Role{Account: "444455556666", Name: "nodes", Path: "/eks/", Trust: trustEC2, Policies: []string{worker}})
	if err != nil || arn != "arn:aws:iam::444455556666:role/eks/nodes" {
		t.Errorf("got %s, %v", arn, err)
	}
	if again, err := s.AddRole(Role{Account: "444455556666", Name: "NODES", Trust: trustEC2}); err != nil || again != arn {
		t.Errorf("adding it again: %s, %v", again, err)
	}
	s.AddCredential("AKIAOTHER", Credential{Account: "444455556666"})
	out, err := s.clients("AKIAOTHER").iam.ListAttachedRolePolicies(t.Context(), &iam.ListAttachedRolePoliciesInput{RoleName: ptr("nodes")})
	if err != nil || len(out.AttachedPolicies) != 1 || *out.AttachedPolicies[0].PolicyArn != worker {
		t.Errorf("attached: %v, %v", out, err)
	}
	for says, r := range map[string]Role{
		"roleName":                {Name: "a/b", Trust: trustEC2},
		"MalformedPolicyDocument": {Name: "bad", Trust: "{"},
		"is not attachable":       {Name: "none", Trust: trustEC2, Policies: []string{"arn:aws:iam::aws:policy/None"}},
	} {
		if _, err := s.AddRole(r); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v", says, err)
		}
	}
	want(t, "the role without its policy", s.clients("AKIATEST").getRole(t, "none"), "NoSuchEntity")
	if len(s.Calls()) == 0 || s.Calls()[0].Operation != "ListAttachedRolePolicies" {
		t.Errorf("the log has %v", s.Calls())
	}
}

func TestClusters(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	s.AddCluster(Cluster{Name: "b", Region: testRegion})
	s.AddCluster(Cluster{Name: "a", Region: testRegion, Nodegroups: map[string]Nodegroup{"workers": {RoleARN: nodeRole}}})
	s.AddCluster(Cluster{Name: "c", Account: "000000000001"})
	got := s.Clusters()
	if len(got) != 3 || got[0].Name != "c" || got[1].Name != "a" || got[2].Name != "b" {
		t.Errorf("got %+v", got)
	}
	got[1].Nodegroups["other"] = Nodegroup{}
	if len(s.Clusters()[1].Nodegroups) != 1 {
		t.Error("the list is not a copy")
	}
}

func TestCredentialsRefused(t *testing.T) {
	t.Parallel()
	now := newClock()
	s := start(t, Options{Clock: now.now})
	s.AddCredential("AKIAEXPIRED", Credential{Account: DefaultAccount, Expires: now.at.Add(-time.Second)})
	s.AddCredential("AKIAINVALID", Credential{Account: DefaultAccount, Invalid: true})
	for key, x := range map[string]struct{ query, json, says string }{
		"AKIAEXPIRED": {"ExpiredToken", "ExpiredTokenException", "The security token included in the request is expired"},
		"AKIAINVALID": {"InvalidClientTokenId", "UnrecognizedClientException", "The security token included in the request is invalid"},
	} {
		c := s.clients(key)
		_, err := c.sts.GetCallerIdentity(t.Context(), nil)
		want(t, key+" at STS", err, x.query)
		err = c.getRole(t, "server")
		want(t, key+" at IAM", err, x.query)
		if !strings.Contains(err.Error(), x.says) {
			t.Errorf("%s: got %v", key, err)
		}
		_, err = c.eks.ListClusters(t.Context(), &eks.ListClustersInput{})
		want(t, key+" at EKS", err, x.json)
	}
	for _, call := range s.Calls() {
		if call.Caller != "" || call.Resource != "" || call.Code == "" {
			t.Errorf("got %+v", call)
		}
	}
	s.AddCredential("AKIAEXPIRED", Credential{Account: DefaultAccount})
	_, err := s.clients("AKIAEXPIRED").sts.GetCallerIdentity(t.Context(), nil)
	want(t, "renewed", err, "")
}
