package render

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"
	"sigs.k8s.io/yaml"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

const mergeSpec = `
apiVersion: helm-irsa.dev/v1alpha1
kind: ReleaseIdentity
cluster: {name: c, region: eu-west-3, accountID: "111122223333"}
serviceAccounts:
- name: app
  role: {arn: "arn:aws:iam::111122223333:role/app"}
  create: never
  usedBy:
  - anyOf:
    - env: {kind: Deployment, name: env, variable: MODE}
    - embedded: {kind: ConfigMap, name: text, key: t, path: a.account}
    - workload: {kind: Deployment, name: web}
    - field: {kind: Other, name: other, path: spec.account}
`

const (
	mergeARN  = "arn:aws:iam::111122223333:role/app"
	roleField = "metadata annotations " + spec.RoleAnnotation
	podField  = "spec template spec serviceAccountName"
	twinField = "spec template spec serviceAccount"
)

// mergeTests are documents with anchors, aliases, merge keys and repeated keys, and the
// fields that must hold the role or the service account after rendering.
var mergeTests = map[string]struct {
	doc  string
	want []string
}{
	"merge before":                                     {"x: &x\n  serviceAccountName: old\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      <<: *x\n      containers: []\n", []string{podField}},
	"merge last":                                       {"x: &x\n  serviceAccountName: old\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers: []\n      <<: *x # shared\n", []string{podField}},
	"own before the merge":                             {"x: &x\n  serviceAccountName: old\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      serviceAccountName: own\n      containers: []\n      <<: *x\n", []string{podField}},
	"own before the merge, right already":              {"x: &x\n  serviceAccountName: old\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      serviceAccountName: app\n      <<: *x\n      containers: []\n", []string{podField}},
	"own behind the merge":                             {"x: &x\n  serviceAccountName: old\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      <<: *x\n      serviceAccountName: own\n", []string{podField}},
	"merge in a flow mapping":                          {"x: &x {serviceAccountName: old}\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {<<: *x, containers: []}}}\n", []string{podField}},
	"own before it in a flow mapping":                  {"x: &x {serviceAccountName: old}\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {serviceAccountName: own, <<: *x}}}\n", []string{podField}},
	"list of aliases":                                  {"x: &x {serviceAccountName: old}\ny: &y {serviceAccountName: older, a: b}\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      <<: [*x, *y]\n      containers: []\n", []string{podField}},
	"block list of aliases":                            {"x: &x {serviceAccountName: old}\ny: &y {serviceAccountName: older, a: b}\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      <<:\n      - *x\n      - *y\n      containers: []\n", []string{podField}},
	"two merges":                                       {"x: &x {serviceAccountName: old}\ny: &y {serviceAccountName: older, a: b}\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      <<: *x\n      containers: []\n      <<: *y\n", []string{podField}},
	"nested merges":                                    {"x: &x {serviceAccountName: old}\ny: &y\n  <<: *x\n  a: b\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      <<: *y\n      containers: []\n", []string{podField}},
	"merge without an anchor":                          {"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      <<: {serviceAccountName: old}\n      containers: []\n", []string{podField}},
	"template that is merged":                          {"x: &x\n  template:\n    spec: {serviceAccountName: old}\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  <<: *x\n  replicas: 1\n", []string{podField}},
	"template before the merge":                        {"x: &x\n  template:\n    spec: {serviceAccountName: old, a: [b]}\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec: {serviceAccountName: own}\n  <<: *x\n", []string{podField}},
	"spec before the merge, in flow":                   {"x: &x {spec: {serviceAccountName: old}}\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {serviceAccountName: own, containers: []}, <<: *x}}\n", []string{podField}},
	"spec before a merge without a service account":    {"x: &x {spec: {containers: []}}\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {serviceAccountName: own}, <<: *x}}\n", []string{podField, twinField}},
	"name before the merge":                            {"x: &x {name: web}\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: other\n  <<: *x\nspec: {template: {spec: {serviceAccountName: own}}}\n", []string{podField}},
	"kind before the merge":                            {"x: &x {kind: Deployment}\napiVersion: apps/v1\nkind: StatefulSet\n<<: *x\nmetadata: {name: web}\nspec: {template: {spec: {serviceAccountName: own}}}\n", []string{podField}},
	"variable before the merge of another":             {"x: &x {name: MODE}\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: env}\nspec:\n  template:\n    spec:\n      containers:\n      - name: env\n        env:\n        - name: OTHER\n          value: a\n          <<: *x\n", []string{"spec template spec containers 0 env 0 value"}},
	"spec that is an alias":                            {"x: &x\n  serviceAccountName: old\n  containers: []\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec: *x\n", []string{podField}},
	"spec that is an alias, without a service account": {"x: &x\n  containers: []\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec: *x\n", []string{podField, twinField}},
	"spec that is anchored":                            {"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec: &s\n      serviceAccountName: old\n      containers: []\nother: *s\n", []string{podField}},
	"service account that is anchored":                 {"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      serviceAccountName: &n old\n      hostname: *n\n", []string{podField}},
	"service account that is an alias":                 {"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: &n web}\nspec:\n  template:\n    spec:\n      serviceAccountName: *n\n", []string{podField}},
	"twin that is merged":                              {"x: &x {serviceAccount: old, serviceAccountName: old}\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      <<: *x\n", []string{podField}},
	"twin before the merge":                            {"x: &x {serviceAccount: old, serviceAccountName: old}\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      serviceAccount: own\n      <<: *x\n", []string{podField, twinField}},
	"quoted <<":                                        {"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      \"<<\": {serviceAccountName: old}\n      containers: []\n", []string{podField, twinField}},
	"variable that is merged":                          {"x: &x\n  env:\n  - {name: MODE, value: prod}\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: env}\nspec:\n  template:\n    spec:\n      containers:\n      - <<: *x\n        name: env\n      - <<: *x\n        name: other\n", []string{"spec template spec containers 0 env 0 value", "spec template spec containers 1 env 0 value"}},
	"variables of an alias":                            {"x: &x\n- {name: MODE, value: prod}\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: env}\nspec:\n  template:\n    spec:\n      containers:\n      - name: env\n        env: *x\n      initContainers:\n      - name: i\n        env: []\n", []string{"spec template spec containers 0 env 0 value"}},
	"variable with a merge of its own":                 {"x: &x {value: prod}\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: env}\nspec:\n  template:\n    spec:\n      containers:\n      - name: env\n        env:\n        - name: MODE\n          <<: *x\n", []string{"spec template spec containers 0 env 0 value"}},
	"field beside a merge":                             {"x: &x {account: old}\napiVersion: example.com/v1\nkind: Other\nmetadata: {name: other}\nspec:\n  a: b\n  <<: *x\n", []string{"spec account"}},
	"JSON":                                             {`{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"template":{"spec":{"serviceAccountName":"old"}}}}` + "\n", []string{podField}},
	"JSON with the key twice":                          {`{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"template":{"spec":{"serviceAccountName":"old","serviceAccountName":"older"}}}}` + "\n", []string{podField}},

	"annotations that are an alias":                {"x: &a {k: v}\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: app\n  annotations: *a\n", []string{roleField}},
	"annotations that are anchored":                {"apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: app\n  annotations: &a\n    k: v\n  labels: *a\n", []string{roleField}},
	"annotations that are anchored, with the role": {"apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: app\n  annotations: &a\n    eks.amazonaws.com/role-arn: old\n  labels: *a\n", []string{roleField}},
	"annotations with a merge":                     {"x: &a {eks.amazonaws.com/role-arn: old}\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: app\n  annotations:\n    k: v\n    <<: *a\n", []string{roleField}},
	"role before the merge":                        {"x: &a {eks.amazonaws.com/role-arn: old}\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: app\n  annotations:\n    eks.amazonaws.com/role-arn: own\n    <<: *a\n", []string{roleField}},
	"annotations before the merge":                 {"x: &m {annotations: {k: v}}\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  annotations: {a: b}\n  <<: *m\n  name: app\n", []string{roleField}},
	"annotations that are merged":                  {"x: &m {annotations: {k: v}}\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  <<: *m\n  name: app\n", []string{roleField}},
	"merged role":                                  {"x: &m {annotations: {eks.amazonaws.com/role-arn: old}}\ny: *m\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  <<: *m\n  name: app\n", []string{roleField}},
	"metadata that is an alias":                    {"x: &m {name: app}\ny: *m\napiVersion: v1\nkind: ServiceAccount\nmetadata: *m\n", []string{roleField}},
	"metadata with a merge in flow":                {"x: &m {labels: {a: b}}\napiVersion: v1\nkind: ServiceAccount\nmetadata: {<<: *m, name: app}\n", []string{roleField}},
	"annotations twice":                            {"apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: app\n  annotations:\n    a: b\n  annotations:\n    c: d\n", []string{roleField}},
	"role twice":                                   {"apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: app\n  annotations:\n    eks.amazonaws.com/role-arn: old\n    eks.amazonaws.com/role-arn: older\n", []string{roleField}},
}

