package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/verify/hints"
)

// unreadValues: values that name service accounts below a key which few charts read, and which
// no document has. Those that the chart did not read are spoken of once.
func unreadValues(w *facts) (out []finding) {
	rendered := slices.ContainsFunc(w.objects, func(o *manifest.Object) bool { return !isFragment(o) })
	unread := false
	for _, h := range w.hints {
		f, ok := unreadValue(w, h, rendered)
		if !ok || unread && f.Code == codeChartAnnotationNotRendered {
			continue
		}
		unread = unread || f.Code == codeChartAnnotationNotRendered
		out = append(out, f)
	}
	return out
}

// unreadValue looks at one value; rendered is true where whole objects were read beside it.
func unreadValue(w *facts, h hint, rendered bool) (finding, bool) {
	a := w.accounts[h.account]
	switch {
	case h.Kind != hints.ServiceAccount || h.account.name == "" || !h.pasted() || !oddKey(h.Path) || a != nil && len(a.pods) > 0:
		return finding{}, false
	case !rendered:
		return found(codeWorkloadUsesOtherServiceAccount, h.from.String(),
			fmt.Sprintf("%s names service account %s at %s, a key that few charts read", h.from, h.account.name, h.Path),
			edit("helm show values CHART | grep -n -A4 -i serviceaccount")).as(Info).at(h.from.Where), true
	case a == nil || a.object() == nil:
		return found(codeWorkloadUsesOtherServiceAccount, h.from.String(),
			fmt.Sprintf("%s names service account %s at %s, and nothing rendered runs as it", h.from, h.account.name, h.Path),
			edit("helm show values CHART | grep -n -A4 -i serviceaccount")).as(Warning).at(h.from.Where), true
	}
	return notRead(h), true
}

// unknownKey: values that name the service account or have it made under a key that the chart
// did not read, as far as what is rendered shows.
func unknownKey(c *chain) (finding, bool) {
	for _, h := range c.a.hints {
		if h.Kind == hints.ServiceAccount && h.pasted() && len(c.a.pods) == 0 && oddKey(h.Path) {
			return notRead(h), true
		}
	}
	return finding{}, false
}

// notRead: the service account is named below a key that few charts read.
func notRead(h hint) finding {
	return found(codeChartAnnotationNotRendered, h.account.String(),
		fmt.Sprintf("%s names service account %s at %s, and nothing rendered runs as it", h.from, h.account.name, h.Path),
		edit("helm show values CHART | grep -n -A4 -i serviceaccount")).as(Warning).at(h.from.Where)
}

// oddKey: charts read serviceAccount, or a component's. Below rbac there usually is
// nothing but whether to make roles.
func oddKey(path string) bool { return strings.HasPrefix(path, "rbac.") }
