package sizes

import (
	"fmt"
	"strings"
)

// Render is what the post-renderer reads: irsa.yaml and the stream.
type Render struct{ IRSA, Stream string }

// RenderCase makes an input of one shape.
type RenderCase struct {
	Name string
	Make func(n int) Render
}

// RenderCases are the shapes, each of which repeats something else n times.
func RenderCases() []RenderCase {
	return []RenderCase{
		{"a service account and a workload each", func(n int) Render { return entries(n, workloadOf) }},
		{"service accounts that are added", addedAccounts},
		{"namespaces each", namespacedAccounts},
		{"patterns", func(n int) Render { return entries(n, patternOf) }},
		{"anyOf", func(n int) Render { return entries(n, anyOf) }},
		{"values", func(n int) Render { return entries(n, valueOf) }},
		{"presets", func(n int) Render { return entries(n, presetOf) }},
		{"variables of a workload each", func(n int) Render { return entries(n, envOf) }},
		{"variables of one container", variablesOfOne},
		{"texts of one ConfigMap", textsOfOne},
		{"fields of one text", fieldsOfOneText},
		{"bindings", bindings},
		{"pull secrets", pullSecrets},
		{"rollout", rollout},
		{"containers of one workload", containersOfOne},
		{"a List", oneListOfApps},
		{"moved from one service account", movedFromOne},
		{"objects that are not there", missingObjects},
	}
}

func target(kind string, rest string) string { return fmt.Sprintf("{%s: {%s}}", kind, rest) }

func workloadOf(i int) string {
	return target("workload", fmt.Sprintf("kind: Deployment, name: app-%d", i))
}

func patternOf(i int) string {
	return target("workload", fmt.Sprintf(`kind: Deployment, name: "app-%d?*x"`, i))
}

func anyOf(i int) string {
	return fmt.Sprintf(`{anyOf: [{workload: {kind: StatefulSet, name: app-%d}}, {workload: {kind: Deployment, name: "other-%[1]d*"}}, {workload: {kind: Deployment, name: app-%[1]d}}]}`, i)
}

func valueOf(i int) string { return fmt.Sprintf("{value: component%d.serviceAccount.name}", i) }

func presetOf(int) string { return "{preset: epinio-staging}" }

func envOf(i int) string {
	return target("env", fmt.Sprintf("kind: Deployment, name: app-%d, variable: ACCOUNT, add: true", i))
}

// entries are n service accounts of irsa.yaml with a target each, and a ServiceAccount
// and a Deployment of each number.
func entries(n int, usedBy func(i int) string) Render {
	var f, s builder
	f.irsaHead()
	f.addf("serviceAccounts:\n")
	for i := range n {
		f.addf("- name: own-%d\n  role: {arn: %q}\n  usedBy: [%s]\n", i, roleARN(i), usedBy(i))
		s.serviceAccount("ns1", fmt.Sprintf("own-%d", i), "")
		s.deployment("ns1", fmt.Sprintf("app-%d", i), "")
		if strings.Contains(usedBy(i), "x\"") { // a pattern that wants more
			s.deployment("ns1", fmt.Sprintf("app-%d-x", i), "")
		}
		if strings.Contains(usedBy(i), "value:") {
			s.addf("        - {name: SERVICE_ACCOUNT, value: own-%d}\n", i)
		}
	}
	if strings.Contains(usedBy(0), "preset") {
		s.addf("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: epinio-stage-scripts, namespace: ns1}\ndata: {}\n")
	}
	return Render{f.String(), s.String()}
}

func addedAccounts(n int) Render {
	r := entries(n, workloadOf)
	var s builder
	for i := range n {
		s.deployment("ns1", fmt.Sprintf("app-%d", i), "")
	}
	r.Stream = s.String()
	return r
}

func namespacedAccounts(n int) Render {
	var f, s builder
	f.irsaHead()
	f.addf("serviceAccounts:\n")
	for i := range n {
		f.addf("- name: own\n  namespace: ns-%d\n  role: {arn: %q}\n  usedBy: [{workload: {kind: Deployment, name: app}}]\n", i, roleARN(i))
		s.addf("---\napiVersion: v1\nkind: Namespace\nmetadata: {name: ns-%d}\n", i)
		s.deployment(fmt.Sprintf("ns-%d", i), "app", "")
	}
	return Render{f.String(), s.String()}
}

