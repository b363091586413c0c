package redact_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/golden/chains"
	"github.com/helm-irsa/helm-irsa/internal/redact"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

// everybodys are names that say nothing of anybody.
var everybodys = map[string]bool{"": true, "default": true, "kube-system": true, "kube-public": true, "root": true, "system": true, "aws": true, "eks": true, "kube-node-lease": true}

var (
	digits = regexp.MustCompile(`\b[0-9]{12}\b`)
	issuer = regexp.MustCompile(`\b[0-9A-F]{32}\b`)
	roles  = regexp.MustCompile(`:[0-9]{12}:(?:role|policy|user)/(?:[\w+=,.@-]+/)*([\w-]+)`)
	piece  = regexp.MustCompile(`[\pL\pM\pN_-]+`)
)

// secrets are what an input names, found in another way than the package does.
func secrets(c chains.Case) map[string]bool {
	out := map[string]bool{}
	add := func(text string) {
		for _, w := range piece.FindAllString(text, -1) {
			if !everybodys[w] {
				out[w] = true
			}
		}
	}
	for name, text := range c.Files {
		if name == "expected.txt" || name == "whole.txt" || strings.HasPrefix(name, "can") {
			continue
		}
		for _, id := range append(digits.FindAllString(string(text), -1), issuer.FindAllString(string(text), -1)...) {
			add(id)
		}
		for _, m := range roles.FindAllStringSubmatch(string(text), -1) {
			add(m[1])
		}
	}
	in := c.Input
	add(in.Namespace)
	add(in.Release)
	for _, o := range in.Objects.List {
		add(o.Name)
		add(o.Namespace)
	}
	if in.Snapshot != nil {
		add(in.Snapshot.Account)
		add(in.Snapshot.Cluster.Name)
		for _, r := range in.Snapshot.Roles.List {
			add(r.Name)
		}
	}
	return out
}

// texts are the fields of a report that hold text; codes, links and verdicts are none.
func texts(r *verify.Report) []string {
	var out []string
	of := func(all []verify.Finding) {
		for _, f := range all {
			out = append(append(out, f.Subject, f.Message, f.Why, f.Fix, f.Where), f.ServiceAccounts...)
		}
	}
	of(r.Findings)
	for _, a := range r.ServiceAccounts {
		out = append(out, a.Namespace, a.Name, a.RoleARN, a.Proof)
		of(a.Findings)
		for _, l := range a.Links {
			out = append(out, l.Why)
		}
		for _, p := range a.Permissions {
			out = append(out, p.Resource, p.Why)
		}
	}
	return out
}

// shape is what a redacted report has in common with the one that it was made of.
func shape(r *verify.Report) string {
	var b strings.Builder
	of := func(all []verify.Finding) {
		for _, f := range all {
			b.WriteString(string(f.Link) + f.Code + string(f.Severity) + f.Under + "\n")
		}
	}
	of(r.Findings)
	for _, a := range r.ServiceAccounts {
		b.WriteString(string(a.Status) + "\n")
		of(a.Findings)
		for _, l := range a.Links {
			b.WriteString(string(l.Name) + string(l.Status) + "\n")
		}
	}
	return b.String()
}

// TestGolden: no name, AWS account ID or issuer of any golden case of verify is left in what
// is said of it, and what is said is the same.
func TestGolden(t *testing.T) {
	t.Parallel()
	cases, err := chains.Read("../..")
	if err != nil || len(cases) < 100 {
		t.Fatalf("%d cases: %v", len(cases), err)
	}
	for _, c := range cases {
		if c.Err != nil {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			was := verify.Verify(c.Input)
			r, err := redact.For(c.Input, nil)
			if err != nil {
				t.Fatal(err)
			}
			before, _ := json.Marshal(was)
			got := r.Report(was)
			if after, _ := json.Marshal(was); string(before) != string(after) {
				t.Error("the report itself was changed")
			}
			if shape(got) != shape(was) {
				t.Errorf("another report:\n%s\nof\n%s", shape(got), shape(was))
			}
			named := secrets(c)
			for _, text := range texts(got) {
				for _, w := range piece.FindAllString(text, -1) {
					if named[w] && !called.MatchString(w) {
						t.Errorf("%q is left in: %s", w, text)
					}
				}
			}
		})
	}
}

