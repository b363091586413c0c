package verify

import (
	"fmt"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/verify/hints"
)

// notAnnotated: the service account is there and has no such key. The likeliest reason is said,
// the first of these that can be seen.
func notAnnotated(c *chain, n *naming) {
	a := c.a
	n.set(Unknown, "it has no annotation "+annotationKey(c.facts, roleKey))
	if a.presumed != nil {
		n.roleARN = a.presumed.ARN
	}
	if want := wanted(c); want != "" {
		n.roleARN = want
	}
	if behind(c, n) || byConfigMap(c, n) || byReference(c, n) {
		return
	}
	if a.entry != nil && a.entry.Mode == "podIdentity" {
		return // notAssociated looks at that
	}
	if odd := oddAnnotations(a.object()); odd != "" {
		n.add(found(codeAnnotationMalformed, a.String(), fmt.Sprintf("metadata.annotations of %s is %q, and no mapping with the key %s", a, manifest.Cut(odd), roleKey), writeRole{of: c, arn: suggested(c)}))
		return
	}
	if k, v, ok := wrongRoleKey(a.object()); ok {
		n.roleARN = v
		n.add(found(codeAnnotationWrongKey, a.String(), fmt.Sprintf("%s has %s: %s, and no %s", a, k, v, roleKey), writeRole{of: c, arn: mendARN(v, suggested(c))}))
		return
	}
	for _, p := range a.pods {
		if v := p.annotation(roleKey); v != "" {
			onPod(c, n, p.String(), v, p.from.Where)
			return
		}
	}
	for _, h := range a.hints {
		switch h.Kind {
		case hints.Glued:
			gluedTo(c, n, h)
			return
		case hints.WrongKey:
			n.add(found(codeAnnotationWrongKey, a.String(), fmt.Sprintf("%s has %s at %s, and no %s", h.from, h.Value, h.Path, roleKey), writeRole{of: c, arn: mendARN(h.Value[strings.Index(h.Value, ": ")+2:], suggested(c))}).at(h.from.Where))
			return
		case hints.OnPod:
			onPod(c, n, h.from.String(), h.Value, h.from.Where)
			return
		case hints.Role:
			n.roleARN = h.Value
			n.add(found(codeChartAnnotationNotRendered, a.String(),
				fmt.Sprintf("%s has %s: %s at %s, and the service account has no such annotation", h.from, roleKey, h.Value, h.Path), valuesFix(c, h.Value)))
			return
		}
	}
	if c.pasted.fragments {
		if f, ok := unknownKey(c); ok {
			n.add(f)
			return
		}
	}
	if byThemselves(c, n) {
		return
	}
	n.add(missing(c))
}

// byConfigMap: the webhook's ConfigMap gives the role, which the annotation would go before.
func byConfigMap(c *chain, n *naming) bool {
	e, ok := webhookTold(c.facts).entry(c.a.key)
	if !ok {
		return false
	}
	n.roleARN = e.RoleARN
	n.set(OK, fmt.Sprintf("ConfigMap %s gives it the role, which needs no annotation", hookName))
	return true
}

// byThemselves: the pods name role and token file on their own, so that the service account
// needs no annotation. Where the file is the webhook's, it had one once.
func byThemselves(c *chain, n *naming) bool {
	for _, p := range c.a.pods {
		for _, ct := range p.containers() {
			role, _ := ct.env("AWS_ROLE_ARN")
			file, _ := ct.env("AWS_WEB_IDENTITY_TOKEN_FILE")
			if file.value == "" && byMountedToken(c, n, p, ct) {
				return true
			}
			if role.value+role.from != "" && file.value+file.from != "" && role.from+file.from != "" {
				n.set(Unknown, fmt.Sprintf("%s takes its role and its token from elsewhere: %s", p, strings.Join(strings.Fields(role.from+" "+file.from), " ")))
				return true
			}
			if role.value == "" || file.value == "" {
				continue
			}
			n.roleARN = role.value
			switch {
			case strings.HasPrefix(file.value, tokenMount) && !mountsToken(p, ct, file.value):
				n.add(missing(c).saying(fmt.Sprintf("; %s has AWS_ROLE_ARN %s, from before or by hand", p, role.value)))
				return true
			case injected(c.facts, p, ct):
				n.had = p
			}
			n.set(OK, p.String()+" names its role itself")
			return true
		}
	}
	return false
}

// onceAnnotated: the webhook gave a running pod its role, and the service account has no
// annotation any more.
func onceAnnotated(c *chain) {
	n := &c.naming
	switch {
	case n.had == nil:
	case annotationAlone(c):
		n.add(missing(c).saying(fmt.Sprintf("; %s has role %s from when it had one, and the next pod gets none", n.had, n.roleARN)))
	default:
		n.set(OK, fmt.Sprintf("%s has its role from the webhook", n.had))
	}
}

// annotationAlone: nothing but the annotation tells the webhook of a role. A webhook that
// somebody runs may have a ConfigMap besides, which was not read then; that of EKS has none
// (github.com/aws/amazon-eks-pod-identity-webhook README.md, --watch-config-map).
func annotationAlone(c *chain) bool {
	return eksIssuer.MatchString(c.issuer.name) || webhookTold(c.facts).read
}

func onPod(c *chain, n *naming, what, value, where string) {
	n.roleARN = value
	n.add(found(codeAnnotationOnPodNotServiceAccount, c.a.String(),
		fmt.Sprintf("%s has annotation %s: %s, and its %s has none", what, roleKey, value, c.a), writeRole{of: c, arn: value}).at(where))
}

