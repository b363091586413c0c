package sizes

// DocumentCases are one large document each, of at least n bytes.
func DocumentCases() []RenderCase {
	return []RenderCase{
		{"a ServiceAccount with many annotations", func(n int) Render {
			return document(n, "ServiceAccount", "  annotations:\n", "    key-%d: some value of some length\n")
		}},
		{"a ConfigMap with many keys and an embedded text", func(n int) Render {
			return document(n, "ConfigMap", "data:\n  k: |\n    a:\n      account: old\n", "  key-%d: some value of some length\n")
		}},
		{"one long text, with an embedded field", func(n int) Render {
			return document(n, "ConfigMap", "data:\n  k: |\n    a:\n      account: old\n    list:\n", "    - {n: item-%d, v: some value here}\n")
		}},
		{"one long line, with an embedded field", func(n int) Render {
			r := document(1, "ConfigMap", "data:\n  k: \"", "a: {account: old, i: %d}\\nlong: ")
			r.Stream += repeated('x', n) + "\"\n"
			return r
		}},
		{"a Deployment with many containers", func(n int) Render {
			return document(n, "Deployment", "spec:\n  template:\n    spec:\n      containers:\n", "      - name: c%d\n        image: example/app:1\n        env:\n        - {name: A, value: b}\n")
		}},
		{"a CustomResourceDefinition, which is left alone", func(n int) Render {
			return document(n, "CustomResourceDefinition", "spec:\n  properties:\n", "    key-%d: {type: string, description: some text}\n")
		}},
	}
}

func repeated(c byte, n int) string {
	out := make([]byte, n)
	for i := range out {
		out[i] = c
	}
	return string(out)
}

// document is one object of a kind whose last lines repeat, and irsa.yaml for it.
func document(n int, kind, head, line string) Render {
	var f, s builder
	f.irsaHead()
	f.addf("serviceAccounts:\n- name: app\n  role: {arn: %q}\n", roleARN(0))
	switch kind {
	case "ConfigMap":
		f.addf("  usedBy: [{embedded: {kind: ConfigMap, name: app, key: k, path: a.account}}]\n")
	case "Deployment":
		f.addf("  usedBy: [{workload: {kind: Deployment, name: app}}]\n")
	}
	version := map[string]string{"Deployment": "apps/v1", "CustomResourceDefinition": "apiextensions.k8s.io/v1"}[kind]
	if version == "" {
		version = "v1"
	}
	s.addf("---\napiVersion: %s\nkind: %s\nmetadata:\n  name: app\n  namespace: ns1\n", version, kind)
	s.WriteString(head)
	for i := 0; s.Len() < n || i == 0; i++ {
		s.addf(line, i)
	}
	return Render{f.String(), s.String()}
}
