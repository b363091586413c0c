package cli

import (
	"cmp"

	"github.com/helm-irsa/helm-irsa/pkg/catalog"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// loadWellKnown reads irsa.yaml, and puts what its wellKnownPolicies mean among the other
// policies of each role. So whoever plans, verifies or exports need not know the catalogue.
func loadWellKnown(sys *System, path string) (*spec.File, error) {
	// The SDK asks for the region in this order
	// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-region.html).
	region := cmp.Or(sys.Getenv("AWS_REGION"), sys.Getenv("AWS_DEFAULT_REGION"))
	elsewhere := catalog.Target{Region: region, Partition: spec.PartitionOf(region)}
	var expanded *spec.File
	file, err := spec.Load(path, func(f *spec.File) (faults []spec.Fault) {
		expanded, faults = catalog.Expand(f, elsewhere)
		return faults
	})
	if err != nil {
		return file, err
	}
	return expanded, nil
}