func gluedTo(c *chain, n *naming, h hint) {
	arn, _ := hints.SplitGlued(h.Value)
	n.add(found(codeAnnotationMalformed, c.a.String(), fmt.Sprintf("%s has the one text %q at %s", h.from, h.Value, h.Path),
		writeRole{of: c, arn: arn, byHand: edit(roleKey + ": " + asYAML(orForm(arn, suggested(c))))}).because("Without a blank behind the colon YAML reads key and value as one text.").at(h.from.Where))
}

func valuesFix(c *chain, arn string) repair {
	return writeRole{of: c, arn: arn, byHand: edit(fmt.Sprintf("serviceAccounts:                # irsa.yaml\n- name: %s\n  role: {arn: %q}", asYAML(orName(c.a.name)), arn))}
}

// missing is the plain case. How certain it is depends on who says that the service account
// should have a role.
func missing(c *chain) finding {
	a := c.a
	f := found(codeAnnotationMissing, a.String(), fmt.Sprintf("%s has no annotation %s", a, annotationKey(c.facts, roleKey)), writeRole{of: c, arn: suggested(c)})
	switch {
	case a.entry != nil:
		return f.saying(", and irsa.yaml gives it a role")
	case a.bare && a.presumed == nil && declared(c.facts) > 1:
		return f.saying(", nor has any other service account").as(Info) // nobody says which of them should
	case a.bare && a.presumed == nil:
		return f.saying(", nor has any other service account").as(Warning)
	case a.presumed != nil && used(c.facts, a.presumed.ARN):
		return f.saying(fmt.Sprintf("; role %s trusts it, and other service accounts have it", a.presumed.ARN)).as(Warning)
	case a.presumed != nil && !subjectsIn(c.facts, a.presumed).has[a.subject()]:
		if covers(subjectsIn(c.facts, a.presumed).list, a.key) {
			return f.saying(fmt.Sprintf("; a pattern in the trust policy of role %s has it", a.presumed.ARN)).as(Warning)
		}
		return f.saying(fmt.Sprintf("; role %s trusts another", a.presumed.ARN)).as(Warning)
	case a.presumed != nil && (len(a.pods) == 0 || tokenElsewhere(c.facts, a.presumed.ARN)): // an operator may ask for the token itself
		return f.saying(fmt.Sprintf("; role %s trusts it", a.presumed.ARN)).as(Warning)
	case a.presumed != nil:
		return f.saying(fmt.Sprintf("; role %s trusts it", a.presumed.ARN))
	case len(a.references) > 0:
		return f.saying(fmt.Sprintf("; %s asks for a token of it at %s, for the role of that annotation", a.references[0].from, a.references[0].Path))
	case len(a.pods) > 0:
		return f.saying(", and its pods want one")
	}
	return f
}

// tokenElsewhere: a resource names the role for a token that a program asks for itself.
func tokenElsewhere(w *facts, arn string) bool {
	return rolesAssumed(w).asked[arn]
}

// declared counts the service accounts that documents declare.
func declared(w *facts) int {
	n := 0
	for _, of := range w.index.declared {
		n += len(of)
	}
	return n
}

// used reports whether any service account has the role.
func used(w *facts, arn string) bool {
	return rolesAssumed(w).annotated[arn]
}

const inNoDocument = "the service account is in none of the documents"

// undeclared: the service account is in no document.
func undeclared(c *chain, n *naming) {
	a := c.a
	if byReference(c, n) {
		return
	}
	if a.presumed != nil {
		n.roleARN = a.presumed.ARN
		if len(a.pods) > 0 {
			n.set(Unknown, inNoDocument)
		}
		return
	}
	for _, h := range a.hints {
		switch {
		case h.Kind == hints.Glued:
			gluedTo(c, n, h)
			return
		case h.Kind == hints.Role && !h.pasted():
			byResource(c, n, h)
			return
		case h.Kind == hints.Role && len(a.pods) > 0:
			notMade(c, n, h)
			return
		case h.Kind == hints.Role:
			byResource(c, n, h)
			if n.status == OK {
				n.set(Unknown, fmt.Sprintf("%s gives it at %s; what the chart makes of that was not read", h.from, h.Path))
			}
			return
		}
	}
	for _, p := range a.pods {
		if v := p.annotation(roleKey); v != "" {
			n.add(found(codeAnnotationOnPodNotServiceAccount, a.String(), fmt.Sprintf("%s has annotation %s: %s, where the webhook does not read it; its %s was not read", p, roleKey, v, a), writeRole{of: c, arn: v}).as(Warning).at(p.from.Where))
			n.roleARN = v
			return
		}
		for _, ct := range p.containers() {
			if v, ok := ct.env("AWS_ROLE_ARN"); ok && v.value != "" {
				n.roleARN = v.value
			}
		}
	}
	if want := wanted(c); want != "" {
		n.roleARN = want
	}
	n.set(Unknown, inNoDocument)
}

// notMade: values give a role to a service account that the chart does not make. Whatever runs as
// default was meant to run as that; another service account may have been made elsewhere, with
// the annotation.
func notMade(c *chain, n *naming, h hint) {
	f := found(codeChartAnnotationNotRendered, c.a.String(),
		fmt.Sprintf("%s has %s: %s at %s, and no document declares a service account; %s runs as %s", h.from, roleKey, h.Value, h.Path, author(c.facts, c.a.pods[0]), c.a.name), writeRole{of: c, arn: h.Value}).at(h.from.Where)
	if c.a.name != "default" {
		n.roleARN = h.Value
		f = f.as(Warning)
	}
	n.add(f)
}

// byResource: a controller makes the service account from a custom resource.
func byResource(c *chain, n *naming, h hint) {
	annotated(c, n, h.Value, h.from.Where)
	if len(n.findings) == 0 {
		n.set(OK, fmt.Sprintf("%s gives it at %s", h.from, h.Path))
	}
}
