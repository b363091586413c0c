package awsiam_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// shopFile is a release with something of all that gc may delete.
const shopFile = everythingHead + `
policies:
- name: Read
  document: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "*"}]}
serviceAccounts:
- name: web
  role: {name: web, policies: [Read], policyARNs: ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"], description: of the shop, permissionsBoundary: "arn:aws:iam::111122223333:policy/boundary", maxSessionDuration: 2h, tags: {team: shop}}
- name: pods
  mode: podIdentity
  role: {name: pods, inlinePolicies: {one: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "sqs:ListQueues", Resource: "*"}]}}}
- name: far
  role: {name: far, accountID: "444455556666"}
`

// yard is a cloud with releases in it, and what is known of its clusters.
type yard struct {
	*cloud
	t     *testing.T
	proof awsiam.Proof
}

var (
	prodKey    = awsiam.ClusterKey{Scope: "111122223333/eu-west-3", Name: "prod_cluster"}
	standbyKey = awsiam.ClusterKey{Name: "oidc.eks.eu-central-1.amazonaws.com/id/STANDBY"}
)

// newYard has a release shop in namespace apps, and clusters that were read and are empty.
func newYard(t *testing.T, file string) *yard {
	y := &yard{cloud: newCloud(t, localaws.Options{}).furnish(t), t: t}
	y.proof = awsiam.Proof{Now: y.clock.Now(), Clusters: map[awsiam.ClusterKey]*awsiam.Evidence{
		prodKey: evidence(), standbyKey: evidence(),
	}}
	y.apply(awsiam.Release{File: load(t, file), Name: "shop", Namespace: "apps"})
	return y
}

func evidence() *awsiam.Evidence {
	return &awsiam.Evidence{Releases: map[string]bool{}, Pods: map[string]bool{}}
}

func (y *yard) apply(r awsiam.Release) {
	y.t.Helper()
	if err := y.process(r, nil).run(context.Background()); err != nil {
		y.t.Fatal(err)
	}
}

// fleet opens the AWS account, and the other one through a profile that has its credentials.
func (c *cloud) fleet(t testing.TB, parallel int) (*awsiam.Fleet, *direct) {
	t.Helper()
	f, http, err := c.tryFleet(context.Background(), parallel)
	if err != nil {
		t.Fatal(err)
	}
	return f, http
}

func (c *cloud) tryFleet(ctx context.Context, parallel int) (*awsiam.Fleet, *direct, error) {
	p := c.process(awsiam.Release{}, nil)
	p.options.Parallel = parallel
	p.options.Load = append(p.options.Load, config.WithRegion(region))
	f, err := awsiam.OpenFleet(ctx, nil, p.options)
	return f, p.http, err
}

// judged is what is found, a line each.
func (y *yard) judged() []string {
	y.t.Helper()
	f, _ := y.fleet(y.t, 3)
	inv, err := f.Read(context.Background())
	if err != nil {
		y.t.Fatal(err)
	}
	return lines(inv.Leftovers(y.proof))
}

func lines(all []awsiam.Leftover) []string {
	var out []string
	for _, l := range all {
		sign := "  "
		if l.Delete {
			sign = "- "
		}
		out = append(out, sign+string(l.Type)+" "+l.Name+": "+string(l.Class))
	}
	slices.Sort(out)
	return out
}

