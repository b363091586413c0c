package verify

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// removed compares the release's document with the live one.
func removed(c *chain, n *naming) {
	a := c.a
	if a.live == nil {
		return
	}
	want := manifest.Text(a.annotations(), roleKey)
	if a.rendered == nil {
		applied := manifest.Text(a.live.Body, "metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration")
		if !strings.Contains(applied, roleKey) || want != "" {
			return
		}
		takenAway(c, n, "it was applied with annotation "+roleKey+", and has it no more"+ownedBy(c), suggested(c))
		return
	}
	if n.late != "" {
		return
	}
	has := manifest.Text(a.live.Body, "metadata", "annotations", roleKey)
	if want == "" || has == want {
		return
	}
	takenAway(c, n, fmt.Sprintf("the release has %s: %s, the live service account %s%s", roleKey, want, orForm(has, "has none"), ownedBy(c)), orForm(wanted(c), want))
}

// takenAway is the finding; its reason is a controller only where one is seen.
func takenAway(c *chain, n *naming, message, want string) {
	f := found(codeAnnotationRemovedByController, c.a.String(), message, writeRole{of: c, arn: want}).at(c.a.live.Where)
	if !controlled(c) {
		f = f.because("The webhook reads the live service account, and something wrote that otherwise after it was applied.")
	}
	n.add(f)
}

// people are the field managers by which a person's own tools write a service account, and the
// controller that writes only its secrets.
var people = regexp.MustCompile(`^(helm|kubectl|Go-http-client|kube-controller-manager|k9s|Lens|OpenAPI-Generator|Mozilla)`)

// controlled: a controller owns the live service account, or writes it.
func controlled(c *chain) bool {
	if len(manifest.List(c.a.live.Body, "metadata", "ownerReferences")) > 0 {
		return true
	}
	return slices.ContainsFunc(manifest.List(c.a.live.Body, "metadata", "managedFields"), func(m any) bool {
		who := manifest.Text(m, "manager")
		return who != "" && !people.MatchString(who)
	})
}

// ownedBy names who else writes the live service account.
func ownedBy(c *chain) string {
	var who []string
	for _, m := range manifest.List(c.a.live.Body, "metadata", "managedFields") {
		if by := manifest.Text(m, "manager"); by != "" {
			who = append(who, by)
		}
	}
	for _, o := range manifest.List(c.a.live.Body, "metadata", "ownerReferences") {
		who = append(who, manifest.Text(o, "kind")+" "+manifest.Text(o, "name"))
	}
	slices.Sort(who)
	if who = slices.Compact(who); len(who) == 0 {
		return ""
	}
	return "; it is written by " + strings.Join(who, ", ")
}
