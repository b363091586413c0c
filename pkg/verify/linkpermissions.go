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

// permission says whether the role may do something: its policies must allow it, its
// boundary, where it has one, as well, and none may deny it
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html).
// Resource policies and those of the organization are not looked at.
func permission(c *chain, h holder, demand spec.Permission) answer {
	access := trust.Access{Action: demand.Action, Resource: demand.Resource}.OfPod()
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
	if h.role.Boundary == "" {
		return answer{status: OK, why: fmt.Sprintf("%s allows %s", by, what)}
	}
	return bounded(c.facts, h, access, what, by)
}

func refusal(h holder, code, message string, fix repair) answer {
	return answer{status: Broken, why: message, finding: found(code, h.String(), message, fix)}
}

// bounded asks the boundary.
func bounded(w *facts, h holder, access trust.Access, what, by string) answer {
	p := w.policies[h.role.Boundary]
	if p == nil || p.Document == nil {
		return answer{status: Unknown, why: fmt.Sprintf("%s allows %s; the boundary %s was not looked at", by, what, h.role.Boundary)}
	}
	said := trust.EvaluateAccess(*p.Document, access)
	switch said.Verdict {
	case trust.Allow:
		return answer{status: OK, why: fmt.Sprintf("%s allows %s, and the boundary does", by, what)}
	case trust.Undecided:
		return answer{status: Unknown, why: fmt.Sprintf("%s allows %s; the boundary: %s", by, what, strings.Join(said.Explain(), ";"))}
	}
	return refusal(h, codeDeniedBySCPOrBoundary, fmt.Sprintf("%s allows %s, and the boundary %s does not: %s", by, what, h.role.Boundary, said.Explain()[0]),
		edit(fmt.Sprintf(`{"Effect":"Allow","Action":%q,"Resource":%q}   # in %s`, access.Action, access.Resource, safe.Word(h.role.Boundary))))
}
