package probe

import (
	"slices"

	"github.com/helm-irsa/helm-irsa/pkg/catalog"
	"github.com/helm-irsa/helm-irsa/pkg/discover"
)

// entryFor is the entry of the catalogue that is of the chart, or of the chart below it that the
// service account came from, and has the service account: by a value that drives both, else by its name.
func entryFor(a *discover.ServiceAccount, from *scope, release string) string {
	for _, entry := range catalog.Entries() {
		for _, c := range entry.Charts {
			if c.Name == from.name && slices.ContainsFunc(c.ServiceAccounts, func(sa catalog.ServiceAccount) bool {
				return has(a, from.at, sa.Values) || catalog.NameFor(sa.Name, release) == a.Name
			}) {
				return entry.Name
			}
		}
	}
	return ""
}

// has: one of the values drives the service account.
func has(a *discover.ServiceAccount, at discover.Path, v catalog.Values) bool {
	for _, pair := range []struct {
		proven []string
		path   string
	}{{a.Values.Annotations, v.Annotations}, {a.Values.RoleARN, v.RoleARN}, {a.Values.Name, v.Name}} {
		full := pair.path
		if len(at) > 0 {
			full = at.String() + "." + full
		}
		if pair.path != "" && slices.Contains(pair.proven, full) {
			return true
		}
	}
	return false
}
