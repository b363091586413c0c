package verify

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// checkAnnotation finds the role of the account, and what is wrong with how it is named.
func (c *chain) checkAnnotation() {
	a := c.a
	c.podIdentity = a.association != nil
	value, there := a.annotations()[roleKey]
	switch {
	case there:
		c.annotated(value)
	case c.podIdentity:
		c.associated()
	case a.object() != nil || a.bare:
		c.notAnnotated()
	default:
		c.undeclared()
	}
	if c.podIdentity && there {
		c.overridden()
	}
	c.removed()
	c.resolve()
}

// resolve finds the role behind its ARN.
func (c *chain) resolve() {
	if parsed, err := spec.ParseRoleARN(c.roleARN); err == nil {
		c.parsed, c.wellFormed = parsed, true
	}
	c.role = c.roles[c.roleARN]
	region := c.region()
	if c.wellFormed && region != "" && spec.PartitionOf(region) != c.parsed.Partition && c.a.presumed == nil {
		right := c.parsed
		right.Partition = spec.PartitionOf(region)
		c.add(found("partition-mismatch", c.a.String(),
			fmt.Sprintf("role %s is of partition %s, region %s of %s", c.roleARN, c.parsed.Partition, region, right.Partition),
			c.annotate(right.String())).on(LinkAnnotation).at(c.where()))
	}
}

// where is the document of the account.
func (c *chain) where() string {
	if o := c.a.object(); o != nil {
		return o.Where
	}
	return ""
}

// annotate is the command that writes the annotation.
func (c *chain) annotate(arn string) string {
	return fmt.Sprintf("kubectl annotate serviceaccount%s %s %s=%s --overwrite", c.flag(), orName(c.a.name), roleKey, arn)
}

func (c *chain) flag() string {
	if c.a.namespace == "" {
		return ""
	}
	return " -n " + c.a.namespace
}

func orName(name string) string {
	if name == "" {
		return "NAME"
	}
	return name
}

// suggested is the role that the account should have; a form where it is not known.
func (c *chain) suggested() string {
	if c.a.entry != nil {
		if arn, err := c.in.File.RoleARN(*c.a.entry, c.namespace); err == nil {
			return arn
		}
	}
	if c.a.presumed != nil {
		return c.a.presumed.ARN
	}
	account := c.snapshot.Account
	if account == "" {
		account = "ACCOUNT"
	}
	partition := spec.PartitionOf(c.region())
	if partition == "" {
		partition = "aws"
	}
	return "arn:" + partition + ":iam::" + account + ":role/NAME"
}

// annotated: the account has the key.
func (c *chain) annotated(value any) {
	arn, isText := value.(string)
	where := c.where()
	switch {
	case !isText || strings.TrimSpace(arn) == "":
		f := found("annotation-malformed", c.a.String(), fmt.Sprintf("annotation %s is %s", roleKey, kindOf(value)), c.annotate(c.suggested())).at(where)
		if !isText && value != nil {
			f = f.because("Kubernetes takes annotations only as text: the API server refuses this account.")
		} else if c.a.entry == nil && !slices.ContainsFunc(c.a.pods, podWantsRole) {
			f = f.as(Warning) // a chart that has the key without a value
		}
		c.add(f)
		return
	}
	c.roleARN = arn
	_, err := spec.ParseRoleARN(arn)
	var fault *spec.ARNError
	switch {
	case err == nil:
		c.set(LinkAnnotation, OK, "names "+arn)
		c.expected(arn)
	case errors.As(err, &fault) && fault.Fault == spec.ARNOfPolicy:
		c.add(found("role-arn-is-policy-arn", c.a.String(), fmt.Sprintf("annotation %s is %q, the ARN of a policy", roleKey, arn),
			c.annotate(strings.Replace(arn, ":policy/", ":role/", 1))+"   # the name of the role that has this policy").at(where))
	default:
		c.add(found("role-arn-malformed", c.a.String(), fmt.Sprintf("annotation %s: %s", roleKey, malformation(arn, err)), c.annotate(mendARN(arn, c.suggested()))).at(where))
	}
}

// malformation says what is wrong with an ARN, with what cannot be seen named.
func malformation(arn string, err error) string {
	out := err.Error()
	var fault *spec.ARNError
	if errors.As(err, &fault) {
		out = fault.Message
	}
	if odd := invisible(arn); odd != "" {
		out += ": it has " + odd
	}
	return out
}

// mendARN puts right what is certain: blanks, text around an ARN, a prefix that lost a
// letter.
func mendARN(arn, otherwise string) string {
	s := visible(arn)
	if at := strings.Index(s, "arn:aws"); at > 0 {
		s = s[at:]
	}
	if _, rest, ok := strings.Cut(s, ":aws"); ok && !strings.HasPrefix(s, "arn:") {
		s = "arn:aws" + rest
	}
	if _, err := spec.ParseRoleARN(s); err == nil {
		return s
	}
	return otherwise
}

