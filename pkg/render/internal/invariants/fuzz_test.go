package invariants

import (
	"bytes"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/helm-irsa/helm-irsa/internal/realstreams"
	"github.com/helm-irsa/helm-irsa/pkg/catalog"
	"github.com/helm-irsa/helm-irsa/pkg/manifest/stream"
	"github.com/helm-irsa/helm-irsa/pkg/render"
	"github.com/helm-irsa/helm-irsa/pkg/render/internal/helmview"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// fuzzSpec wants a bit of everything from a stream; anyOf with a catch-all keeps
// streams without the objects from being errors.
const fuzzSpec = `
apiVersion: helm-irsa.dev/v1alpha1
kind: ReleaseIdentity
cluster: {name: c, region: eu-west-3, accountID: "111122223333"}
migrate: {kiam: true}
serviceAccounts:
- name: a
  role: {arn: "arn:aws:iam::111122223333:role/a"}
  token: {audience: sts, expirationSeconds: 3600, stsRegionalEndpoints: true}
  rollout: true
  usedBy:
  - anyOf:
    - workload: {kind: Deployment, name: "*"}
    - env: {kind: StatefulSet, name: "*", variable: X, add: true}
    - embedded: {kind: ConfigMap, name: "*", key: k, path: p}
    - field: {kind: Foo, name: "*", path: "spec[\"x\"].l[name=y].z", add: true}
    - field: {kind: Secret, name: "*", path: "data.k"}
    - embedded: {kind: ConfigMap, name: "*", key: t.toml, path: a.b}
    - embedded: {kind: ConfigMap, name: "*", key: i.ini, path: a.b}
    - embedded: {kind: ConfigMap, name: "*", key: r.properties, path: a.b, bindings: carry}
    - embedded: {kind: ConfigMap, name: "*", key: q, pattern: "a=([a-z]*)"}
    - preset: epinio-staging
- name: default
  allowDefault: true
  role: {arn: "arn:aws:iam::111122223333:role/d"}
  rollout: true
`

// FuzzRun: whatever the stream, a rendering that succeeds keeps every document,
// leaves what it does not change byte for byte, reads back, and renders to itself;
// one that fails gives nothing.
func FuzzRun(f *testing.F) {
	for _, s := range []string{
		"", "# c\n", "---x: 1\nkind: A\n---\nkind: B\n",
		"apiVersion: apps/v1\nkind  : Deployment\nx: {helm.sh/hook: post-install}\nspec:\n  template:\n    spec: {}\n", "kind: Deployment\napiVersion: apps/v1\nmetadata: {name: x}\nspec:\n  template:\n    spec:\n      containers: []\n",
		"---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: a\n  annotations:\n---\nkind: List\nitems:\n- apiVersion: apps/v1\n  kind: Deployment\n  metadata: {name: y}\n  spec: {template: {spec: {serviceAccountName: default}}}\n",
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata:\n  k: |-\n    {\"p\": \"x\"}\n",
		"{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"j\",\"annotations\":null},\"spec\":{\"template\":{\"spec\":{}}}}\n",
		"apiVersion: apps/v1\nkind: Deployment\nmetadata: &m\n  name: x\n  annotations: {helm.sh/hook: post-install}\nspec:\n  template:\n    metadata: *m\n    spec: &s\n      serviceAccountName: b\n      serviceAccount: b\n",
		"x: &x {serviceAccountName: b}\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: m}\nspec:\n  template:\n    spec:\n      serviceAccountName: c\n      <<: *x\n",
		"x: &x {env: [{name: X, value: b}]}\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: m}\nspec:\n  template:\n    spec:\n      containers:\n      - <<: *x\n        name: c\n      - {<<: *x, name: d}\n",
		"x: &x {template: {spec: {serviceAccountName: b}}}\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: m}\nspec:\n  template: {spec: {serviceAccountName: c}}\n  <<: *x\n",
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata:\n  k: '{\"p\": \"\\/\", \"q\": {\n}}'\n  t.toml: \"[a]\\nb = 1\\n\"\n  i.ini: \"[a]\\nb = 1\\n\"\n  r.properties: \"a.b = c\\n\"\n",
		"\ufeff---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {k: YQ==}\n---\n\ufeffapiVersion: v1\nkind: ServiceAccountList\nitems: [{metadata: {name: a}}]\n...\nkind: X\n# c\rkind: Deployment\n",
		"apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: r}\nsubjects:\n- kind: ServiceAccount\n  name: default\n  namespace: ns1\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec:\n  template:\n    metadata:\n      annotations:\n        iam.amazonaws.com/role: r\n    spec: {}\n",
		// Pods that two places share.
		"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: m}\nspec:\n  template:\n    metadata:\n      annotations:\n        a: b\n    spec:\n      serviceAccountName: made-elsewhere\n  template:\n    metadata:\n      annotations:\n        a: b\n    spec:\n      serviceAccountName: made-elsewhere\n",
		// A key that is there again, and the second time has no pods.
		"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: m}\nspec:\n  template:\n    spec: {}\n  template:\n",
		"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: m}\nspec:\n  template:\n    spec: {}\n  template: {}\n",
		// Written anew, with a document behind that has no separator.
		"\ufeff!00 000000000: 00\nkind: Secret\n000000000000000: 00\ndata: &0\n...\n0",
		"---\n# a\n...\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: &0\n... # b\n# c\n{a: b}\n...\n",
	} {
		f.Add([]byte(s))
	}
	realstreams.Each(f, 6<<10, func(data []byte) { f.Add(data) })
	file, err := spec.Parse("irsa.yaml", []byte(fuzzSpec))
	if err != nil {
		f.Fatal(err)
	}
	file, _ = catalog.WithPresets(file)
	r, err := render.New(render.Options{Spec: file, Namespace: "ns1", Release: "rel"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		out, err := r.Run(bytes.NewBuffer(bytes.Clone(data)))
		if err != nil {
			if out != nil {
				t.Fatalf("an error and %d bytes", out.Len())
			}
			for _, line := range strings.Split(err.Error(), "\n") {
				if strings.TrimSpace(line) == "" {
					t.Fatalf("an empty line in %q", err)
				}
			}
			return
		}
		var streamed bytes.Buffer
		report, err := r.Stream(bytes.NewReader(data), &streamed)
		if err != nil || !bytes.Equal(streamed.Bytes(), out.Bytes()) {
			t.Fatalf("Stream gives %q (%v), Run %q", streamed.Bytes(), err, out.Bytes())
		}
		keepsDocuments(t, data, out.Bytes(), report)
		keepsKeysApart(t, data, out.Bytes())
		again, err := r.Run(bytes.NewBuffer(bytes.Clone(out.Bytes())))
		if err != nil {
			t.Fatalf("rendering the result again: %v\n%q", err, out.Bytes())
		}
		if !bytes.Equal(again.Bytes(), out.Bytes()) {
			t.Fatalf("rendering twice gives\n%q\nonce\n%q", again.Bytes(), out.Bytes())
		}
	})
}

// keepsKeysApart: no key stands twice in a mapping, by itself or through a merge key
// behind it, that did not in what came in.
func keepsKeysApart(t *testing.T, in, out []byte) {
	t.Helper()
	had := map[string]bool{}
	for _, d := range objects(in) {
		keysTwice(d, had)
	}
	has := map[string]bool{}
	for _, d := range objects(out) {
		keysTwice(d, has)
	}
	for key := range has {
		if !had[key] {
			t.Fatalf("key %q stands twice in a mapping of\n%q\nand in none of\n%q", key, out, in)
		}
	}
}

// keysTwice notes the keys that stand twice in a mapping of a document.
func keysTwice(doc []byte, twice map[string]bool) {
	node, err := yaml.Parse(string(doc))
	if err != nil || node.IsNil() {
		return
	}
	budget := 100_000 // aliases make a short text long
	var walk func(n *yaml.Node)
	walk = func(n *yaml.Node) {
		if budget--; budget < 0 {
			return
		}
		seen := map[string]bool{}
		for i, c := range n.Content {
			walk(c)
			switch {
			case n.Kind != yaml.MappingNode || i%2 == 1 || c.Kind != yaml.ScalarNode:
			case c.ShortTag() == "!!merge":
				for _, key := range mergedKeys(n.Content[i+1], 20) {
					twice[key] = twice[key] || seen[key]
				}
			default:
				twice[c.Value] = twice[c.Value] || seen[c.Value]
				seen[c.Value] = true
			}
		}
	}
	walk(node.YNode())
	for key, is := range twice {
		if !is {
			delete(twice, key)
		}
	}
}

// mergedKeys are the keys that the value of a merge key brings.
func mergedKeys(n *yaml.Node, depth int) []string {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	var out []string
	for i, c := range n.Content {
		switch {
		case depth == 0:
		case n.Kind == yaml.SequenceNode:
			out = append(out, mergedKeys(c, depth-1)...)
		case i%2 == 0 && c.ShortTag() == "!!merge":
			out = append(out, mergedKeys(n.Content[i+1], depth-1)...)
		case i%2 == 0:
			out = append(out, c.Value)
		}
	}
	return out
}

// keepsDocuments walks both streams: every document that came in is there, in its
// order, equal unless the report says that it changed; the rest are the added ones.
func keepsDocuments(t *testing.T, in, out []byte, report *render.Report) {
	t.Helper()
	changed := map[int][]render.Change{}
	for _, c := range report.Changes {
		changed[c.Object.Document] = append(changed[c.Object.Document], c)
	}
	before, after := objects(in), objects(out)
	if len(after) != len(before)+report.Summary.Added {
		t.Fatalf("%d documents came in, %d were added, %d left:\n%q\n%q", len(before), report.Summary.Added, len(after), in, out)
	}
	at := 0
	for _, d := range after {
		if bytes.Contains(d, []byte("helm-irsa.dev/added")) && (at == len(before) || !bytes.Equal(d, before[at])) {
			continue
		}
		if at == len(before) {
			t.Fatalf("a document more: %q", d)
		}
		if changed[at+1] == nil && !bytes.Equal(trimSeparator(d), trimSeparator(before[at])) {
			t.Fatalf("document %d was %q and is %q, and the report is silent", at+1, before[at], d)
		}
		if err := helmview.Check(before[at], d, changed[at+1]); err != nil {
			t.Fatalf("document %d was\n%s\nand is\n%s\n%v", at+1, before[at], d, err)
		}
		at++
	}
	if at != len(before) {
		t.Fatalf("%d of %d documents left:\n%q\n%q", at, len(before), in, out)
	}
}

func objects(data []byte) [][]byte {
	var out [][]byte
	for _, d := range stream.Scan(data) {
		if !d.Empty() && !d.Behind {
			out = append(out, bytes.TrimPrefix(d.Bytes, []byte(stream.ByteOrderMark)))
		}
	}
	return out
}

// trimSeparator takes the separator off, which the first document gets where a service
// account is put before it.
func trimSeparator(d []byte) []byte {
	return bytes.TrimRight(bytes.TrimPrefix(d, []byte("---\n")), "\r\n")
}
