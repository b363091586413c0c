package probe

import (
	"cmp"
	"maps"

	"helm.sh/helm/v3/pkg/chart"

	"github.com/helm-irsa/helm-irsa/pkg/discover"
)

// scope is a chart among those that are rendered, and where its values stand.
type scope struct {
	chart *chart.Chart
	at    discover.Path
	// name is the chart's own, which an alias hides.
	name string
}

// scopes are the chart and the charts below it; names are those that aliases hide.
func scopes(c *chart.Chart, at discover.Path, names map[string]string) []*scope {
	out := []*scope{{c, at, cmp.Or(names[at.String()], c.Name())}}
	for _, sub := range c.Dependencies() {
		out = append(out, scopes(sub, at.With(sub.Name()), names)...)
	}
	return out
}

// aliased are the names of charts that have an alias, by where their values stand. Helm's library
// gives a chart its alias for a name, and forgets the other.
func aliased(c *chart.Chart, at discover.Path) map[string]string {
	out := map[string]string{}
	for _, d := range c.Metadata.Dependencies {
		for _, sub := range c.Dependencies() {
			if sub.Name() != d.Name {
				continue
			}
			here := at.With(cmp.Or(d.Alias, d.Name))
			out[here.String()] = d.Name
			maps.Copy(out, aliased(sub, here))
		}
	}
	return out
}