// TestLeftovers: what is there decides, whichever way a release went.
func TestLeftovers(t *testing.T) {
	t.Parallel()
	const gone = "- podIdentityAssociation apps/pods: releaseGone|- policy Read: releaseGone|- role pods: releaseGone|- role web: releaseGone|  oidcProvider PROVIDER: inUse|  oidcProvider STANDBY: inUse"
	held := func(class string) string {
		return strings.NewReplacer("- ", "  ", "releaseGone", class).Replace(strings.Split(gone, "|  oidc")[0]) + "|  oidcProvider PROVIDER: inUse|  oidcProvider STANDBY: inUse"
	}
	for _, c := range []struct {
		name  string
		leave func(*yard)
		want  string
	}{
		{"uninstalled by Helm alone, or its namespace deleted", func(*yard) {}, gone},
		{"still there", func(y *yard) { y.proof.Clusters[prodKey].Releases["apps/shop"] = true }, held("inUse")},
		{"a release of that name in another namespace, and in another cluster", func(y *yard) {
			y.proof.Clusters[prodKey].Releases["other/shop"] = true
			y.proof.Clusters[standbyKey].Releases["apps/shop"] = true
		}, gone},
		{"the cluster was not read", func(y *yard) {
			delete(y.proof.Clusters, prodKey)
			y.proof.Unread = map[awsiam.ClusterKey]string{prodKey: "forbidden"}
		}, held("unknown")},
		{"an additional cluster was not read", func(y *yard) { delete(y.proof.Clusters, standbyKey) },
			"- podIdentityAssociation apps/pods: releaseGone|- role pods: releaseGone|  policy Read: shared|  role web: unknown|  oidcProvider PROVIDER: inUse|  oidcProvider STANDBY: inUse"},
		{"renamed: the service accounts are those of another release now", func(y *yard) {
			y.proof.Clusters[prodKey].Releases["apps/shop2"] = true
			y.proof.Clusters[prodKey].Accounts = []awsiam.SeenAccount{{Namespace: "apps", Name: "web"}, {Namespace: "apps", Name: "pods"}}
		}, "  podIdentityAssociation apps/pods: inUse|  policy Read: shared|  role pods: inUse|  role web: inUse|  oidcProvider PROVIDER: inUse|  oidcProvider STANDBY: inUse"},
		{"a service account elsewhere names the role", func(y *yard) {
			y.proof.Clusters[standbyKey].Accounts = []awsiam.SeenAccount{{Namespace: "x", Name: "y", RoleARNs: []string{"arn:aws:iam::111122223333:role/helm-irsa/web"}}}
		}, "- podIdentityAssociation apps/pods: releaseGone|- role pods: releaseGone|  policy Read: shared|  role web: inUse|  oidcProvider PROVIDER: inUse|  oidcProvider STANDBY: inUse"},
		{"pods run on", func(y *yard) { y.proof.Clusters[prodKey].Pods["apps/web"] = true },
			"- podIdentityAssociation apps/pods: releaseGone|- role pods: releaseGone|  policy Read: shared|  role web: inUse|  oidcProvider PROVIDER: inUse|  oidcProvider STANDBY: inUse"},
		{"used of late", func(y *yard) { y.proof.UnusedFor = 720 * time.Hour },
			"  podIdentityAssociation apps/pods: recent|  policy Read: shared|  role pods: inUse|  role web: recent|  oidcProvider PROVIDER: inUse|  oidcProvider STANDBY: inUse"},
		{"made long ago", func(y *yard) {
			y.proof.OlderThan, y.proof.Now = 720*time.Hour, y.proof.Now.Add(721*time.Hour)
		}, gone},
		{"made of late", func(y *yard) { y.proof.OlderThan = 720 * time.Hour },
			"  podIdentityAssociation apps/pods: recent|  policy Read: shared|  role pods: inUse|  role web: recent|  oidcProvider PROVIDER: inUse|  oidcProvider STANDBY: inUse"},
		{"half destroyed", func(y *yard) {
			y.call(y.t, "AKIATEST", "DetachRolePolicy", map[string]string{"RoleName": "web", "PolicyArn": "arn:aws:iam::111122223333:policy/helm-irsa/Read"})
			y.call(y.t, "AKIATEST", "DetachRolePolicy", map[string]string{"RoleName": "web", "PolicyArn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"})
			y.call(y.t, "AKIATEST", "DeleteRole", map[string]string{"RoleName": "web"})
		}, strings.Replace(gone, "- role web: releaseGone|", "", 1)},
		{"another statement in the trust policy", func(y *yard) {
			y.retrust("web", `{"Sid":"Own","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sts:AssumeRole"}`)
		}, "- podIdentityAssociation apps/pods: releaseGone|- role pods: releaseGone|  policy Read: shared|  role web: shared|  oidcProvider PROVIDER: inUse|  oidcProvider STANDBY: inUse"},
		{"tags that were copied", func(y *yard) {
			y.call(y.t, "AKIATEST", "TagRole", map[string]string{"RoleName": "nodes", "Tags.member.1.Key": "helm-irsa.dev/cluster", "Tags.member.1.Value": "prod_cluster",
				"Tags.member.2.Key": "helm-irsa.dev/namespace", "Tags.member.2.Value": "apps", "Tags.member.3.Key": "helm-irsa.dev/release", "Tags.member.3.Value": "shop",
				"Tags.member.4.Key": "helm-irsa.dev/scope", "Tags.member.4.Value": "111122223333/eu-west-3"})
		}, "  role nodes: unproven|" + gone},
		{"somebody else has the policy", func(y *yard) {
			y.call(y.t, "AKIATEST", "AttachRolePolicy", map[string]string{"RoleName": "nodes", "PolicyArn": "arn:aws:iam::111122223333:policy/helm-irsa/Read"})
		}, strings.Replace(gone, "- policy Read: releaseGone", "  policy Read: shared", 1)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			y := newYard(t, shopFile)
			c.leave(y)
			want := strings.NewReplacer("PROVIDER", "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE", "STANDBY", "oidc.eks.eu-central-1.amazonaws.com/id/STANDBY").Replace(c.want)
			wanted := strings.Split(want, "|")
			slices.Sort(wanted)
			if got := y.judged(); !slices.Equal(got, wanted) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(wanted, "\n"))
			}
		})
	}
}

