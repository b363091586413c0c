package verify

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// naming is how a service account comes to its role: what names it, and what is wrong with
// that.
type naming struct {
	// roleARN is the role; empty where it is not known, or none.
	roleARN string
	status  Status
	why     string
	// findings are told by the annotation's link.
	findings []finding
	// late says that the release is behind irsa.yaml, which the live service account is not;
	// empty where that is not so.
	late string
	// overridden is the role that an association goes before; annotated is true where the
	// annotation has it, and false where only irsa.yaml says it.
	overridden string
	annotated  bool
	// astray: the annotation names another role than irsa.yaml.
	astray bool
	// had is a running pod that the webhook gave the role, of a service account without an
	// annotation; nil where there is none.
	had *pod
}

func (n *naming) set(s Status, why string) { n.status, n.why = s, why }

func (n *naming) add(f finding) { n.findings = append(n.findings, f) }

// nameRole finds the role of the service account. It reads nothing of the chain but the
// service account and the facts.
func nameRole(c *chain) naming {
	n := &naming{status: Unknown, why: "not looked at"}
	a := c.a
	value, there := a.annotations()[roleKey]
	switch {
	case there:
		annotated(c, n, value, "")
	case c.a.association != nil:
		associated(c, n)
	case c.podIdentity:
		n.roleARN = c.association.RoleARN
	case a.object() != nil || a.bare:
		notAnnotated(c, n)
	default:
		undeclared(c, n)
	}
	notAssociated(c, n)
	if c.a.association != nil {
		overridden(c, n, there)
	}
	textOnly(c, n)
	removed(c, n)
	otherPartition(c, n)
	return *n
}

// textOnly: other annotations of the service account, which keep the API server from taking
// it. A warning, and unknown at best: charts that are installed with other values render such
// documents too, and what comes after Helm may put the quotes there.
func textOnly(c *chain, n *naming) {
	all := c.a.annotations()
	for _, k := range manifest.SortedKeys(all) {
		if _, isText := all[k].(string); isText || all[k] == nil || k == roleKey {
			continue
		}
		seen, fix := manifest.KindOf(all[k]), "metadata: {annotations: {KEY: TEXT}}"
		if v, ok := manifest.Plain(all[k]); ok {
			seen, fix = v+" without quotes, which is no text", asYAML(k)+": "+strconv.Quote(v)
		}
		n.add(found(codeAnnotationMalformed, c.a.String(), fmt.Sprintf("annotation %s is %s", k, seen), edit(fix)).because(annotationsAreText).as(Warning))
		if n.status == OK {
			n.set(Unknown, fmt.Sprintf("annotation %s is %s", k, seen))
		}
	}
}

const annotationsAreText = "Kubernetes takes annotations only as text: the API server refuses this service account."

// otherPartition: the role's ARN is of another partition than the cluster's region.
func otherPartition(c *chain, n *naming) {
	h, region := holderOf(c.facts, n.roleARN), region(c)
	if !h.wellFormed || region == "" || spec.PartitionOf(region) == h.parsed.Partition || c.a.presumed != nil {
		return
	}
	right := h.parsed
	right.Partition = spec.PartitionOf(region)
	n.add(found(codePartitionMismatch, c.a.String(),
		fmt.Sprintf("role %s is of partition %s, region %s of %s", n.roleARN, h.parsed.Partition, region, right.Partition),
		annotate{of: c, arn: right.String()}).on(LinkAnnotation))
}

// annotated: the service account has the key. where is the place that it was seen at; empty
// for the service account itself.
func annotated(c *chain, n *naming, value any, where string) {
	arn, isText := value.(string)
	if !isText || strings.TrimSpace(arn) == "" {
		f := found(codeAnnotationMalformed, c.a.String(), fmt.Sprintf("annotation %s is %s", roleKey, manifest.KindOf(value)), writeRole{of: c, arn: suggested(c)}).at(where)
		if !isText && value != nil {
			f = f.because(annotationsAreText)
		} else if c.a.entry == nil && !slices.ContainsFunc(c.a.pods, podWantsRole) {
			f = f.as(Warning) // a chart that has the key without a value
		}
		n.add(f)
		return
	}
	n.roleARN = arn
	_, err := spec.ParseRoleARN(arn)
	var fault *spec.ARNError
	switch {
	case err == nil:
		n.set(OK, "names "+arn)
		expected(c, n, arn, where)
	case errors.As(err, &fault) && fault.Fault == spec.ARNOfPolicy:
		n.add(found(codeRoleARNIsPolicyARN, c.a.String(), fmt.Sprintf("annotation %s is %q, the ARN of a policy", roleKey, arn), ofPolicy(c, arn)).at(where))
	default:
		n.add(found(codeRoleARNMalformed, c.a.String(), fmt.Sprintf("annotation %s: %s", roleKey, malformation(arn, err)), writeRole{of: c, arn: mendARN(arn, suggested(c))}).at(where))
	}
}

