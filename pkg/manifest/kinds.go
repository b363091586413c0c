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
	kserve    = []string{"serving.kserve.io"}
	dask      = []string{"kubernetes.dask.org"}
	kubeflow  = []string{"kubeflow.org"}
	trainer   = []string{"trainer.kubeflow.org"}
	strimzi   = []string{"kafka.strimzi.io"}
	runners   = []string{"actions.github.com"}
	oldRunner = []string{"actions.summerwind.dev"}
	flink     = []string{"flink.apache.org"}
	fluxFrom  = []string{"source.toolkit.fluxcd.io"}
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
	{Name: "Rollout", Groups: argo, Pods: []Place{template("spec.template").rolling().sparse()}, From: [][]string{{"spec", "workloadRef"}}},
	// argoproj/argo-rollouts pkg/apis/rollouts/v1alpha1/{analysis_types,experiment_types}.go: of
	// the metrics, jobs have pods
	{Name: "AnalysisTemplate", Groups: argo, Pods: []Place{template("spec.metrics[*].provider.job.spec.template").sparse()}},
	{Name: "ClusterAnalysisTemplate", Groups: argo, Pods: []Place{template("spec.metrics[*].provider.job.spec.template").sparse()}},
	{Name: "Experiment", Groups: argo, Pods: []Place{template("spec.templates[*].template")}},
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
	// beside it; docs/ of Spark's own pod templates: an executor's wins over serviceAccount, a
	// driver's does not (apache/spark …/features/ExecutorKubernetesCredentialsFeatureStep.scala,
	// DriverKubernetesCredentialsFeatureStep.scala)
	{Name: "SparkApplication", Groups: spark, Pods: sparkPods("spec")},
	{Name: "ScheduledSparkApplication", Groups: spark, Pods: sparkPods("spec.template")},
	// kubeflow/spark-operator api/v1alpha1/sparkconnect_types.go: pod templates; executors run as
	// the server's service account where theirs names none
	{Name: "SparkConnect", Groups: spark, Pods: []Place{template("spec.server.template"), template("spec.executor.template")}},

	// prometheus-operator Documentation/api-reference/api.md
	{Name: "Prometheus", Groups: coreos, Pods: []Place{monitoring}},
	{Name: "PrometheusAgent", Groups: coreos, Pods: []Place{monitoring}},
	{Name: "Alertmanager", Groups: coreos, Pods: []Place{monitoring}},
	{Name: "ThanosRuler", Groups: coreos, Pods: []Place{monitoring}},

	// tektoncd/pipeline docs/taskruns.md, docs/pipelineruns.md, and
	// pkg/apis/pipeline/{v1,v1beta1}/pipelinerun_types.go: the field of a PipelineRun stands in
	// taskRunTemplate, that of v1beta1 in spec. What taskRunSpecs says of one task wins, in v1 as
	// serviceAccountName and in v1beta1 as taskServiceAccountName.
	{Name: "TaskRun", Groups: tekton, Pods: []Place{field("spec.serviceAccountName")}},
	{Name: "CustomRun", Groups: tekton, Pods: []Place{field("spec.serviceAccountName")}},
	{Name: "PipelineRun", Groups: tekton, Pods: []Place{
		field("spec.taskRunTemplate.serviceAccountName").in("v1"), overriding("spec.taskRunSpecs[*].serviceAccountName").in("v1"),
		field("spec.serviceAccountName").in("v1beta1", "v1alpha1"), overriding("spec.taskRunSpecs[*].taskServiceAccountName").in("v1beta1", "v1alpha1"),
	}},
	// tektoncd/triggers pkg/apis/triggers/v1beta1/event_listener_types.go
	{Name: "EventListener", Groups: []string{"triggers.tekton.dev"}, Pods: []Place{
		field("spec.serviceAccountName"), overriding("spec.resources.kubernetesResource.spec.template.spec.serviceAccountName"),
	}},

	// kserve/kserve pkg/apis/serving/v1beta1/{component,predictor,podspec}.go: each component is a
	// pod spec with annotations beside it; docs/ of the same for the rest
	{Name: "InferenceService", Groups: kserve, Pods: []Place{
		podSpec("spec.predictor").with("spec.predictor.annotations").rolling(), podSpec("spec.predictor.workerSpec").sparse(),
		podSpec("spec.transformer").with("spec.transformer.annotations").rolling().sparse(), podSpec("spec.explainer").with("spec.explainer.annotations").rolling().sparse(),
	}},
	{Name: "InferenceGraph", Groups: kserve, Pods: []Place{field("spec.serviceAccountName")}},
	// kserve/kserve pkg/apis/serving/v1alpha2/llm_inference_service_types.go, WorkloadSpec and
	// SchedulerSpec: pod specs, with the pods' annotations beside them
	{Name: "LLMInferenceService", Groups: kserve, Pods: []Place{
		podSpec("spec.template").with("spec.annotations").rolling(), podSpec("spec.worker").sparse(),
		podSpec("spec.prefill.template").with("spec.prefill.annotations").rolling().wantedBy("spec.prefill"), podSpec("spec.prefill.worker").sparse(),
		podSpec("spec.router.scheduler.template").with("spec.router.scheduler.annotations").rolling().wantedBy("spec.router.scheduler"),
	}},

	// apache/flink-kubernetes-operator docs/content/docs/custom-resource/reference.md: podTemplate
	// is of the pods of both managers
	{Name: "FlinkDeployment", Groups: flink, Pods: []Place{field("spec.serviceAccount").with("spec.podTemplate.metadata.annotations")}},
	{Name: "FlinkBlueGreenDeployment", Groups: flink, Pods: []Place{
		field("spec.template.spec.serviceAccount").with("spec.template.spec.podTemplate.metadata.annotations"),
	}},

	// open-telemetry/opentelemetry-operator docs/api/opentelemetrycollectors.md, and
	// internal/naming/main.go for the service account that it makes
	{Name: "OpenTelemetryCollector", Groups: []string{"opentelemetry.io"}, Pods: []Place{
		field("spec.serviceAccount").with("spec.podAnnotations").rolling().unnamed("*-collector"),
	}},

	// ray-project/kuberay docs/reference/api.md
	{Name: "RayCluster", Groups: ray, Pods: rayPods("spec")},
	{Name: "RayJob", Groups: ray, Pods: rayPods("spec.rayClusterSpec")},
	{Name: "RayService", Groups: ray, Pods: rayPods("spec.rayClusterConfig")},

	// dask/dask-kubernetes dask_kubernetes/operator/customresources: pod specs, with the pods'
	// metadata beside them
	{Name: "DaskCluster", Groups: dask, Pods: daskPods("spec")},
	{Name: "DaskWorkerGroup", Groups: dask, Pods: []Place{podSpec("spec.worker.spec").with("spec.worker.metadata.annotations")}},
	{Name: "DaskJob", Groups: dask, Pods: append(daskPods("spec.cluster.spec"), podSpec("spec.job.spec").with("spec.job.metadata.annotations"))},

	// kubeflow/training-operator pkg/apis/kubeflow.org/v1: a template for each role that there is
	{Name: "PyTorchJob", Groups: kubeflow, Pods: replicas("pytorchReplicaSpecs", "Master", "Worker")},
	{Name: "TFJob", Groups: kubeflow, Pods: replicas("tfReplicaSpecs", "Chief", "Master", "Worker", "PS", "Evaluator")},
	{Name: "MPIJob", Groups: kubeflow, Pods: replicas("mpiReplicaSpecs", "Launcher", "Worker")},
	{Name: "XGBoostJob", Groups: kubeflow, Pods: replicas("xgbReplicaSpecs", "Master", "Worker")},
	{Name: "PaddleJob", Groups: kubeflow, Pods: replicas("paddleReplicaSpecs", "Master", "Worker")},
	// kubeflow/trainer pkg/apis/trainer/v1alpha1: a runtime holds a template of a JobSet
	{Name: "TrainJob", Groups: trainer, Pods: []Place{field("spec.podTemplateOverrides[*].spec.serviceAccountName")}},
	{Name: "TrainingRuntime", Groups: trainer, Pods: []Place{template("spec.template.spec.replicatedJobs[*].template.spec.template")}},
	{Name: "ClusterTrainingRuntime", Groups: trainer, Pods: []Place{template("spec.template.spec.replicatedJobs[*].template.spec.template")}},
	// kubeflow/kubeflow components/notebook-controller/api/v1/notebook_types.go
	{Name: "Notebook", Groups: kubeflow, Pods: []Place{template("spec.template").rolling()}},

	// kubernetes-sigs/lws api/leaderworkerset/v1/leaderworkerset_types.go: leaders are made of
	// the workers' template where they have none
	{Name: "LeaderWorkerSet", Groups: []string{"leaderworkerset.x-k8s.io"}, Pods: []Place{
		template("spec.leaderWorkerTemplate.workerTemplate").rolling(), template("spec.leaderWorkerTemplate.leaderTemplate").rolling().sparse(),
	}},
	// volcano-sh/apis pkg/apis/{batch,flow}/v1alpha1
	{Name: "Job", Groups: []string{"batch.volcano.sh"}, Pods: []Place{template("spec.tasks[*].template")}},
	{Name: "CronJob", Groups: []string{"batch.volcano.sh"}, Pods: []Place{template("spec.jobTemplate.spec.tasks[*].template")}},
	{Name: "JobTemplate", Groups: []string{"flow.volcano.sh"}, Pods: []Place{template("spec.tasks[*].template")}},

	// elastic/cloud-on-k8s pkg/apis: pod templates. spec.serviceAccountName of these kinds is
	// another one, that associations are checked by.
	{Name: "Elasticsearch", Groups: []string{"elasticsearch.k8s.elastic.co"}, Pods: []Place{template("spec.nodeSets[*].podTemplate").rolling()}},
	{Name: "Kibana", Groups: []string{"kibana.k8s.elastic.co"}, Pods: []Place{template("spec.podTemplate").rolling()}},
	{Name: "ApmServer", Groups: []string{"apm.k8s.elastic.co"}, Pods: []Place{template("spec.podTemplate").rolling()}},
	{Name: "EnterpriseSearch", Groups: []string{"enterprisesearch.k8s.elastic.co"}, Pods: []Place{template("spec.podTemplate").rolling()}},
	{Name: "ElasticMapsServer", Groups: []string{"maps.k8s.elastic.co"}, Pods: []Place{template("spec.podTemplate").rolling()}},
	{Name: "Logstash", Groups: []string{"logstash.k8s.elastic.co"}, Pods: []Place{template("spec.podTemplate").rolling()}},
	{Name: "Beat", Groups: []string{"beat.k8s.elastic.co"}, Pods: elasticSets("daemonSet", "deployment")},
	{Name: "Agent", Groups: []string{"agent.k8s.elastic.co"}, Pods: elasticSets("daemonSet", "deployment", "statefulSet")},

	// strimzi/strimzi-kafka-operator api/src/main/java/io/strimzi/api/kafka/model: the operator
	// makes the service accounts, named as …Resources.java say, of the templates
	{Name: "Kafka", Groups: strimzi, Makes: []Made{
		made("*-kafka", "spec.kafka.template.serviceAccount.metadata.annotations"),
		made("*-entity-operator", "spec.entityOperator.template.serviceAccount.metadata.annotations"),
		made("*-cruise-control", "spec.cruiseControl.template.serviceAccount.metadata.annotations"),
		made("*-kafka-exporter", "spec.kafkaExporter.template.serviceAccount.metadata.annotations"),
	}},
	{Name: "KafkaConnect", Groups: strimzi, Makes: []Made{
		made("*-connect", "spec.template.serviceAccount.metadata.annotations"),
		made("*-connect-build", "spec.template.buildServiceAccount.metadata.annotations"),
	}},
	{Name: "KafkaMirrorMaker2", Groups: strimzi, Makes: []Made{made("*-mirrormaker2", "spec.template.serviceAccount.metadata.annotations")}},
	{Name: "KafkaBridge", Groups: strimzi, Makes: []Made{made("*-bridge", "spec.template.serviceAccount.metadata.annotations")}},

	// cloudnative-pg/cloudnative-pg docs/src/cloudnative-pg.v1.md: serviceAccountName is known from
	// 1.29 on, and cannot be changed later, so it is written only where it is already
	{Name: "Cluster", Groups: []string{"postgresql.cnpg.io"}, Pods: []Place{overriding("spec.serviceAccountName")}, Makes: []Made{
		made("*", "spec.serviceAccountTemplate.metadata.annotations").unless("spec.serviceAccountName"),
	}},
	// docs/src/security.md of the same: a pooler's service account has no template of annotations,
	// so another one is named; in a new pooler, since the field cannot be changed later
	{Name: "Pooler", Groups: []string{"postgresql.cnpg.io"}, Pods: []Place{field("spec.serviceAccountName").unnamed("*")}},
	// zalando/postgres-operator docs/reference/operator_parameters.md: one for all clusters
	{Name: "OperatorConfiguration", Groups: []string{"acid.zalan.do"}, Makes: []Made{{
		Name: "postgres-pod", NameField: partsOf("configuration.kubernetes.pod_service_account_name"), RoleARN: partsOf("configuration.aws_or_gcp.irsa_role_arn"),
	}}},
	{Name: "postgresql", Groups: []string{"acid.zalan.do"}},
	// CrunchyData/postgres-operator internal/naming/names.go, internal/controller/postgrescluster
	// rbac.go and pgbackrest.go, which merge the cluster's annotations with those of backups;
	// percona/percona-postgresql-operator has the same
	{Name: "PostgresCluster", Groups: []string{"postgres-operator.crunchydata.com"}, Makes: []Made{
		made("*-instance", "spec.metadata.annotations").with("*-pgbackrest", "*-repohost"),
		made("*-pgbackrest", "spec.backups.pgbackrest.metadata.annotations").with("*-repohost"),
		made("*-repohost", "spec.backups.pgbackrest.metadata.annotations").with("*-pgbackrest"),
	}},
	{Name: "PerconaPGCluster", Groups: []string{"pgv2.percona.com"}, Makes: []Made{
		made("*-instance", "spec.metadata.annotations").with("*-pgbackrest"), made("*-pgbackrest", "spec.backups.pgbackrest.metadata.annotations"),
	}},
	// percona/percona-server-mongodb-operator pkg/apis/psmdb/v1/psmdb_types.go, deploy/cr.yaml
	{Name: "PerconaServerMongoDB", Groups: []string{"psmdb.percona.com"}, Pods: []Place{
		field("spec.replsets[*].serviceAccountName"), field("spec.sharding.configsvrReplSet.serviceAccountName").sparse(),
		field("spec.sharding.mongos.serviceAccountName").sparse(), field("spec.backup.serviceAccountName").sparse(),
	}},
	// percona/percona-xtradb-cluster-operator deploy/cr.yaml
	{Name: "PerconaXtraDBCluster", Groups: []string{"pxc.percona.com"}, Pods: []Place{
		field("spec.pxc.serviceAccountName"), field("spec.haproxy.serviceAccountName").sparse(),
		field("spec.proxysql.serviceAccountName").sparse(), field("spec.backup.serviceAccountName").sparse(),
	}},

	// actions/actions-runner-controller apis/actions.github.com/v1alpha1: the runners; listeners
	// have a service account of the controller's own
	{Name: "AutoscalingRunnerSet", Groups: runners, Pods: []Place{template("spec.template")}},
	// actions/actions-runner-controller apis/actions.summerwind.net/v1alpha1
	{Name: "Runner", Groups: oldRunner, Pods: []Place{field("spec.serviceAccountName")}},
	{Name: "RunnerReplicaSet", Groups: oldRunner, Pods: []Place{field("spec.template.spec.serviceAccountName")}},
	{Name: "RunnerDeployment", Groups: oldRunner, Pods: []Place{field("spec.template.spec.serviceAccountName")}},
	{Name: "RunnerSet", Groups: oldRunner, Pods: []Place{template("spec.template"), overriding("spec.serviceAccountName")}},

	// grafana/grafana-operator controllers/resources/resources.go, api/v1beta1/typeoverrides.go
	{Name: "Grafana", Groups: []string{"grafana.integreatly.org"}, Pods: []Place{template("spec.deployment.spec.template").rolling()}, Makes: []Made{
		made("*-sa", "spec.serviceAccount.metadata.annotations").unless("spec.deployment.spec.template.spec.serviceAccountName"),
	}},
	// crossplane/crossplane apis/pkg/v1beta1/deployment_runtime_config_types.go: the service account
	// is named after the package's revision unless the template names it
	{Name: "DeploymentRuntimeConfig", Groups: []string{"pkg.crossplane.io"}, Pods: []Place{overriding("spec.deploymentTemplate.spec.template.spec.serviceAccountName")}, Makes: []Made{{
		NameField:   partsOf("spec.serviceAccountTemplate.metadata.name"),
		Annotations: partsOf("spec.serviceAccountTemplate.metadata.annotations"),
		Unless:      partsOf("spec.deploymentTemplate.spec.template.spec.serviceAccountName"),
	}}},

	// fluxcd/source-controller api/v1, fluxcd/image-reflector-controller api/v1,
	// fluxcd/kustomize-controller api/v1: the controllers ask for a token of it; of a Kustomization
	// to decrypt
	{Name: "Bucket", Groups: fluxFrom, Names: []Place{field("spec.serviceAccountName")}},
	{Name: "GitRepository", Groups: fluxFrom, Names: []Place{field("spec.serviceAccountName")}},
	{Name: "OCIRepository", Groups: fluxFrom, Names: []Place{field("spec.serviceAccountName")}},
	{Name: "ImageRepository", Groups: []string{"image.toolkit.fluxcd.io"}, Names: []Place{field("spec.serviceAccountName")}},
	{Name: "Kustomization", Groups: []string{"kustomize.toolkit.fluxcd.io"}, Names: []Place{field("spec.decryption.serviceAccountName").sparse()}},

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
		overriding(at + ".executor.template.spec.serviceAccountName"), overriding(at + ".executor.template.spec.serviceAccount"),
	}
}

func daskPods(at string) []Place {
	return []Place{
		podSpec(at + ".worker.spec").with(at + ".worker.metadata.annotations"),
		podSpec(at + ".scheduler.spec").with(at + ".scheduler.metadata.annotations"),
	}
}

func replicas(key string, roles ...string) []Place {
	var out []Place
	for _, role := range roles {
		out = append(out, template("spec."+key+"."+role+".template").sparse())
	}
	return out
}

func elasticSets(keys ...string) []Place {
	var out []Place
	for _, key := range keys {
		out = append(out, template("spec."+key+".podTemplate").rolling().wantedBy("spec."+key))
	}
	return out
}

func rayPods(at string) []Place {
	return []Place{template(at + ".headGroupSpec.template"), template(at + ".workerGroupSpecs[*].template")}
}
