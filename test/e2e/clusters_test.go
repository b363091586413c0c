package e2e

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/helm-irsa/helm-irsa/test/e2e/controlplane"
	"github.com/helm-irsa/helm-irsa/test/e2e/webhook"
)

// shared is a cluster that scenarios share: each has namespaces of its own in it, and an
// AWS of its own that knows the cluster's issuer.
type shared struct {
	region, issuer string

	once    sync.Once
	cluster *controlplane.Cluster
	err     error

	mu sync.Mutex
	// associated says which service accounts have a Pod Identity association, by
	// namespace: the AWS of the scenario that has the namespace knows.
	associated map[string]func(account string) bool
}

// The clusters differ in their issuer, which irsa.yaml and the region have to fit.
var (
	paris    = &shared{region: "eu-west-3", issuer: "https://oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"}
	montreal = &shared{region: "ca-central-1", issuer: "https://oidc.eks.ca-central-1.amazonaws.com/id/C0"}
	// bucket has its issuer in S3, as Giant Swarm's do.
	bucket = &shared{region: "eu-west-3", issuer: "https://s3.eu-west-3.amazonaws.com/111122223333-g8s-abc12-oidc-pod-identity"}
)

// start gives the cluster, which is started by the first who needs it.
func (s *shared) start(t *testing.T) *controlplane.Cluster {
	t.Helper()
	s.once.Do(func() {
		s.cluster, s.err = controlplane.Start(context.Background(), controlplane.Options{
			Name: "e2e-" + s.region, Issuer: s.issuer, Webhook: s.webhook(),
		})
	})
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s.cluster
}

func (s *shared) webhook() *controlplane.Webhook {
	o := webhook.EKS(s.region)
	o.Associations = func(_ context.Context, namespace, account string) (bool, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		look := s.associated[namespace]
		return look != nil && look(account), nil
	}
	return controlplane.EKS(o)
}

// associates has a namespace's Pod Identity associations looked up by that function.
func (s *shared) associates(namespace string, look func(account string) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.associated == nil {
		s.associated = map[string]func(string) bool{}
	}
	s.associated[namespace] = look
}

// stopClusters ends all that were started.
func stopClusters() (errs []error) {
	var wait sync.WaitGroup
	all := []*shared{paris, montreal, bucket}
	stopped := make([]error, len(all))
	for i, s := range all {
		if s.cluster != nil {
			wait.Go(func() { stopped[i] = s.cluster.Stop() })
		}
	}
	wait.Wait()
	for i, err := range stopped {
		if err != nil {
			errs = append(errs, fmt.Errorf("stopping the cluster in %s: %w", all[i].region, err))
		}
	}
	return errs
}
