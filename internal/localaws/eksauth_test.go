package localaws

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/helm-irsa/helm-irsa/internal/localaws/issuer"
	"github.com/helm-irsa/helm-irsa/internal/localaws/podagent"
)

const (
	podClusterARN = "arn:aws:eks:eu-west-3:111122223333:cluster/prod"
	targetAccount = "444455556666"
	podsWide      = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}]}`
	podsNarrow    = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"],"Condition":{"StringEquals":{` +
		`"aws:RequestTag/eks-cluster-arn":"` + podClusterARN + `","aws:RequestTag/kubernetes-namespace":"shop","aws:RequestTag/kubernetes-service-account":"orders"}}}]}`
	podsOfCluster = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"],"Condition":{"StringEquals":{` +
		`"aws:SourceAccount":"111122223333","aws:SourceArn":"` + podClusterARN + `"}}}]}`
	unauthorized = "(AccessDeniedException): Unauthorized Exception! EKS does not have permissions to assume the associated role., fault: client"
)

// node is a node of a cluster with the agent of EKS Pod Identity, and another AWS account.
type node struct {
	*testing.T
	*Server
	clients
	clock  *clock
	issuer *issuer.Issuer
	agent  *httptest.Server
	other  clients
}

func newNode(t *testing.T) *node {
	t.Helper()
	n := &node{T: t, clock: newClock()}
	n.Server = start(t, Options{Clock: n.clock.now})
	n.clients = n.Server.clients("AKIATEST")
	n.AddCredential("AKIAOTHER", Credential{Account: targetAccount})
	n.other = n.Server.clients("AKIAOTHER")
	var err error
	if n.issuer, err = issuer.New(testIssuer); err != nil {
		t.Fatal(err)
	}
	n.AddIssuerKeys(testIssuer, n.issuer.Keys())
	n.AddCluster(Cluster{Region: testRegion, Name: "prod", Issuer: testIssuer})
	n.agent = httptest.NewServer(&podagent.Agent{Cluster: "prod", Region: testRegion, Endpoint: n.URL(), Node: aws.Credentials{AccessKeyID: "AKIANODE", SecretAccessKey: "secret"}})
	t.Cleanup(n.agent.Close)
	return n
}

// associate makes an association of a service account.
func (n *node) associate(namespace, name, role string, change func(*eks.CreatePodIdentityAssociationInput)) *eks.CreatePodIdentityAssociationOutput {
	n.Helper()
	in := &eks.CreatePodIdentityAssociationInput{ClusterName: ptr("prod"), Namespace: &namespace, ServiceAccount: &name, RoleArn: &role}
	if change != nil {
		change(in)
	}
	out, err := n.eks.CreatePodIdentityAssociation(n.Context(), in)
	if err != nil {
		n.Fatal(err)
	}
	return out
}

func (n *node) makeRole(c clients, name, document string) string {
	n.Helper()
	arn, err := c.createRole(n.T, name, document)
	if err != nil {
		n.Fatal(err)
	}
	return arn
}

// token is one as it is projected into a pod.
func (n *node) token(namespace, name string) string {
	n.Helper()
	text, err := n.issuer.Pod(issuer.Pod{Namespace: namespace, ServiceAccount: name, Name: name + "-abc", UID: "0d8f6b0c-0001"}, "pods.eks.amazonaws.com", n.clock.at, time.Hour)
	if err != nil {
		n.Fatal(err)
	}
	return text
}

// credentials are those that the SDK in a pod gets: it asks the agent with the pod's token.
func (n *node) credentials(token string) (aws.Credentials, error) {
	p := endpointcreds.New(n.agent.URL+"/v1/credentials", func(o *endpointcreds.Options) {
		o.AuthorizationToken, o.Retryer = token, aws.NopRetryer{}
	})
	return p.Retrieve(context.Background())
}

// is is who a pod is; what the agent says where it is nobody.
func (n *node) is(token string) string {
	n.Helper()
	got, err := n.credentials(token)
	if err != nil {
		_, message, _ := strings.Cut(err.Error(), "]: ")
		return strings.TrimSpace(message)
	}
	me, err := n.Server.clients(got.AccessKeyID).sts.GetCallerIdentity(n.Context(), nil)
	if err != nil {
		return err.Error()
	}
	arn := *me.Arn
	return arn[:strings.LastIndexByte(arn, '/')] // without the session's name
}

func (n *node) wants(what, token, want string) {
	n.Helper()
	if got := n.is(token); got != want {
		n.Errorf("%s: %s\nwant %s", what, got, want)
	}
}

