package awsiam

import (
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// What the trust policies of roles mean for the associations that there are.

// requestOf is what EKS puts into its requests for an association of the cluster.
func requestOf(p *planner, a seenAssociation) trust.PodIdentity {
	return podIdentityOf(p.want.Facts, a)
}

func podIdentityOf(f Facts, a seenAssociation) trust.PodIdentity {
	return trust.PodIdentity{
		ClusterARN: eksARN(f.Account, f.Region, "cluster/"+f.Cluster), ClusterName: f.Cluster, Namespace: a.Namespace, ServiceAccount: a.ServiceAccount,
		RoleARN: a.RoleARN, NoTags: a.NoTags,
	}
}

// observed is an association that is wanted, as it would be seen.
func (a wantedAssociation) observed() seenAssociation {
	return seenAssociation{Namespace: a.Namespace, ServiceAccount: a.ServiceAccount, RoleARN: a.RoleARN, associationSettings: a.associationSettings}
}

// faultUntrusted faults an association with a role of others that does not let EKS in for it, where
// that role was read. EKS refuses it, or the pods get nothing.
func faultUntrusted(p *planner, want wantedAssociation) {
	account := p.seen.Accounts[p.want.Facts.Account]
	if want.RoleMade || account == nil {
		return
	}
	role, request := account.role(nameOfARN(want.RoleARN)), requestOf(p, want.observed())
	if role == nil || role.ARN != want.RoleARN {
		return
	}
	if doc, err := role.Trust(); err == nil && !lets(doc, request.Requests()) {
		p.faults.add("add this statement to its trust policy: "+request.Statement().Text(),
			"role %s, which irsa.yaml gives by its ARN, does not let EKS Pod Identity in for service account %s", role.Name, want.name())
	}
}

// podRequests are the requests by which EKS takes a role for an association: as its role, or as its
// target role. There are none where it has another.
func podRequests(p *planner, a seenAssociation, role string) []trust.Request {
	var out []trust.Request
	if a.RoleARN == role {
		out = requestOf(p, a).Requests()
	}
	if a.TargetRoleARN == role {
		out = append(out, requestOf(p, a).TargetRequests()...)
	}
	return out
}

// lets reports whether a trust policy allows all of the requests, or may.
func lets(d trust.Document, requests []trust.Request) bool {
	return !slices.ContainsFunc(requests, func(r trust.Request) bool {
		v := trust.Evaluate(d, r).Verdict
		return v == trust.Deny || v == trust.ImplicitDeny
	})
}

// losingAssociations are the associations for which EKS may take a role before, and not after.
func losingAssociations(p *planner, role string, before, after trust.Document) []seenAssociation {
	var out []seenAssociation
	for _, a := range p.seen.Associations {
		if requests := podRequests(p, a, role); lets(before, requests) && !lets(after, requests) {
			out = append(out, a)
		}
	}
	return out
}

// losesPods reports whether an association loses the role, or may: one of another cluster, or
// one that the trust policy has no word for, while it trusts EKS Pod Identity no more.
func losesPods(p *planner, role string, before, after trust.Document) bool {
	ours := podStatements(p, before)
	has := slices.ContainsFunc(p.seen.Associations, func(a seenAssociation) bool { return a.RoleARN == role })
	return len(losingAssociations(p, role, before, after)) > 0 || has && len(ours) > 0 && !slices.ContainsFunc(after.Statements(), isForPods) || leavesOthers(p, before, after)
}

// leavesOthers reports whether a statement of ours let in every association there is, and none
// does any more, though EKS Pod Identity is trusted.
func leavesOthers(p *planner, before, after trust.Document) bool {
	every := func(s trust.Statement) bool { return isForPods(s) && len(s.Conditions()) == 0 }
	now := after.Statements()
	return slices.ContainsFunc(podStatements(p, before), every) && slices.ContainsFunc(now, isForPods) && !slices.ContainsFunc(now, every)
}

// podStatements are the release's statements that let EKS Pod Identity in.
func podStatements(p *planner, d trust.Document) []trust.Statement {
	return ownStatements(p, d, isForPods)
}

func ownStatements(p *planner, d trust.Document, is func(trust.Statement) bool) []trust.Statement {
	return slices.DeleteFunc(d.Statements(), func(s trust.Statement) bool { return !is(s) || !p.want.Owner.trust().Owns(s) })
}

// podsLost says who gets a role by EKS Pod Identity no more. Those whose association is
// deleted are told of there; those that irsa.yaml names have it changed.
func podsLost(p *planner, want wantedRole, before, after trust.Document) {
	for _, a := range losingAssociations(p, want.ARN, before, after) {
		named := slices.ContainsFunc(p.want.Associations, func(w wantedAssociation) bool {
			return w.Namespace == a.Namespace && w.ServiceAccount == a.ServiceAccount
		})
		if named || p.want.Owner.tagged(a.Tags) {
			continue
		}
		keep := "to keep it, name it under role.trust.subjects"
		if a.NoTags {
			keep = "it has no session tags that the role could know it by"
		}
		p.plan.warn(fmt.Sprintf("service account %s/%s of cluster %s loses role %s: its Pod Identity association is not one of irsa.yaml; %s",
			a.Namespace, a.ServiceAccount, p.want.Facts.Cluster, want.Name, keep))
	}
	if leavesOthers(p, before, after) {
		p.plan.warn(fmt.Sprintf("role %s could be assumed for every Pod Identity association of AWS account %s, and now for those of irsa.yaml alone: associations of other clusters lose it",
			want.Name, want.Account))
	}
}

// targetWords say what has to be true of a target role, and of a role of others, for the one
// to be assumed with the other. Both are somebody else's to change.
func targetWords(p *planner, want wantedAssociation, seen *seenAssociation) {
	if want.TargetRoleARN == "" || seen != nil && seen.RoleARN == want.RoleARN && seen.TargetRoleARN == want.TargetRoleARN && seen.NoTags == want.NoTags {
		return
	}
	request := requestOf(p, want.observed())
	if statements, err := trust.TargetStatements([]trust.PodIdentity{request}); !want.TargetMade && err == nil {
		p.plan.warn(fmt.Sprintf("target role %s is not made here: its trust policy must let role %s assume it, such as by this statement: %s", want.TargetRoleARN, nameOfARN(want.RoleARN), statements[0].Text()))
	}
	if !want.RoleMade {
		actions := "sts:AssumeRole and sts:TagSession"
		if want.NoTags {
			actions = "sts:AssumeRole"
		}
		p.plan.warn(fmt.Sprintf("role %s is not made here: a policy of it must allow %s on target role %s", want.RoleARN, actions, want.TargetRoleARN))
	}
}

// ownPods is the association of irsa.yaml, in the cluster and with this role, that an entrant
// is the service account of; nil where there is none.
func ownPods(p *planner, want wantedRole, e trust.Entrant) *seenAssociation {
	for _, a := range p.want.Associations {
		if as := a.observed(); a.RoleARN == want.ARN && e.IsPods(requestOf(p, as)) {
			return &as
		}
	}
	return nil
}

// withTarget is the words for a target role, behind those for the role.
func withTarget(a wantedAssociation) string {
	if a.TargetRoleARN == "" {
		return ""
	}
	return ", and with it target role " + strings.TrimSpace(a.TargetRoleARN)
}
