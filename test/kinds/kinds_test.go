// Package kinds holds rendering, verifying and the cluster's reader to the table of kinds in
// pkg/manifest: a kind that is added there, in one row, is known to all three.
package kinds

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/helm-irsa/helm-irsa/internal/kube"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/render"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

const head = "apiVersion: helm-irsa.dev/v1alpha1\nkind: ReleaseIdentity\nserviceAccounts:\n- name: web\n  role: {arn: \"arn:aws:iam::111122223333:role/web\"}\n"

// serviceAccount is the one that the pods of every row are to run as.
const serviceAccount = "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: web\n  namespace: ns1\n  annotations:\n    eks.amazonaws.com/role-arn: arn:aws:iam::111122223333:role/web\n"

// each calls test with every row that has pods, in each of its groups.
func each(t *testing.T, test func(t *testing.T, k *manifest.Kind, version string)) {
	t.Helper()
	count := 0
	for k := range manifest.Kinds().All() {
		if !k.Runs() {
			continue
		}
		for _, group := range k.Groups {
			count++
			versions := []string{"v1"}
			for _, p := range k.Pods {
				for _, v := range p.Versions {
					if !slices.Contains(versions, v) {
						versions = append(versions, v)
					}
				}
			}
			for _, v := range versions {
				t.Run(strings.TrimPrefix(group+"/"+v+"/"+k.Name, "/"), func(t *testing.T) {
					t.Parallel()
					test(t, k, strings.TrimPrefix(group+"/"+v, "/"))
				})
			}
		}
	}
	if count < 30 {
		t.Fatalf("the table has only %d rows with pods", count)
	}
}

// object is the least object of a row whose places name service accounts, the place at own
// another one.
func object(k *manifest.Kind, version string, own int, name, other string) map[string]any {
	o := map[string]any{"apiVersion": version, "kind": k.Name, "metadata": map[string]any{"name": "w", "namespace": "ns1"}}
	for i, p := range k.Pods {
		if !p.InVersion(manifest.VersionOf(version)) {
			continue
		}
		here := other
		if i == own {
			here = name
		}
		holder := way(o, p.Holder)
		holder[p.Field] = here
		if p.PodSpec {
			holder["containers"] = []any{map[string]any{"name": "c", "image": "i"}}
		}
	}
	return o
}

// way makes the way to a mapping, with one element in each list.
func way(at map[string]any, path []spec.PathPart) map[string]any {
	for i, part := range path {
		switch {
		case part.Kind != spec.KeyPart: // made with the key before it
		case i+1 < len(path) && path[i+1].Kind == spec.EachPart:
			if at[part.Key] == nil {
				at[part.Key] = []any{map[string]any{}}
			}
			at = at[part.Key].([]any)[0].(map[string]any)
		default:
			if at[part.Key] == nil {
				at[part.Key] = map[string]any{}
			}
			at = at[part.Key].(map[string]any)
		}
	}
	return at
}

// text writes objects as a stream.
func text(t *testing.T, objects ...map[string]any) string {
	t.Helper()
	out := serviceAccount
	for _, o := range objects {
		b, err := yaml.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		out += "---\n" + string(b)
	}
	return out
}

func TestRender(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, k *manifest.Kind, version string) {
		file, err := spec.Parse("irsa.yaml", []byte(head+"  usedBy: [{workload: {kind: "+k.Name+", name: w}}]\n"))
		if err != nil {
			t.Fatal(err)
		}
		r, err := render.New(render.Options{Spec: file, Namespace: "ns1"})
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		report, err := r.Stream(strings.NewReader(text(t, object(k, version, -1, "", "old"))), &out)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String(), "old") || report.Accounts[0].Moved != 1 {
			t.Errorf("not all of its pods moved:\n%s", out.String())
		}
		for _, w := range report.Warnings {
			t.Error(w.Message)
		}
	})
}

// annotated puts an annotation of kiam wherever the row has the annotations of pods.
func annotated(k *manifest.Kind, version string) (o map[string]any, places int) {
	o = object(k, version, -1, "", "web")
	for _, p := range k.Pods {
		if p.Annotations != nil {
			way(o, p.Annotations)["iam.amazonaws.com/role"] = "kiams"
			places++
		}
	}
	return o, places
}

// TestRenderAnnotations: what changes the pods' annotations finds them, and restarts pods
// only where that is what a change of them does.
func TestRenderAnnotations(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, k *manifest.Kind, version string) {
		file, err := spec.Parse("irsa.yaml", []byte(head+"  rollout: true\nmigrate: {kiam: true}\n"))
		if err != nil {
			t.Fatal(err)
		}
		r, err := render.New(render.Options{Spec: file, Namespace: "ns1"})
		if err != nil {
			t.Fatal(err)
		}
		o, places := annotated(k, version)
		rolls := 0
		for _, p := range k.Pods {
			if p.Rolls {
				rolls++
			}
		}
		var out bytes.Buffer
		report, err := r.Stream(strings.NewReader(text(t, o)), &out)
		if err != nil {
			t.Fatal(err)
		}
		removed := 0
		for _, c := range report.Changes {
			if c.Action == "remove" {
				removed++
			}
		}
		if strings.Contains(out.String(), "kiams") || removed != places || strings.Count(out.String(), "helm-irsa.dev/identity") != rolls {
			t.Errorf("removed %d of %d, and want %d stamps:\n%s", removed, places, rolls, out.String())
		}
	})
}

