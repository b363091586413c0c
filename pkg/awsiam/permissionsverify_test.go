package awsiam_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// borrowing is a file that only names roles of others: two that are there, one in another
// account, one where nobody can reach it, and one that is not there.
const borrowing = `apiVersion: helm-irsa.dev/v1alpha1
kind: ReleaseIdentity
cluster: {name: prod_cluster, region: eu-west-3, issuer: "` + issuer + `"}
accounts: {"444455556666": {assumeRoleARN: "` + accessRole + `"}}
serviceAccounts:
- {name: a, role: {arn: "arn:aws:iam::111122223333:role/borrowed"}}
- {name: n, role: {arn: "arn:aws:iam::111122223333:role/eks/eks-nodes"}}
- {name: b, role: {arn: "arn:aws:iam::444455556666:role/OrganizationAccountAccessRole"}}
- {name: d, role: {arn: "arn:aws:iam::999988887777:role/theirs"}}
- {name: c, role: {arn: "arn:aws:iam::111122223333:role/some/path/not-there"}}
`

// faraway is a file that wants nothing in the cluster's account.
const faraway = `
accounts: {"444455556666": {assumeRoleARN: "` + accessRole + `"}}
serviceAccounts:
- {name: far, role: {accountID: "444455556666"}}
`

// clusters is a file with a further cluster in another account, and one that says no
// issuer but needs none of EKS, since it makes no role for tokens.
const clusters = `apiVersion: helm-irsa.dev/v1alpha1
kind: ReleaseIdentity
cluster: {name: prod_cluster, region: eu-west-3, additional: [{name: more, region: us-east-1, accountID: "444455556666"}]}
accounts: {"444455556666": {assumeRoleARN: "` + accessRole + `"}}
serviceAccounts:
- {name: a, mode: podIdentity, role: {arn: "arn:aws:iam::111122223333:role/borrowed"}}
- {name: b, mode: podIdentity}
`

// drifting is what somebody gets to whom a lot happens by hand: see verifyRun.drift.
const drifting = `
policies: [{name: Reader, document: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "*"}]}}]
nodeRole: {fromNodegroups: true, policyARNs: ["arn:aws:iam::111122223333:policy/teams/Nodes"]}
serviceAccounts:
- {name: web, role: {policies: [Reader]}}
`

// reading is what was called, and the policies that shall allow it.
type reading struct {
	doing    string
	policies []awsiam.AccountPolicies
	calls    []localaws.Call
}

// refused are the permissions that the policies lack.
func (r reading) refused() []string {
	var out []string
	for _, call := range r.calls {
		for _, need := range call.Needs {
			if !permits(r.policies, call, need) {
				out = append(out, fmt.Sprintf("%s: %s on %s in AWS account %s", r.doing, need.Action, need.Resource, call.Account))
			}
		}
	}
	return out
}

// without are the policies less an action in a statement.
func (r reading) without(sid, action string) reading {
	text, _ := json.Marshal(r.policies) // texts always encode
	var less []awsiam.AccountPolicies
	_ = json.Unmarshal(text, &less)
	for _, a := range less {
		for _, doc := range a.Policies {
			for i, s := range doc.Statement {
				if strings.TrimRight(s.Sid, "23456789") == sid {
					doc.Statement[i].Action = slices.DeleteFunc(s.Action, func(had string) bool { return had == action })
				}
			}
		}
	}
	return reading{r.doing, less, r.calls}
}

// verifyRun is a release that is looked at.
type verifyRun struct {
	*world
	release awsiam.Release
	seen    *[]reading
}

// look runs snapshot and status, and keeps what they called.
func (v *verifyRun) look(doing string) {
	v.Helper()
	policies, err := v.open(v.release).Permissions(context.Background(), awsiam.PermissionsOptions{Verify: true})
	if err != nil {
		v.Fatal(err)
	}
	for _, a := range policies {
		for _, doc := range a.Policies {
			checkPolicyText(v.T, doc.Text())
		}
	}
	v.aws.ResetCalls()
	taken, err := v.open(v.release).Snapshot(context.Background())
	if err != nil {
		v.Fatalf("%s: snapshot: %v", doing, err)
	}
	if len(taken.Unread) > 0 && !strings.Contains(taken.Unread[0].Error(), "999988887777") {
		v.Errorf("%s: not read: %v", doing, taken.Unread)
	}
	calls := v.keep(doing+": snapshot", policies)
	if _, _, err := v.open(v.release).Pending(context.Background()); err != nil {
		v.Fatalf("%s: status: %v", doing, err)
	}
	calls = append(calls, v.keep(doing+": status", policies)...)
	for _, a := range policies {
		if !slices.ContainsFunc(calls, func(c localaws.Call) bool { return c.Account == a.Account && len(c.Needs) > 0 }) {
			v.Errorf("%s: there is a policy for AWS account %s, where nothing is called", doing, a.Account)
		}
	}
}

