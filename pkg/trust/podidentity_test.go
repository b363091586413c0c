package trust_test

import (
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

const podCluster = "arn:aws:eks:eu-west-3:111122223333:cluster/prod"

func association(change func(*trust.PodIdentity)) trust.PodIdentity {
	p := trust.PodIdentity{ClusterARN: podCluster, ClusterName: "prod", Namespace: "ns", ServiceAccount: "app", RoleARN: roleARN}
	if change != nil {
		change(&p)
	}
	return p
}

func tagless(p *trust.PodIdentity) { p.NoTags = true }

// verdict asks a statement with a condition for each request, and gives the worst answer.
func verdict(t *testing.T, principal, condition string, requests []trust.Request) trust.Verdict {
	t.Helper()
	d := parse(t, `{"Version":"2012-10-17","Statement":[`+st("Allow", principal, `["sts:AssumeRole","sts:TagSession"]`, condition)+`]}`)
	out := trust.Allow
	for _, r := range requests {
		if v := trust.Evaluate(d, r).Verdict; v != trust.Allow && out != trust.ImplicitDeny {
			out = v
		}
	}
	return out
}

// TestPodIdentityRequests: what EKS puts into its request is known, what it does not is absent.
// Rules: pod-id-abac.html, pod-id-role.html, reference_policies_condition-keys.html.
func TestPodIdentityRequests(t *testing.T) {
	t.Parallel()
	unread := func(p *trust.PodIdentity) { *p = trust.PodIdentity{Namespace: "ns", ServiceAccount: "app"} }
	for _, c := range []struct {
		condition string
		change    func(*trust.PodIdentity)
		want      trust.Verdict
	}{
		{"", nil, trust.Allow},
		{`"StringEquals":{"aws:RequestTag/kubernetes-namespace":"ns"}`, nil, trust.Allow},
		{`"StringEquals":{"AWS:requesttag/KUBERNETES-namespace":"ns"}`, nil, trust.Allow},
		{`"StringEquals":{"aws:RequestTag/kubernetes-namespace":"other"}`, nil, trust.ImplicitDeny},
		{`"StringNotEquals":{"aws:RequestTag/kubernetes-namespace":"other"}`, nil, trust.Allow},
		{`"StringLike":{"aws:RequestTag/kubernetes-service-account":["x","a*"]}`, nil, trust.Allow},
		{`"StringEquals":{"aws:RequestTag/eks-cluster-arn":"` + podCluster + `","aws:RequestTag/eks-cluster-name":"prod"}`, nil, trust.Allow},
		{`"StringEquals":{"aws:RequestTag/eks-cluster-name":"test"}`, nil, trust.ImplicitDeny},
		{`"StringEquals":{"aws:RequestTag/kubernetes-pod-name":"app-0"}`, nil, trust.Undecided},
		{`"StringEquals":{"aws:RequestTag/team":"x"}`, nil, trust.ImplicitDeny},
		{`"StringEqualsIfExists":{"aws:RequestTag/team":"x"}`, nil, trust.Allow},
		{`"Null":{"aws:RequestTag/team":"true"}`, nil, trust.Allow},
		{`"ForAllValues:StringLike":{"aws:TagKeys":["kubernetes-*","eks-*"]}`, nil, trust.Allow},
		{`"ForAllValues:StringLike":{"aws:TagKeys":"eks-*"}`, nil, trust.ImplicitDeny},
		{`"ForAnyValue:StringEquals":{"aws:TagKeys":"eks-cluster-arn"}`, nil, trust.Allow},
		{`"ArnLike":{"aws:SourceArn":"arn:aws:eks:*:111122223333:cluster/*"},"StringEquals":{"aws:SourceAccount":"111122223333"}`, nil, trust.Allow},
		{`"StringLike":{"aws:SourceArn":"arn:aws:eks:us-*"}`, nil, trust.ImplicitDeny},
		{`"StringEquals":{"aws:SourceAccount":"444455556666"}`, nil, trust.ImplicitDeny},
		{`"StringEquals":{"sts:ExternalId":"x"}`, nil, trust.ImplicitDeny},
		{`"StringEquals":{"aws:PrincipalOrgID":"o-x"}`, nil, trust.ImplicitDeny},
		{`"Bool":{"aws:MultiFactorAuthPresent":"true"}`, nil, trust.ImplicitDeny},
		{`"Bool":{"aws:MultiFactorAuthPresent":"false"}`, nil, trust.Undecided},
		{`"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}`, nil, trust.Allow},
		{`"Null":{"aws:MultiFactorAuthPresent":"true"}`, nil, trust.Undecided},
		{`"Bool":{"aws:PrincipalIsAWSService":"true"}`, nil, trust.Allow},
		{`"StringEquals":{"aws:SourceVpc":"vpc-1"}`, nil, trust.Undecided},
		{`"StringEquals":{"aws:RequestTag/kubernetes-namespace":"ns"}`, tagless, trust.ImplicitDeny},
		{`"Null":{"aws:TagKeys":"true"}`, tagless, trust.Allow},
		{`"ArnEquals":{"aws:SourceArn":"` + podCluster + `"}`, tagless, trust.Allow},
		{`"StringEquals":{"aws:RequestTag/eks-cluster-name":"prod"}`, unread, trust.Undecided},
		{`"StringEquals":{"aws:SourceAccount":"111122223333"}`, unread, trust.Undecided},
	} {
		if got := verdict(t, `{"Service":"pods.eks.amazonaws.com"}`, c.condition, association(c.change).Requests()); got != c.want {
			t.Errorf("%s (tags off: %v): %s, want %s", c.condition, association(c.change).NoTags, got, c.want)
		}
	}
	if n, m := len(association(nil).Requests()), len(association(tagless).Requests()); n != 2 || m != 1 {
		t.Errorf("%d actions with session tags and %d without: want 2 and 1", n, m)
	}
}

// TestTargetRequests: the association's role takes the target role, with transitive tags or
// an external ID. Rules: pod-id-assign-target-role.html.
func TestTargetRequests(t *testing.T) {
	t.Parallel()
	tagged := func(p *trust.PodIdentity) {
		p.RoleTags = map[string]string{"team": "web", "kubernetes-namespace": "its"}
	}
	const id = "eu-west-3/111122223333/prod/ns/app"
	for _, c := range []struct {
		condition string
		change    func(*trust.PodIdentity)
		want      trust.Verdict
	}{
		{"", nil, trust.Allow},
		{`"StringEquals":{"aws:RequestTag/kubernetes-namespace":"ns","aws:PrincipalTag/kubernetes-namespace":"ns"}`, nil, trust.Allow},
		{`"StringEquals":{"aws:PrincipalTag/kubernetes-namespace":"ns","aws:PrincipalTag/team":"web"}`, tagged, trust.Allow},
		{`"StringEquals":{"aws:PrincipalTag/team":"other"}`, tagged, trust.ImplicitDeny},
		{`"StringEquals":{"aws:PrincipalTag/cost":"x"}`, tagged, trust.ImplicitDeny},
		{`"StringEquals":{"aws:PrincipalTag/team":"web"}`, nil, trust.Undecided},
		{`"StringLike":{"aws:PrincipalTag/kubernetes-pod-name":"app-*"}`, tagged, trust.Undecided},
		{`"ArnEquals":{"aws:PrincipalARN":"` + roleARN + `"}`, nil, trust.Allow},
		{`"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/other"}`, nil, trust.ImplicitDeny},
		{`"StringEquals":{"aws:PrincipalAccount":"444455556666"}`, nil, trust.ImplicitDeny},
		{`"StringEquals":{"sts:ExternalId":"` + id + `"}`, tagless, trust.Allow},
		{`"StringEquals":{"sts:ExternalId":"` + id + `x"}`, tagless, trust.ImplicitDeny},
		{`"StringEquals":{"sts:ExternalId":"` + id + `"}`, nil, trust.Undecided},
		{`"StringEquals":{"sts:ExternalId":"` + id + `x"}`, nil, trust.ImplicitDeny},
		{`"StringEqualsIfExists":{"sts:ExternalId":"` + id + `"}`, nil, trust.Allow},
		{`"StringEquals":{"sts:ExternalId":"given"}`, func(p *trust.PodIdentity) { p.NoTags, p.ExternalID = true, "given" }, trust.Allow},
		{`"StringEquals":{"aws:SourceAccount":"111122223333"}`, nil, trust.ImplicitDeny},
		{`"StringEquals":{"aws:PrincipalOrgID":"o-x"}`, nil, trust.Undecided},
	} {
		if got := verdict(t, `{"AWS":"`+roleARN+`"}`, c.condition, association(c.change).TargetRequests()); got != c.want {
			t.Errorf("%s (tags off: %v): %s, want %s", c.condition, association(c.change).NoTags, got, c.want)
		}
	}
}

// TestNarrowStatement: the statement for an association lets in that one, and no other.
func TestNarrowStatement(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*trust.PodIdentity){"tags": nil, "no tags": tagless, "odd names": func(p *trust.PodIdentity) { p.Namespace = "${aws:username}" }} {
		p := association(change)
		d := parse(t, `{"Version":"2012-10-17","Statement":[`+p.Statement().Text()+`]}`)
		other := p
		other.ClusterARN, other.ClusterName = strings.Replace(podCluster, "prod", "test", 1), "test"
		for _, r := range p.Requests() {
			if got := trust.Evaluate(d, r); got.Verdict != trust.Allow {
				t.Errorf("%s: %v", name, got.Explain())
			}
		}
		for _, r := range other.Requests() {
			if got := trust.Evaluate(d, r); got.Verdict != trust.ImplicitDeny {
				t.Errorf("%s, of another cluster: %v", name, got.Explain())
			}
		}
	}
}

