package kube

import (
	"slices"
	"strings"
)

// resource is a kind as the API server serves it.
type resource struct {
	version string // apiVersion: v1, or group/version
	kind    string
	plural  string
}

func (r resource) group() string {
	group, _, ok := strings.Cut(r.version, "/")
	if !ok {
		return ""
	}
	return group
}

// path is that of a namespace's objects; of the cluster's where it is empty.
func (r resource) path(namespace string) string {
	p := "/apis/" + r.version
	if r.group() == "" {
		p = "/api/" + r.version
	}
	if namespace != "" {
		p += "/namespaces/" + namespace
	}
	return p + "/" + r.plural
}

// The kinds that Read knows.
var (
	namespaces      = resource{"v1", "Namespace", "namespaces"}
	configMaps      = resource{"v1", "ConfigMap", "configmaps"}
	serviceAccounts = resource{"v1", "ServiceAccount", "serviceaccounts"}
	pods            = resource{"v1", "Pod", "pods"}
	deployments     = resource{"apps/v1", "Deployment", "deployments"}
	replicaSets     = resource{"apps/v1", "ReplicaSet", "replicasets"}
	cronJobs        = resource{"batch/v1", "CronJob", "cronjobs"}
	networkPolicies = resource{"networking.k8s.io/v1", "NetworkPolicy", "networkpolicies"}
	webhooks        = resource{"admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", "mutatingwebhookconfigurations"}

	// workloads run pods, and may stand above them.
	workloads = []resource{
		deployments, replicaSets, cronJobs,
		{"apps/v1", "StatefulSet", "statefulsets"}, {"apps/v1", "DaemonSet", "daemonsets"},
		{"batch/v1", "Job", "jobs"}, {"v1", "ReplicationController", "replicationcontrollers"},
	}
	// namespaced are the kinds of which a namespace's objects are listed.
	namespaced = append([]resource{serviceAccounts, pods, networkPolicies}, workloads...)
)

// What decides over identities, by name.
const (
	systemNamespace = "kube-system"
	awsAuth         = "aws-auth"             // which roles are whom in the cluster
	identityWebhook = "pod-identity-webhook" // part of its configuration's name; its ConfigMap's name
)

// template is where a workload has its pod's specification.
func (r resource) template() []string {
	switch r.kind {
	case pods.kind:
		return []string{"spec"}
	case cronJobs.kind:
		return []string{"spec", "jobTemplate", "spec", "template", "spec"}
	}
	return []string{"spec", "template", "spec"}
}

// concernsPods: a webhook that is asked when a pod is created, by its rules
// (https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#matching-requests-rules).
func concernsPods(configuration object) bool {
	for _, hook := range configuration.list("webhooks") {
		for _, rule := range hook.list("rules") {
			has := func(field string, values ...string) bool {
				return slices.ContainsFunc(rule.texts(field), func(v string) bool { return slices.Contains(values, v) })
			}
			if has("operations", "CREATE", "*") && has("apiGroups", "", "*") && has("resources", "pods", "*", "*/*") {
				return true
			}
		}
	}
	return false
}

// identityServices are the Services behind webhooks that are the pod identity webhook by
// their name. EKS's own has none: it runs beside the API server.
func identityServices(configuration object) []key {
	var out []key
	for _, hook := range configuration.list("webhooks") {
		if !strings.Contains(configuration.name(), identityWebhook) && !strings.Contains(hook.text("name"), identityWebhook) {
			continue
		}
		service := key{hook.text("clientConfig", "service", "namespace"), hook.text("clientConfig", "service", "name")}
		if service.name != "" && !slices.Contains(out, service) {
			out = append(out, service)
		}
	}
	return out
}
