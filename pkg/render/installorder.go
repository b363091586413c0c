package render

import "slices"

// installOrder is the order in which Helm creates kinds; what it does not name
// comes last (helm.sh/helm/v3@v3.22.0 pkg/releaseutil/kind_sorter.go, InstallOrder;
// v4.3.1 pkg/release/v1/util/kind_sorter.go is the same up to ServiceAccount).
var installOrder = []string{
	"PriorityClass", "Namespace", "NetworkPolicy", "ResourceQuota", "LimitRange",
	"PodSecurityPolicy", "PodDisruptionBudget", "ServiceAccount",
}

// beforeAccounts reports whether Helm creates the kind no later than ServiceAccounts.
func beforeAccounts(kind string) bool { return slices.Contains(installOrder, kind) }