// TestNeverInWebIdentity: keys of a caller's credentials are not in a call without any.
// Rules: reference_policies_condition-keys.html, "Availability" of each.
func TestNeverInWebIdentity(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]trust.Verdict{
		"sts:ExternalId": trust.ImplicitDeny, "STS:externalid": trust.ImplicitDeny, "aws:SourceAccount": trust.ImplicitDeny, "aws:SourceArn": trust.ImplicitDeny,
		"aws:MultiFactorAuthPresent": trust.ImplicitDeny, "aws:MultiFactorAuthAge": trust.ImplicitDeny, "aws:PrincipalArn": trust.ImplicitDeny,
		"aws:PrincipalTag/team": trust.ImplicitDeny, "aws:PrincipalOrgID": trust.ImplicitDeny, "aws:username": trust.ImplicitDeny, "aws:CalledVia": trust.ImplicitDeny,
		"aws:RequestTag/team": trust.ImplicitDeny, "aws:TagKeys": trust.ImplicitDeny, "sts:SourceIdentity": trust.ImplicitDeny,
		"aws:SourceIp": trust.Undecided, "aws:SourceVpc": trust.Undecided, "aws:SourceVpce": trust.Undecided, "aws:RequestedRegion": trust.Undecided,
		"aws:CurrentTime": trust.Undecided, "aws:SecureTransport": trust.Undecided, "aws:UserAgent": trust.Undecided, "sts:RoleSessionName": trust.Undecided,
		"aws:PrincipalAccount": trust.Undecided, "aws:userid": trust.Undecided, "aws:ResourceTag/team": trust.Undecided,
	} {
		ask := func(operator, value string, tok trust.Token) trust.Verdict {
			d := parse(t, `{"Version":"2012-10-17","Statement":[`+st("Allow", `{"Federated":"`+providerARN+`"}`, `"sts:AssumeRoleWithWebIdentity"`, `"`+operator+`":{"`+key+`":"`+value+`"}`)+`]}`)
			return trust.Evaluate(d, trust.WebIdentity(tok)).Verdict
		}
		tok := token("s", "sts.amazonaws.com")
		if got := ask("StringLike", "*", tok); got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
		if want == trust.Undecided {
			continue
		}
		for operator, value := range map[string]string{"Null": "true", "StringNotEquals": "x", "StringEqualsIfExists": "x", "ForAllValues:StringEquals": "x"} {
			if got := ask(operator, value, tok); got != trust.Allow {
				t.Errorf("%s %s: %s, want allow", operator, key, got)
			}
		}
	}
	tok := token("s", "sts.amazonaws.com")
	tok.Claims = map[string][]string{"https://aws.amazon.com/tags": {"{}"}}
	d := parse(t, `{"Statement":[`+st("Allow", `{"Federated":"`+providerARN+`"}`, `"sts:AssumeRoleWithWebIdentity"`, `"StringEquals":{"aws:RequestTag/team":"x"}`)+`]}`)
	if got := trust.Evaluate(d, trust.WebIdentity(tok)); got.Verdict != trust.Undecided {
		t.Errorf("a token with session tags: %v", got.Explain())
	}
}