// retrust adds a statement to a role's trust policy.
func (y *yard) retrust(role, statement string) {
	y.t.Helper()
	var all struct {
		Accounts map[string]struct {
			Roles map[string]struct{ Trust string }
		}
	}
	if err := json.Unmarshal(y.snapshot(y.t), &all); err != nil {
		y.t.Fatal(err)
	}
	was := all.Accounts[account].Roles[role].Trust
	text := strings.Replace(was, `"Statement":[`, `"Statement":[`+statement+",", 1)
	if text == was {
		y.t.Fatalf("the trust policy is %q", was)
	}
	y.call(y.t, "AKIATEST", "UpdateAssumeRolePolicy", map[string]string{"RoleName": role, "PolicyDocument": text})
}

// TestSharedAndAdopted: a role whose keeper is gone stays with the release that shares it, and goes
// when that is gone too; what was there before helm-irsa stays.
func TestSharedAndAdopted(t *testing.T) {
	t.Parallel()
	const keeper = "\nserviceAccounts:\n- {name: web, role: {name: web, sharedWith: [apps/second]}}\n"
	const second = "\nserviceAccounts:\n- {name: other, role: {name: web, sharedWith: [apps/second]}}\n"
	const adopting = "\nserviceAccounts:\n- {name: old, role: {name: nodes, path: /}}\n"
	y := newYard(t, everythingHead+keeper)
	y.apply(awsiam.Release{File: load(t, everythingHead+second), Name: "second", Namespace: "apps"})
	y.apply(awsiam.Release{File: load(t, everythingHead+adopting), Name: "third", Namespace: "apps", Adopt: []string{"role/nodes"}})
	role := func() string {
		var out []string
		for _, line := range y.judged() {
			if strings.Contains(line, " role ") {
				out = append(out, line)
			}
		}
		return strings.Join(out, "|")
	}
	y.proof.Clusters[prodKey].Releases["apps/second"] = true
	if got := role(); got != "  role nodes: adopted|  role web: inUse" {
		t.Errorf("with the sharer: %s", got)
	}
	y.proof.Clusters[prodKey].Releases = map[string]bool{}
	if got := role(); got != "  role nodes: adopted|- role web: releaseGone" {
		t.Errorf("without the sharer: %s", got)
	}
}

// TestAssociationInAdditionalCluster: a role that EKS Pod Identity may assume for an additional cluster
// stays while an association there has it, whoever made that, and while nobody could ask. No tag names
// that cluster, and no context is needed for it.
func TestAssociationInAdditionalCluster(t *testing.T) {
	t.Parallel()
	for _, noTags := range []string{"", "\n  podIdentity: {disableSessionTags: true}"} {
		y := newYard(t, strings.Replace(shopFile, "mode: podIdentity", "mode: podIdentity"+noTags, 1))
		roles := func() string {
			return strings.Join(slices.DeleteFunc(y.judged(), func(line string) bool { return !strings.Contains(line, " role pods: ") }), "|")
		}
		if got := roles(); got != "- role pods: releaseGone" {
			t.Errorf("there is no such cluster, and so no association: %s", got)
		}
		y.aws.AddCluster(localaws.Cluster{Region: "eu-central-1", Name: "standby", Issuer: "https://oidc.eks.eu-central-1.amazonaws.com/id/STANDBY"})
		if got := roles(); got != "- role pods: releaseGone" {
			t.Errorf("nothing there has it: %s", got)
		}
		y.associate("eu-central-1", "standby", "apps", "pods", "arn:aws:iam::111122223333:role/helm-irsa/pods")
		if got := roles(); got != "  role pods: inUse" {
			t.Errorf("an association there has it: %s", got)
		}
		y.aws.SetFaults(localaws.Faults{Deny: []string{"eks:ListPodIdentityAssociations"}})
		if got := roles(); got != "  role pods: unknown" {
			t.Errorf("nobody could ask: %s", got)
		}
	}
}

