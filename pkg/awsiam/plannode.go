package awsiam

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// The nodes' role is somebody else's: policies are put on it and taken off again, and
// nothing more. Which of its attachments are ours is written down where it may be: for
// a policy of ours, on the policy; for a policy of others, on the role, where that tag
// is the only thing of ours.

// policyMark is the tag of a policy of ours that is on a role of the nodes.
func policyMark(role string) string { return tagAttached + short(strings.ToLower(role)) }

// roleMark is the tag of a role of the nodes that has a policy of others through us.
func roleMark(o Owner, policyARN string) string {
	return tagAttached + o.trust().ID() + "." + short(policyARN)
}

func short(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:4])
}

func nodeChange(p *planner, a Action, account string, role *seenRole, arn string) Change {
	sign := map[Action]string{Create: "+", Delete: "-"}[a]
	return Change{Action: a, Type: TypeNodeRole, Name: role.Name + "/" + nameOfARN(arn), ARN: role.ARN, Account: account, Diff: sign + arn}
}

// nodeRoles plans what is to be put on the nodes' roles.
func nodeRoles(p *planner) {
	for _, want := range p.want.NodeRoles {
		a := p.seen.Accounts[want.Account]
		role := a.role(want.Name)
		if role == nil {
			p.faults.add(nodeRoleHint(a, want.Name), "there is no role %s in AWS account %s, which nodeRole names", want.Name, want.Account)
			continue
		}
		if !forNodes(p, a, role, want.Attached) {
			continue
		}
		for _, arn := range want.Attached {
			if slices.Contains(role.Attached, arn) {
				shareNode(p, want.Account, role, arn)
				continue
			}
			faultUnknown(p, arn, want.Name)
			var steps []step
			if !p.want.wantsPolicy(arn) {
				steps = append(steps, step{stageRoles, want.Account, tagRole{role.Name, role.ARN, map[string]string{roleMark(p.want.Owner, arn): arn}, nil}})
			}
			made := p.want.wantsPolicy(arn) && a.policyByARN(arn) == nil
			steps = append(steps, step{stageAttach, want.Account, attach{role.Name, role.ARN, arn, made}})
			p.plan.warn(fmt.Sprintf("every pod on the nodes of role %s gets policy %s", role.Name, nameOfARN(arn)))
			p.plan.add(nodeChange(p, Create, want.Account, role, arn), steps...)
		}
	}
}

// shareNode marks a policy of others that another release put on the nodes' role, so
// that it stays when that release leaves. What nobody of ours put there needs no mark.
func shareNode(p *planner, account string, role *seenRole, arn string) {
	ours := roleMark(p.want.Owner, arn)
	if role.Tags[ours] != "" || len(otherMarks(role, ours, arn)) == 0 {
		return
	}
	c := nodeChange(p, Update, account, role, arn)
	c.Diff = "+tag " + ours + ": " + arn
	p.plan.add(c, step{stageRoles, account, tagRole{role.Name, role.ARN, map[string]string{ours: arn}, nil}})
}

// otherMarks are the marks of a policy on a role of the nodes, but for one. A mark whose hash
// does not fit its value is none.
func otherMarks(role *seenRole, but, arn string) []string {
	var out []string
	for _, key := range sortedKeys(role.Tags) {
		if strings.HasPrefix(key, tagAttached) && strings.HasSuffix(key, "."+short(arn)) && key != but && role.Tags[key] == arn {
			out = append(out, key)
		}
	}
	return out
}

func nodeRoleHint(a *seenAccount, name string) string {
	var names []string
	for _, r := range a.Roles {
		names = append(names, r.Name)
	}
	if near, ok := spec.Nearest(name, names); ok {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "correct nodeRole.name, or write nodeRole.fromNodegroups: true"
}

// nodeLeftovers takes off a role what we put on it as on the nodes' role, and irsa.yaml
// does not want there. Whoever may tag can write the mark of a policy of others on the role,
// so such a policy is taken only off a role of the nodes that irsa.yaml or the cluster names.
// A policy of ours says itself which role it was put on, and is ours to take back.
func nodeLeftovers(p *planner, a *seenAccount, role *seenRole) {
	var wanted []string
	for _, want := range p.want.NodeRoles {
		if want.Account == a.ID && strings.EqualFold(want.Name, role.Name) {
			wanted = want.Attached
		}
	}
	for _, key := range sortedKeys(role.Tags) {
		arn := role.Tags[key]
		if key == roleMark(p.want.Owner, arn) && !slices.Contains(wanted, arn) && isAgreed(p, p.named.Nodes) {
			leaveMarked(p, a, role, arn)
		}
	}
	for _, arn := range role.Attached {
		policy, key := a.policyByARN(arn), policyMark(role.Name)
		if policy == nil || policy.Tags[key] != role.Name || slices.Contains(wanted, arn) {
			continue
		}
		ours := policyStanding(p, a.ID, policy) == own
		if !exactly(p, ours, p.named.wantsPolicy(arn)) || !assumedByEC2(role) && !namesNode(p, a, role) {
			continue
		}
		var after []step
		if p.want.wantsPolicy(arn) {
			after = append(after, step{stageUnmark, a.ID, untagPolicy{arn, []string{key}}})
		}
		leaveNode(p, a, role, arn, after...)
	}
}

// leaveMarked takes a policy of others off a role of the nodes, where the role's tag says
// that this release put it there.
func leaveMarked(p *planner, a *seenAccount, role *seenRole, arn string) {
	key := roleMark(p.want.Owner, arn)
	if !namesNode(p, a, role) {
		p.plan.warn(fmt.Sprintf("role %s has policy %s and a tag that says that this release put it there, but it is no role of the nodes that irsa.yaml or a node group of the cluster names: it is left alone; to take it off: aws iam detach-role-policy --role-name %[1]s --policy-arn %[3]s",
			role.Name, nameOfARN(arn), arn))
		return
	}
	unmark := step{stageUnmark, a.ID, tagRole{role.Name, role.ARN, nil, []string{key}}}
	switch {
	case !slices.Contains(role.Attached, arn): // somebody took it off
	case len(otherMarks(role, key, arn)) > 0:
		p.plan.warn(fmt.Sprintf("the nodes of role %s keep policy %s, since another release put it there too", role.Name, nameOfARN(arn)))
	default:
		leaveNode(p, a, role, arn, unmark)
		return
	}
	c := nodeChange(p, Update, a.ID, role, arn)
	c.Diff = "-tag " + key + ": " + arn
	p.plan.add(c, unmark)
}

func leaveNode(p *planner, a *seenAccount, role *seenRole, arn string, after ...step) {
	p.plan.warn(fmt.Sprintf("the nodes of role %s lose policy %s, and so does every pod on them", role.Name, nameOfARN(arn)))
	p.plan.add(nodeChange(p, Delete, a.ID, role, arn), append([]step{planDetach(p, a.ID, role.Name, arn)}, after...)...)
}
