package kube

import (
	"context"
	"slices"
	"strings"
)

// roleVariable is what the pod identity webhook puts into containers, once, when the pod
// is made (https://github.com/aws/amazon-eks-pod-identity-webhook#readme).
const roleVariable = "AWS_ROLE_ARN"

// podIdentityVariable is what EKS puts there in its place for a pod whose service account has
// a Pod Identity association (https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html).
const podIdentityVariable = "AWS_CONTAINER_CREDENTIALS_FULL_URI"

// Holder is a pod that runs with a role.
type Holder struct {
	// RoleARN is empty where the role is that of the service account's Pod Identity
	// association.
	Namespace, Pod, Account, RoleARN string
	// Audience is that of the token that the webhook gave it; empty where it is not known.
	Audience string
	// Ending: the pod is about to end, and may work until then.
	Ending bool
	// Workload is what a rollout restarts, such as deployment/web; empty where there is
	// no such thing: a bare pod, or one of a Job.
	Workload string
}

// Holders are the pods of a namespace, or of all where it is empty, that have a role and have
// not ended. The error is as of Token.
func (c *Client) Holders(ctx context.Context, namespace string) ([]Holder, error) {
	all, err := c.list(ctx, pods, namespace, "")
	if err != nil {
		return nil, err
	}
	var out []Holder
	for _, pod := range all {
		if slices.Contains([]string{"Succeeded", "Failed"}, pod.text("status", "phase")) {
			continue
		}
		h := Holder{
			Namespace: pod.namespace(), Pod: pod.name(), Audience: audience(pod), Workload: rolledOut(pod), Ending: pod.dig("metadata", "deletionTimestamp") != nil,
			Account: first(pod.text("spec", "serviceAccountName"), "default"),
		}
		for _, h.RoleARN = range values(pod, roleVariable) {
			out = append(out, h)
		}
		if h.RoleARN = ""; len(values(pod, podIdentityVariable)) > 0 {
			out = append(out, h)
		}
	}
	return out, nil
}

// values are those of a variable in a pod's containers, each once.
func values(pod object, name string) []string {
	var out []string
	for _, kind := range []string{"initContainers", "containers"} {
		for _, container := range pod.list("spec", kind) {
			for _, variable := range container.list("env") {
				if v := variable.text("value"); variable.text("name") == name && v != "" && !slices.Contains(out, v) {
					out = append(out, v)
				}
			}
		}
	}
	return out
}

// rolledOut is what `kubectl rollout restart` takes. A Deployment's name is that of its
// ReplicaSet without the hash, which the pods have as a label
// (https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#pod-template-hash-label).
func rolledOut(pod object) string {
	owner := pod.controller()
	of, name := resource{version: owner.text("apiVersion"), kind: owner.text("kind")}, owner.text("name")
	switch row := of.row(); {
	case row == replicaSets.row():
		hash := pod.text("metadata", "labels", "pod-template-hash")
		if deployment, ok := strings.CutSuffix(name, "-"+hash); ok && hash != "" {
			return "deployment/" + deployment
		}
	case row != nil && row.Restarts:
		return strings.ToLower(of.kind) + "/" + name
	}
	return ""
}

// tokenVariable is where the webhook says a container finds its token: in a volume that has it
// from the API server, for an audience
// (https://github.com/aws/amazon-eks-pod-identity-webhook#readme).
const tokenVariable = "AWS_WEB_IDENTITY_TOKEN_FILE"

// audience is that of the token whose file the containers name; empty where it is not one of a
// volume, or they name several.
func audience(pod object) string {
	var found []string
	for _, kind := range []string{"initContainers", "containers"} {
		for _, container := range pod.list("spec", kind) {
			for _, file := range values(object{"spec": map[string]any{"containers": []any{map[string]any(container)}}}, tokenVariable) {
				if a := audienceOf(pod, container, file); !slices.Contains(found, a) {
					found = append(found, a)
				}
			}
		}
	}
	if len(found) != 1 {
		return ""
	}
	return found[0]
}

func audienceOf(pod, container object, file string) string {
	for _, mount := range container.list("volumeMounts") {
		rest, ok := strings.CutPrefix(file, strings.TrimSuffix(mount.text("mountPath"), "/")+"/")
		if !ok {
			continue
		}
		for _, volume := range pod.list("spec", "volumes") {
			if volume.text("name") != mount.text("name") {
				continue
			}
			for _, source := range volume.list("projected", "sources") {
				if source.text("serviceAccountToken", "path") == rest {
					return source.text("serviceAccountToken", "audience")
				}
			}
		}
	}
	return ""
}
