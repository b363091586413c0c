package verify

import (
	"fmt"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// notAnnotated: the account is there and has no such key. The likeliest reason is said,
// the first of these that can be seen.
func (c *chain) notAnnotated() {
	a, where := c.a, c.where()
	c.set(LinkAnnotation, Unknown, "it has no annotation "+roleKey)
	if a.presumed != nil {
		c.roleARN = a.presumed.ARN
	}
	if want := c.wanted(); want != "" {
		c.roleARN = want
	}
	if c.behind() || c.byConfigMap() {
		return
	}
	if a.entry != nil && a.entry.Mode == "podIdentity" {
		if c.snapshot.Associations.Read {
			c.add(found("annotation-missing", a.String(), "irsa.yaml gives it a role by EKS Pod Identity, and the cluster has no association for it", c.apply()).
				because("EKS Pod Identity gives roles only where there is an association."))
		}
		return
	}
	if odd := oddAnnotations(a.object()); odd != "" {
		c.add(found("annotation-malformed", a.String(), fmt.Sprintf("metadata.annotations of %s is %q, and no mapping with the key %s", a, manifest.Cut(odd), roleKey), c.annotate(c.suggested())).at(where))
		return
	}
	if k, v, ok := wrongRoleKey(a.object()); ok {
		c.roleARN = v
		c.add(found("annotation-wrong-key", a.String(), fmt.Sprintf("%s has %s: %s, and no %s", a, k, v, roleKey), c.annotate(mendARN(v, c.suggested()))).at(where))
		return
	}
	for _, p := range a.pods {
		if v := p.annotation(roleKey); v != "" {
			c.onPod(p.String(), v, p.from.Where)
			return
		}
	}
	for _, h := range a.hints {
		switch h.kind {
		case hintGlued:
			c.gluedTo(h)
			return
		case hintWrongKey:
			c.add(found("annotation-wrong-key", a.String(), fmt.Sprintf("%s has %s at %s, and no %s", h.from, h.value, h.path, roleKey), c.annotate(mendARN(h.value[strings.Index(h.value, ": ")+2:], c.suggested()))).at(h.from.Where))
			return
		case hintOnPod:
			c.onPod(h.from.String(), h.value, h.from.Where)
			return
		case hintRole:
			c.roleARN = h.value
			c.add(found("chart-annotation-not-rendered", a.String(),
				fmt.Sprintf("%s has %s: %s at %s, and the account has no such annotation", h.from, roleKey, h.value, h.path), c.valuesFix(h.value)).at(where))
			return
		}
	}
	if h, ok := c.unknownKey(); ok {
		c.add(h)
		return
	}
	if c.byThemselves() {
		return
	}
	c.add(c.missing(where))
}

// byConfigMap: the webhook's ConfigMap gives the role, which the annotation would go before.
func (c *chain) byConfigMap() bool {
	e, ok := c.hookSettings().entry(c.a.key)
	if !ok {
		return false
	}
	c.roleARN = e.RoleARN
	c.set(LinkAnnotation, OK, fmt.Sprintf("ConfigMap %s gives it the role, which needs no annotation", hookName))
	return true
}

// byThemselves: the pods name role and token file on their own, so that the account
// needs no annotation. Where the file is the webhook's, they had it once.
func (c *chain) byThemselves() bool {
	for _, p := range c.a.pods {
		for _, ct := range p.containers() {
			role, _ := ct.env("AWS_ROLE_ARN")
			file, _ := ct.env("AWS_WEB_IDENTITY_TOKEN_FILE")
			if file.value == "" && c.byMountedToken(p, ct) {
				return true
			}
			if role.value == "" || file.value == "" {
				continue
			}
			c.roleARN = role.value
			if strings.HasPrefix(file.value, tokenMount) && !mountsToken(p, ct, file.value) {
				f := c.missing(c.where())
				f.Message += fmt.Sprintf("; %s has AWS_ROLE_ARN %s, from before or by hand", p, role.value)
				c.add(f)
				return true
			}
			c.set(LinkAnnotation, OK, p.String()+" names its role itself")
			return true
		}
	}
	return false
}

func (c *chain) onPod(what, value, where string) {
	c.roleARN = value
	c.add(found("annotation-on-pod-not-serviceaccount", c.a.String(),
		fmt.Sprintf("%s has annotation %s: %s, and its %s has none", what, roleKey, value, c.a), c.annotate(value)).at(where))
}

func (c *chain) gluedTo(h hint) {
	arn := glued.FindStringSubmatch(h.value)[2]
	c.add(found("annotation-malformed", c.a.String(), fmt.Sprintf("%s has the one text %q at %s", h.from, h.value, h.path),
		roleKey+": "+asYAML(orForm(arn, c.suggested()))).because("Without a blank behind the colon YAML reads key and value as one text.").at(h.from.Where))
}

func (c *chain) valuesFix(arn string) string {
	return fmt.Sprintf("serviceAccounts:                # irsa.yaml\n- name: %s\n  role: {arn: %q}", asYAML(orName(c.a.name)), arn)
}

// missing is the plain case. How certain it is depends on who says that the account
// should have a role.
func (c *chain) missing(where string) Finding {
	a := c.a
	f := found("annotation-missing", a.String(), fmt.Sprintf("%s has no annotation %s", a, roleKey), c.annotate(c.suggested())).at(where)
	switch {
	case a.entry != nil:
		f.Message += ", and irsa.yaml gives it a role"
	case a.bare && a.presumed == nil:
		f.Message += ", nor has any other account"
		if c.declared() > 1 {
			return f.as(Info) // nobody says which of them should
		}
		return f.as(Warning)
	case a.presumed != nil && c.used(a.presumed.ARN):
		f.Message += fmt.Sprintf("; role %s trusts it, and other accounts have it", a.presumed.ARN)
		return f.as(Warning)
	case a.presumed != nil:
		f.Message += fmt.Sprintf("; role %s trusts ", a.presumed.ARN)
		if !c.subjectsOf(a.presumed).has[a.subject()] {
			f.Message += "another"
			return f.as(Warning)
		}
		f.Message += "it"
		if len(a.pods) == 0 || c.tokenElsewhere(a.presumed.ARN) {
			return f.as(Warning) // an operator may ask for the token itself
		}
	case len(a.pods) > 0:
		f.Message += ", and its pods want one"
	}
	return f
}

// tokenElsewhere: a resource names the role for a token that a program asks for itself.
func (w *world) tokenElsewhere(arn string) bool {
	return w.assumedRoles().asked[arn]
}

// declared counts the accounts that documents declare.
func (w *world) declared() int {
	n := 0
	for _, of := range w.index.declared {
		n += len(of)
	}
	return n
}

// used reports whether any account has the role.
func (w *world) used(arn string) bool {
	return w.assumedRoles().annotated[arn]
}

// undeclared: the account is in no document.
func (c *chain) undeclared() {
	a := c.a
	if a.presumed != nil {
		c.roleARN = a.presumed.ARN
		return
	}
	for _, h := range a.hints {
		switch {
		case h.kind == hintGlued:
			c.gluedTo(h)
			return
		case h.kind == hintRole && h.from.Kind != "":
			c.byResource(h)
			return
		case h.kind == hintRole && len(a.pods) > 0:
			c.notMade(h)
			return
		case h.kind == hintRole:
			c.byResource(h)
			if c.status[LinkAnnotation].Status == OK {
				c.set(LinkAnnotation, Unknown, fmt.Sprintf("%s gives it at %s; what the chart makes of that was not read", h.from, h.path))
			}
			return
		}
	}
	for _, p := range a.pods {
		if v := p.annotation(roleKey); v != "" {
			c.add(found("annotation-on-pod-not-serviceaccount", a.String(), fmt.Sprintf("%s has annotation %s: %s, where the webhook does not read it; its %s was not read", p, roleKey, v, a), c.annotate(v)).as(Warning).at(p.from.Where))
			c.roleARN = v
			return
		}
		for _, ct := range p.containers() {
			if v, ok := ct.env("AWS_ROLE_ARN"); ok && v.value != "" {
				c.roleARN = v.value
			}
		}
	}
	if want := c.wanted(); want != "" {
		c.roleARN = want
	}
	c.set(LinkAnnotation, Unknown, "the account is in none of the documents")
}

// notMade: values give a role to an account that the chart does not make. Whatever runs as
// default was meant to run as that; another account may have been made elsewhere, with
// the annotation.
func (c *chain) notMade(h hint) {
	f := found("chart-annotation-not-rendered", c.a.String(),
		fmt.Sprintf("%s has %s: %s at %s, and no document declares an account; %s runs as %s", h.from, roleKey, h.value, h.path, c.author(c.a.pods[0]), c.a.name), c.annotate(h.value)).at(h.from.Where)
	if c.a.name != "default" {
		c.roleARN = h.value
		f = f.as(Warning)
	}
	c.add(f)
}

// byResource: a controller makes the account from a custom resource.
func (c *chain) byResource(h hint) {
	c.annotated(h.value)
	for i := range c.findings {
		c.findings[i].Where = h.from.Where
	}
	if len(c.findings) == 0 {
		c.set(LinkAnnotation, OK, fmt.Sprintf("%s gives it at %s", h.from, h.path))
	}
}
