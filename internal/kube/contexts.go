package kube

import (
	"maps"
	"slices"
)

// Contexts are the names of the contexts that the kubeconfig has, sorted, and the current one.
func Contexts(o Options) (names []string, current string, err error) {
	o = o.defaulted()
	raw, err := o.loader().RawConfig()
	if err != nil {
		return nil, "", o.fault(err)
	}
	return slices.Sorted(maps.Keys(raw.Contexts)), first(o.context(), raw.CurrentContext), nil
}
