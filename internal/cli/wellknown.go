package cli

import (
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/catalog"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// loadWellKnown reads irsa.yaml, and puts what its wellKnownPolicies mean among the other
// policies of each role, and the presets that its targets name beside them. So whoever plans,
// renders, verifies or exports need not know the catalogue.
func loadWellKnown(sys *System, paths []string, o spec.Options) (*spec.File, error) {
	var expanded *spec.File
	o.Checks = append(o.Checks, func(f *spec.File) (faults []spec.Fault) {
		expanded, faults = catalog.Expand(f, elsewhere(sys, f))
		var unknown []spec.Fault
		expanded, unknown = catalog.WithPresets(expanded)
		return append(faults, unknown...)
	})
	if _, err := spec.LoadFiles(paths, o); err != nil {
		return nil, err
	}
	return expanded, nil
}

// elsewhere is what is known of the cluster beside irsa.yaml: the region that calls of AWS
// would go to. It is looked for only where an entry may need it.
func elsewhere(sys *System, f *spec.File) catalog.Target {
	if f.Cluster.Region != "" || !namesEntries(f) {
		return catalog.Target{}
	}
	region := awsiam.DefaultRegion(sys.context())
	return catalog.Target{Region: region, Partition: spec.PartitionOf(region)}
}

func namesEntries(f *spec.File) bool {
	for _, sa := range f.ServiceAccounts {
		if len(sa.Role.WellKnownPolicies) > 0 {
			return true
		}
	}
	return false
}