// TestVerifyAnnotations: verify sees the annotations of pods where rendering does.
func TestVerifyAnnotations(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, k *manifest.Kind, version string) {
		o, places := annotated(k, version)
		report := judged(t, o)
		found := slices.ContainsFunc(report.Findings, func(f verify.Finding) bool { return f.Code == "kiam-annotation-leftover" })
		if found != (places > 0) {
			t.Errorf("found: %v, of %d places", found, places)
		}
	})
}

func TestVerify(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, k *manifest.Kind, version string) {
		for own, p := range k.Pods {
			if !p.InVersion(manifest.VersionOf(version)) {
				continue
			}
			if got := runsAs(t, object(k, version, own, "web", "other")); got != "ok: "+k.Name+" ns1/w runs as it" {
				t.Errorf("place %d is not seen: %s", own, got)
			}
		}
		if got := runsAs(t, object(k, version, -1, "", "other")); strings.HasPrefix(got, "ok") {
			t.Errorf("pods of another service account are taken for its own: %s", got)
		}
	})
}

// TestWorkloadKinds: a kind of irsa.yaml is a row like the others.
func TestWorkloadKinds(t *testing.T) {
	t.Parallel()
	file, err := spec.Parse("irsa.yaml", []byte(head+`  usedBy: [{workload: {kind: Pipeline, name: w}}]
workloadKinds:
- {group: example.com, kind: Pipeline, paths: ["steps[*].runsAs", spec.template.spec.serviceAccountName]}
`))
	if err != nil {
		t.Fatal(err)
	}
	row := manifest.Kinds(file.WorkloadKinds...).Find("example.com", "Pipeline")
	for own := range row.Pods {
		o := object(row, "example.com/v1", own, "web", "other")
		template := way(o, parsed(t, "spec.template"))
		template["metadata"] = map[string]any{"annotations": map[string]any{"iam.amazonaws.com/role": "kiams"}}
		way(o, parsed(t, "spec.template.spec"))["containers"] = []any{map[string]any{"name": "c"}}
		objects, err := manifest.Read("m", strings.NewReader(text(t, o)))
		if err != nil {
			t.Fatal(err)
		}
		report := verify.Verify(verify.Input{Objects: objects, Namespace: "ns1", File: file})
		if got := report.ServiceAccounts[0].Links[0]; got.Why != "Pipeline ns1/w runs as it" {
			t.Errorf("place %d is not seen: %+v", own, got)
		}
		kiam := slices.ContainsFunc(report.Findings, func(f verify.Finding) bool { return f.Code == "kiam-annotation-leftover" })
		if kiam != (own == 1) {
			t.Errorf("place %d: the pod template's annotation is found: %v", own, kiam)
		}
		r, err := render.New(render.Options{Spec: file, Namespace: "ns1"})
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if _, err := r.Stream(strings.NewReader(text(t, o)), &out); err != nil || strings.Contains(out.String(), "other") {
			t.Errorf("%v, %s", err, out.String())
		}
	}
}

func parsed(t *testing.T, path string) []spec.PathPart {
	t.Helper()
	parts, err := spec.ParsePath(path)
	if err != nil {
		t.Fatal(err)
	}
	return parts
}

// TestVerifyWithoutPods: what looks like a pod in a kind that has none is no pod.
func TestVerifyWithoutPods(t *testing.T) {
	t.Parallel()
	count := 0
	for k := range manifest.Kinds().All() {
		if k.Runs() || k.Name == "ServiceAccount" {
			continue
		}
		count++
		o := object(k, strings.TrimPrefix(k.Groups[0]+"/v1", "/"), -1, "", "")
		o["spec"] = map[string]any{"serviceAccountName": "web", "containers": []any{map[string]any{"name": "c"}}}
		if got := runsAs(t, o); strings.HasPrefix(got, "ok") {
			t.Errorf("%s: %s", k.Name, got)
		}
	}
	if count < 10 {
		t.Fatalf("the table has only %d rows without pods", count)
	}
}

// judged is what verify says of the service account and the object.
func judged(t *testing.T, o map[string]any) *verify.Report {
	t.Helper()
	objects, err := manifest.Read("m", strings.NewReader(text(t, o)))
	if err != nil {
		t.Fatal(err)
	}
	return verify.Verify(verify.Input{Objects: objects, Namespace: "ns1"})
}

// runsAs is what verify says of the workload link of the service account.
func runsAs(t *testing.T, o map[string]any) string {
	t.Helper()
	report := judged(t, o)
	for _, sa := range report.ServiceAccounts {
		if sa.Name != "web" {
			continue
		}
		for _, l := range sa.Links {
			if l.Name == verify.LinkWorkload {
				return fmt.Sprintf("%s: %s", l.Status, l.Why)
			}
		}
	}
	t.Fatalf("no workload link of web in %+v", report.ServiceAccounts)
	return ""
}

// TestKube: a kind that is listed is read, and any other where it stands above a pod.
func TestKube(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, k *manifest.Kind, version string) {
		if k.Listed() && k.APIVersion != version {
			t.Skip("read as " + k.APIVersion)
		}
		o := object(k, version, 0, "web", "web")
		o["metadata"].(map[string]any)["uid"] = "uid-w"
		c := newCluster(o, strings.ToLower(k.Name)+"s")
		if k.Listed() {
			c.plural = k.Resource
		} else {
			c.owned = true
		}
		result, err := c.open(t).Read(t.Context(), kube.Query{Accounts: []kube.Account{{Namespace: "ns1", Name: "web"}}})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(result.Objects, func(d manifest.Object) bool { return d.Kind == k.Name && d.Name == "w" }) {
			said, _ := json.Marshal(result.Unread)
			t.Errorf("it is not read: %s", said)
		}
	})
}
