package adopt_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/helm-irsa/helm-irsa/pkg/adopt"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/export"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
	"github.com/helm-irsa/helm-irsa/test/howtos"
)

// ourTag is a line with a tag of helm irsa's.
var ourTag = regexp.MustCompile(`(?m)^ +"helm-irsa\.dev/.*\n`)

// TestEksctlOfHowTos: eksctl's file of what each how-to ends with, and AWS, become an irsa.yaml
// whose plan adopts it and changes nothing else.
func TestEksctlOfHowTos(t *testing.T) {
	t.Parallel()
	for _, m := range allMade(t) {
		if len(m.wanted.Roles) == 0 || m.Name == "qovery cluster" { // nodes, and patterns of namespaces, are not eksctl's
			continue
		}
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			// What eksctl cannot say is not in AWS either.
			m.wanted = asEksctl(t, m.wanted)
			w := onLocal(t, m)
			e, err := export.To("eksctl", m.wanted, export.Options{})
			if err != nil {
				t.Fatal(err)
			}
			text := ourTag.ReplaceAll(e.Files[0].Text, nil)
			file, err := adopt.ReadEksctl("cluster.yaml", text)
			if err != nil {
				t.Fatal(err)
			}
			source, err := file.In(w.snapshot(t))
			if err != nil {
				t.Fatal(err)
			}
			source.Cluster.AccountID = howtos.Home
			o := m.options()
			o.NodeRoles = nil
			w.adoptsOnly(t, imported(t, source, o))
		})
	}
}