// expected compares with irsa.yaml.
func (c *chain) expected(arn string) {
	if c.a.entry == nil || c.a.entry.Mode == "podIdentity" {
		return
	}
	want, err := c.in.File.RoleARN(*c.a.entry, c.namespace)
	if err != nil || want == arn {
		return
	}
	c.add(found("annotation-missing", c.a.String(), fmt.Sprintf("irsa.yaml gives it role %s, the annotation has %s", want, difference(arn, want)), c.annotate(want)).
		because("The webhook gives pods the role that the annotation has.").at(c.where()))
}

// associated: EKS Pod Identity gives the role.
func (c *chain) associated() {
	as := c.a.association
	c.roleARN = as.RoleARN
	c.set(LinkAnnotation, OK, "a Pod Identity association gives the role, which needs no annotation")
	if as.RoleARN == "" {
		c.set(LinkAnnotation, Unknown, "a Pod Identity association gives a role; which was not looked at")
	}
}

// overridden: both an association and an annotation.
func (c *chain) overridden() {
	as, arn := c.a.association, c.roleARN
	c.roleARN = as.RoleARN
	f := found("pod-identity-overrides-irsa", c.a.String(),
		fmt.Sprintf("annotation %s has %s; Pod Identity association %s gives %s", roleKey, arn, as.ID, orUnknown(as.RoleARN)),
		fmt.Sprintf("aws eks delete-pod-identity-association --cluster-name %s --association-id %s", orForm(c.snapshot.Cluster.Name, "CLUSTER"), orForm(as.ID, "ID")))
	if as.RoleARN == arn || c.a.entry != nil && c.a.entry.Mode == "both" {
		f = f.as(Info)
	} else if as.RoleARN == "" {
		f = f.as(Warning)
	}
	c.add(f)
}

func orUnknown(s string) string { return orForm(s, "a role that was not looked at") }

func orForm(s, form string) string {
	if s == "" {
		return form
	}
	return s
}

// notAnnotated: the account is there and has no such key. The likeliest reason is said,
// the first of these that can be seen.
func (c *chain) notAnnotated() {
	a, where := c.a, c.where()
	if a.presumed != nil {
		c.roleARN = a.presumed.ARN
	}
	if a.entry != nil && a.entry.Mode == "podIdentity" {
		if c.snapshot.Associations.Read {
			c.add(found("annotation-missing", a.String(), "irsa.yaml gives it a role by EKS Pod Identity, and the cluster has no association for it", "helm irsa apply").
				because("EKS Pod Identity gives roles only where there is an association."))
		}
		return
	}
	if odd := oddAnnotations(a.object()); odd != "" {
		c.add(found("annotation-malformed", a.String(), fmt.Sprintf("metadata.annotations of %s is %q, and no mapping with the key %s", a, cut(odd), roleKey), c.annotate(c.suggested())).at(where))
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

// byThemselves: the pods name role and token file on their own, so that the account
// needs no annotation. Where the file is the webhook's, they had it once.
func (c *chain) byThemselves() bool {
	for _, p := range c.a.pods {
		for _, ct := range p.containers() {
			role, _ := ct.env("AWS_ROLE_ARN")
			file, _ := ct.env("AWS_WEB_IDENTITY_TOKEN_FILE")
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
		fmt.Sprintf("%s: %s", roleKey, orForm(arn, c.suggested()))).because("Without a blank behind the colon YAML reads key and value as one text.").at(h.from.Where))
}

func (c *chain) valuesFix(arn string) string {
	return fmt.Sprintf("serviceAccounts:                # irsa.yaml\n- name: %s\n  role: {arn: %q}", orName(c.a.name), arn)
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
		if !slices.Contains(subjectsOf(a.presumed), a.subject()) {
			f.Message += "another"
			return f.as(Warning)
		}
		f.Message += "it"
	case len(a.pods) > 0:
		f.Message += ", and its pods want one"
	}
	return f
}

// declared counts the accounts that documents declare.
func (w *world) declared() int {
	n := 0
	for _, a := range w.order {
		if a.object() != nil {
			n++
		}
	}
	return n
}

// used reports whether any account has the role.
func (w *world) used(arn string) bool {
	return slices.ContainsFunc(w.order, func(a *account) bool { return text(a.annotations(), roleKey) == arn })
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
	if a.entry != nil {
		if arn, err := c.in.File.RoleARN(*a.entry, c.namespace); err == nil {
			c.roleARN = arn
		}
	}
	c.set(LinkAnnotation, Unknown, "the account is in none of the documents")
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