// TestMergesAsHelmReads holds each result against the same change made on what
// sigs.k8s.io/yaml reads, which Helm reads manifests with and which made none of it:
// nothing else has changed, no other user of an anchor sees it, no mapping has a key
// twice that it had once, and rendering again changes nothing.
func TestMergesAsHelmReads(t *testing.T) {
	t.Parallel()
	file, err := spec.Parse("irsa.yaml", []byte(mergeSpec))
	if err != nil {
		t.Fatal(err)
	}
	r, err := New(Options{Spec: file, Namespace: "ns1"})
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range mergeTests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := "---\n" + tt.doc
			if strings.Contains(tt.doc, "kind: ServiceAccount") {
				in += "---\napiVersion: example.com/v1\nkind: Other\nmetadata: {name: other}\nspec: {account: app}\n"
			}
			out, err := r.Run(bytes.NewBufferString(in))
			if err != nil {
				t.Fatal(err)
			}
			got, _, _ := strings.Cut(strings.TrimPrefix(out.String(), "---\n"), "\n---\n")
			want := asHelmReads(t, tt.doc)
			for _, path := range tt.want {
				value := "app"
				if path == roleField {
					value = mergeARN
				}
				want = withValue(want, strings.Fields(path), value)
			}
			if have := asHelmReads(t, got); !reflect.DeepEqual(have, want) {
				t.Errorf("%s\nis read as %v\nwant         %v", got, have, want)
			}
			if n, had := keysTwice(t, got), keysTwice(t, tt.doc); n > had {
				t.Errorf("%d keys stand twice, %d did:\n%s", n, had, got)
			}
			again, err := r.Run(bytes.NewBuffer(bytes.Clone(out.Bytes())))
			if err != nil || again.String() != out.String() {
				t.Errorf("rendered again: %v\n%s\nonce:\n%s", err, again, out)
			}
		})
	}
}