// keep keeps what was called since it was kept last, and gives it.
func (v *verifyRun) keep(doing string, policies []awsiam.AccountPolicies) []localaws.Call {
	v.Helper()
	calls := slices.DeleteFunc(v.aws.Calls(), func(c localaws.Call) bool { return c.Operation == "DetachRolePolicy" }) // drift's
	if len(writes(calls)) > 0 {
		v.Errorf("%s writes: %v", doing, writes(calls))
	}
	*v.seen = append(*v.seen, reading{doing, policies, calls})
	v.aws.ResetCalls()
	return calls
}

const anyDocument = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*"}]}`

const driftTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/old.example"},"Action":"sts:AssumeRoleWithWebIdentity"}]}`

// drift changes by hand what the release has: its role trusts the provider of an older
// cluster, and has a policy that the file does not know, and one of AWS, which is taken
// off while a snapshot is being taken: after its first page, which a thousand roles fill.
func (v *verifyRun) drift() {
	v.Helper()
	const role, ofAWS = "prod_cluster-apps-web-wr43acdwpokqa", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
	for i := range 1000 {
		if _, err := v.aws.AddRole(localaws.Role{Name: fmt.Sprint("z-", i), Trust: ec2Trust}); err != nil {
			v.Fatal(err)
		}
	}
	c, ctx := v.client(), v.Context()
	must := func(_ any, err error) {
		v.Helper()
		if err != nil {
			v.Fatal(err)
		}
	}
	document := aws.String(anyDocument)
	must(c.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{Url: aws.String("https://old.example")}))
	must(c.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String(role), PolicyDocument: aws.String(driftTrust)}))
	must(c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("Extra"), Path: aws.String("/somebody/"), PolicyDocument: document}))
	for _, arn := range []string{"arn:aws:iam::111122223333:policy/somebody/Extra", ofAWS} {
		must(c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: aws.String(role), PolicyArn: aws.String(arn)}))
	}
	v.aws.SetFaults(localaws.Faults{After: func(call localaws.Call) {
		if call.Operation == "GetAccountAuthorizationDetails" && call.Args["Marker"] == "" {
			_, _ = c.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: aws.String(role), PolicyArn: aws.String(ofAWS)}) // the second time it is off
		}
	}})
}

// verifyReadings are what snapshot and status call in the lives of releases.
func verifyReadings(t *testing.T) []reading {
	var seen []reading
	for _, c := range permissionScenarios() {
		v := &verifyRun{world: permissionWorld(t), seen: &seen}
		for i, file := range c.files {
			v.release = awsiam.Release{File: v.file(file), Namespace: "apps", Name: "web"}
			v.look(fmt.Sprintf("%s: before file %d", c.name, i))
			v.apply(v.release)
			v.look(fmt.Sprintf("%s: after file %d", c.name, i))
		}
		v.destroy(v.release, awsiam.DestroyOptions{Provider: true})
		v.look(c.name + ": at the end")
	}
	for name, file := range map[string]string{"borrowing": borrowing, "clusters": clusters, "faraway": faraway} {
		v := &verifyRun{world: permissionWorld(t), seen: &seen}
		v.aws.AddCluster(localaws.Cluster{Account: reachedAccount, Region: "us-east-1", Name: "more", Version: "1.31", Issuer: "https://oidc.eks.us-east-1.amazonaws.com/id/MORE"})
		v.release = awsiam.Release{File: v.file(file), Namespace: "apps"}
		v.look(name)
	}
	v := &verifyRun{world: permissionWorldOf(t, localaws.Options{Limits: localaws.Limits{Roles: 2000}}), seen: &seen}
	_, err := v.client().CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: aws.String("Nodes"), Path: aws.String("/teams/"),
		PolicyDocument: aws.String(anyDocument)})
	if err != nil {
		t.Fatal(err)
	}
	v.release = awsiam.Release{File: v.file(drifting), Namespace: "apps", Name: "web"}
	v.apply(v.release)
	v.drift()
	v.look("drifting")
	missing := strings.ReplaceAll(drifting, "teams/Nodes", "teams/Not-there")
	v.release.File = v.file(missing)
	v.look("a policy that is not there")
	return seen
}