// TestOfRole: the tags and the AWS account of the role are known where they were read.
func TestOfRole(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		condition string
		tags      map[string]string
		want      trust.Verdict
	}{
		{`"StringEquals":{"aws:ResourceTag/team":"web","iam:ResourceTag/Team":"web"}`, map[string]string{"team": "web"}, trust.Allow},
		{`"StringEquals":{"aws:ResourceTag/team":"web"}`, map[string]string{"team": "shop"}, trust.ImplicitDeny},
		{`"StringEquals":{"aws:ResourceTag/team":"web"}`, map[string]string{}, trust.ImplicitDeny},
		{`"StringEquals":{"aws:ResourceTag/team":"web"}`, nil, trust.Undecided},
		{`"StringEquals":{"aws:ResourceAccount":"111122223333"}`, nil, trust.Allow},
		{`"StringEquals":{"aws:ResourceAccount":"444455556666"}`, nil, trust.ImplicitDeny},
	} {
		d := parse(t, `{"Version":"2012-10-17","Statement":[`+st("Allow", `{"Federated":"`+providerARN+`"}`, `"sts:AssumeRoleWithWebIdentity"`, c.condition)+`]}`)
		r := trust.WebIdentity(token("s", "sts.amazonaws.com"))
		if got := trust.Evaluate(d, r.OfRole(roleARN, c.tags)); got.Verdict != c.want {
			t.Errorf("%s: %s, want %s", c.condition, got.Verdict, c.want)
		}
		if len(r.Context) != 3 {
			t.Error("the request that was there changed")
		}
	}
}

// TestAmended: what change gives stands in the statement, and all else as it was.
func TestAmended(t *testing.T) {
	t.Parallel()
	s := parse(t, `{"Statement":[{"Sid":"x",`+st("Allow", `"*"`, `"sts:*"`, `"StringEquals":{"a":["1","2"],"b":"x"},"Bool":{"c":true},"Foo":{"d":"e"}`)[1:]+`]}`).Statements()[0]
	got := s.Amended(func(c trust.Condition) (trust.Condition, bool) {
		if c.Key == "a" {
			c.Values = append(c.Values, "3")
		}
		return c, c.Key != "b" && c.Key != "c"
	})
	if want := `{"Sid":"x","Effect":"Allow","Principal":"*","Action":"sts:*","Condition":{"StringEquals":{"a":["1","2","3"]},"Foo":{"d":"e"}}}`; got.Text() != want {
		t.Errorf("%s\nwant\n%s", got.Text(), want)
	}
	if got = s.Amended(func(c trust.Condition) (trust.Condition, bool) { return c, false }); strings.Contains(got.Text(), "Condition") {
		t.Error(got.Text())
	}
}
