package webhook

import (
	"encoding/json"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// operation of a JSON patch (RFC 6902).
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value"`
}

// Mutate gives the JSON patch that turns a pod into what it is on EKS; nil where the
// pod is left as it is. The pod is as the API server sent it, and is not changed.
//
// As the real one's, the patch carries all containers of the pod, also where nothing of
// them changes.
func Mutate(pod *corev1.Pod, who Identity, o Options) (patch []byte, err error) {
	g, ok := o.grantTo(pod, who)
	if !ok {
		return nil, nil
	}
	patched := pod.DeepCopy()
	skip := skipped(pod)
	for _, containers := range [][]corev1.Container{patched.Spec.InitContainers, patched.Spec.Containers} {
		for i := range containers {
			if !skip[containers[i].Name] {
				g.to(&containers[i])
			}
		}
	}
	var todo []operation
	if g.label {
		todo = append(todo, labelled(pod))
	}
	if !slices.ContainsFunc(pod.Spec.Volumes, func(v corev1.Volume) bool { return v.Name == g.mount.Name }) {
		todo = append(todo, g.mounted(pod))
	}
	todo = append(todo, operation{"add", "/spec/containers", append([]corev1.Container{}, patched.Spec.Containers...)})
	if len(patched.Spec.InitContainers) > 0 {
		todo = append(todo, operation{"add", "/spec/initContainers", patched.Spec.InitContainers})
	}
	if patch, err = json.Marshal(todo); err != nil {
		return nil, fmt.Errorf("write the patch of pod %s/%s%s: %w", pod.Namespace, pod.Name, pod.GenerateName, err)
	}
	return patch, nil
}

// labelled marks a pod of EKS Pod Identity.
func labelled(pod *corev1.Pod) operation {
	if pod.Labels == nil {
		return operation{"add", "/metadata/labels", map[string]string{prefix + "pod-identity": "enabled"}}
	}
	return operation{"add", "/metadata/labels/eks.amazonaws.com~1pod-identity", "enabled"}
}

// mounted puts the volume of the token before the others.
func (g grant) mounted(pod *corev1.Pod) operation {
	volume := corev1.Volume{Name: g.mount.Name, VolumeSource: corev1.VolumeSource{
		Projected: &corev1.ProjectedVolumeSource{Sources: []corev1.VolumeProjection{{ServiceAccountToken: &g.token}}},
	}}
	if pod.Spec.Volumes == nil {
		return operation{"add", "/spec/volumes", []corev1.Volume{volume}}
	}
	return operation{"add", "/spec/volumes/0", volume}
}