// The policies allow every call that snapshot and status make, and nothing that neither
// makes: whichever action a statement lacks, a call is refused.
func TestPermissionsToVerify(t *testing.T) {
	t.Parallel()
	seen := verifyReadings(t)
	parts := map[[2]string]bool{} // statement and action
	for _, r := range seen {
		for _, refused := range r.refused() {
			t.Error(refused + " is not allowed")
		}
		for _, a := range r.policies {
			for _, doc := range a.Policies {
				for _, s := range doc.Statement {
					for _, action := range s.Action {
						parts[[2]string{strings.TrimRight(s.Sid, "23456789"), action}] = true
					}
				}
			}
		}
	}
	for part := range parts {
		needed := slices.ContainsFunc(seen, func(r reading) bool { return len(r.without(part[0], part[1]).refused()) > 0 })
		if !needed {
			t.Errorf("%s allows %s, and nothing needs it", part[0], part[1])
		}
		_, operation, _ := strings.Cut(part[1], ":")
		if !strings.HasPrefix(operation, "Get") && !strings.HasPrefix(operation, "List") && !strings.HasPrefix(operation, "Describe") && operation != "AssumeRole" {
			t.Errorf("%s allows %s, which writes", part[0], part[1])
		}
	}
	if len(seen) < 20 || len(parts) < 10 {
		t.Errorf("only %d readings and %d actions", len(seen), len(parts))
	}
}

// statementLines are the statements in short.
func statementLines(a awsiam.AccountPolicies) string {
	var out []string
	for _, doc := range a.Policies {
		for _, s := range doc.Statement {
			out = append(out, strings.Join(s.Action, " ")+" on "+strings.Join(s.Resource, " "))
		}
	}
	return strings.Join(out, "\n")
}

// What AWS tells apart, and irsa.yaml names, is named; AWS is not asked for the issuer.
func TestPermissionsToVerifyAreExact(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localaws.Options{})
	const head = `apiVersion: helm-irsa.dev/v1alpha1
kind: ReleaseIdentity
cluster: {name: prod, region: eu-west-3, accountID: "111122223333", additional: [{name: known, issuer: "https://issuer.example"}]}
`
	const rest = `eks:DescribeCluster on arn:aws:eks:eu-west-3:111122223333:cluster/prod
eks:ListPodIdentityAssociations on arn:aws:eks:eu-west-3:111122223333:cluster/prod
eks:DescribePodIdentityAssociation on arn:aws:eks:eu-west-3:111122223333:podidentityassociation/prod/*`
	const providersAndPolicies = `iam:GetOpenIDConnectProvider on arn:aws:iam::111122223333:oidc-provider/*
iam:GetPolicy iam:GetPolicyVersion on arn:aws:iam::aws:policy/*
`
	for body, want := range map[string]string{
		"serviceAccounts: [{name: web}]\n": "iam:GetAccountAuthorizationDetails iam:GetAccountSummary iam:ListOpenIDConnectProviders iam:ListRoles on *\n" +
			providersAndPolicies + "iam:GetPolicy on arn:aws:iam::111122223333:policy/*\n" + rest,
		"serviceAccounts: [{name: web, role: {arn: \"arn:aws:iam::111122223333:role/x/theirs\"}}]\n": "iam:GetAccountAuthorizationDetails iam:ListOpenIDConnectProviders iam:ListRoles on *\n" +
			providersAndPolicies + rest,
	} {
		f, o := w.file(head+body), awsiam.PermissionsOptions{Verify: true}
		if unsaid := awsiam.Unsaid(f, o); len(unsaid) > 0 {
			t.Errorf("not said: %q", unsaid)
		}
		policies, err := awsiam.Permissions(awsiam.Release{File: f, Namespace: "apps"}, awsiam.FactsOf(f), o)
		if err != nil {
			t.Fatal(err)
		}
		if len(policies) != 1 || statementLines(policies[0]) != want {
			t.Errorf("%sgot\n%s\nwant\n%s", body, statementLines(policies[0]), want)
		}
	}
}
