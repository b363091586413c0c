package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// checkPermissions looks at what the pods may do, as the role that they have in the end, and
// at who else gets into the roles on the way.
func checkPermissions(c *chain, r *result) {
	h := c.holder
	if c.podIdentity && c.target.roleARN != "" {
		wideTrust(c, r, h)
		h = c.target
	}
	may(c, r, h)
	wideTrust(c, r, h)
	widePermissions(c, r, h)
	supersededPolicies(c, r, h)
}

// may holds what the role must be able to do against its policies.
func may(c *chain, r *result, h holder) {
	if h.role == nil {
		r.set(Unknown, "the role was not looked at")
		return
	}
	demands := slices.Clone(c.in.Can)
	if c.a.entry != nil {
		demands = append(demands, c.a.entry.MustAllow...)
	}
	if !h.role.Attached.Read || !h.role.Inline.Read {
		r.set(Unknown, "the policies of "+h.roleARN+" were not looked at")
		return
	}
	r.set(OK, "nothing was asked for")
	if lacked := lackedPolicies(c, h); len(lacked) > 0 {
		r.add(found(codeRoleLacksPermissions, h.String(), fmt.Sprintf("%s lacks %s, which irsa.yaml gives it", h, strings.Join(lacked, ", ")), apply(c.facts)))
	} else if len(h.role.Attached.List) == 0 && len(h.role.Inline.List) == 0 && len(demands) == 0 {
		r.add(found(codeRoleLacksPermissions, h.String(), h.String()+" has no policy at all", attach(c, h)).as(Warning))
		return
	}
	for i, demand := range demands {
		a := permission(c, h, demand)
		if i == 0 || worst(r.status, a.status) != r.status {
			r.set(a.status, a.why)
		}
		r.maybe(a.finding, a.status == Broken)
		r.permissions = append(r.permissions, PermissionReport{demand.Action, demand.Resource, verdicts[a.status], a.why})
	}
}

var verdicts = map[Status]string{OK: "allow", Broken: "deny", Unknown: "unknown"}

// attach gives the role a policy.
func attach(c *chain, h holder) repair {
	if oursIs(c, h) {
		return several{inFile(c, "role: {policyARNs: [POLICY-ARN]}"), apply(c.facts)}
	}
	return run{onRole(h, "attach-role-policy").With("--policy-arn", "POLICY-ARN")}
}

// grant lets the role do what it must, by a statement of one of its policies.
func grant(c *chain, h holder, demand spec.Permission) repair {
	statement := fmt.Sprintf(`{"Effect":"Allow","Action":%q,"Resource":%q}`, demand.Action, demand.Resource)
	switch {
	case !oursIs(c, h):
		return edit(statement)
	case len(lackedPolicies(c, h)) > 0:
		return apply(c.facts)
	}
	return several{edit(statement + "   # irsa.yaml: in a policy of " + safe.Text(h.String())), apply(c.facts)}
}

// answer is what a role says to one demand.
type answer struct {
	status  Status
	why     string
	finding finding
}

// permissions are the policies of the role: their names beside their documents.
type permissions struct {
	names     []string
	documents []trust.Document
	missing   []string
}

func (p *permissions) add(name string, d *trust.Document) {
	if d == nil {
		p.missing = append(p.missing, name)
		return
	}
	p.names, p.documents = append(p.names, name), append(p.documents, *d)
}

// statement names the policy that a statement of all of them is in. There is none, and index is
// negative, where no policy allows anything.
func (p *permissions) statement(index int) string {
	if index < 0 {
		return "no statement"
	}
	for i, d := range p.documents {
		if n := len(d.Statements()); index >= n {
			index -= n
			continue
		}
		out := fmt.Sprintf("statement %d of %s", index+1, p.names[i])
		if sid := d.Statements()[index].Sid(); sid != "" {
			out += " (" + sid + ")"
		}
		return out
	}
	return "no statement"
}

// identityPolicies are the policies that allow: attached and inline.
func identityPolicies(w *facts, h holder) *permissions {
	out := &permissions{}
	for _, arn := range h.role.Attached.List {
		var d *trust.Document
		if p := w.policies[arn]; p != nil {
			d = p.Document
		}
		out.add("policy "+arn, d)
	}
	for _, in := range h.role.Inline.List {
		out.add("inline policy "+in.Name, &in.Document)
	}
	return out
}

// podSession is the session that pods have as the role, with its tags.
func podSession(c *chain, h holder) trust.PodIdentity {
	out := trust.PodIdentity{NoTags: true}
	if c.podIdentity {
		out = requestOf(c, c.association)
	}
	out.RoleTags = h.role.Tags
	return out
}