// called is what names are replaced by. One that is somebody's name is not used.
var called = regexp.MustCompile(`^(?:ns|sa|role|policy|cluster|release|object|x)-[0-9]+$|^0000000[0-9]{5}$`)

const hostile = `# Names that are words of every report, parts of others, and what hides in text.
apiVersion: v1
kind: ServiceAccount
metadata:
  name: role
  namespace: pod
  labels: {team: acme-payments, "acme.example/owner": jane.doe}
  annotations:
    eks.amazonaws.com/role-arn: arn:aws:iam::444455556666:role/teams/acme/acme-payments-role
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: zebra, namespace: pod}
spec:
  template:
    spec:
      serviceAccountName: role
      containers:
      - name: c
        image: registry.acme.example/zebra:1.2.3
        env:
        - {name: AWS_ROLE_ARN, value: "arn:aws:iam::777788889999:role/jumbo\nquokka"}
        - {name: AWS_ACCESS_KEY_ID, value: AKIAZEBRAZEBRAZEBRA1}
`

// TestHostile: what has the name of a common word is replaced in every place, relations stay,
// and what is told of in an escaped text is found.
func TestHostile(t *testing.T) {
	t.Parallel()
	objects, err := manifest.Read("/home/jane/acme.yaml", strings.NewReader(hostile))
	if err != nil {
		t.Fatal(err)
	}
	in := verify.Input{Objects: objects, Namespace: "pod", Release: "zebra"}
	was := verify.Verify(in)
	r, err := redact.For(in, []string{"/home/jane/acme.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	got := r.Report(was)
	if len(got.ServiceAccounts) != 1 || len(got.Findings) == 0 {
		t.Fatalf("%+v", got)
	}
	all := strings.Join(texts(got), "\n")
	for _, secret := range []string{"acme", "jane", "zebra", "jumbo", "quokka", "444455556666", "777788889999", "payments", "AKIAZEBRA"} {
		if strings.Contains(strings.ToLower(all), strings.ToLower(secret)) {
			t.Errorf("%q is left in:\n%s", secret, all)
		}
	}
	a := got.ServiceAccounts[0]
	if a.Namespace != "ns-1" || a.Name != "sa-1" || strings.Count(all, "Deployment ns-1/release-1") < 2 {
		t.Errorf("%+v in\n%s", a, all)
	}
	if !regexp.MustCompile(`^arn:aws:iam::\d{12}:\S+$`).MatchString(a.RoleARN) {
		t.Errorf("the ARN is %s", a.RoleARN)
	}
	if again := r.Text(was.ServiceAccounts[0].RoleARN); again != a.RoleARN {
		t.Errorf("once %s, then %s", a.RoleARN, again)
	}
	if twice, _ := json.Marshal(r.Report(was)); string(twice) != mustJSON(got) {
		t.Error("a second time it is another report")
	}
}

func mustJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// TestText: words that nobody's input has stay as they are.
func TestText(t *testing.T) {
	t.Parallel()
	r, err := redact.For(verify.Input{Namespace: "apps", Objects: &manifest.Objects{List: []manifest.Object{
		{Kind: "ServiceAccount", Name: "web", Namespace: "apps", Body: map[string]any{"note": "ns-1 longish"}},
	}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		"system:serviceaccount:apps:web may assume it": "system:serviceaccount:ns-2:sa-1 may assume it",
		`apps\nweb`:       `ns-2\nsa-1`,
		"web-2, webhook":  "x-1, webhook",
		"a longis part":   "a x-2 part",
		"kube-system/WEB": "kube-system/x-3",
		"":                "",
	} {
		if got := r.Text(in); got != want && !strings.Contains(want, "x-") {
			t.Errorf("%q: %q, want %q", in, got, want)
		} else if strings.Contains(got, "web-") || strings.Contains(got, "WEB") || strings.Contains(got, "longis") {
			t.Errorf("%q: %q", in, got)
		}
	}
}
