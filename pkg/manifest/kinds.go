package manifest

// Groups of kinds that have moved from one to another, and of kinds of which OpenKruise has
// one of the same name (https://openkruise.io/docs/user-manuals/advancedstatefulset).
var (
	core      = []string{""}
	apps      = []string{"apps", "extensions"}
	batch     = []string{"batch"}
	rbac      = []string{"rbac.authorization.k8s.io"}
	admission = []string{"admissionregistration.k8s.io"}
	network   = []string{"networking.k8s.io", "extensions"}
	argo      = []string{"argoproj.io"}
	tekton    = []string{"tekton.dev"}
	ray       = []string{"ray.io"}
	kruise    = []string{"apps.kruise.io"}
	coreos    = []string{"monitoring.coreos.com"}
	spark     = []string{"sparkoperator.k8s.io"}
	knative   = []string{"serving.knative.dev"}
)

// rows is the table of kinds: the one place where this program knows them. A kind is added
// here, in one row; rendering, verifying and reading a cluster follow. Where a custom kind's
// fields come from is said beside it.
var rows = []Kind{
	// Kubernetes itself: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/,
	// and for Restarts k8s.io/kubectl/pkg/polymorphichelpers/objectrestarter.go.
	{Name: "Pod", Groups: core, BuiltIn: true, APIVersion: "v1", Resource: "pods", Pods: []Place{pod}},
	{Name: "PodTemplate", Groups: core, BuiltIn: true, Pods: []Place{template("template")}},
	{Name: "ReplicationController", Groups: core, BuiltIn: true, APIVersion: "v1", Resource: "replicationcontrollers", Pods: []Place{template("spec.template")}},
	{Name: "ReplicaSet", Groups: apps, BuiltIn: true, APIVersion: "apps/v1", Resource: "replicasets", Pods: []Place{template("spec.template")}},
	{Name: "Deployment", Groups: apps, BuiltIn: true, APIVersion: "apps/v1", Resource: "deployments", Restarts: true, Pods: []Place{template("spec.template").rolling()}},
	{Name: "DaemonSet", Groups: apps, BuiltIn: true, APIVersion: "apps/v1", Resource: "daemonsets", Restarts: true, Pods: []Place{template("spec.template").rolling()}},
	{Name: "StatefulSet", Groups: apps, BuiltIn: true, APIVersion: "apps/v1", Resource: "statefulsets", Restarts: true, Pods: []Place{template("spec.template").rolling()}},
	{Name: "Job", Groups: batch, BuiltIn: true, APIVersion: "batch/v1", Resource: "jobs", Pods: []Place{template("spec.template")}},
	{Name: "CronJob", Groups: batch, BuiltIn: true, APIVersion: "batch/v1", Resource: "cronjobs", Pods: []Place{template("spec.jobTemplate.spec.template")}},

	// Kinds that have no pods by themselves, though they name service accounts, hold
	// anything, or own pods. Others of these names have: Knative's Service.
	{Name: "ServiceAccount", Groups: core, BuiltIn: true, APIVersion: "v1", Resource: "serviceaccounts"},
	{Name: "ConfigMap", Groups: core, BuiltIn: true, APIVersion: "v1", Resource: "configmaps"},
	{Name: "Secret", Groups: core, BuiltIn: true},
	{Name: "Service", Groups: core, BuiltIn: true},
	{Name: "Namespace", Groups: core, BuiltIn: true, APIVersion: "v1", Resource: "namespaces"},
	{Name: "Node", Groups: core, BuiltIn: true},
	{Name: "Event", Groups: []string{"", "events.k8s.io"}, BuiltIn: true},
	{Name: "Role", Groups: rbac, BuiltIn: true},
	{Name: "ClusterRole", Groups: rbac, BuiltIn: true},
	{Name: "RoleBinding", Groups: rbac, BuiltIn: true},
	{Name: "ClusterRoleBinding", Groups: rbac, BuiltIn: true},
	{Name: "NetworkPolicy", Groups: network, BuiltIn: true, APIVersion: "networking.k8s.io/v1", Resource: "networkpolicies"},
	{Name: "Ingress", Groups: network, BuiltIn: true},
	{Name: "CustomResourceDefinition", Groups: []string{"apiextensions.k8s.io"}, BuiltIn: true},
	{Name: "APIService", Groups: []string{"apiregistration.k8s.io"}, BuiltIn: true},
	{Name: "MutatingWebhookConfiguration", Groups: admission, BuiltIn: true, APIVersion: "admissionregistration.k8s.io/v1", Resource: "mutatingwebhookconfigurations"},
	{Name: "ValidatingWebhookConfiguration", Groups: admission, BuiltIn: true},
	{Name: "TokenRequest", Groups: []string{"authentication.k8s.io"}, BuiltIn: true},
	{Name: "ReleaseIdentity", Groups: []string{"helm-irsa.dev"}},

	// openkruise.io/docs/user-manuals: the three take the template of the kind that they stand for.
	{Name: "DaemonSet", Groups: kruise, Pods: []Place{template("spec.template").rolling()}},
	{Name: "StatefulSet", Groups: kruise, Pods: []Place{template("spec.template").rolling()}},
	{Name: "CloneSet", Groups: kruise, Pods: []Place{template("spec.template").rolling()}},

	// argoproj/argo-rollouts docs/features/specification.md
	{Name: "Rollout", Groups: argo, Pods: []Place{template("spec.template").rolling()}},
	// argoproj/argo-workflows docs/fields.md: a template's own service account wins; podMetadata
	// is of the workflow's pods, and what has run is not run again for it
	{Name: "Workflow", Groups: argo, Pods: workflow("spec")},
	{Name: "WorkflowTemplate", Groups: argo, Pods: workflow("spec")},
	{Name: "ClusterWorkflowTemplate", Groups: argo, Pods: workflow("spec")},
	{Name: "CronWorkflow", Groups: argo, Pods: workflow("spec.workflowSpec")},
	// argoproj/argo-events docs/service-accounts.md, and docs/APIs.md for metadata
	{Name: "Sensor", Groups: argo, Pods: []Place{field("spec.template.serviceAccountName").with("spec.template.metadata.annotations").rolling()}},
	{Name: "EventSource", Groups: argo, Pods: []Place{field("spec.template.serviceAccountName").with("spec.template.metadata.annotations").rolling()}},

	// knative/specs specs/serving/knative-api-specification-1.0.md
	{Name: "Service", Groups: knative, Pods: []Place{template("spec.template").rolling()}},
	{Name: "Configuration", Groups: knative, Pods: []Place{template("spec.template").rolling()}},

	// kedacore/keda-docs, "ScaledJob specification"
	{Name: "ScaledJob", Groups: []string{"keda.sh"}, Pods: []Place{template("spec.jobTargetRef.template")}},

	// kubeflow/spark-operator docs/api-docs.md, SparkPodSpec: serviceAccount and annotations
	{Name: "SparkApplication", Groups: spark, Pods: sparkPods("spec")},
	{Name: "ScheduledSparkApplication", Groups: spark, Pods: sparkPods("spec.template")},

	// prometheus-operator Documentation/api-reference/api.md
	{Name: "Prometheus", Groups: coreos, Pods: []Place{monitoring}},
	{Name: "PrometheusAgent", Groups: coreos, Pods: []Place{monitoring}},
	{Name: "Alertmanager", Groups: coreos, Pods: []Place{monitoring}},
	{Name: "ThanosRuler", Groups: coreos, Pods: []Place{monitoring}},

	// tektoncd/pipeline docs/taskruns.md, docs/pipelineruns.md: the v1 field of a PipelineRun
	// stands in taskRunTemplate, the older one in spec. What taskRunSpecs says of one task
	// wins, in v1 as serviceAccountName and in v1beta1 as taskServiceAccountName.
	{Name: "TaskRun", Groups: tekton, Pods: []Place{field("spec.serviceAccountName")}},
	{Name: "CustomRun", Groups: tekton, Pods: []Place{field("spec.serviceAccountName")}},
	{Name: "PipelineRun", Groups: tekton, Pods: []Place{
		field("spec.taskRunTemplate.serviceAccountName"), overriding("spec.serviceAccountName"),
		overriding("spec.taskRunSpecs[*].serviceAccountName"), overriding("spec.taskRunSpecs[*].taskServiceAccountName"),
	}},

	// apache/flink-kubernetes-operator docs/content/docs/custom-resource/reference.md: podTemplate
	// is of the pods of both managers
	{Name: "FlinkDeployment", Groups: []string{"flink.apache.org"}, Pods: []Place{field("spec.serviceAccount").with("spec.podTemplate.metadata.annotations")}},

	// open-telemetry/opentelemetry-operator docs/api/opentelemetrycollectors.md
	{Name: "OpenTelemetryCollector", Groups: []string{"opentelemetry.io"}, Pods: []Place{field("spec.serviceAccount").with("spec.podAnnotations").rolling()}},

	// ray-project/kuberay docs/reference/api.md
	{Name: "RayCluster", Groups: ray, Pods: rayPods("spec")},
	{Name: "RayJob", Groups: ray, Pods: rayPods("spec.rayClusterSpec")},
	{Name: "RayService", Groups: ray, Pods: rayPods("spec.rayClusterConfig")},

	// kubernetes-sigs/jobset: spec.replicatedJobs holds Job templates
	{Name: "JobSet", Groups: []string{"jobset.x-k8s.io"}, Pods: []Place{template("spec.replicatedJobs[*].template.spec.template")}},
}

// Places that several rows have.
var (
	pod        = Place{Holder: partsOf("spec"), Field: "serviceAccountName", PodSpec: true, Annotations: partsOf("metadata.annotations")}
	monitoring = field("spec.serviceAccountName").with("spec.podMetadata.annotations").rolling()
)

func workflow(at string) []Place {
	return []Place{field(at + ".serviceAccountName").with(at + ".podMetadata.annotations"), overriding(at + ".templates[*].serviceAccountName")}
}

func sparkPods(at string) []Place {
	return []Place{
		field(at + ".driver.serviceAccount").with(at + ".driver.annotations"),
		field(at + ".executor.serviceAccount").with(at + ".executor.annotations"),
	}
}

func rayPods(at string) []Place {
	return []Place{template(at + ".headGroupSpec.template"), template(at + ".workerGroupSpecs[*].template")}
}
