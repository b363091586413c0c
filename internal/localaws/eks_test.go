package localaws

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
)

const nodeRole = "arn:aws:iam::111122223333:role/nodes"

func TestPodIdentity(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	s.AddCluster(Cluster{Region: testRegion, Name: "prod_cluster", Version: "1.31", Issuer: testIssuer})
	c := s.clients("AKIATEST").eks
	for _, name := range []string{"nodes", "nodes2"} {
		_, err := s.clients("AKIATEST").createRole(t, name, podsWide)
		want(t, "making the role", err, "")
	}
	in := &eks.CreatePodIdentityAssociationInput{
		ClusterName: ptr("prod_cluster"), Namespace: ptr("epinio"), ServiceAccount: ptr("server"), RoleArn: ptr(nodeRole),
		ClientRequestToken: ptr("one"), Tags: map[string]string{"a": "1"},
	}
	made, err := c.CreatePodIdentityAssociation(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	id := made.Association.AssociationId
	again, err := c.CreatePodIdentityAssociation(t.Context(), in)
	if err != nil || *again.Association.AssociationId != *id {
		t.Errorf("the same request again: %v, %v", again, err)
	}
	in.ClientRequestToken = ptr("two")
	_, err = c.CreatePodIdentityAssociation(t.Context(), in)
	want(t, "another request for the same", err, "ResourceInUseException")

	list, err := c.ListPodIdentityAssociations(t.Context(), &eks.ListPodIdentityAssociationsInput{ClusterName: in.ClusterName, Namespace: ptr("epinio")})
	if err != nil || len(list.Associations) != 1 || *list.Associations[0].ServiceAccount != "server" {
		t.Errorf("listing: %v, %v", list, err)
	}
	list, err = c.ListPodIdentityAssociations(t.Context(), &eks.ListPodIdentityAssociationsInput{ClusterName: in.ClusterName, ServiceAccount: ptr("other")})
	if err != nil || len(list.Associations) != 0 {
		t.Errorf("listing another account's: %v, %v", list, err)
	}
	_, err = c.UpdatePodIdentityAssociation(t.Context(), &eks.UpdatePodIdentityAssociationInput{ClusterName: in.ClusterName, AssociationId: id, RoleArn: ptr(nodeRole + "2")})
	want(t, "updating", err, "")
	_, err = c.TagResource(t.Context(), &eks.TagResourceInput{ResourceArn: made.Association.AssociationArn, Tags: map[string]string{"b": "2"}})
	want(t, "tagging", err, "")
	_, err = c.TagResource(t.Context(), &eks.TagResourceInput{ResourceArn: ptr(*made.Association.AssociationArn + "x"), Tags: map[string]string{"b": "2"}})
	want(t, "tagging what is not", err, "NotFoundException")
	_, err = c.TagResource(t.Context(), &eks.TagResourceInput{ResourceArn: made.Association.AssociationArn, Tags: map[string]string{"c": "3", "d/e.f": "4"}})
	want(t, "tagging again", err, "")
	_, err = c.UntagResource(t.Context(), &eks.UntagResourceInput{ResourceArn: made.Association.AssociationArn, TagKeys: []string{"c", "d/e.f"}})
	want(t, "untagging", err, "")
	_, err = c.UntagResource(t.Context(), &eks.UntagResourceInput{ResourceArn: ptr(*made.Association.AssociationArn + "x"), TagKeys: []string{"c"}})
	want(t, "untagging what is not", err, "NotFoundException")
	s.AddCluster(Cluster{Region: testRegion, Name: "prod_cluster", Version: "1.32"}) // keeps what is in it
	got, err := c.DescribePodIdentityAssociation(t.Context(), &eks.DescribePodIdentityAssociationInput{ClusterName: in.ClusterName, AssociationId: id})
	if err != nil {
		t.Fatal(err)
	}
	a := got.Association
	if *a.RoleArn != nodeRole+"2" || a.Tags["a"] != "1" || a.Tags["b"] != "2" || len(a.Tags) != 2 || *a.Namespace != "epinio" || a.CreatedAt == nil ||
		*a.AssociationArn != "arn:aws:eks:eu-west-3:111122223333:podidentityassociation/prod_cluster/"+*id {
		t.Errorf("got %+v", a)
	}
	for _, code := range []string{"", "ResourceNotFoundException"} {
		_, err = c.DeletePodIdentityAssociation(t.Context(), &eks.DeletePodIdentityAssociationInput{ClusterName: in.ClusterName, AssociationId: id})
		want(t, "deleting", err, code)
	}
}

func TestPodIdentityRefused(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	s.AddCluster(Cluster{Region: testRegion, Name: "prod"})
	c := s.clients("AKIATEST").eks
	for what, x := range map[string]struct{ cluster, account, role, code string }{
		"no cluster":         {"none", "a", nodeRole, "ResourceNotFoundException"},
		"no account":         {"prod", "", nodeRole, "InvalidParameterException"},
		"role's name":        {"prod", "a", "nodes", "InvalidParameterException"},
		"of another account": {"prod", "a", "arn:aws:iam::444455556666:role/nodes", "AccessDeniedException"},
	} {
		_, err := c.CreatePodIdentityAssociation(t.Context(), &eks.CreatePodIdentityAssociationInput{
			ClusterName: &x.cluster, Namespace: ptr("ns"), ServiceAccount: &x.account, RoleArn: &x.role,
		})
		want(t, what, err, x.code)
	}
}

// Clusters are of one AWS account and region, and come in pages.
func TestClusterLists(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	s.AddCredential("AKIAOTHER", Credential{Account: "444455556666"})
	for i := range 5 {
		s.AddCluster(Cluster{Region: testRegion, Name: fmt.Sprintf("c%d", i)})
	}
	s.AddCluster(Cluster{Account: "444455556666", Region: testRegion, Name: "other"})
	s.AddCluster(Cluster{Name: "elsewhere"})
	var names []string
	for p := eks.NewListClustersPaginator(s.clients("AKIATEST").eks, &eks.ListClustersInput{MaxResults: aws.Int32(2)}); p.HasMorePages(); {
		page, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, page.Clusters...)
	}
	if got := fmt.Sprint(names); got != "[c0 c1 c2 c3 c4]" {
		t.Errorf("got %s", got)
	}
	for region, wanted := range map[string]string{testRegion: "[other]", "us-east-1": "[]"} {
		out, err := s.clientsIn(region, "AKIAOTHER").eks.ListClusters(t.Context(), &eks.ListClustersInput{})
		if err != nil || fmt.Sprint(out.Clusters) != wanted {
			t.Errorf("%s: got %v, %v", region, out, err)
		}
	}
}
