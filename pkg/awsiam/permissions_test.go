package awsiam_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

const (
	reachedAccount = "444455556666"
	accessRole     = "arn:aws:iam::444455556666:role/OrganizationAccountAccessRole"
	podsTrust      = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}]}`
	ec2Trust       = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
)

// permissionScenario is a life of a release: each file is applied in place of the one
// before it, and the last is destroyed.
type permissionScenario struct {
	name      string
	files     []string
	leftovers bool
	// dropped is an operation whose first call loses its answer.
	dropped string
	// adopt is what the release adopts, of what adoptable has put there.
	adopt []string
}

// adoptable puts there a role, a policy, a provider and an association that somebody made.
func adoptable(w *world) {
	stage := &stage{world: w}
	server := httptest.NewServer(w.aws)
	w.Cleanup(server.Close)
	stage.url = server.URL
	for _, err := range []error{
		stage.call("CreateRole", []byte(`{"RoleName":"theirs","Path":"/helm-irsa/","AssumeRolePolicyDocument":`+podsTrust+`}`)),
		stage.call("CreatePolicy", []byte(`{"PolicyName":"Theirs","Path":"/helm-irsa/","PolicyDocument":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}}`)),
		stage.call("CreateOpenIDConnectProvider", []byte(`{"Url":"`+issuer+`","ClientIDList":["theirs"]}`)),
		stage.associate([]byte(`{"cluster":"prod_cluster","namespace":"apps","serviceAccount":"web","roleArn":"arn:aws:iam::111122223333:role/helm-irsa/theirs"}`), false),
	} {
		if err != nil {
			w.Fatal(err)
		}
	}
}

const permissionDocument = `{Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:%s", Resource: "*"}]}`

func permissionScenarios() []permissionScenario {
	everything := func(action, boundary, audience, description, borrowed string) string {
		document := fmt.Sprintf(permissionDocument, action)
		return `
accounts: {"444455556666": {assumeRoleARN: "` + accessRole + `"}}
policies:
- {name: Reader, document: ` + document + `}
nodeRole: {name: eks-nodes, policies: [Reader], policyARNs: ["arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"]}
serviceAccounts:
- name: web
  role: {description: ` + description + `, permissionsBoundary: "arn:aws:iam::aws:policy/` + boundary + `", policies: [Reader], policyARNs: ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]}
- name: sync
  mode: both
  role:
    inlinePolicies: {extra: ` + document + `}
    trust: {audience: ` + audience + `, also: [{principals: {AWS: [self], Service: [s3.amazonaws.com]}, actions: ["sts:AssumeRole"]}]}
- name: far
  role: {accountID: "444455556666", policies: [Reader]}
- name: borrowed
  mode: podIdentity
  role: {arn: "arn:aws:iam::111122223333:role/` + borrowed + `"}
`
	}
	plain := `
serviceAccounts:
- {name: web}
`
	node := `
policies: [{name: Reader, document: ` + fmt.Sprintf(permissionDocument, "GetObject") + `}]
nodeRole: {fromNodegroups: true, policies: [Reader]}
`
	rich := `
policies: [{name: Reader, document: ` + fmt.Sprintf(permissionDocument, "GetObject") + `}]
nodeRole: {name: eks-nodes, policies: [Reader]}
serviceAccounts:
- {name: web, mode: both, role: {permissionsBoundary: "arn:aws:iam::aws:policy/ReadOnlyAccess", policies: [Reader], inlinePolicies: {extra: ` + fmt.Sprintf(permissionDocument, "GetObject") + `}}}
- {name: gone, mode: both, role: {policies: [Reader], inlinePolicies: {extra: ` + fmt.Sprintf(permissionDocument, "GetObject") + `}}}
`
	unmarked := `
policies: [{name: Reader, document: ` + fmt.Sprintf(permissionDocument, "GetObject") + `}]
nodeRole: {name: eks-nodes, policyARNs: ["arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"]}
serviceAccounts:
- {name: web, role: {policies: [Reader]}}
`
	less := `
nodeRole: {name: eks-nodes, policyARNs: ["arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"]}
serviceAccounts:
- {name: web}
`
	return []permissionScenario{
		{name: "everything", files: []string{
			everything("GetObject", "ReadOnlyAccess", "sts.amazonaws.com", "One", "borrowed"),
			everything("ListBucket", "AdministratorAccess", "another.example", "Two", "borrowed-too"),
		}},
		{name: "plain", files: []string{plain}},
		{name: "node groups", files: []string{node}},
		{name: "leftovers", files: []string{rich, unmarked, less}, leftovers: true},
		{name: "a lost answer to CreatePolicy", files: []string{rich}, dropped: "CreatePolicy"},
		{name: "a lost answer to CreateRole", files: []string{rich}, dropped: "CreateRole"},
		{name: "target roles", files: []string{
			`serviceAccounts: [{name: web, mode: podIdentity, podIdentity: {targetRoleARN: "arn:aws:iam::444455556666:role/a"}}]`,
			`serviceAccounts: [{name: web, mode: podIdentity, podIdentity: {targetRoleARN: "arn:aws:iam::444455556666:role/b", disableSessionTags: true, policy: ` + fmt.Sprintf(permissionDocument, "GetObject") + `}}]`,
		}},
		{name: "adopted", files: []string{`
policies: [{name: Theirs, document: ` + fmt.Sprintf(permissionDocument, "GetObject") + `}]
serviceAccounts:
- {name: web, mode: both, role: {name: theirs, policies: [Theirs]}}
`}, adopt: []string{"role/theirs", "policy/Theirs", "association/apps/web", "provider/" + issuer}},
	}
}

func permissionWorld(t *testing.T) *world { return permissionWorldOf(t, localaws.Options{}) }

func permissionWorldOf(t *testing.T, o localaws.Options) *world {
	w := newWorld(t, o)
	roles := []localaws.Role{
		{Name: "eks-nodes", Path: "/eks/", Trust: ec2Trust}, {Name: "borrowed", Trust: podsTrust}, {Name: "borrowed-too", Trust: podsTrust},
		{Account: reachedAccount, Name: "OrganizationAccountAccessRole", Trust: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sts:AssumeRole"}]}`},
	}
	for _, r := range roles {
		if _, err := w.aws.AddRole(r); err != nil {
			t.Fatal(err)
		}
	}
	w.aws.AddCluster(localaws.Cluster{Region: region, Name: "prod_cluster", Version: "1.31", Issuer: issuer,
		Nodegroups: map[string]localaws.Nodegroup{"workers": {RoleARN: "arn:aws:iam::111122223333:role/eks/eks-nodes"}}})
	return w
}

// The policies allow every call that the commands make, and nothing that none of them
// makes.
func TestPermissions(t *testing.T) {
	t.Parallel()
	used, allowed := map[string]bool{}, map[string]bool{}
	for _, c := range permissionScenarios() {
		t.Run(c.name, func(t *testing.T) {
			p := &permissionRun{world: permissionWorld(t), scenario: c, used: used, allowed: allowed}
			if c.adopt != nil {
				adoptable(p.world)
			}
			for i, file := range c.files {
				p.release = awsiam.Release{File: p.file(file), Namespace: "apps", Name: "web", Adopt: c.adopt}
				p.apply(i)
			}
			p.release.Adopt = nil
			p.destroy()
		})
	}
	for action := range allowed {
		if !used[action] {
			t.Errorf("%s is allowed, and no scenario needs it", action)
		}
	}
}

type permissionRun struct {
	*world
	scenario      permissionScenario
	release       awsiam.Release
	used, allowed map[string]bool
}

func (p *permissionRun) session() *awsiam.Session {
	p.Helper()
	o := p.options()
	o.Parallel = 1 // so that the number of a call is known
	s, err := awsiam.Open(p.Context(), p.release, o)
	if err != nil {
		p.Fatal(err)
	}
	return s
}

func (p *permissionRun) policies(o awsiam.PermissionsOptions) []awsiam.AccountPolicies {
	p.Helper()
	o.Leftovers = p.scenario.leftovers
	out, err := p.session().Permissions(context.Background(), o)
	if err != nil {
		p.Fatal(err)
	}
	for _, a := range out {
		for _, policy := range a.Policies {
			checkPolicyText(p.T, policy.Text())
			for _, s := range policy.Statement {
				for _, action := range s.Action {
					p.allowed[action] = true
				}
			}
		}
	}
	return out
}

// checkPolicyText holds a document against what IAM takes.
func checkPolicyText(t *testing.T, text string) {
	t.Helper()
	doc, err := trust.ParsePermissions(text)
	if err == nil {
		err = doc.CheckPermissions()
	}
	if err != nil {
		t.Errorf("%v in\n%s", err, text)
	}
	if size := trust.Size(doc); size > trust.ManagedPolicyQuota {
		t.Errorf("%d characters", size)
	}
}

func (p *permissionRun) apply(i int) {
	p.Helper()
	reading, all := p.policies(awsiam.PermissionsOptions{ReadOnly: true}), p.policies(awsiam.PermissionsOptions{})
	p.aws.SetFaults(localaws.Faults{DropAt: p.dropped(), Deny: optional(all)})
	p.aws.ResetCalls()
	s := p.session()
	plan, err := s.Plan(context.Background())
	if err != nil {
		p.Fatal(err)
	}
	p.check(fmt.Sprint("plan of file ", i), reading)
	p.check(fmt.Sprint("plan of file ", i), all)
	p.aws.ResetCalls()
	if err := s.Apply(context.Background(), plan, nil); err != nil {
		p.Fatal(err)
	}
	p.check(fmt.Sprint("apply of file ", i), all)
	if plan.Empty() {
		p.Errorf("file %d changes nothing", i)
	}
}

// optional are the permissions that the commands try without and do not need: a plan
// lists associations where it asks EKS for the cluster anyway, and goes on where it may
// not. Then it may not here, so that it is seen to go on.
func optional(policies []awsiam.AccountPolicies) []string {
	const list = "eks:ListPodIdentityAssociations"
	text, _ := json.Marshal(policies) // texts always encode
	if strings.Contains(string(text), list) {
		return nil
	}
	return []string{list}
}

// dropped is the number of the call whose answer is lost: the first of the operation
// that the scenario names, in a world of its own; 0 for none.
func (p *permissionRun) dropped() int {
	if p.scenario.dropped == "" {
		return 0
	}
	trial := &permissionRun{world: permissionWorld(p.T), release: p.release}
	trial.aws.SetFaults(localaws.Faults{})
	s := trial.session()
	plan, err := s.Plan(context.Background())
	if err == nil {
		err = s.Apply(context.Background(), plan, nil)
	}
	if err != nil {
		p.Fatal(err)
	}
	for _, c := range trial.aws.Calls() {
		if c.Operation == p.scenario.dropped {
			return c.Number
		}
	}
	p.Fatalf("there is no call of %s", p.scenario.dropped)
	return 0
}

func (p *permissionRun) destroy() {
	p.Helper()
	all := p.policies(awsiam.PermissionsOptions{Provider: true})
	p.aws.SetFaults(localaws.Faults{Deny: optional(all)})
	p.aws.ResetCalls()
	s := p.session()
	plan, err := s.PlanDestroy(context.Background(), awsiam.DestroyOptions{Provider: true})
	if err == nil {
		err = s.Apply(context.Background(), plan, nil)
	}
	if err != nil {
		p.Fatal(err)
	}
	p.check("destroy", all)
}

// check holds the calls since the last reset against the policies.
func (p *permissionRun) check(doing string, policies []awsiam.AccountPolicies) {
	p.Helper()
	for _, call := range p.aws.Calls() {
		if call.Code == "AccessDeniedException" { // and the command went on
			continue
		}
		for _, need := range call.Needs {
			p.used[need.Action] = true
			if !permits(policies, call, need) {
				p.Errorf("%s: %s on %s in AWS account %s is not allowed (%v)", doing, need.Action, need.Resource, call.Account, call.Args)
			}
		}
	}
}

// permits is IAM's answer, as far as the log knows what conditions ask for.
func permits(policies []awsiam.AccountPolicies, call localaws.Call, need localaws.Permission) bool {
	for _, a := range policies {
		for _, doc := range a.Policies {
			if a.Account == call.Account && slices.ContainsFunc(doc.Statement, func(s awsiam.PolicyStatement) bool { return statementPermits(s, call, need) }) {
				return true
			}
		}
	}
	return false
}

func statementPermits(s awsiam.PolicyStatement, call localaws.Call, need localaws.Permission) bool {
	known := map[string]string{"iam:PolicyARN": call.Args["PolicyArn"], "iam:PassedToService": "pods.eks.amazonaws.com"}
	if call.Operation == "CreateRole" || call.Operation == "PutRolePermissionsBoundary" {
		known["iam:PermissionsBoundary"] = call.Args["PermissionsBoundary"]
	}
	for _, keys := range s.Condition {
		for key, values := range keys {
			if value, ok := known[key]; ok && !slices.ContainsFunc(values, func(pattern string) bool { return trust.Covers(pattern, value) }) {
				return false
			}
		}
	}
	return slices.Contains(s.Action, need.Action) && slices.ContainsFunc(s.Resource, func(r string) bool { return trust.Covers(r, need.Resource) })
}

// Without leftovers, what an earlier file made is not removed: the policies name exactly
// what this file does.
func TestPermissionsAreExact(t *testing.T) {
	t.Parallel()
	w := permissionWorld(t)
	r := awsiam.Release{File: w.file(permissionScenarios()[0].files[0]), Namespace: "apps"}
	s := w.open(r)
	policies, err := s.Permissions(context.Background(), awsiam.PermissionsOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(policies) != 2 || policies[0].Account != account || policies[0].For != "" || policies[1].Account != reachedAccount || policies[1].For != accessRole {
		t.Errorf("got %+v", policies)
	}
	for _, a := range policies {
		for _, s := range a.Policies[0].Statement {
			for _, resource := range s.Resource {
				node := strings.HasSuffix(resource, ":role/*/eks-nodes") // its path is not known
				made := strings.HasSuffix(resource, ":podidentityassociation/prod_cluster/*") || s.Sid == "ReadPolicies" || s.Sid == "ReadNodegroups" || s.Sid == "ReadAccount"
				if strings.ContainsAny(resource, "*?") && !node && !made {
					t.Errorf("%s: %s", s.Sid, resource)
				}
			}
		}
	}
	for _, action := range []string{"iam:DeleteRolePermissionsBoundary", "iam:DeleteOpenIDConnectProvider", "eks:ListClusters", "sts:GetCallerIdentity"} {
		text, _ := json.Marshal(policies)
		if strings.Contains(string(text), `"`+action+`"`) {
			t.Errorf("%s is allowed", action)
		}
	}
}

// A file without Pod Identity, boundaries, policies or other accounts asks for nothing
// that these need.
func TestPermissionsOfAPlainFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localaws.Options{})
	f := w.file(`apiVersion: helm-irsa.dev/v1alpha1
kind: ReleaseIdentity
cluster: {region: eu-west-3, accountID: "111122223333", issuer: "` + issuer + `"}
serviceAccounts: [{name: web, role: {name: web}}]
`)
	if unsaid := awsiam.Unsaid(f, awsiam.PermissionsOptions{}); len(unsaid) > 0 {
		t.Errorf("not said: %q", unsaid)
	}
	policies, err := awsiam.Permissions(awsiam.Release{File: f, Namespace: "apps"}, awsiam.FactsOf(f), awsiam.PermissionsOptions{})
	if err != nil {
		t.Fatal(err)
	}
	const role = "arn:aws:iam::111122223333:role/helm-irsa/web"
	const provider = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"
	want := []string{
		"iam:GetAccountAuthorizationDetails iam:GetAccountSummary iam:ListRoles on *",
		"iam:GetOpenIDConnectProvider on " + provider,
		"iam:GetPolicy on arn:aws:iam::111122223333:policy/helm-irsa/*",
		"iam:AddClientIDToOpenIDConnectProvider iam:CreateOpenIDConnectProvider iam:TagOpenIDConnectProvider on " + provider,
		"iam:DeleteRole iam:GetRole iam:TagRole iam:UntagRole iam:UpdateAssumeRolePolicy iam:UpdateRole on " + role,
		"iam:CreateRole on " + role,
	}
	var got []string
	for _, s := range policies[0].Policies[0].Statement {
		got = append(got, strings.Join(s.Action, " ")+" on "+strings.Join(s.Resource, " "))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Many roles do not fit one policy.
func TestPermissionsAreSplit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localaws.Options{})
	var body strings.Builder
	body.WriteString("apiVersion: helm-irsa.dev/v1alpha1\nkind: ReleaseIdentity\ncluster: {region: eu-west-3, accountID: \"111122223333\", issuer: \"" + issuer + "\"}\nserviceAccounts:\n")
	const roles = 150
	for i := range roles {
		fmt.Fprintf(&body, "- {name: web-%03d, role: {name: a-name-of-some-length-%03d, policyARNs: [\"arn:aws:iam::999988887777:policy/some/path/a-policy-%03d\"]}}\n", i, i, i)
	}
	f := w.file(body.String())
	policies, err := awsiam.Permissions(awsiam.Release{File: f, Namespace: "apps"}, awsiam.FactsOf(f), awsiam.PermissionsOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(policies) != 1 || len(policies[0].Policies) < 2 {
		t.Fatalf("got %d documents", len(policies[0].Policies))
	}
	sids := map[string]bool{}
	for _, doc := range policies[0].Policies {
		checkPolicyText(t, doc.Text())
		for _, s := range doc.Statement {
			if sids[s.Sid] {
				t.Errorf("%s comes twice", s.Sid)
			}
			sids[s.Sid] = true
		}
	}
	for i := range roles {
		call := localaws.Call{Account: account, Operation: "AttachRolePolicy", Args: map[string]string{"PolicyArn": fmt.Sprintf("arn:aws:iam::999988887777:policy/some/path/a-policy-%03d", i)}}
		need := localaws.Permission{Action: "iam:AttachRolePolicy", Resource: fmt.Sprintf("arn:aws:iam::111122223333:role/helm-irsa/a-name-of-some-length-%03d", roles-1-i)}
		if !permits(policies, call, need) {
			t.Errorf("%v", need)
		}
	}
}

// Who may not delete is told of both policies.
func TestPermissionsHint(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localaws.Options{})
	w.apply(awsiam.Release{Name: "web", File: w.file("serviceAccounts: [{name: web}, {name: gone}]\n")})
	s, p := w.plan(awsiam.Release{Name: "web", File: w.file("serviceAccounts: [{name: web}]\n")})
	w.aws.SetFaults(localaws.Faults{Deny: []string{"iam:DeleteRole"}})
	var fault *awsiam.Fault
	if err := s.Apply(context.Background(), p, nil); !errors.As(err, &fault) || !strings.HasSuffix(fault.Hint(), "with --leftovers that for what irsa.yaml no longer names") {
		t.Errorf("got %v, %v", err, fault)
	}
}
