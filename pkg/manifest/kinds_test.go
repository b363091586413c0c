package manifest

import (
	"slices"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// TestRows holds each row of the table to what its readers rely on.
func TestRows(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for k := range Kinds().All() {
		if k.Name == "" || len(k.Groups) == 0 {
			t.Errorf("%+v has no name or no group", k)
		}
		for _, g := range k.Groups {
			if seen[g+"/"+k.Name] {
				t.Errorf("%s of group %q has two rows", k.Name, g)
			}
			seen[g+"/"+k.Name] = true
			if k.BuiltIn && strings.Contains(g, ".") && !strings.HasSuffix(g, ".k8s.io") {
				t.Errorf("%s of group %q is none of Kubernetes' own", k.Name, g)
			}
		}
		group, _, grouped := strings.Cut(k.APIVersion, "/")
		switch {
		case (k.APIVersion == "") != (k.Resource == ""):
			t.Errorf("%s has apiVersion %q and resource %q", k.Name, k.APIVersion, k.Resource)
		case k.Listed() && (!k.BuiltIn || grouped && !k.InGroup(group) || !grouped && !k.InGroup("")):
			t.Errorf("%s is listed at %s, and is not there on every cluster", k.Name, k.APIVersion)
		case k.Restarts && (!k.BuiltIn || !k.Runs() || !k.Pods[0].Rolls):
			t.Errorf("%s: kubectl rollout restart takes no such kind", k.Name)
		}
		for i, p := range k.Pods {
			switch {
			case p.Field == "" || i == 0 && p.Overrides && k.Makes == nil:
				t.Errorf("%s: place %d is %+v", k.Name, i, p)
			case p.Rolls && p.Annotations == nil, p.Annotations != nil && len(p.Annotations) < 2, p.Overrides && p.Annotations != nil:
				t.Errorf("%s: place %d has annotations at %v", k.Name, i, p.Annotations)
			case p.Rolls && p.Shared() < len(p.Annotations)-2:
				t.Errorf("%s: place %d: rollout adds annotations and the mapping above them, not more of %v", k.Name, i, p.Annotations)
			case p.Overrides && p.Present > 0, p.Present > len(p.Holder), p.Overrides && p.Unnamed != "":
				t.Errorf("%s: place %d overrides, and is there by itself: %+v", k.Name, i, p)
			}
		}
		for _, m := range k.Makes {
			if (m.Name == "" && m.NameField == nil) || (m.Annotations == nil) == (m.RoleARN == nil) || strings.Count(m.Name, "*") > 1 {
				t.Errorf("%s makes %+v", k.Name, m)
			}
		}
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	table := Kinds(spec.WorkloadKind{Group: "example.com", Kind: "Pipeline", Paths: []string{"spec.worker.serviceAccountName", "spec.a[*].sa"}},
		spec.WorkloadKind{Group: "batch", Kind: "Job", Paths: []string{"spec.other"}})
	for _, tt := range []struct {
		group, kind string
		places      int
	}{
		{"", "Pod", 1}, {"apps", "Deployment", 1}, {"extensions", "Deployment", 1}, {"batch", "CronJob", 1}, {"", "PodTemplate", 1},
		{"argoproj.io", "Workflow", 2}, {"ray.io", "RayCluster", 2}, {"example.com", "Pipeline", 2},
		{"", "Service", 0}, {"serving.knative.dev", "Service", 1}, {"other.io", "Deployment", 0}, {"apps", "Pod", 0}, {"", "Pipeline", 0},
	} {
		if got := len(table.Find(tt.group, tt.kind).Places()); got != tt.places {
			t.Errorf("%s %s has %d places, want %d", tt.group, tt.kind, got, tt.places)
		}
	}
	if p := table.Find("batch", "Job").Pods[0]; p.Field != "other" {
		t.Errorf("irsa.yaml's own row of Job does not win: %+v", p)
	}
	if running := slices.Collect(table.Running()); !slices.Contains(running, "Pipeline") || !slices.Contains(running, "Service") || slices.Contains(running, "Secret") {
		t.Errorf("running are %v", running)
	}
}

// TestOf: an object of another group is another kind, and one without a group is the one
// that Kubernetes has.
func TestOf(t *testing.T) {
	t.Parallel()
	table := Kinds()
	for _, tt := range []struct {
		version, kind string
		known, runs   bool
	}{
		{"apps/v1", "Deployment", true, true}, {"", "Deployment", true, true}, {"v1", "Deployment", true, true}, {"apps/v1", "Job", true, true},
		{"example.com/v1", "Deployment", false, false}, {"", "Rollout", false, false}, {"argoproj.io/v1alpha1", "Rollout", true, true},
		{"v1", "Service", true, false}, {"", "Service", true, false}, {"serving.knative.dev/v1", "Service", true, true},
		{"", "Role", true, false}, {"iam.services.k8s.aws/v1alpha1", "Role", false, false}, {"rbac.authorization.k8s.io/v1", "Role", true, false},
		{"apps.kruise.io/v1alpha1", "StatefulSet", true, true}, {"", "", false, false},
	} {
		k := table.Of(&Object{APIVersion: tt.version, Kind: tt.kind})
		if (k != nil) != tt.known || k.Runs() != tt.runs {
			t.Errorf("%s %s: %+v", tt.version, tt.kind, k)
		}
	}
}

// TestPodsOf: where each form of place has the service account, and the pods' metadata.
func TestPodsOf(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want string }{
		{"a template", "apiVersion: apps/v1\nkind: Deployment\nspec: {template: {metadata: {annotations: {a: b}, labels: {c: d}}, spec: {serviceAccountName: web}}}", "spec.template.spec=web a:b c:d"},
		{"a Pod", "apiVersion: v1\nkind: Pod\nmetadata: {annotations: {a: b}}\nspec: {serviceAccountName: web}", "spec=web a:b"},
		{"the deprecated twin", "apiVersion: v1\nkind: Pod\nspec: {serviceAccount: old}", "spec=old"},
		{"both", "apiVersion: v1\nkind: Pod\nspec: {serviceAccount: old, serviceAccountName: new}", "spec=new"},
		{"neither", "apiVersion: v1\nkind: Pod\nspec: {}", "spec="},
		{"no template", "apiVersion: apps/v1\nkind: Deployment\nspec: {}", ""},
		{"a template that is none", "apiVersion: apps/v1\nkind: Deployment\nspec: {template: [1]}", ""},
		{"metadata that is none", "apiVersion: apps/v1\nkind: Deployment\nspec: {template: {metadata: x, spec: {serviceAccountName: web}}}", "spec.template.spec=web"},
		{"a number for a name", "apiVersion: apps/v1\nkind: Deployment\nspec: {template: {spec: {serviceAccountName: 12}}}", "spec.template.spec=12"},
		{"an operator's field", "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nspec: {serviceAccountName: web, podMetadata: {annotations: {a: b}}}", "spec=web a:b"},
		{"an operator's field, not there", "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nspec: {replicas: 1}", "spec="},
		{"metadata below the field's own block", "apiVersion: argoproj.io/v1alpha1\nkind: Sensor\nspec: {template: {serviceAccountName: web, metadata: {annotations: {a: b}}}}", "spec.template=web a:b"},
		{"a key of an operator's own", "apiVersion: opentelemetry.io/v1beta1\nkind: OpenTelemetryCollector\nspec: {serviceAccount: web, podAnnotations: {a: b}, labels: {c: d}}", "spec=web a:b"},
		{"annotations beside the field", "apiVersion: sparkoperator.k8s.io/v1beta2\nkind: SparkApplication\nspec: {driver: {serviceAccount: web, annotations: {a: b}, labels: {c: d}, cores: 1}, executor: {}}", "spec.driver=web a:b c:d; spec.executor="},
		{"lists, each with its own metadata", "apiVersion: ray.io/v1\nkind: RayCluster\nspec: {workerGroupSpecs: [{template: {metadata: {annotations: {a: b}}, spec: {serviceAccountName: one}}}, {template: {spec: {serviceAccountName: two}}}]}", "spec.workerGroupSpecs[].template.spec=one a:b; spec.workerGroupSpecs[].template.spec=two"},
		{"another version", "apiVersion: tekton.dev/v1beta1\nkind: PipelineRun\nspec: {serviceAccountName: web, taskRunTemplate: {serviceAccountName: new}, taskRunSpecs: [{serviceAccountName: one}, {taskServiceAccountName: two}]}", "spec=web; spec.taskRunSpecs[]=two"},
		{"overriding", "apiVersion: tekton.dev/v1\nkind: PipelineRun\nspec: {taskRunTemplate: {serviceAccountName: web}, taskRunSpecs: [{serviceAccountName: one}, {taskServiceAccountName: two}, {x: y}]}", "spec.taskRunTemplate=web; spec.taskRunSpecs[]=one"},
		{"a kind without pods", "apiVersion: v1\nkind: Secret\nspec: {serviceAccountName: web}", ""},
		{"an unknown kind", "apiVersion: example.com/v1\nkind: Thing\nspec: {serviceAccountName: web}", ""},
		{"one of irsa.yaml, by the name of an element", "apiVersion: example.com/v1\nkind: Named\nsteps: [{name: x, sa: one}, {name: y, sa: two}, {sa: three}]", "steps[name=y]=two"},
		{"one of irsa.yaml", "apiVersion: example.com/v1\nkind: Pipeline\nsteps: [{sa: one}, {sa: two}]\nfirst: [{sa: zero}]", "steps[]=one; steps[]=two; first[0]=zero"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			objects, err := Read("m", strings.NewReader(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			table := Kinds(spec.WorkloadKind{Group: "example.com", Kind: "Pipeline", Paths: []string{"steps[*].sa", "first[0].sa", "first[1].sa"}},
				spec.WorkloadKind{Group: "example.com", Kind: "Named", Paths: []string{"steps[name=y].sa"}})
			var said []string
			o := objects.List[0]
			for _, p := range table.Of(&o).PodsOf(o.Body) {
				s := p.Path + "=" + p.ServiceAccount
				if a := Text(p.Metadata, "annotations", "a"); a != "" {
					s += " a:" + a
				}
				if c := Text(p.Metadata, "labels", "c"); c != "" {
					s += " c:" + c
				}
				said = append(said, s)
			}
			if got := strings.Join(said, "; "); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

// TestMade: how an operator names the service accounts that it makes, and which kinds take
// another one.
func TestMade(t *testing.T) {
	t.Parallel()
	table := Kinds()
	for _, tt := range []struct {
		group, kind, names string
		movable            bool
	}{
		{"kafka.strimzi.io", "Kafka", "x-kafka x-entity-operator x-cruise-control x-kafka-exporter", false},
		{"kafka.strimzi.io", "KafkaConnect", "x-connect x-connect-build", false}, {"postgresql.cnpg.io", "Cluster", "x", false},
		{"acid.zalan.do", "OperatorConfiguration", "postgres-pod", false}, {"grafana.integreatly.org", "Grafana", "x-sa", true},
		{"pkg.crossplane.io", "DeploymentRuntimeConfig", "", false}, {"apps", "Deployment", "", true}, {"", "Secret", "", false},
	} {
		k := table.Find(tt.group, tt.kind)
		var names []string
		for _, m := range k.Makes {
			if name := m.NameFor("x"); name != "" {
				names = append(names, name)
			}
		}
		if got := strings.Join(names, " "); got != tt.names || k.Movable() != tt.movable {
			t.Errorf("%s makes %s, movable %v", tt.kind, got, k.Movable())
		}
	}
	if got := (Made{Name: "*-a"}).NameFor("b*"); got != "b*-a" {
		t.Error(got)
	}
}

// TestVersions: a place of some versions is none of others; what names no version has all.
func TestVersions(t *testing.T) {
	t.Parallel()
	for apiVersion, want := range map[string]string{"apps/v1": "v1", "v1": "v1", "": "", "a.b/v1beta1": "v1beta1"} {
		if got := VersionOf(apiVersion); got != want {
			t.Errorf("%q: %q", apiVersion, got)
		}
	}
	some, all := Place{Versions: []string{"v1", "v2"}}, Place{}
	if !some.InVersion("v1") || !some.InVersion("v2") || some.InVersion("v3") || !all.InVersion("v3") {
		t.Error("versions are not told apart")
	}
}
