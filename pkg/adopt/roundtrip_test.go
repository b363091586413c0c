package adopt_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/helm-irsa/helm-irsa/pkg/adopt"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/export"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

const (
	home    = "111122223333"
	away    = "444455556666"
	someArn = "arn:aws:iam::aws:policy/"
)

// object is a mapping of YAML.
type object = map[string]any

// dice makes an irsa.yaml.
type dice struct{ *rand.Rand }

func (d dice) sometimes(n int) bool { return d.IntN(n) == 0 }

func pick[T any](d dice, of ...T) T { return of[d.IntN(len(of))] }

// file is a random irsa.yaml: everything that is wanted of AWS, in combinations that it takes.
func (d dice) file() object {
	cluster := object{"name": pick(d, "prod", "prod_cluster"), "region": "eu-west-3", "accountID": home, "issuer": "https://oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"}
	if d.sometimes(4) {
		cluster["additional"] = []any{object{"name": "standby", "region": "eu-west-1", "issuer": "https://oidc.eks.eu-west-1.amazonaws.com/id/STANDBY"}}
	}
	out := object{"apiVersion": spec.APIVersion, "kind": spec.Kind, "cluster": cluster, "accounts": object{away: object{"assumeRoleARN": "arn:aws:iam::" + away + ":role/deploy"}}}
	defaults := object{}
	if d.sometimes(3) {
		defaults["path"] = pick(d, "/", "/apps/", "/a/b/")
	}
	if d.sometimes(4) {
		defaults["maxSessionDuration"] = pick(d, "2h", "90m", "12h")
	}
	if d.sometimes(3) {
		defaults["tags"] = object{"team": pick(d, "shop", "its own"), "cost centre": "1/2"}
	}
	out["defaults"] = defaults
	var names []string
	policies := []any{}
	for i := range d.IntN(3) {
		p := object{"name": fmt.Sprintf("data.%d", i), "document": d.document()}
		if d.sometimes(3) {
			p["description"] = "What the shop reads: 50% of it"
		}
		if d.sometimes(4) {
			p["path"] = "/data/"
		}
		names, policies = append(names, p["name"].(string)), append(policies, p)
	}
	out["policies"] = policies
	var accounts []any
	for i := range 1 + d.IntN(4) {
		accounts = append(accounts, d.account(i, names, accounts))
	}
	out["serviceAccounts"] = accounts
	if d.sometimes(5) && len(names) > 0 {
		out["nodeRole"] = object{"name": "eks-nodes", "policies": names[:1], "policyARNs": []any{someArn + "AmazonSSMManagedInstanceCore"}}
	}
	return out
}

func (d dice) document() object {
	s := object{"Effect": "Allow", "Action": pick[any](d, "s3:GetObject", []any{"s3:GetObject", "s3:ListBucket"}), "Resource": pick[any](d, "*", "arn:aws:s3:::home/${aws:username}/*", []any{"arn:aws:s3:::a", "arn:aws:s3:::a/%{*}"})}
	if d.sometimes(2) {
		s["Sid"] = "Read"
	}
	if d.sometimes(4) {
		s["Condition"] = object{"StringEquals": object{"aws:PrincipalTag/team": "a \"quoted\" \\ é"}}
	}
	return object{"Version": "2012-10-17", "Statement": []any{s}}
}

func (d dice) account(i int, policies []string, before []any) object {
	name := fmt.Sprintf("web-%d", i)
	sa := object{"name": name}
	mode := pick(d, "irsa", "irsa", "podIdentity", "both")
	sa["mode"] = mode
	if d.sometimes(6) && i > 0 {
		sa["namespace"] = "jobs"
	}
	role := object{}
	sa["role"] = role
	if !d.sometimes(3) {
		role["name"] = fmt.Sprintf("web_%d-role", i)
	}
	d.permissions(role, policies)
	d.settings(role)
	elsewhere := mode == "irsa" && d.sometimes(4)
	if elsewhere {
		role["accountID"] = away
	}
	trust := object{}
	if mode == "irsa" {
		d.trust(trust, name)
	}
	if d.sometimes(3) {
		trust["also"] = []any{d.also()}
	}
	if len(trust) > 0 {
		role["trust"] = trust
	}
	if mode != "irsa" {
		d.pods(sa, before)
	}
	return sa
}

func (d dice) trust(trust object, name string) {
	switch d.IntN(5) {
	case 0:
		trust["subjects"] = []any{"system:serviceaccount:apps:" + name, "system:serviceaccount:preview-*:" + name}
	case 1:
		trust["subjects"] = []any{"system:serviceaccount:apps:" + name, "system:serviceaccount:apps:other-" + name}
	case 2:
		trust["audience"] = "my-audience"
	}
}

