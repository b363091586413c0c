package awsiam

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// Which roles are the nodes'. Whatever is put on such a role, every pod on the nodes gets, so
// a role that is called so and is something else must not get it by accident.

// ec2Services assume the roles of instances. China has its own name beside the usual one
// (https://docs.amazonaws.cn/en_us/eks/latest/userguide/create-node-role.html).
var ec2Services = []string{"ec2.amazonaws.com", "ec2.amazonaws.com.cn"}

// assumedByEC2 reports whether a role's trust policy certainly lets EC2 assume it, and names
// EC2 where it does. A condition makes it uncertain, since what EC2 sends along is not known.
func assumedByEC2(role *seenRole) bool {
	if !strings.Contains(role.trust, ec2Services[0]) { // most roles are never parsed
		return false
	}
	doc, err := role.Trust()
	if err != nil {
		return false
	}
	return slices.ContainsFunc(ec2Services, func(service string) bool {
		who := trust.Principal{Type: "Service", ID: service}
		d := trust.Evaluate(doc, trust.Request{Action: trust.ActionAssumeRole, Principal: who, Unknown: []string{"*"}})
		if d.Verdict != trust.Allow {
			return false
		}
		return slices.ContainsFunc(doc.Statements(), func(s trust.Statement) bool {
			principals, not := s.Principals()
			return s.Allows() && !not && slices.Contains(principals, who)
		})
	})
}

// inNodegroups reports whether a managed node group of the cluster has the role.
func inNodegroups(p *planner, a *seenAccount, role *seenRole) bool {
	return a.ID == p.want.Facts.Account && slices.Contains(p.seen.Nodegroups, role.ARN)
}

// namesNode reports whether a role is the nodes' as far as that can be told: a node group of
// the cluster has it, or irsa.yaml names it and EC2 may assume it.
func namesNode(p *planner, a *seenAccount, role *seenRole) bool {
	if a.ID != p.want.Facts.Account {
		return false
	}
	named := p.named.NodeName != "" && strings.EqualFold(p.named.NodeName, role.Name)
	return inNodegroups(p, a, role) || named && assumedByEC2(role)
}

// forNodes faults a role that is not the nodes', unless it is adopted or has all that is
// wanted already.
func forNodes(p *planner, a *seenAccount, role *seenRole, wanted []string) bool {
	if assumedByEC2(role) || inNodegroups(p, a, role) {
		return true
	}
	nothing := !slices.ContainsFunc(wanted, func(arn string) bool { return !slices.Contains(role.Attached, arn) })
	text := fmt.Sprintf("role %s is assumed by %s, not by nodes", role.Name, assumedBy(role))
	switch {
	case nothing:
		return true
	case adopts(p, adoptRole, role.Name):
		p.plan.warn(text + ", and it is adopted as the nodes' role")
		return true
	}
	p.faults.add(fmt.Sprintf("correct nodeRole.name, or write nodeRole.fromNodegroups: true; to put the policies on it all the same: %s", adoptCommand(p, adoptRole, role.Name)),
		"%s, and no node group of the cluster has it", text)
	return false
}

// assumedBy is who may assume a role, in words.
func assumedBy(role *seenRole) string {
	doc, err := role.Trust()
	if err != nil {
		return "whom its trust policy says, which cannot be read"
	}
	var out []string
	for _, s := range doc.Statements() {
		principals, not := s.Principals()
		if !s.Allows() {
			continue
		}
		for _, who := range principals {
			name := who.ID
			if not {
				name = "everybody but " + name
			} else if name == "*" {
				name = "everybody"
			}
			if len(s.Conditions()) > 0 {
				name += " under conditions"
			}
			out = append(out, name)
		}
	}
	slices.Sort(out)
	if out = slices.Compact(out); len(out) == 0 {
		return "nobody"
	}
	return strings.Join(out, " and ")
}

// readNodegroups asks for the roles of the cluster's managed node groups, where something
// depends on them: a role that irsa.yaml calls the nodes' and that EC2 may not assume, or a
// tag of the release on a role that irsa.yaml does not name. That they cannot be asked for is
// no error: then they are not known, and what depends on them is refused or left alone.
func readNodegroups(s *Session, ctx context.Context, d *desired, o *observation) error {
	o.Nodegroups = s.nodegroups
	a := o.Accounts[d.Facts.Account]
	if d.Facts.Cluster == "" || a == nil || !a.asksNodegroups(d) {
		return nil
	}
	found, err := nodegroupRoles(s, ctx)
	if err == nil {
		o.Nodegroups = found
	}
	return ctx.Err()
}

func (a *seenAccount) asksNodegroups(d *desired) bool {
	for _, want := range d.NodeRoles {
		if role := a.role(want.Name); role != nil && !assumedByEC2(role) {
			return true
		}
	}
	for _, role := range a.Roles {
		if strings.EqualFold(role.Name, d.NodeName) && assumedByEC2(role) {
			continue
		}
		for key, arn := range role.Tags {
			if key == roleMark(d.Owner, arn) {
				return true
			}
		}
	}
	return false
}