func sessionOf(account, role string) string {
	return "arn:aws:sts::" + account + ":assumed-role/" + role
}

// TestAgent: the narrow trust lets one service account in, and nobody else of the cluster,
// whatever associations there are.
func TestAgent(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	role := n.makeRole(n.clients, "orders", podsNarrow)
	n.wants("no association", n.token("shop", "orders"), "(ResourceNotFoundException): No association found for service account orders in namespace shop, fault: client")
	n.associate("shop", "orders", role, nil)
	n.associate("shop", "other", role, nil)
	n.associate("elsewhere", "orders", role, nil)
	n.wants("its own", n.token("shop", "orders"), sessionOf("111122223333", "orders"))
	n.wants("another service account", n.token("shop", "other"), unauthorized)
	n.wants("another namespace", n.token("elsewhere", "orders"), unauthorized)

	got, err := n.credentials(n.token("shop", "orders"))
	if err != nil || got.AccountID != "111122223333" || !got.Expires.Equal(n.clock.at.Add(6*time.Hour)) {
		t.Errorf("%+v, %v", got, err)
	}
	me, err := n.Server.clients(got.AccessKeyID).sts.GetCallerIdentity(t.Context(), nil)
	if name := (*me.Arn)[strings.LastIndexByte(*me.Arn, '/')+1:]; err != nil || !strings.HasPrefix(name, "eks-prod-orders-abc-") || len(name) > 64 {
		t.Errorf("the session is called %s", name)
	}
	call := n.Calls()[len(n.Calls())-2]
	if call.Service != "eks-auth" || call.Resource != podClusterARN || len(call.Needs) != 1 || call.Needs[0].Action != "eks-auth:AssumeRoleForPodIdentity" {
		t.Errorf("the agent's call: %+v", call)
	}
}

// TestAgentWithoutTags: by the cluster alone, every association of it gets in; by the tags,
// which are not there, none.
func TestAgentWithoutTags(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	byTags, byCluster := n.makeRole(n.clients, "by-tags", podsNarrow), n.makeRole(n.clients, "by-cluster", podsOfCluster)
	off := func(in *eks.CreatePodIdentityAssociationInput) { in.DisableSessionTags = aws.Bool(true) }
	n.associate("shop", "orders", byTags, off)
	n.associate("shop", "other", byCluster, off)
	n.associate("shop", "tagged", byCluster, nil)
	n.wants("by tags", n.token("shop", "orders"), unauthorized)
	n.wants("by cluster", n.token("shop", "other"), sessionOf("111122223333", "by-cluster"))
	n.wants("by cluster, with tags", n.token("shop", "tagged"), sessionOf("111122223333", "by-cluster"))

	n.AddCluster(Cluster{Region: testRegion, Name: "second", Issuer: testIssuer})
	if _, err := n.eks.CreatePodIdentityAssociation(t.Context(), &eks.CreatePodIdentityAssociationInput{
		ClusterName: ptr("second"), Namespace: ptr("shop"), ServiceAccount: ptr("other"), RoleArn: &byCluster, DisableSessionTags: aws.Bool(true),
	}); err != nil {
		t.Fatal(err)
	}
	n.agent.Config.Handler.(*podagent.Agent).Cluster = "second"
	n.wants("another cluster", n.token("shop", "other"), unauthorized)
}