// asEksctl leaves what eksctl makes: roles of the cluster's AWS account, for one service account
// or a pattern of its name.
func asEksctl(t *testing.T, w *awsstate.Wanted) *awsstate.Wanted {
	t.Helper()
	out := *w.In(w.Account)
	out.Roles = slices.DeleteFunc(slices.Clone(out.Roles), func(r awsstate.WantedRole) bool {
		return r.Path != "/"
	})
	for i := range out.Roles {
		r := &out.Roles[i]
		r.Description, r.MaxSession = "", 3600
		if len(r.Attached)+len(r.Inline) == 0 {
			r.Attached = []string{"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}
		}
	}
	return &out
}

// TestEksctlRoundTrip: what eksctl can say of random files comes back as it was.
func TestEksctlRoundTrip(t *testing.T) {
	t.Parallel()
	some := 0
	for seed := range uint64(randomFiles) {
		d := dice{rand.New(rand.NewPCG(seed, 2))}
		text, err := yaml.Marshal(d.eksctlFile())
		if err != nil {
			t.Fatal(err)
		}
		file, want := load(t, text)
		e, err := export.To("eksctl", want, export.Options{})
		if err != nil {
			t.Fatal(err)
		}
		config, err := adopt.ReadEksctl("cluster.yaml", e.Files[0].Text)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		back := imported(t, config.Alone(file.Cluster), adopt.Options{Release: "shop"})
		_, got := load(t, back.Text)
		if a, b := wordsOf(t, eksctlSays(t, got)), wordsOf(t, eksctlSays(t, want)); a != b {
			t.Fatalf("seed %d: %s\n---irsa.yaml was\n%s\n---and came back as\n%s", seed, firstDifference(a, b), text, back.Text)
		}
		some += len(got.Roles)
	}
	if some < randomFiles {
		t.Errorf("only %d roles were compared", some)
	}
}

// eksctlFile is a random irsa.yaml of which eksctl says all but what eksctlSays takes off.
func (d dice) eksctlFile() object {
	out := d.file()
	delete(out["cluster"].(object), "additional")
	delete(out, "nodeRole")
	out["policies"] = []any{}
	out["defaults"] = object{"path": "/"}
	if d.sometimes(3) {
		out["defaults"].(object)["permissionsBoundary"] = "arn:aws:iam::" + home + ":policy/boundary"
	}
	for _, a := range out["serviceAccounts"].([]any) {
		sa := a.(object)
		role := sa["role"].(object)
		for _, lost := range []string{"path", "accountID", "description", "maxSessionDuration", "sharedWith", "policies", "trust"} {
			delete(role, lost)
		}
		role["policyARNs"] = []any{someArn + "AmazonS3ReadOnlyAccess"}
		if sa["mode"] == "both" {
			sa["mode"] = "irsa"
			delete(sa, "podIdentity")
		}
		if sa["mode"] == "irsa" && d.sometimes(3) {
			namespace := "apps"
			if sa["namespace"] != nil {
				namespace = sa["namespace"].(string)
			}
			role["trust"] = object{"subjects": []any{spec.Subject(namespace, "web-*")}}
		}
		if inline, ok := role["inlinePolicies"].(object); ok {
			delete(inline, "queue")
			if settings, _ := sa["podIdentity"].(object); settings["targetRoleARN"] != nil { // the two become one
				delete(role, "inlinePolicies")
			}
		}
	}
	return out
}

// eksctlSays takes off what eksctl does not say: what inline policies are called, its provider's
// tags, and for which service account a role is that EKS Pod Identity assumes.
func eksctlSays(t *testing.T, w *awsstate.Wanted) *awsstate.Wanted {
	t.Helper()
	out := *w
	out.Roles, out.Providers, out.Associations = slices.Clone(w.Roles), slices.Clone(w.Providers), slices.Clone(w.Associations)
	for i := range out.Providers {
		out.Providers[i].Tags = nil
	}
	for i := range out.Associations { // eksctl has one list of tags for the two
		out.Associations[i].Tags = nil
	}
	for i := range out.Roles {
		r := &out.Roles[i]
		inline := r.Inline
		r.Inline = nil
		for name, doc := range inline {
			if r.Inline == nil {
				r.Inline = map[string]trust.Document{}
			}
			if strings.HasPrefix(name, "eksctl-") {
				name = "a_b"
				if bytes.Contains([]byte(doc.Text()), []byte(`"sts:AssumeRole"`)) {
					name = "helm-irsa-target-roles"
				}
			}
			r.Inline[name] = sorted(t, doc)
		}
	}
	return &out
}

// sorted is a document with its members in order: eksctl's file is YAML, whose mappings have none.
func sorted(t *testing.T, d trust.Document) trust.Document {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(d.Text()), &v); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	out, err := trust.ParsePermissions(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestEksctlReadsAsEksctl: of several documents eksctl reads the first alone, which is said; a key that
// is there twice it does not take, and of two lists one would be lost.
func TestEksctlReadsAsEksctl(t *testing.T) {
	t.Parallel()
	const one = "apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata: {name: prod, region: eu-west-3}\niam:\n  serviceAccounts:\n  - metadata: {name: web, namespace: shop}\n    attachRoleARN: arn:aws:iam::111122223333:role/web\n"
	for text, further := range map[string]string{
		one: "", "# what it is\n---\n" + one: "", one + "---\n# nothing\n---\n": "", "\ufeff" + one: "",
		one + "---\n" + strings.Replace(one, "name: prod", "name: other", 1): "1 further", one + "---\n{}\n---\na: b\n": "2 further",
	} {
		e, err := adopt.ReadEksctl("cluster.yaml", []byte(text))
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		notes := e.Alone(spec.Cluster{AccountID: "111122223333", Issuer: "https://example.com"}).Notes
		if e.Cluster != "prod" || (len(notes) > 0) != (further != "") || further != "" && !strings.Contains(notes[0].Text, further) {
			t.Errorf("%q: %s, %q", text, e.Cluster, notes)
		}
	}
	if _, err := adopt.ReadEksctl("cluster.yaml", []byte(one+"  serviceAccounts: []\n")); err == nil {
		t.Error("a list that is there twice is taken once")
	}
}

// TestRoleThatIsNone: a role that is no ARN of AWS's is noted, and keeps nothing else from being taken.
func TestRoleThatIsNone(t *testing.T) {
	t.Parallel()
	const text = "apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata: {name: prod, region: eu-west-3}\niam:\n  serviceAccounts:\n" +
		"  - {metadata: {name: bad, namespace: shop}, attachRoleARN: 'arn:aws:iam::123:role/web'}\n" +
		"  - {metadata: {name: made, namespace: shop}, status: {roleARN: x}}\n  - {metadata: {name: named, namespace: shop}, roleName: 'a/b'}\n" +
		"  - {metadata: {name: web, namespace: shop}, attachRoleARN: 'arn:aws:iam::111122223333:role/web'}\n"
	e, err := adopt.ReadEksctl("cluster.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	r, err := adopt.Build(e.Alone(spec.Cluster{AccountID: "111122223333", Issuer: "https://example.com"}), adopt.Options{})
	if err != nil || len(r.Files) != 1 || len(r.Files[0].Spec.ServiceAccounts) != 1 || !noted(r.Notes, "service account shop/bad", "is none that AWS has") ||
		!noted(r.Notes, "service account shop/made", "is none that AWS has") || !noted(r.Notes, "service account shop/named", "is no name of a role") {
		t.Errorf("%+v, %v", r, err)
	}
}
