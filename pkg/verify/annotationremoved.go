package verify

import (
	"fmt"
	"slices"
	"strings"
)

// removed compares the release's document with the live one.
func (c *chain) removed() {
	a := c.a
	if a.live == nil {
		return
	}
	want := text(a.annotations(), roleKey)
	if a.rendered == nil {
		applied := text(a.live.body, "metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration")
		if !strings.Contains(applied, roleKey) || want != "" {
			return
		}
		c.add(found("annotation-removed-by-controller", a.String(), "it was applied with annotation "+roleKey+", and has it no more"+c.ownedBy(), c.annotate(c.suggested())).at(a.live.Where))
		return
	}
	has := text(a.live.body, "metadata", "annotations", roleKey)
	if want != "" && has == "" {
		c.add(found("annotation-removed-by-controller", a.String(), fmt.Sprintf("the release has %s: %s, the live account has none%s", roleKey, want, c.ownedBy()), c.annotate(want)).at(a.live.Where))
	} else if want != "" && has != want {
		c.add(found("annotation-removed-by-controller", a.String(), fmt.Sprintf("the release has %s: %s, the live account %s%s", roleKey, want, has, c.ownedBy()), c.annotate(want)).at(a.live.Where))
	}
}

// ownedBy names who else writes the live account.
func (c *chain) ownedBy() string {
	var who []string
	for _, m := range list(c.a.live.body, "metadata", "managedFields") {
		who = append(who, text(m, "manager"))
	}
	for _, o := range list(c.a.live.body, "metadata", "ownerReferences") {
		who = append(who, text(o, "kind")+" "+text(o, "name"))
	}
	slices.Sort(who)
	if who = slices.Compact(who); len(who) == 0 {
		return ""
	}
	return "; it is written by " + strings.Join(who, ", ")
}
