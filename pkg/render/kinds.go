package render

import (
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// seat is a place in a workload that says which account its pods run as.
type seat struct {
	holder []spec.PathPart // the mapping that the field stands in
	field  string
	// pod is true where the holder is a Kubernetes pod spec: there serviceAccount is
	// the deprecated twin of serviceAccountName, and the API server keeps the two alike
	// (https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/).
	pod bool
	// override is true for a field that wins over another seat where it is present,
	// and means nothing where it is absent.
	override bool
	meta     []spec.PathPart // the pod template's metadata; nil where the kind has none
	// rolls is true where a change of meta makes a controller replace the pods. A Job's
	// template is immutable, and a Pod's annotations restart nothing.
	rolls bool
}

// workloadKind is a kind that runs pods.
type workloadKind struct {
	groups []string // API groups; several where a kind has moved
	kind   string
	seats  []seat
}

func (k workloadKind) inGroup(group string) bool { return slices.Contains(k.groups, group) }

// kindTable maps a kind's name to the kinds of that name in the groups that have one.
type kindTable map[string][]workloadKind

func (t kindTable) add(k workloadKind) { t[k.kind] = append(t[k.kind], k) }

// find gives the seats of an object; nil for what runs no pods.
func (t kindTable) find(group, kind string) []seat {
	for _, k := range t[kind] {
		if k.inGroup(group) {
			return k.seats
		}
	}
	return nil
}

// template is the seat of a pod template at path, such as spec.template.
func template(path string, rolls bool) seat {
	return seat{
		holder: parts(path, "spec"), field: "serviceAccountName", pod: true,
		meta: parts(path, "metadata"), rolls: rolls,
	}
}

// named is the seat of an operator's own field, with the metadata that the operator gives its pods, if it has any.
func named(path, meta string) seat {
	at := parts(path)
	s := seat{holder: at[:len(at)-1], field: at[len(at)-1].Key}
	if meta != "" {
		s.meta, s.rolls = parts(meta), true
	}
	return s
}

func overriding(path string) seat {
	s := named(path, "")
	s.override = true
	return s
}

// parts reads the paths of this table; irsa.yaml's own were read by pkg/spec.
func parts(path ...string) []spec.PathPart {
	joined := strings.Trim(strings.Join(path, "."), ".")
	p, err := spec.ParsePath(joined)
	if err != nil {
		panic("render: bad path in the table of kinds: " + joined) // unreachable: TestKindTable walks the table
	}
	return p
}

// kinds is the table of the kinds that are built in, extended by irsa.yaml. Where
// a custom kind's fields come from is said beside it.
func kinds(extra []spec.WorkloadKind) kindTable {
	t := kindTable{}
	add := func(groups, kind string, seats ...seat) {
		t.add(workloadKind{groups: strings.Split(groups, " "), kind: kind, seats: seats})
	}
	apps := "apps extensions apps.kruise.io"
	add("", "Pod", seat{holder: parts("spec"), field: "serviceAccountName", pod: true, meta: parts("metadata")})
	add("", "PodTemplate", template("template", false))
	add("", "ReplicationController", template("spec.template", false))
	add("apps extensions", "ReplicaSet", template("spec.template", false))
	add("apps extensions", "Deployment", template("spec.template", true))
	add(apps, "DaemonSet", template("spec.template", true))
	add(apps, "StatefulSet", template("spec.template", true))
	add("apps.kruise.io", "CloneSet", template("spec.template", true))
	add("batch", "Job", template("spec.template", false))
	add("batch", "CronJob", template("spec.jobTemplate.spec.template", false))

	// argoproj/argo-rollouts docs/features/specification.md; argoproj/argo-workflows docs/fields.md; argo-events docs/service-accounts.md
	add("argoproj.io", "Rollout", template("spec.template", true))
	for kind, at := range map[string]string{"Workflow": "spec", "WorkflowTemplate": "spec", "ClusterWorkflowTemplate": "spec", "CronWorkflow": "spec.workflowSpec"} {
		add("argoproj.io", kind, named(at+".serviceAccountName", ""), overriding(at+".templates[*].serviceAccountName"))
	}
	for _, kind := range []string{"Sensor", "EventSource"} {
		add("argoproj.io", kind, named("spec.template.serviceAccountName", "spec.template.metadata"))
	}
	// knative/specs specs/serving/knative-api-specification-1.0.md
	for _, kind := range []string{"Service", "Configuration"} {
		add("serving.knative.dev", kind, template("spec.template", true))
	}
	// kedacore/keda-docs, "ScaledJob specification"
	add("keda.sh", "ScaledJob", template("spec.jobTargetRef.template", false))
	// kubeflow/spark-operator docs/api-docs.md
	add("sparkoperator.k8s.io", "SparkApplication", named("spec.driver.serviceAccount", ""), named("spec.executor.serviceAccount", ""))
	add("sparkoperator.k8s.io", "ScheduledSparkApplication", named("spec.template.driver.serviceAccount", ""), named("spec.template.executor.serviceAccount", ""))
	// prometheus-operator Documentation/api-reference/api.md
	for _, kind := range []string{"Prometheus", "PrometheusAgent", "Alertmanager", "ThanosRuler"} {
		add("monitoring.coreos.com", kind, named("spec.serviceAccountName", "spec.podMetadata"))
	}
	// tektoncd/pipeline docs/taskruns.md, docs/pipelineruns.md: the v1 field stands in taskRunTemplate, the older one in spec
	add("tekton.dev", "TaskRun", named("spec.serviceAccountName", ""))
	add("tekton.dev", "CustomRun", named("spec.serviceAccountName", ""))
	add("tekton.dev", "PipelineRun", named("spec.taskRunTemplate.serviceAccountName", ""), overriding("spec.serviceAccountName"))
	// apache/flink-kubernetes-operator docs/content/docs/custom-resource/reference.md
	add("flink.apache.org", "FlinkDeployment", named("spec.serviceAccount", ""))
	// open-telemetry/opentelemetry-operator docs/api/opentelemetrycollectors.md
	add("opentelemetry.io", "OpenTelemetryCollector", named("spec.serviceAccount", ""))
	// ray-project/kuberay docs/reference/api.md
	ray := func(at string) []seat {
		return []seat{template(at+".headGroupSpec.template", false), template(at+".workerGroupSpecs[*].template", false)}
	}
	add("ray.io", "RayCluster", ray("spec")...)
	add("ray.io", "RayJob", ray("spec.rayClusterSpec")...)
	add("ray.io", "RayService", ray("spec.rayClusterConfig")...)
	// kubernetes-sigs/jobset: spec.replicatedJobs holds Job templates
	add("jobset.x-k8s.io", "JobSet", template("spec.replicatedJobs[*].template.spec.template", false))

	for _, k := range extra {
		w := workloadKind{groups: []string{k.Group}, kind: k.Kind}
		for _, path := range k.Paths {
			w.seats = append(w.seats, named(path, ""))
		}
		// irsa.yaml's own come first, so that they win over the table.
		t[k.Kind] = append([]workloadKind{w}, t[k.Kind]...)
	}
	return t
}

// installOrder is the order in which Helm creates kinds; what it does not name
// comes last (helm.sh/helm/v3@v3.22.0 pkg/releaseutil/kind_sorter.go, InstallOrder;
// v4.3.1 pkg/release/v1/util/kind_sorter.go is the same up to ServiceAccount).
var installOrder = []string{
	"PriorityClass", "Namespace", "NetworkPolicy", "ResourceQuota", "LimitRange",
	"PodSecurityPolicy", "PodDisruptionBudget", "ServiceAccount",
}

// beforeAccounts reports whether Helm creates the kind no later than ServiceAccounts.
func beforeAccounts(kind string) bool { return slices.Contains(installOrder, kind) }
