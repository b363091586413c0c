package awsiam_test

import (
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// TestAnySubject: what irsa.yaml needs allowAnySubject for is what a trust policy is told
// to be open for.
func TestAnySubject(t *testing.T) {
	t.Parallel()
	parts := []string{"*", "?", "?*", "a", "a*", "*a", "?a", "*-*", "a?*"}
	check := func(subject string) {
		if yaml, policy := spec.LetsEveryAccountIn(subject), trust.AnySubject(subject); yaml != policy {
			t.Errorf("%s: irsa.yaml %v, trust policy %v", subject, yaml, policy)
		}
	}
	check("*")
	check("system:*")
	for _, namespace := range parts {
		for _, name := range parts {
			check("system:serviceaccount:" + namespace + ":" + name)
		}
		check("system:serviceaccount:" + namespace + "*")
	}
}
