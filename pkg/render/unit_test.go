package render

import (
	"fmt"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/manifest/stream"
	"github.com/helm-irsa/helm-irsa/pkg/render/internal/yamledit"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

func TestSearch(t *testing.T) {
	t.Parallel()
	q := &search{}
	q.add("ServiceAccount", "app")
	q.addHook("Job", "app")
	tests := []struct {
		name, doc string
		want      bool
	}{
		{"kind and name", "kind: ServiceAccount\nmetadata:\n  name: app\n", true},
		{"kind without name", "kind: ServiceAccount\nmetadata:\n  name: other\n", false},
		{"name in another kind", "kind: ConfigMap\nmetadata:\n  name: app\n", false},
		{"a hook", "kind: Job\nmetadata:\n  name: x\n  annotations: {helm.sh/hook: test}\nspec: {serviceAccountName: app}\n", true},
		{"no hook", "kind: Job\nmetadata:\n  name: app\n", false},
		{"a name in escapes", "kind: ServiceAccount\nmetadata:\n  name: \"\\x61pp\"\n", true},
		{"a name over two lines", "kind: ServiceAccount\nmetadata:\n  name: \"a\\\n    pp\"\n", true},
		{"an escape that spells no letter", "kind: ServiceAccount\nmetadata:\n  name: \"other\\n\\\\x\"\n", false},
		{"JSON", "{\"kind\": \"ServiceAccount\", \"metadata\": {\"name\": \"app\"}}\n", true},
		{"a List", "kind: List\nitems:\n- kind: ServiceAccount\n  metadata: {name: app}\n", true},
		{"a List without the name", "kind: List\nitems: []\n", false},
		{"empty", "# app\n", false},
	}
	for _, tt := range tests {
		docs := stream.Scan([]byte(tt.doc))
		if got := q.wants(&docs[0]); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestSearchAnyKind: what a document of any kind is read for, by names that are words and by
// others, by few and by many.
func TestSearchAnyKind(t *testing.T) {
	t.Parallel()
	few, many := &search{}, &search{}
	for _, q := range []*search{few, many} {
		q.addAnyKind("app")
		q.addAnyKind("a/b")
	}
	for i := range manyNeedles {
		many.addAnyKind(fmt.Sprint("other-", i))
	}
	for doc, want := range map[string]struct{ few, many bool }{
		"kind: X\na: app\n": {true, true}, "kind: X\na: a/b\n": {true, true}, "kind: X\na: ap/p\n": {false, false}, "kind: X\na: other-0\n": {false, true},
		// Of many, words alone are looked for.
		"kind: X\na: apps\n": {true, false}, "kind: X\na: a/bc\n": {true, true}, "# app\n": {false, false},
	} {
		docs := stream.Scan([]byte(doc))
		if got := few.wants(&docs[0]); got != want.few {
			t.Errorf("of few, %q: %v", doc, got)
		}
		if got := many.wants(&docs[0]); got != want.many {
			t.Errorf("of many, %q: %v", doc, got)
		}
	}
}

// TestSource: the template that made a document, as each Helm says it.
func TestSource(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"---\n# Source: a/templates/b.yaml\nkind: X\n": "a/templates/b.yaml", "# Source:  a \r\nkind: X\n": "a", "# Source: \nkind: X\n": "", "kind: X\n# Source: a\n": "", "kind: X\n": "",
		"kind: X\nmetadata:\n  annotations:\n    " + filenameAnnotation + ": 'a/b.yaml'\n": "a/b.yaml", "kind: X\na:\n  " + filenameAnnotation + ": \"a\"": "a", "kind: X\na:\n  " + filenameAnnotation + ":\n": "",
	} {
		docs := stream.Scan([]byte(text))
		if got := (&document{Doc: docs[0]}).source(); got != want {
			t.Errorf("%q is of %q, want %q", text, got, want)
		}
	}
}

// TestAssumedNamespace: only of what depends on a namespace that nobody named it is said that it
// is assumed.
func TestAssumedNamespace(t *testing.T) {
	t.Parallel()
	for accounts, want := range map[string]string{"{name: a}, {name: b, namespace: x}, {name: c}": "is service account a, c", "{name: b, namespace: x}": "", "{name: a, namespace: y}, {name: b, namespace: x}": ""} {
		file, err := spec.Parse("irsa.yaml", []byte("apiVersion: helm-irsa.dev/v1alpha1\nkind: ReleaseIdentity\ncluster: {name: c, region: eu-west-3, accountID: \"111122223333\"}\nserviceAccounts: ["+accounts+"]\n"))
		if err != nil {
			t.Fatal(err)
		}
		for _, assumed := range []bool{true, false} {
			r, err := New(Options{Spec: file, Namespace: "default", NamespaceAssumed: assumed})
			if err != nil {
				t.Fatal(err)
			}
			result, err := r.Render(strings.NewReader("kind: X\n"))
			if err != nil {
				t.Fatal(err)
			}
			said := ""
			for _, w := range result.Report.Warnings {
				if strings.Contains(w.Message, "none was named") {
					said += w.Message
				}
			}
			if assumed && want != "" && !strings.HasSuffix(said, want) || (!assumed || want == "") && said != "" {
				t.Errorf("%s, assumed %v: %q", accounts, assumed, said)
			}
		}
	}
}

func TestLiteral(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{"a": "a", "*": "", "epinio-stage-scripts*": "epinio-stage-scripts", "?-long*": "-long", "": ""} {
		if got := literal(pattern); got != want {
			t.Errorf("literal(%q) = %q, want %q", pattern, got, want)
		}
	}
}

// The digest must change with everything that decides the pods' identity, and with nothing else.
func TestDigest(t *testing.T) {
	t.Parallel()
	yes := true
	base := account{ServiceAccount: spec.ServiceAccount{Name: "a", Mode: "irsa"}, arn: "arn:aws:iam::111122223333:role/a"}
	if again := base; again.digest() != base.digest() {
		t.Fatal("the digest is not stable")
	}
	same := base
	same.Name, same.Create, same.Role.Description = "b", "always", "x"
	if same.digest() != base.digest() {
		t.Error("the digest depends on what does not decide the identity")
	}
	for name, change := range map[string]func(*account){
		"arn":        func(a *account) { a.arn += "2" },
		"audience":   func(a *account) { a.Token.Audience = "x" },
		"expiration": func(a *account) { a.Token.ExpirationSeconds = 3600 },
		"endpoints":  func(a *account) { a.Token.StsRegionalEndpoints = &yes },
		"mode":       func(a *account) { a.Mode = "podIdentity" },
	} {
		other := base
		change(&other)
		if other.digest() == base.digest() {
			t.Errorf("the digest does not depend on the %s", name)
		}
	}
	pod, other := base, base
	pod.Mode, other.Mode, other.arn = "podIdentity", "podIdentity", "arn:aws:iam::111122223333:role/b"
	if pod.digest() == other.digest() {
		t.Error("under Pod Identity the digest does not depend on the role")
	}
}

// names must see a service account where a chart would put it, and not take any text with
// the same letters for it.
func TestNames(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, doc string
		want      bool
	}{
		{"a pod spec", "spec: {serviceAccountName: app}", true},
		{"an environment variable", "env: [{name: STAGING_SERVICE_ACCOUNT_NAME, value: app}]", true},
		{"a flag", "args: [--service-account=app]", true},
		{"JSON text", "data: {v: '{\"a\":1,\"serviceAccountName\":\"app\"}'}", true},
		{"YAML text", "data:\n  v: |\n    x: 1\n    serviceAccountName: app\n", true},
		{"a label", "metadata: {labels: {name: app}}", false},
		{"a longer name", "data: {v: 'serviceAccountName: app-server'}", false},
		{"text about service accounts and the name apart", "data: {v: 'serviceAccountName: x, image: app'}", false},
		{"another variable", "env: [{name: APP_NAME, value: app}]", false},
	}
	for _, tt := range tests {
		d, err := yamledit.Parse([]byte(tt.doc))
		if err != nil {
			t.Fatal(tt.name, err)
		}
		if got := names(d.Root(), "", "app", 0); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestChildOf: what is being made below a key is made once, and a value is no key.
func TestChildOf(t *testing.T) {
	t.Parallel()
	deep := yamledit.Map()
	n := yamledit.Map(yamledit.Pair{Key: "a", Value: yamledit.Str("b")}, yamledit.Pair{Key: "c", Value: yamledit.Str("d")}, yamledit.Pair{Key: "b", Value: deep})
	if childOf(n, "b") != deep {
		t.Error("another mapping than the one that is there")
	}
	made := childOf(n, "d")
	if made == nil || len(n.Content) != 8 || childOf(n, "d") != made || len(n.Content) != 8 {
		t.Errorf("%d nodes", len(n.Content))
	}
}

// TestWarnsOnce: the same is said once, however often it is found.
func TestWarnsOnce(t *testing.T) {
	t.Parallel()
	s := &session{report: newReport("", ""), warned: map[string]bool{}}
	for range 3 {
		s.warnf("", "a")
		s.warnf("", "b")
	}
	if len(s.report.Warnings) != 2 {
		t.Errorf("%v", s.report.Warnings)
	}
}

// TestHidesLetters: an escape that may spell a letter of a name, wherever it stands.
func TestHidesLetters(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`\x41`: true, `a\u0041`: true, `\U`: true, "a\\\nb": true, "\\\r\n": true, `\n`: false, `\\x41`: false, `a\`: false, `\`: false, "": false, `\n\x`: true,
	} {
		if got := hidesLetters([]byte(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// TestBlank: what is nothing but blanks, in however many segments.
func TestBlank(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"": true, " \n\t": true, "a": false, " \n#": false} {
		if got := blank([][]byte{[]byte("\n"), []byte(text)}); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	if !blank(nil) {
		t.Error("nothing is not blank")
	}
}

// TestRoleNamesOfTheNamespace: two roles that get one name only in the release's namespace are
// seen when that is known.
func TestRoleNamesOfTheNamespace(t *testing.T) {
	t.Parallel()
	const head = "apiVersion: helm-irsa.dev/v1alpha1\nkind: ReleaseIdentity\ncluster: {name: c, region: eu-west-3, accountID: \"111122223333\"}\nserviceAccounts:\n- name: web\n"
	parse := func(text string) *spec.File {
		file, err := spec.Parse("irsa.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	one := parse(head)
	derived, err := one.RoleName(one.ServiceAccounts[0], "ns1")
	if err != nil {
		t.Fatal(err)
	}
	both := parse(head + "- name: other\n  role: {name: " + derived + "}\n")
	for namespace, clash := range map[string]bool{"ns1": true, "ns2": false} {
		if _, err := New(Options{Spec: both, Namespace: namespace}); (err != nil) != clash {
			t.Errorf("%s: %v", namespace, err)
		}
	}
}

// TestSome: three are named, of more the first three and how many there are.
func TestSome(t *testing.T) {
	t.Parallel()
	for want, names := range map[string][]string{"a": {"a"}, "a, b, c": {"a", "b", "c"}, "a, b, c and 1 more": {"a", "b", "c", "d"}} {
		if got := some(names); got != want {
			t.Errorf("%v: %q, want %q", names, got, want)
		}
	}
}