// TestAgentTokens: what is no token of a pod of the cluster is refused.
func TestAgentTokens(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.associate("shop", "orders", n.makeRole(n.clients, "orders", podsNarrow), nil)
	foreign, err := issuer.New(testIssuer)
	if err != nil {
		t.Fatal(err)
	}
	pod := issuer.Pod{Namespace: "shop", ServiceAccount: "orders", Name: "orders-abc", UID: "u"}
	sign := func(by *issuer.Issuer, audience string, at time.Time, p issuer.Pod) string {
		text, err := by.Pod(p, audience, at, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	elsewhere := *n.issuer
	elsewhere.URL = "https://oidc.eks.eu-west-3.amazonaws.com/id/OTHER"
	n.AddIssuerKeys(elsewhere.URL, n.issuer.Keys())
	const invalid = "(InvalidTokenException): The token included in the request is invalid: "
	unbound, err := n.issuer.ServiceAccount("shop", "orders", podAudience, n.clock.at, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct{ token, want string }{
		"its own":        {sign(n.issuer, podAudience, n.clock.at, pod), sessionOf("111122223333", "orders")},
		"of STS":         {sign(n.issuer, "sts.amazonaws.com", n.clock.at, pod), invalid + "its audience is not pods.eks.amazonaws.com, fault: client"},
		"expired":        {sign(n.issuer, podAudience, n.clock.at.Add(-2*time.Hour), pod), "(ExpiredTokenException): The token included in the request is expired., fault: client"},
		"of the future":  {sign(n.issuer, podAudience, n.clock.at.Add(time.Minute), pod), invalid + "it is not valid yet, fault: client"},
		"another key":    {sign(foreign, podAudience, n.clock.at, pod), invalid + "its signature is not the cluster's, fault: client"},
		"another issuer": {sign(&elsewhere, podAudience, n.clock.at, pod), invalid + "it is not of the cluster's issuer, fault: client"},
		"of no pod":      {unbound, invalid + "it is not bound to a pod, fault: client"},
	} {
		n.wants(what, c.token, c.want)
	}
}

func chainedTrust(principal, action, condition string) string {
	if condition != "" {
		condition = `,"Condition":{"StringEquals":{` + condition + `}}`
	}
	return strings.NewReplacer("principal", principal, "action", action, "condition", condition).Replace(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"principal"},"Action":actioncondition}]}`)
}

// TestTargetRole: the association's role assumes the target role, with the tags or with the
// external ID; in another AWS account its own policies must allow it too.
func TestTargetRole(t *testing.T) {
	t.Parallel()
	const both, one = `["sts:AssumeRole","sts:TagSession"]`, `"sts:AssumeRole"`
	const id = `"sts:ExternalId":"eu-west-3/111122223333/prod/shop/orders"`
	role := "arn:aws:iam::111122223333:role/orders"
	for what, c := range map[string]struct {
		trust   string
		account string
		off     bool
		allowed string // the actions that the association's role may do with the target
		fails   bool
	}{
		"same account, named":               {trust: chainedTrust(role, both, "")},
		"same account, the account named":   {trust: chainedTrust("111122223333", both, ""), fails: true},
		"same, the account, allowed":        {trust: chainedTrust("111122223333", both, ""), allowed: both},
		"same, the account, half allowed":   {trust: chainedTrust("111122223333", both, ""), allowed: one, fails: true},
		"no TagSession":                     {trust: chainedTrust(role, one, ""), fails: true},
		"no TagSession, tags off":           {trust: chainedTrust(role, one, ""), off: true},
		"by tags":                           {trust: chainedTrust(role, both, `"aws:RequestTag/kubernetes-namespace":"shop"`)},
		"by another's tags":                 {trust: chainedTrust(role, both, `"aws:RequestTag/kubernetes-namespace":"other"`), fails: true},
		"by tags, tags off":                 {trust: chainedTrust(role, both, `"aws:RequestTag/kubernetes-namespace":"shop"`), off: true, fails: true},
		"by principal tags":                 {trust: chainedTrust(role, both, `"aws:PrincipalTag/kubernetes-service-account":"orders","aws:PrincipalTag/team":"shop"`)},
		"by external ID, tags off":          {trust: chainedTrust(role, one, id), off: true},
		"by another external ID":            {trust: chainedTrust(role, one, id[:len(id)-1]+`x"`), off: true, fails: true},
		"another account":                   {trust: chainedTrust(role, both, ""), account: targetAccount, fails: true},
		"another account, allowed":          {trust: chainedTrust(role, both, ""), account: targetAccount, allowed: both},
		"another account, allowed, no tags": {trust: chainedTrust(role, one, id), account: targetAccount, allowed: one, off: true},
		"trusts somebody else":              {trust: chainedTrust("111122223333", both, `"aws:PrincipalArn":"arn:aws:iam::111122223333:role/x"`), allowed: both, fails: true},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			n := newNode(t)
			n.makeRole(n.clients, "orders", podsWide)
			if _, err := n.iam.TagRole(t.Context(), &iam.TagRoleInput{RoleName: ptr("orders"), Tags: []types.Tag{{Key: ptr("team"), Value: ptr("shop")}}}); err != nil {
				t.Fatal(err)
			}
			in, account := n.clients, "111122223333"
			if c.account != "" {
				in, account = n.other, c.account
			}
			target := n.makeRole(in, "target", c.trust)
			if c.allowed != "" {
				_, err := n.iam.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: ptr("orders"), PolicyName: ptr("p"),
					PolicyDocument: ptr(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":` + c.allowed + `,"Resource":"` + target + `"}]}`)})
				want(t, "allowing it", err, "")
			}
			made := n.associate("shop", "orders", role, func(in *eks.CreatePodIdentityAssociationInput) {
				in.TargetRoleArn, in.DisableSessionTags = &target, &c.off
			})
			if got := aws.ToString(made.Association.ExternalId); got != "eu-west-3/111122223333/prod/shop/orders" {
				t.Errorf("the external ID is %s", got)
			}
			expected := sessionOf(account, "target")
			if c.fails {
				expected = unauthorized
			}
			n.wants("the pod", n.token("shop", "orders"), expected)
			if got, err := n.credentials(n.token("shop", "orders")); err == nil && !got.Expires.Equal(n.clock.at.Add(time.Hour)) {
				t.Errorf("they last until %v", got.Expires)
			}
		})
	}
}

