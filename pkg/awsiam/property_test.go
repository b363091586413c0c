package awsiam_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/golden"
	"github.com/helm-irsa/helm-irsa/internal/localaws"
)

// TestRandomWorlds makes small random files and accounts: each is applied, planned again
// without a change, changed into another and back, and destroyed, which leaves the
// account as it was.
func TestRandomWorlds(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 1))
			w := newStage(t, localaws.Limits{})
			for _, step := range neighbours(r) {
				if err := w.call(step.operation, []byte(step.args)); err != nil {
					t.Fatal(err)
				}
			}
			w.aws.AddCluster(localaws.Cluster{Region: region, Name: "prod_cluster", Version: "1.31", Issuer: issuer,
				Nodegroups: map[string]localaws.Nodegroup{"workers": {RoleARN: "arn:aws:iam::" + account + ":role/eks-nodes"}}})
			before := w.dump()
			c := &goldenCase{Case: &golden.Case{Dir: w.dir}}
			for i := range 2 {
				if err := os.WriteFile(filepath.Join(w.dir, fmt.Sprintf("%d.yaml", i)), []byte(randomFile(r)), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for _, file := range []string{"0.yaml", "1.yaml", "0.yaml"} {
				for again := range 2 {
					p, err := w.command(c, goldenArgs{File: file})
					if err != nil {
						t.Fatalf("%s: %v", file, err)
					}
					if again == 1 && !p.Empty() {
						t.Fatalf("%s: the second plan is not empty:\n%s", file, planText(t, p))
					}
				}
			}
			if _, err := w.command(c, goldenArgs{File: "0.yaml", Destroy: true, Provider: true}); err != nil {
				t.Fatal(err)
			}
			if after := w.dump(); !bytes.Equal(before, after) {
				t.Errorf("the account was\n%s\nand after a destroy it is\n%s", before, after)
			}
		})
	}
}

type byHand struct{ operation, args string }

// neighbours are what somebody else has in the account: nodes, and things with names
// much like those of the release.
func neighbours(r *rand.Rand) []byHand {
	const ec2 = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	out := []byHand{{"CreateRole", `{"RoleName":"eks-nodes","AssumeRolePolicyDocument":` + ec2 + `}`}}
	for i := range r.IntN(4) {
		out = append(out,
			byHand{"CreateRole", fmt.Sprintf(`{"RoleName":"theirs-%d","Path":"/helm-irsa/","AssumeRolePolicyDocument":%s}`, i, ec2)},
			byHand{"CreatePolicy", fmt.Sprintf(`{"PolicyName":"Theirs%d","Path":"/helm-irsa/","PolicyDocument":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}}`, i)},
			byHand{"AttachRolePolicy", fmt.Sprintf(`{"RoleName":"theirs-%d","PolicyArn":"arn:aws:iam::%s:policy/helm-irsa/Theirs%d"}`, i, account, i)})
	}
	return out
}

// randomFile is an irsa.yaml with up to three policies and four accounts.
func randomFile(r *rand.Rand) string {
	var b strings.Builder
	b.WriteString("apiVersion: helm-irsa.dev/v1alpha1\nkind: ReleaseIdentity\n")
	b.WriteString("cluster: {name: prod_cluster, region: eu-west-3}\naccounts: {\"444455556666\": {profile: shared-iam}}\n")
	policies := []string{}
	for _, name := range []string{"One", "Two", "Three"} {
		if r.IntN(3) > 0 {
			policies = append(policies, name)
		}
	}
	pick := func() string {
		return strings.Join(policies[:r.IntN(len(policies)+1)], ", ")
	}
	if len(policies) > 0 {
		b.WriteString("policies:\n")
	}
	for _, name := range policies {
		fmt.Fprintf(&b, "- {name: %s, document: %s}\n", name, randomDocument(r))
	}
	if names := pick(); names != "" && r.IntN(2) == 0 {
		fmt.Fprintf(&b, "nodeRole: {name: eks-nodes, policies: [%s], policyARNs: [\"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess\"]}\n", names)
	}
	b.WriteString("serviceAccounts:\n- {name: always}\n")
	for i := range r.IntN(4) {
		mode, in := []string{"irsa", "both", "podIdentity"}[r.IntN(3)], ""
		if mode == "irsa" && r.IntN(3) == 0 {
			in = `accountID: "444455556666", `
		}
		trust := []string{"", `, trust: {subjects: ["system:serviceaccount:z*:a"]}`, `, trust: {audience: vault}`,
			`, trust: {also: [{principals: {AWS: [self]}, actions: ["sts:AssumeRole"]}]}`}[r.IntN(4)]
		fmt.Fprintf(&b, "- {name: a%d, mode: %s, role: {%sname: Role-%d, description: d%d, policies: [%s], inlinePolicies: {x%d: %s}%s}}\n",
			i, mode, in, i, r.IntN(2), pick(), r.IntN(2), randomDocument(r), trust)
	}
	return b.String()
}

func randomDocument(r *rand.Rand) string {
	return fmt.Sprintf(`{Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:Get%d", Resource: "*"}]}`, r.IntN(3))
}
