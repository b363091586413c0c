package e2e

import "testing"

// alone is a cluster of one scenario, which may stop its parts.
func alone(t *testing.T) *shared {
	s := &shared{region: paris.region, issuer: paris.issuer}
	t.Cleanup(func() {
		if s.cluster == nil {
			return
		}
		if err := s.cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}