func (d dice) also() object {
	switch d.IntN(4) {
	case 0:
		return object{"principals": object{"Service": []any{"s3.amazonaws.com"}}, "actions": []any{"sts:AssumeRole"}, "conditions": object{"StringEquals": object{"aws:SourceAccount": home}}}
	case 1:
		return object{"principals": object{"AWS": []any{"self"}}, "actions": []any{"sts:AssumeRole", "sts:TagSession"}}
	case 2:
		return object{"principals": object{"Federated": []any{"arn:aws:iam::" + home + ":oidc-provider/token.example.com"}}, "actions": []any{"sts:AssumeRoleWithWebIdentity"}, "conditions": object{"StringLike": object{"token.example.com:sub": "repo:shop/*"}}}
	}
	return object{"principals": object{"Service": []any{"lambda.amazonaws.com", "ec2.amazonaws.com"}}, "actions": []any{"sts:AssumeRole"}}
}

func (d dice) permissions(role object, policies []string) {
	if len(policies) > 0 && !d.sometimes(3) {
		role["policies"] = policies[:1+d.IntN(len(policies))]
	}
	if d.sometimes(2) {
		role["policyARNs"] = []any{someArn + "AmazonS3ReadOnlyAccess", someArn + "service-role/AmazonEFSCSIDriverPolicy"}[:1+d.IntN(2)]
	}
	if d.sometimes(3) {
		role["inlinePolicies"] = object{"a_b": d.document(), "queue": d.document()}
	}
}

func (d dice) settings(role object) {
	if d.sometimes(3) {
		role["description"] = pick(d, "It's $HOME, and {{ it }} %", "plain")
	}
	if d.sometimes(4) {
		role["path"] = pick(d, "/", "/roles/")
	}
	if d.sometimes(4) {
		role["maxSessionDuration"] = pick(d, "1h", "3h")
	}
	if d.sometimes(5) {
		role["permissionsBoundary"] = "arn:aws:iam::" + home + ":policy/boundary"
	}
	if d.sometimes(3) {
		role["tags"] = object{"owner": pick(d, "a", "b c"), "yes": "no"}
	}
	if d.sometimes(6) && role["name"] != nil {
		role["sharedWith"] = []any{"other/*", "staging:apps/web"}
	}
}

func (d dice) pods(sa object, before []any) {
	settings := object{}
	if d.sometimes(3) {
		settings["disableSessionTags"] = true
		if d.sometimes(2) {
			settings["policy"] = d.document()
		}
	}
	if d.sometimes(3) {
		settings["targetRoleARN"] = "arn:aws:iam::" + away + ":role/target"
	}
	if len(settings) > 0 {
		sa["podIdentity"] = settings
	}
}

// load reads an irsa.yaml, as the release apps/shop has it.
func load(t *testing.T, text []byte) (*spec.File, *awsstate.Wanted) {
	t.Helper()
	file, err := spec.Parse("irsa.yaml", text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	w, err := awsiam.Wanted(awsiam.Release{File: file, Namespace: "apps", Name: "shop"}, awsiam.FactsOf(file))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return file, w
}

// wordsOf is what is wanted as text, without white space in documents.
func wordsOf(t *testing.T, w *awsstate.Wanted) string {
	t.Helper()
	roles := slices.Clone(w.Roles)
	for i, r := range roles {
		// Which of several service accounts that a role lets in irsa.yaml has it under is not
		// in AWS: all of them are known, and have it.
		if len(r.Trust.Statements()) > 0 && strings.Count(r.Trust.Statements()[0].Text(), spec.SubjectPrefix) > 1 {
			roles[i].Namespace, roles[i].ServiceAccount = "", ""
		}
	}
	slices.SortFunc(roles, func(a, b awsstate.WantedRole) int { return strings.Compare(a.ARN, b.ARN) })
	copied := *w
	copied.Roles = roles
	w = &copied
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(w); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// firstDifference shows where two texts part.
func firstDifference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			from := max(i-12, 0)
			return "---got\n" + strings.Join(a[from:min(i+8, len(a))], "\n") + "\n---want\n" + strings.Join(b[from:min(i+8, len(b))], "\n")
		}
	}
	return fmt.Sprintf("%d and %d lines", len(a), len(b))
}

// the one file that was imported.
func imported(t *testing.T, s *adopt.Source, o adopt.Options) adopt.File {
	t.Helper()
	r, err := adopt.Build(s, o)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Files) != 1 {
		t.Fatalf("%d files: %+v", len(r.Files), r.Files)
	}
	return r.Files[0]
}

const randomFiles = 200

// TestTerraformRoundTrip: what is exported for Terraform and imported from its plan wants the
// same, letter for letter.
func TestTerraformRoundTrip(t *testing.T) {
	t.Parallel()
	for seed := range uint64(randomFiles) {
		text, err := yaml.Marshal(dice{rand.New(rand.NewPCG(seed, 1))}.file())
		if err != nil {
			t.Fatal(err)
		}
		file, want := load(t, text)
		e, err := export.To("terraform", want, export.Options{Accounts: file.Accounts})
		if err != nil {
			t.Fatal(err)
		}
		source, err := adopt.Terraform("plan.json", planOf(t, e.Files[0].Text))
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		back := imported(t, source, adopt.Options{Namespace: "", Release: "shop"})
		_, got := load(t, back.Text)
		if a, b := wordsOf(t, got), wordsOf(t, want); a != b {
			t.Fatalf("seed %d: %s\n---irsa.yaml was\n%s\n---and came back as\n%s", seed, firstDifference(a, b), text, back.Text)
		}
	}
}