// TestTransitiveTags: what a pod assumes by itself needs sts:TagSession too, unless the tags
// are off.
func TestTransitiveTags(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	role := n.makeRole(n.clients, "orders", podsWide)
	n.associate("shop", "orders", role, nil)
	n.associate("shop", "off", role, func(in *eks.CreatePodIdentityAssociationInput) { in.DisableSessionTags = aws.Bool(true) })
	plain := n.makeRole(n.clients, "plain", chainedTrust(role, `"sts:AssumeRole"`, ""))
	tagged := n.makeRole(n.clients, "tagged", chainedTrust(role, `["sts:AssumeRole","sts:TagSession"]`, `"aws:RequestTag/kubernetes-service-account":"orders"`))
	for _, c := range []struct{ who, role, code string }{
		{"orders", plain, "AccessDenied"}, {"orders", tagged, ""}, {"off", plain, ""}, {"off", tagged, "AccessDenied"},
	} {
		got, err := n.credentials(n.token("shop", c.who))
		if err != nil {
			t.Fatal(err)
		}
		_, err = n.Server.clients(got.AccessKeyID).sts.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: &c.role, RoleSessionName: ptr("by-hand")})
		want(t, c.who+" assumes "+c.role, err, c.code)
	}
}

// TestSessionPolicy: what it does not allow, the pods may not do; it is on the target role's
// session where there is one.
func TestSessionPolicy(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	role := n.makeRole(n.clients, "orders", podsWide)
	target := n.makeRole(n.clients, "target", chainedTrust(role, `"sts:AssumeRole"`, ""))
	policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:ListRoles","Resource":"*"}]}`
	with := func(targetRole *string) func(*eks.CreatePodIdentityAssociationInput) {
		return func(in *eks.CreatePodIdentityAssociationInput) {
			in.DisableSessionTags, in.Policy, in.TargetRoleArn = aws.Bool(true), &policy, targetRole
		}
	}
	n.associate("shop", "orders", role, with(nil))
	n.associate("shop", "chained", role, with(&target))
	for who, name := range map[string]string{"orders": "orders", "chained": "target"} {
		n.wants(who, n.token("shop", who), sessionOf("111122223333", name))
		got, err := n.credentials(n.token("shop", who))
		if err != nil {
			t.Fatal(err)
		}
		c := n.Server.clients(got.AccessKeyID)
		_, err = c.iam.ListRoles(t.Context(), &iam.ListRolesInput{})
		want(t, who+", allowed", err, "")
		_, err = c.iam.GetRole(t.Context(), &iam.GetRoleInput{RoleName: ptr("orders")})
		want(t, who+", not allowed", err, "AccessDenied")
		if err == nil || !strings.Contains(err.Error(), "because no session policy allows the iam:GetRole action") {
			t.Errorf("%v", err)
		}
	}
}

