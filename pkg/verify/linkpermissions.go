package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// checkPermissions looks at whether the role may do what it must.
func checkPermissions(c *chain) {
	if c.role == nil {
		set(c, LinkPermissions, Unknown, "the role was not looked at")
		return
	}
	demands := slices.Clone(c.in.Can)
	if c.a.entry != nil {
		demands = append(demands, c.a.entry.MustAllow...)
	}
	if !c.role.Attached.Read || !c.role.Inline.Read {
		set(c, LinkPermissions, Unknown, "the policies of "+c.roleARN+" were not looked at")
		return
	}
	if lacked := lackedPolicies(c); len(lacked) > 0 {
		add(c, found("role-lacks-permissions", roleSubject(c), fmt.Sprintf("%s lacks %s, which irsa.yaml gives it", roleSubject(c), strings.Join(lacked, ", ")), apply(c.facts)))
	} else if len(c.role.Attached.List) == 0 && len(c.role.Inline.List) == 0 && len(demands) == 0 {
		set(c, LinkPermissions, OK, "nothing was asked for")
		add(c, found("role-lacks-permissions", roleSubject(c), roleSubject(c)+" has no policy at all", attach(c)).as(Warning))
		return
	}
	set(c, LinkPermissions, OK, "nothing was asked for")
	for i, demand := range demands {
		a := permission(c, demand)
		before := c.status[LinkPermissions].Status
		if i == 0 || worst(before, a.status) != before {
			set(c, LinkPermissions, a.status, a.why)
		}
		if a.finding.Code != "" {
			add(c, a.finding)
		}
		c.permissions = append(c.permissions, PermissionReport{demand.Action, demand.Resource, verdicts[a.status], a.why})
	}
}

var verdicts = map[Status]string{OK: "allow", Broken: "deny", Unknown: "unknown"}

// attach gives the role a policy.
func attach(c *chain) string {
	if oursInAWS(c) {
		return inFile(c, "role: {policyARNs: [POLICY-ARN]}") + "\n" + apply(c.facts)
	}
	return safe.Type("aws", "iam", "attach-role-policy").Flag("--role-name", safe.RoleName, c.parsed.Name).With("--policy-arn", "POLICY-ARN").String()
}

// grant lets the role do what it must, by a statement of one of its policies.
func grant(c *chain, demand spec.Permission) string {
	statement := fmt.Sprintf(`{"Effect":"Allow","Action":%q,"Resource":%q}`, demand.Action, demand.Resource)
	switch {
	case !oursInAWS(c):
		return statement
	case len(lackedPolicies(c)) > 0:
		return apply(c.facts)
	}
	return statement + "   # irsa.yaml: in a policy of " + safe.Text(roleSubject(c)) + "\n" + apply(c.facts)
}

// answer is what a role says to one demand.
type answer struct {
	status  Status
	why     string
	finding Finding
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

// statement names the policy that a statement of all of them is in.
func (p *permissions) statement(index int) string {
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

// identity are the policies that allow: attached and inline.
func identityPolicies(c *chain) *permissions {
	out := &permissions{}
	for _, arn := range c.role.Attached.List {
		var d *trust.Document
		if p := c.policies[arn]; p != nil {
			d = p.Document
		}
		out.add("policy "+arn, d)
	}
	for _, in := range c.role.Inline.List {
		out.add("inline policy "+in.Name, &in.Document)
	}
	return out
}

// permission says whether the role may do something: its policies must allow it, its
// boundary, where it has one, as well, and none may deny it
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html).
// Resource policies and those of the organization are not looked at.
func permission(c *chain, demand spec.Permission) answer {
	access := trust.Access{Action: demand.Action, Resource: demand.Resource}
	what := fmt.Sprintf("%s on %s", demand.Action, demand.Resource)
	own := identityPolicies(c)
	said := trust.EvaluateAccesses(own.documents, access)
	by := own.statement(said.Statement)
	switch {
	case said.Verdict == trust.Deny:
		return no(c, "denied-by-scp-or-boundary", fmt.Sprintf("%s denies %s", by, what), "remove the deny: "+safe.Text(by))
	case len(own.missing) > 0: // one that was not looked at may allow, or deny
		return answer{status: Unknown, why: fmt.Sprintf("%s: not known, %s was not looked at", what, strings.Join(own.missing, ", "))}
	case said.Verdict == trust.Undecided:
		return answer{status: Unknown, why: fmt.Sprintf("%s: not known, it depends on %s: %s", what, by, strings.Join(said.Explain()[1:], ";"))}
	case said.Verdict == trust.ImplicitDeny:
		message := fmt.Sprintf("no policy of %s allows %s", roleSubject(c), what)
		if said.Statement >= 0 {
			message += fmt.Sprintf("; closest is %s:%s", by, strings.Join(said.Explain()[1:], ";"))
		}
		return no(c, "role-lacks-permissions", message, grant(c, demand))
	}
	if c.role.Boundary == "" {
		return answer{status: OK, why: fmt.Sprintf("%s allows %s", by, what)}
	}
	return bounded(c, access, what, by)
}

func no(c *chain, code, message, fix string) answer {
	return answer{status: Broken, why: message, finding: found(code, roleSubject(c), message, fix)}
}

// bounded asks the boundary.
func bounded(c *chain, access trust.Access, what, by string) answer {
	p := c.policies[c.role.Boundary]
	if p == nil || p.Document == nil {
		return answer{status: Unknown, why: fmt.Sprintf("%s allows %s; the boundary %s was not looked at", by, what, c.role.Boundary)}
	}
	said := trust.EvaluateAccess(*p.Document, access)
	switch said.Verdict {
	case trust.Allow:
		return answer{status: OK, why: fmt.Sprintf("%s allows %s, and the boundary does", by, what)}
	case trust.Undecided:
		return answer{status: Unknown, why: fmt.Sprintf("%s allows %s; the boundary: %s", by, what, strings.Join(said.Explain(), ";"))}
	}
	return no(c, "denied-by-scp-or-boundary", fmt.Sprintf("%s allows %s, and the boundary %s does not: %s", by, what, c.role.Boundary, said.Explain()[0]),
		fmt.Sprintf(`{"Effect":"Allow","Action":%q,"Resource":%q}   # in %s`, access.Action, access.Resource, safe.Word(c.role.Boundary)))
}
