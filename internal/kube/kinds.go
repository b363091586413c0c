package kube

import (
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// resource is a kind as the API server serves it.
type resource struct {
	version string // apiVersion: v1, or group/version
	kind    string
	plural  string
}

func (r resource) group() string { return manifest.GroupOf(r.version) }

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

// table is the table of kinds: which there are to read, and where they name service accounts.
var table = manifest.Kinds()

// The kinds that Read asks for by name.
var (
	namespaces      = builtIn("Namespace")
	configMaps      = builtIn("ConfigMap")
	serviceAccounts = builtIn("ServiceAccount")
	pods            = builtIn("Pod")
	deployments     = builtIn("Deployment")
	replicaSets     = builtIn("ReplicaSet")
	daemonSets      = builtIn("DaemonSet")
	jobs            = builtIn("Job")
	networkPolicies = builtIn("NetworkPolicy")
	webhooks        = builtIn("MutatingWebhookConfiguration")

	// workloads run pods, and may stand above them.
	workloads = listedWorkloads()
	// namespaced are the kinds of which a namespace's objects are listed.
	namespaced = append([]resource{serviceAccounts, pods, networkPolicies}, workloads...)
)

// builtIn is a kind of Kubernetes itself, as the table says that it is served.
func builtIn(name string) resource {
	for k := range table.All() {
		if k.BuiltIn && k.Name == name && k.Listed() {
			return resource{k.APIVersion, k.Name, k.Resource}
		}
	}
	panic("kube: the table of kinds does not say how a cluster serves " + name) // unreachable: read when the program starts
}

// listedWorkloads are the kinds with pods that are listed, Pod itself left out.
func listedWorkloads() []resource {
	var out []resource
	for k := range table.All() {
		if k.Listed() && k.Runs() && k.Name != pods.kind {
			out = append(out, resource{k.APIVersion, k.Name, k.Resource})
		}
	}
	return out
}

// row is what the table says of the kind; nil where it has none, as for most operators' own.
func (r resource) row() *manifest.Kind {
	return table.Of(&manifest.Object{APIVersion: r.version, Kind: r.kind})
}

// What decides over identities, by name.
const (
	systemNamespace = "kube-system"
	awsAuth         = "aws-auth"             // which roles are whom in the cluster
	rootCA          = "kube-root-ca.crt"     // the cluster's certificate authorities, in every namespace
	identityWebhook = "pod-identity-webhook" // part of its configuration's name; its ConfigMap's name
)

// nodeAgents are the DaemonSets by which it is known whether nodes have the agent of EKS Pod
// Identity: the agent's own, and those that every cluster with nodes of its own has
// (https://docs.aws.amazon.com/eks/latest/userguide/eks-add-ons.html).
var nodeAgents = []string{"eks-pod-identity-agent", "aws-node", "kube-proxy"}

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
