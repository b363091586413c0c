package verify

import (
	"fmt"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/verify/hints"
)

// checkServiceAccount looks at whether the service account is there, and whose it is.
func checkServiceAccount(c *chain, r *result) {
	a := c.a
	switch {
	case a.live != nil:
		r.set(OK, "it is in the cluster")
	case a.rendered != nil:
		r.set(OK, a.rendered.Where+" declares it")
	case gaveToken(c):
		r.set(OK, "the cluster gave a token of it")
	default:
		absentAccount(c, r)
	}
	ownership(c, r)
	triedServiceAccount(c, r)
}

func gaveToken(c *chain) bool {
	_, ok := c.in.Observed.Tokens[Trial{Namespace: c.a.namespace, Name: c.a.name}.Key()]
	return ok
}

// absentAccount: no document has the service account. That it does not exist is certain only
// where the cluster was asked, or said so itself.
func absentAccount(c *chain, r *result) {
	a := c.a
	r.set(Unknown, "none of the documents declares it")
	if a.name == "default" || a.name == "" {
		return
	}
	said := refused(c)
	missing := func(message string) finding {
		return found(codeServiceAccountMissing, a.String(), message, makeServiceAccount(c)).at(whereOf(a.pods))
	}
	switch {
	case said != "":
		r.add(missing(said))
	case c.in.Objects != nil && c.in.Objects.Complete["ServiceAccount"]:
		r.add(missing(fmt.Sprintf("the cluster has no %s", a)))
	case len(a.pods) == 0 || a.pods[0].snippet() || a.pods[0].from.Live:
	default: // it may have been made elsewhere
		r.add(missing(fmt.Sprintf("no document declares %s; %s runs as it", a, a.pods[0])).as(Warning))
	}
}

func whereOf(pods []*pod) string {
	if len(pods) == 0 {
		return ""
	}
	return pods[0].from.Where
}

// refused is what the API server said of pods of the account: in the conditions of a
// ReplicaSet or a Deployment, or in an event.
func refused(c *chain) string {
	return refusals(c.facts)[refusedAccount{c.a.namespace, fmt.Sprintf("%q", c.a.name)}]
}

// Helm's marks of what it owns (helm.sh/helm/v3 pkg/action/validate.go).
const (
	managedBy   = "app.kubernetes.io/managed-by"
	releaseName = "meta.helm.sh/release-name"
)

// ownership: a service account that is there without Helm's marks, and that the release makes.
func ownership(c *chain, r *result) {
	a := c.a
	is, made := a.live, ""
	if is == nil && a.rendered != nil && manifest.Text(a.rendered.Body, "metadata", "labels", managedBy) != "" {
		is = a.rendered // pasted without the fields that the API server adds
	}
	if is == nil {
		return
	}
	lacks := lackedMark(c, is)
	if lacks == "" {
		return
	}
	if a.live != nil && a.rendered != nil {
		made = a.rendered.Where
	}
	for _, h := range a.hints {
		if h.Kind == hints.ServiceAccount && h.Create != nil && *h.Create {
			made = h.Path + ".create: true"
		}
	}
	if made == "" || a.live == nil && manifest.Text(is.Body, "metadata", "labels", managedBy) == "Helm" {
		return
	}
	r.add(found(codeHelmOwnershipConflict, a.String(), fmt.Sprintf("%s exists, and %s; the release makes it too (%s)", a, lacks, made),
		adopted(c, is)).at(is.Where))
}

// adopted gives the service account to Helm; where another tool would write it back, that keeps
// it, and the release does without making it.
func adopted(c *chain, is *manifest.Object) repair {
	if by := writerOf(is); by != "" {
		return edit(fmt.Sprintf("create: %s   # irsa.yaml, at serviceAccounts: %s, and the chart's own value for it; %s writes it, and writes back what is changed: give it the role there", spec.CreateNever, asYAML(orName(c.a.name)), safe.Text(by)))
	}
	if c.in.Release != "" {
		return run{upgradeCommand(c.facts).With("--irsa-adopt").Note("or let the chart not create it")}
	}
	return edit("helm irsa upgrade RELEASE CHART --irsa-adopt   # or let the chart not create it")
}

// lackedMark says which of Helm's marks a service account lacks, or has of another release;
// empty where Helm would take it for the release's
// (pkg/action/validate.go, checkOwnership, of Helm 3 and 4).
func lackedMark(c *chain, o *manifest.Object) string {
	owner := manifest.Text(o.Body, "metadata", "labels", managedBy)
	release := manifest.Text(o.Body, "metadata", "annotations", releaseName)
	switch {
	case owner == "":
		return "it lacks label " + managedBy + ": Helm"
	case owner != "Helm":
		return fmt.Sprintf("label %s is %q, not Helm", managedBy, owner)
	case o.Live && release == "":
		return "it lacks annotation " + releaseName
	case o.Live && c.in.Release != "" && release != c.in.Release:
		return fmt.Sprintf("annotation %s is %q, not %q", releaseName, release, c.in.Release)
	}
	return ""
}