// TestAssociationSettings: what EKS refuses, and what an update keeps and takes away.
func TestAssociationSettings(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	role, ec2 := n.makeRole(n.clients, "orders", podsWide), n.makeRole(n.clients, "ec2", trustEC2)
	untagged := n.makeRole(n.clients, "untagged", strings.Replace(podsWide, `,"sts:TagSession"`, "", 1))
	target := "arn:aws:iam::444455556666:role/not-looked-at"
	const policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`
	create := func(change func(*eks.CreatePodIdentityAssociationInput)) error {
		in := &eks.CreatePodIdentityAssociationInput{ClusterName: ptr("prod"), Namespace: ptr("shop"), ServiceAccount: ptr("x"), RoleArn: &role}
		change(in)
		_, err := n.eks.CreatePodIdentityAssociation(t.Context(), in)
		return err
	}
	for message, change := range map[string]func(*eks.CreatePodIdentityAssociationInput){
		"Role provided in the request does not exist.":                   func(in *eks.CreatePodIdentityAssociationInput) { in.RoleArn = ptr(role + "x") },
		"Trust policy of the role provided is invalid.":                  func(in *eks.CreatePodIdentityAssociationInput) { in.RoleArn = &ec2 },
		"AccessDeniedException: Cross-account pass role is not allowed.": func(in *eks.CreatePodIdentityAssociationInput) { in.RoleArn = &target },
		"Target role ARN target is not valid":                            func(in *eks.CreatePodIdentityAssociationInput) { in.TargetRoleArn = ptr("target") },
		"Target role ARN arn:aws-cn:iam::444455556666:role/t is not valid": func(in *eks.CreatePodIdentityAssociationInput) {
			in.TargetRoleArn = ptr("arn:aws-cn:iam::444455556666:role/t")
		},
		"When policy is specified, disableSessionTags must be set to true": func(in *eks.CreatePodIdentityAssociationInput) { in.Policy = ptr(policy) },
		"The policy is not valid: This policy contains invalid Json": func(in *eks.CreatePodIdentityAssociationInput) {
			in.Policy, in.DisableSessionTags = ptr("{"), aws.Bool(true)
		},
		"The policy has 3088 characters, and may have 2048": func(in *eks.CreatePodIdentityAssociationInput) {
			in.Policy, in.DisableSessionTags = ptr(policy+strings.Repeat(" ", 3000)), aws.Bool(true)
		},
		"The parameter namespace contains invalid characters. It should conform":      func(in *eks.CreatePodIdentityAssociationInput) { in.Namespace = ptr("Shop") },
		"The parameter serviceAccount contains invalid characters. It should conform": func(in *eks.CreatePodIdentityAssociationInput) { in.ServiceAccount = ptr("a_b") },
		"InvalidParameterException: Trust policy of the role provided is invalid.": func(in *eks.CreatePodIdentityAssociationInput) {
			in.RoleArn, in.DisableSessionTags = &untagged, aws.Bool(true)
		},
	} {
		if err := create(change); err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("%v\nwant %s", err, message)
		}
	}

	made := n.associate("shop", "orders", role, func(in *eks.CreatePodIdentityAssociationInput) {
		in.TargetRoleArn, in.DisableSessionTags, in.Policy = &target, aws.Bool(true), ptr(policy)
	}).Association
	update := func(change func(*eks.UpdatePodIdentityAssociationInput)) string {
		in := &eks.UpdatePodIdentityAssociationInput{ClusterName: ptr("prod"), AssociationId: made.AssociationId}
		change(in)
		_, err := n.eks.UpdatePodIdentityAssociation(t.Context(), in)
		if err != nil {
			return code(err)
		}
		got, err := n.eks.DescribePodIdentityAssociation(t.Context(), &eks.DescribePodIdentityAssociationInput{ClusterName: ptr("prod"), AssociationId: made.AssociationId})
		if err != nil {
			return code(err)
		}
		a := got.Association
		out := []string{"tags"}
		if aws.ToBool(a.DisableSessionTags) {
			out = []string{"no tags"}
		}
		if a.TargetRoleArn != nil {
			out = append(out, "target", aws.ToString(a.ExternalId))
		}
		if a.Policy != nil {
			out = append(out, "policy")
		}
		return strings.Join(out, ", ")
	}
	const id = "eu-west-3/111122223333/prod/shop/orders"
	for _, c := range []struct {
		change func(*eks.UpdatePodIdentityAssociationInput)
		want   string
	}{
		{func(in *eks.UpdatePodIdentityAssociationInput) { in.RoleArn = &role }, "no tags, target, " + id + ", policy"},
		{func(in *eks.UpdatePodIdentityAssociationInput) { in.DisableSessionTags = aws.Bool(false) }, "InvalidParameterException"},
		{func(in *eks.UpdatePodIdentityAssociationInput) { in.TargetRoleArn = ptr("") }, "no tags, policy"},
		{func(in *eks.UpdatePodIdentityAssociationInput) {
			in.Policy, in.DisableSessionTags = ptr(""), aws.Bool(false)
		}, "tags"},
		{func(in *eks.UpdatePodIdentityAssociationInput) { in.TargetRoleArn = &target }, "tags, target, " + id},
		{func(in *eks.UpdatePodIdentityAssociationInput) { in.Policy = ptr(policy) }, "InvalidParameterException"},
	} {
		if got := update(c.change); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