// permission says whether the role may do something: its policies must allow it, its
// boundary and the session's policy, where it has them, as well, and none may deny it
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html#access_policies_boundaries-eval-logic).
// Resource policies and those of the organization are not looked at.
func permission(c *chain, h holder, demand spec.Permission) answer {
	access := trust.Access{Action: demand.Action, Resource: demand.Resource}.OfPod(podSession(c, h))
	what := fmt.Sprintf("%s on %s", demand.Action, demand.Resource)
	own := identityPolicies(c.facts, h)
	said := trust.EvaluateAccesses(own.documents, access)
	by := own.statement(said.Statement)
	switch {
	case said.Verdict == trust.Deny:
		return refusal(h, codeDeniedBySCPOrBoundary, fmt.Sprintf("%s denies %s", by, what), edit("remove the deny: "+safe.Text(by)))
	case len(own.missing) > 0: // one that was not looked at may allow, or deny
		return answer{status: Unknown, why: fmt.Sprintf("%s: not known, %s was not looked at", what, strings.Join(own.missing, ", "))}
	case said.Verdict == trust.Undecided:
		return answer{status: Unknown, why: fmt.Sprintf("%s: not known, it depends on %s: %s", what, by, strings.Join(said.Explain()[1:], ";"))}
	case said.Verdict == trust.ImplicitDeny:
		message := fmt.Sprintf("no policy of %s allows %s", h, what)
		if said.Statement >= 0 {
			message += fmt.Sprintf("; closest is %s:%s", by, strings.Join(said.Explain()[1:], ";"))
		}
		return refusal(h, codeRoleLacksPermissions, message, grant(c, h, demand))
	}
	out := answer{status: OK, why: fmt.Sprintf("%s allows %s", by, what)}
	for _, l := range limits(c, h) {
		said := l.asked(h, access, what, by)
		switch {
		case said.status == Broken:
			return said
		case said.status == Unknown && out.status != Unknown:
			out = said
		case out.status == OK:
			out.why += ", and " + l.short + " does"
		}
	}
	return out
}

func refusal(h holder, code, message string, fix repair) answer {
	return answer{status: Broken, why: message, finding: found(code, h.String(), message, fix)}
}

// limit is a policy that allows nothing by itself: what it does not allow as well, the role may
// not do.
type limit struct {
	name, short string
	what        string          // the role's own, in full
	arn         string          // of the managed policy, where it is one
	document    *trust.Document // nil where it was not looked at
	where       string          // in a repair
}

// limits are the permissions boundary of the role, and the policy of the association, which
// is for the role that the pods have in the end: "If you specify both a TargetRoleArn and a policy,
// the policy restrictions apply only to the target role's permissions"
// (https://docs.aws.amazon.com/eks/latest/APIReference/API_UpdatePodIdentityAssociation.html).
func limits(c *chain, h holder) []limit {
	var out []limit
	if arn := h.role.Boundary; arn != "" {
		l := limit{name: "the boundary " + arn, short: "the boundary", what: "permissions boundary " + arn, arn: arn, where: safe.Word(arn)}
		if p := c.policies[arn]; p != nil {
			l.document = p.Document
		}
		out = append(out, l)
	}
	if c.podIdentity && c.association.Policy != "" && (c.target.roleARN == "" || h.roleARN == c.target.roleARN) {
		l := limit{short: "the association's policy", what: "policy of Pod Identity association " + c.association.ID}
		l.name = "the " + l.what
		l.where = safe.Text(l.name)
		if d, err := trust.ParsePermissions(c.association.Policy); err == nil {
			l.document = &d
		}
		out = append(out, l)
	}
	return out
}

// asked is what the limit says to an access that the role's policies allow.
func (l limit) asked(h holder, access trust.Access, what, by string) answer {
	if l.document == nil {
		return answer{status: Unknown, why: fmt.Sprintf("%s allows %s; %s was not looked at", by, what, l.name)}
	}
	said := trust.EvaluateAccess(*l.document, access)
	switch said.Verdict {
	case trust.Allow:
		return answer{status: OK}
	case trust.Undecided:
		return answer{status: Unknown, why: fmt.Sprintf("%s allows %s; %s: %s", by, what, l.short, strings.Join(said.Explain(), ";"))}
	}
	fix := edit(fmt.Sprintf(`{"Effect":"Allow","Action":%q,"Resource":%q}   # in %s`, access.Action, access.Resource, l.where))
	if said.Verdict == trust.Deny { // which goes before all that allow
		own := &permissions{}
		own.add(l.name, l.document)
		fix = edit("remove the deny: " + safe.Text(own.statement(said.Statement)))
	}
	return refusal(h, codeDeniedBySCPOrBoundary, fmt.Sprintf("%s allows %s, and %s does not: %s", by, what, l.name, said.Explain()[0]), fix)
}
