package controlplane

import (
	"context"
	"net/http"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/helm-irsa/helm-irsa/test/e2e/webhook"
)

// EKS is the webhook that every EKS cluster has. It asks the API server for the service
// account of each pod, where the real one keeps a cache: a test never meets one that is
// stale.
func EKS(o webhook.Options) *Webhook {
	return &Webhook{
		Configuration: webhook.Configuration,
		Handler: func(client kubernetes.Interface) http.Handler {
			return webhook.New(func(ctx context.Context, namespace, name string) (*corev1.ServiceAccount, error) {
				account, err := client.CoreV1().ServiceAccounts(namespace).Get(ctx, name, metav1.GetOptions{})
				if apierrors.IsNotFound(err) {
					return nil, nil
				}
				return account, err
			}, o)
		},
	}
}
