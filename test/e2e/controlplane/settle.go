package controlplane

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// settle makes the nodes, and waits until pods can be made and scheduled: the nodes are
// taken for ready, and the namespace default has its service account.
func (c *Cluster) settle(ctx context.Context) error {
	for i := range c.options.Nodes {
		node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{
			Name:   fmt.Sprintf("node-%d", i+1),
			Labels: map[string]string{"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64", "type": "kwok"},
		}}
		node.Labels["kubernetes.io/hostname"] = node.Name
		if _, err := c.client.CoreV1().Nodes().Create(ctx, node, metav1.CreateOptions{}); err != nil {
			return fmt.Errorf("making %s: %w", node.Name, err)
		}
	}
	for {
		missing, err := c.missing(ctx)
		if err != nil {
			return fmt.Errorf("waiting for the nodes: %w", err)
		}
		if missing == "" {
			return nil
		}
		for _, p := range c.rest {
			if !p.alive() {
				return fmt.Errorf("starting %s: it ended (%s): %s", p.name, p.cmd.ProcessState, p.lastWords())
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the nodes: %w: %s", ctx.Err(), missing)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// missing says what there is still to wait for; nothing where all is there.
func (c *Cluster) missing(ctx context.Context) (string, error) {
	nodes, err := c.client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return "", err
	}
	for _, node := range nodes.Items {
		// The taint not-ready goes where the controllers have seen that the node is ready.
		if len(node.Spec.Taints) > 0 || node.Status.Allocatable.Pods().IsZero() {
			return node.Name + " is not ready", nil
		}
	}
	accounts, err := c.client.CoreV1().ServiceAccounts(metav1.NamespaceDefault).List(ctx, metav1.ListOptions{})
	if err != nil || len(accounts.Items) > 0 {
		return "", err
	}
	return "namespace default has no ServiceAccount", nil
}