// ofPolicy is the repair where the ARN of a policy stands for that of a role.
func ofPolicy(c *chain, arn string) repair {
	role := strings.Replace(arn, ":policy/", ":role/", 1)
	if !safe.RoleARN.Takes(role) { // such as a policy of AWS's own, whose AWS account has no roles
		role = suggested(c)
	}
	return writeRole{of: c, arn: role, byHand: annotate{of: c, arn: role, note: "the name of the role that has this policy"}}
}

// suggested is the role that the service account should have; a form where it is not known.
func suggested(c *chain) string {
	if arn := wanted(c); arn != "" {
		return arn
	}
	if c.a.presumed != nil {
		return c.a.presumed.ARN
	}
	if r := c.trusting[c.a.key]; r != nil {
		return r.ARN
	}
	if arn := namedByPods(c); arn != "" {
		return arn
	}
	return "arn:" + orForm(spec.PartitionOf(region(c)), "aws") + ":iam::" + orForm(c.snapshot.Account, "ACCOUNT") + ":role/NAME"
}

// namedByPods is the role that pods of the service account name in AWS_ROLE_ARN, by hand or since
// before; empty where none does.
func namedByPods(c *chain) string {
	for _, p := range c.a.pods {
		for _, ct := range p.containers() {
			role, _ := ct.env("AWS_ROLE_ARN")
			if _, err := spec.ParseRoleARN(role.value); err == nil {
				return role.value
			}
		}
	}
	return ""
}

// expected compares with irsa.yaml.
func expected(c *chain, n *naming, arn, where string) {
	if c.a.entry == nil || c.a.entry.Mode == spec.ModePodIdentity {
		return
	}
	want := wanted(c)
	if want == "" || want == arn || behind(c, n) {
		return
	}
	n.astray = true
	n.add(found(codeAnnotationMissing, c.a.String(), fmt.Sprintf("irsa.yaml gives it role %s, the annotation has %s", want, difference(arn, want)), writeRole{of: c, arn: want}).
		because("The webhook gives pods the role that the annotation has.").at(where))
}

// behind: the release has another role than irsa.yaml, or none, and the live service account
// has irsa.yaml's already, which is what the pods get.
func behind(c *chain, n *naming) bool {
	a, want := c.a, wanted(c)
	if want == "" || a.entry.Mode == spec.ModePodIdentity || a.live == nil || a.rendered == nil || manifest.Text(a.live.Body, "metadata", "annotations", roleKey) != want {
		return false
	}
	has := manifest.Text(a.rendered.Body, "metadata", "annotations", roleKey) // another: who has the wanted one is not asked
	n.roleARN, n.late = want, "the release is behind irsa.yaml"
	n.set(OK, "the live service account names "+want)
	n.add(found(codeAnnotationMissing, a.String(), fmt.Sprintf("the release is behind irsa.yaml: it has %s, irsa.yaml and the live service account have %s", orForm(has, "no role"), want), upgrade(c.facts)).
		because("Whatever writes the release again, such as helm upgrade or helm rollback, writes its role, not that of irsa.yaml.").as(Warning))
	return true
}

// associated: EKS Pod Identity gives the role.
func associated(c *chain, n *naming) {
	as := c.a.association
	n.roleARN = as.RoleARN
	n.set(OK, "a Pod Identity association gives the role, which needs no annotation")
	if as.RoleARN == "" {
		n.set(Unknown, "a Pod Identity association gives a role; which was not looked at")
	}
}

// notAssociated: irsa.yaml gives the role by EKS Pod Identity, and there is no association for
// it, or one with another role. Mode both has the annotation as well.
func notAssociated(c *chain, n *naming) {
	e := c.a.entry
	if e == nil || !e.UsesPodIdentity() || !c.snapshot.Associations.Read {
		return
	}
	message := "irsa.yaml gives it a role by EKS Pod Identity, and the cluster has no association for it"
	if as := c.a.association; as != nil {
		want := wanted(c)
		if as.RoleARN == "" || want == "" || as.RoleARN == want {
			return
		}
		message = fmt.Sprintf("irsa.yaml gives it role %s by EKS Pod Identity, and association %s has %s", want, as.ID, difference(as.RoleARN, want))
	}
	f := found(codeAnnotationMissing, c.a.String(), message, apply(c.facts)).because("EKS Pod Identity gives roles only where there is an association, and the role that this has.")
	if e.Mode == "both" && c.a.association == nil {
		f = f.as(Warning)
	}
	n.add(f)
}

// overridden: an association goes before the role of the annotation, or the one that irsa.yaml
// writes there.
func overridden(c *chain, n *naming, annotated bool) {
	e := c.a.entry
	n.overridden, n.annotated = n.roleARN, annotated
	if !annotated {
		n.overridden = ""
		if e != nil && e.Mode != "podIdentity" && e.Mode != "both" {
			n.overridden = wanted(c)
		}
	}
	if n.status == OK {
		associated(c, n)
	} else {
		n.roleARN = c.a.association.RoleARN
	}
}

// orForm is s, else what a reader fills in, or takes as said, in its place.
func orForm(s, form string) string { return cmp.Or(s, form) }

func orName(name string) string { return orForm(name, "NAME") }