// asHelmReads is a document as Helm takes it (helm.sh/helm/v3@v3.22.0
// pkg/releaseutil/manifest_sorter.go and pkg/kube, all by sigs.k8s.io/yaml).
func asHelmReads(t *testing.T, doc string) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal([]byte(doc), &v); err != nil {
		t.Fatalf("%v:\n%s", err, doc)
	}
	return v
}

// withValue is a value with another one at a path; mappings on the way are made.
func withValue(v any, path []string, value string) any {
	if len(path) == 0 {
		return value
	}
	if list, ok := v.([]any); ok {
		out := append([]any{}, list...)
		i := int(path[0][0] - '0')
		out[i] = withValue(out[i], path[1:], value)
		return out
	}
	out := map[string]any{}
	if m, ok := v.(map[string]any); ok {
		for k, e := range m {
			out[k] = e
		}
	}
	out[path[0]] = withValue(out[path[0]], path[1:], value)
	return out
}

// keysTwice counts the keys that a mapping has twice, and those that a merge key behind
// them brings again.
func keysTwice(t *testing.T, doc string) int {
	t.Helper()
	node, err := kyaml.Parse(doc)
	if err != nil {
		t.Fatal(err)
	}
	return countTwice(node.YNode())
}

func countTwice(n *kyaml.Node) int {
	count := 0
	seen := map[string]bool{}
	for i, c := range n.Content {
		count += countTwice(c)
		if n.Kind != kyaml.MappingNode || i%2 == 1 {
			continue
		}
		if c.ShortTag() == "!!merge" {
			for key := range mergedKeys(n.Content[i+1]) {
				if seen[key] {
					count++
				}
			}
			continue
		}
		if seen[c.Value] {
			count++
		}
		seen[c.Value] = true
	}
	return count
}

func mergedKeys(n *kyaml.Node) map[string]bool {
	for n.Kind == kyaml.AliasNode {
		n = n.Alias
	}
	out := map[string]bool{}
	for i, c := range n.Content {
		switch {
		case n.Kind == kyaml.SequenceNode:
			for k := range mergedKeys(c) {
				out[k] = true
			}
		case i%2 == 0 && c.ShortTag() == "!!merge":
			for k := range mergedKeys(n.Content[i+1]) {
				out[k] = true
			}
		case i%2 == 0:
			out[c.Value] = true
		}
	}
	return out
}
