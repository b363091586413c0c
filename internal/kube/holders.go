package kube

import (
	"context"
	"slices"
	"strings"
)

// roleVariable is what the pod identity webhook puts into containers, once, when the pod
// is made (https://github.com/aws/amazon-eks-pod-identity-webhook#readme).
const roleVariable = "AWS_ROLE_ARN"

// Holder is a pod that runs with a role.
type Holder struct {
	Namespace, Pod, RoleARN string
	// Workload is what a rollout restarts, such as deployment/web; empty where there is
	// no such thing: a bare pod, or one of a Job.
	Workload string
}

// Holders are the pods of a namespace that have a role and are to go on running: not those
// that have ended or are about to. The error is as of Token.
func (c *Client) Holders(ctx context.Context, namespace string) ([]Holder, error) {
	all, err := c.list(ctx, pods, namespace, "")
	if err != nil {
		return nil, err
	}
	var out []Holder
	for _, pod := range all {
		if pod.dig("metadata", "deletionTimestamp") != nil || slices.Contains([]string{"Succeeded", "Failed"}, pod.text("status", "phase")) {
			continue
		}
		for _, arn := range roles(pod) {
			out = append(out, Holder{namespace, pod.name(), arn, rolledOut(pod)})
		}
	}
	return out, nil
}

// roles are those of a pod's containers, each once.
func roles(pod object) []string {
	var out []string
	for _, kind := range []string{"initContainers", "containers"} {
		for _, container := range pod.list("spec", kind) {
			for _, variable := range container.list("env") {
				if arn := variable.text("value"); variable.text("name") == roleVariable && arn != "" && !slices.Contains(out, arn) {
					out = append(out, arn)
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
	switch kind, name := owner.text("kind"), owner.text("name"); kind {
	case "ReplicaSet":
		hash := pod.text("metadata", "labels", "pod-template-hash")
		if deployment, ok := strings.CutSuffix(name, "-"+hash); ok && hash != "" {
			return "deployment/" + deployment
		}
	case "StatefulSet", "DaemonSet":
		return strings.ToLower(kind) + "/" + name
	}
	return ""
}