// associate makes a Pod Identity association by hand.
func (y *yard) associate(region, cluster, namespace, name, role string) {
	y.t.Helper()
	body := fmt.Sprintf(`{"namespace":%q,"serviceAccount":%q,"roleArn":%q}`, namespace, name, role)
	r, err := http.NewRequest(http.MethodPost, "http://localaws.invalid/clusters/"+cluster+"/pod-identity-associations", strings.NewReader(body))
	if err != nil {
		y.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIATEST/20260101/"+region+"/eks/aws4_request")
	answer, err := (&direct{aws: y.aws}).Do(r)
	if err != nil || answer.StatusCode >= 300 {
		y.t.Fatalf("%v %v", answer, err)
	}
}

// TestClusterGone: that EKS knows a cluster no more is not enough; with the user's word for it, all
// goes, the provider too. Where EKS does know it, the word does not count.
func TestClusterGone(t *testing.T) {
	t.Parallel()
	const foreign = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:sub":"system:serviceaccount:a:b"}}}]}`
	y := newYard(t, strings.Replace(strings.Replace(shopFile, "name: prod_cluster", "name: lost\n  issuer: https://oidc.example.com/lost", 1), "mode: podIdentity", "mode: irsa", 1))
	lost := awsiam.ClusterKey{Scope: "111122223333/eu-west-3", Name: "lost"}
	issuer := awsiam.ClusterKey{Name: "oidc.example.com/lost"}
	if _, err := y.aws.AddRole(localaws.Role{Name: "foreign", Trust: foreign}); err != nil {
		t.Fatal(err)
	}
	for _, line := range y.judged() {
		if strings.HasPrefix(line, "-") {
			t.Errorf("without a word: %s", line)
		}
	}
	y.proof.Gone = map[awsiam.ClusterKey]bool{lost: true}
	if got := strings.Join(y.judged(), "|"); !strings.Contains(got, "  role web: unknown") {
		t.Errorf("the issuer was not named: %s", got)
	}
	y.proof.Gone[issuer] = true
	const want = "  oidcProvider oidc.eks.eu-central-1.amazonaws.com/id/STANDBY: inUse|- oidcProvider oidc.example.com/lost: clusterGone|- policy Read: clusterGone|- role pods: clusterGone|- role web: clusterGone"
	if got := strings.Join(y.judged(), "|"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestForeignRoles: a role that somebody else made is told where nothing can use it, and only there.
func TestForeignRoles(t *testing.T) {
	t.Parallel()
	y := newYard(t, shopFile)
	trust := func(subject string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringLike":{"oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:sub":"system:serviceaccount:` + subject + `"}}}]}`
	}
	for name, subject := range map[string]string{"unused": "gone:app", "used": "there:app", "pattern": "there:*"} {
		if _, err := y.aws.AddRole(localaws.Role{Name: name, Trust: trust(subject)}); err != nil {
			t.Fatal(err)
		}
	}
	y.proof.Clusters[prodKey].Accounts = []awsiam.SeenAccount{{Namespace: "there", Name: "app"}}
	var got []string
	for _, line := range y.judged() {
		if strings.HasSuffix(line, ": foreign") {
			got = append(got, line)
		}
	}
	if strings.Join(got, "|") != "  role unused: foreign" {
		t.Errorf("got %s", got)
	}
}

// TestJoinedMeanwhile: a release comes to a role that is left over, after that was read and before
// its turn to go: it stays, with all that is on it.
func TestJoinedMeanwhile(t *testing.T) {
	t.Parallel()
	for name, join := range map[string]func(*yard){
		"trust": func(y *yard) {
			y.retrust("web", `{"Sid":"New","Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}`)
		},
		"tags": func(y *yard) {
			y.call(y.t, "AKIATEST", "TagRole", map[string]string{"RoleName": "web", "Tags.member.1.Key": "helm-irsa.dev/writing/x", "Tags.member.1.Value": "writing"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			y := newYard(t, shopFile)
			f, _ := y.fleet(t, 3)
			inv, err := f.Read(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			join(y)
			err = f.Delete(context.Background(), inv, inv.Leftovers(y.proof), nil)
			if err == nil || !strings.Contains(err.Error(), "role web is not left over any more: its trust or its tags changed") {
				t.Error(err)
			}
			left := string(y.snapshot(t))
			if !strings.Contains(left, `"web"`) || !strings.Contains(left, "AmazonS3ReadOnlyAccess") {
				t.Errorf("the role lost what was on it: %s", left)
			}
		})
	}
}
