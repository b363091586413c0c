package controlplane_test

import (
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A pod becomes Ready, and one that is deleted is gone without its grace period.
func TestPod(t *testing.T) {
	t.Parallel()
	c := cluster(t)
	namespace := space(t, c)
	pod := create(t, c, namespace, "default")
	ready(t, c, pod)
	pods := c.Client().CoreV1().Pods(namespace)
	if err := pods.Delete(t.Context(), pod.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	until(t, "the pod is gone", func() (bool, error) {
		_, err := pods.Get(t.Context(), pod.Name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return true, nil
		}
		return false, err
	})
}

// Helm waits for Jobs that are hooks.
func TestJobCompletes(t *testing.T) {
	t.Parallel()
	c := cluster(t)
	jobs := c.Client().BatchV1().Jobs(space(t, c))
	spec := podSpec()
	spec.RestartPolicy = corev1.RestartPolicyNever
	job := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: "job"}, Spec: batchv1.JobSpec{Template: corev1.PodTemplateSpec{Spec: spec}}}
	if _, err := jobs.Create(t.Context(), job, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	until(t, "the Job is complete", func() (bool, error) {
		now, err := jobs.Get(t.Context(), "job", metav1.GetOptions{})
		return err == nil && now.Status.CompletionTime != nil && now.Status.Succeeded == 1, err
	})
}

// A namespace that is deleted goes, with what is in it.
func TestNamespaceGoes(t *testing.T) {
	t.Parallel()
	c := cluster(t)
	namespace := space(t, c)
	ready(t, c, create(t, c, namespace, "default"))
	if err := c.Client().CoreV1().Namespaces().Delete(t.Context(), namespace, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	until(t, "the namespace is gone", func() (bool, error) {
		_, err := c.Client().CoreV1().Namespaces().Get(t.Context(), namespace, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return true, nil
		}
		return false, err
	})
}