// one is an entry of irsa.yaml for each number, with this target.
func (b *builder) one(i int, usedBy string) {
	b.addf("- name: own-%d\n  role: {arn: %q}\n  usedBy: [%s]\n", i, roleARN(i), usedBy)
}

func irsaOf(n int, usedBy func(i int) string) string {
	var f builder
	f.irsaHead()
	f.addf("serviceAccounts:\n")
	for i := range n {
		f.one(i, usedBy(i))
	}
	return f.String()
}

func variablesOfOne(n int) Render {
	var s builder
	s.deployment("ns1", "app", "app")
	for i := range n / 2 {
		s.addf("        - name: V%d\n          value: old\n", i)
	}
	return Render{irsaOf(n, func(i int) string {
		return target("env", fmt.Sprintf("kind: Deployment, name: app, variable: V%d, add: true", i))
	}), s.String()}
}

func textsOfOne(n int) Render {
	var s builder
	s.addf("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: texts, namespace: ns1}\ndata:\n")
	for i := range n {
		s.addf("  t%d: |\n    # the service account of %[1]d\n    spec:\n      account: old\n", i)
	}
	return Render{irsaOf(n, func(i int) string {
		return target("embedded", fmt.Sprintf("kind: ConfigMap, name: texts, key: t%d, path: spec.account", i))
	}), s.String()}
}

func fieldsOfOneText(n int) Render {
	var s builder
	s.addf("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: texts, namespace: ns1}\ndata:\n  t: |\n")
	for i := range n {
		s.addf("    a%d:\n      account: old\n", i)
	}
	return Render{irsaOf(n, func(i int) string {
		return target("embedded", fmt.Sprintf("kind: ConfigMap, name: texts, key: t, path: a%d.account", i))
	}), s.String()}
}

func bindings(n int) Render {
	r := entries(n, workloadOf)
	var s builder
	for i := range n {
		s.deployment("ns1", fmt.Sprintf("app-%d", i), fmt.Sprintf("app-%d", i))
		s.addf("---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: b-%d, namespace: ns1}\nsubjects:\n- kind: ServiceAccount\n  name: app-%[1]d\n  namespace: ns1\n", i)
	}
	r.Stream = s.String()
	return r
}

func pullSecrets(n int) Render {
	r := entries(n, workloadOf)
	var s builder
	for i := range n {
		s.serviceAccount("ns1", fmt.Sprintf("app-%d", i), "")
		s.addf("imagePullSecrets: [{name: pull-%d}]\n", i)
		s.deployment("ns1", fmt.Sprintf("app-%d", i), fmt.Sprintf("app-%d", i))
	}
	r.Stream = s.String()
	return r
}

func rollout(n int) Render {
	r := entries(n, workloadOf)
	r.IRSA = strings.ReplaceAll(r.IRSA, "  usedBy:", "  rollout: true\n  usedBy:")
	return r
}

func containersOfOne(n int) Render {
	var s builder
	s.deployment("ns1", "app-0", "old")
	for i := range n {
		s.addf("      - name: c%d\n        image: example/app:1\n        env:\n        - {name: ACCOUNT, value: old}\n", i)
	}
	return Render{irsaOf(1, func(int) string {
		return workloadOf(0) + ", " + target("env", "kind: Deployment, name: app-0, variable: ACCOUNT")
	}), s.String()}
}

func oneListOfApps(n int) Render {
	r := entries(n, workloadOf)
	r.Stream = inList(r.Stream)
	return r
}

// inList makes one List of a stream's objects.
func inList(stream string) string {
	var m builder
	m.addf("apiVersion: v1\nkind: List\nitems:\n")
	for d := range strings.SplitSeq(stream, "---\n") {
		lead := "- "
		for line := range strings.Lines(d) {
			m.addf("%s%s", lead, line)
			lead = "  "
		}
	}
	return m.String()
}

func movedFromOne(n int) Render {
	r := entries(n, workloadOf)
	var s builder
	for i := range n {
		s.deployment("ns1", fmt.Sprintf("app-%d", i), "shared")
	}
	s.serviceAccount("ns1", "shared", "")
	s.addf("imagePullSecrets: [{name: pull}]\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: b, namespace: ns1}\nsubjects:\n- kind: ServiceAccount\n  name: shared\n  namespace: ns1\n")
	r.Stream = s.String()
	return r
}

func missingObjects(n int) Render {
	return entries(n, func(i int) string { return target("workload", fmt.Sprintf("kind: Deployment, name: absent-%d", i)) })
}
