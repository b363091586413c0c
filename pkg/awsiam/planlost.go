package awsiam

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// What is lost, and by whom else something is gained, by documents that are written anew, in words.

// fewPhrases are as many things as a warning names.
const fewPhrases = 5

func phrases(all []string) string {
	if more := len(all) - fewPhrases; more > 0 {
		all = append(all[:fewPhrases:fewPhrases], fmt.Sprintf("%d more", more))
	}
	return strings.Join(all, "; ")
}

// policyLost says who may do what no more by a customer managed policy.
func policyLost(p *planner, want wantedPolicy, seen *seenPolicy) {
	lost := trust.Lost(seen.Document(), want.Document)
	if len(lost) == 0 || seen.Attached == 0 && seen.Boundaries == 0 {
		return
	}
	var roles []string
	a := p.seen.Accounts[want.Account]
	for _, key := range sortedKeys(a.Roles) {
		if slices.Contains(a.Roles[key].Attached, seen.ARN) {
			roles = append(roles, a.Roles[key].Name)
		}
	}
	who := "who has it loses that"
	switch len(roles) {
	case 0:
	case 1:
		who = "role " + roles[0] + " loses that"
	default:
		who = "roles " + strings.Join(roles, ", ") + " lose that"
		if more := len(roles) - fewPhrases; more > 0 {
			who = fmt.Sprintf("roles %s and %d more lose that", strings.Join(roles[:fewPhrases], ", "), more)
		}
	}
	p.plan.warnLoss(fmt.Sprintf("policy %s no longer allows %s: %s", want.Name, phrases(lost), who))
}

// policyGained says who else comes to be allowed more by a customer managed policy: whoever has it
// beside the roles of irsa.yaml.
func policyGained(p *planner, want wantedPolicy, seen *seenPolicy) {
	gained, _ := trust.Given(seen.Document(), want.Document)
	_, undenied := trust.Given(want.Document, seen.Document())
	if len(gained)+len(undenied) == 0 {
		return
	}
	a, attached := p.seen.Accounts[want.Account], seen.Attached
	var who []string
	for _, key := range sortedKeys(a.Roles) {
		role := a.Roles[key]
		if !slices.Contains(role.Attached, seen.ARN) {
			continue
		}
		if attached--; !p.want.wantsRole(a.ID, role.Name) && !p.want.Owner.keeps(role) {
			who = append(who, "role "+role.Name)
		}
	}
	if attached > 0 {
		who = append(who, fmt.Sprintf("%d users or groups", attached))
	}
	if len(who) > 0 {
		p.plan.warn(fmt.Sprintf("policy %s comes to allow more, also to whom irsa.yaml does not name: %s", want.Name, phrases(who)))
	}
}

// inlineLost says what a role may do no more by an inline policy.
func inlineLost(p *planner, role, name string, before, after trust.Document) {
	if lost := trust.Lost(before, after); len(lost) > 0 {
		p.plan.warnLoss(fmt.Sprintf("role %s loses %s: its inline policy %s no longer allows that", role, phrases(lost), strconv.Quote(name)))
	}
}

// whoLeaves says who could assume a role and cannot any more. Of associations of EKS Pod
// Identity in the release's own cluster podsLost says it, and the plan of each.
func whoLeaves(p *planner, want wantedRole, before, after trust.Document) {
	f := p.want.Facts
	own := eksARN(f.Account, f.Region, "cluster/"+f.Cluster)
	told := func(e trust.Entrant) bool {
		return e.Kind == trust.EntersSomehow || e.Kind == trust.EntersAsService && e.ID == trust.PodIdentityService &&
			(len(e.Conditions) == 0 || slices.ContainsFunc(e.Conditions, func(c trust.Condition) bool { return slices.Contains(c.Values, own) }))
	}
	gone, changed := before.Leavers(after)
	changed = slices.DeleteFunc(changed, func(e trust.Entrant) bool { return e.Kind != trust.EntersByToken })
	for i, all := range [][]trust.Entrant{gone, changed} {
		with := []string{"", " with the audience that its tokens have now"}[i]
		all = slices.DeleteFunc(all, told)
		slices.SortStableFunc(all, func(a, b trust.Entrant) int {
			return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Issuer, b.Issuer), cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.ID, b.ID))
		})
		for _, who := range trust.Describe(all, want.ARN, func(issuer string) string { return placeOfIssuer(p, issuer) }) {
			p.plan.warnLoss(fmt.Sprintf("role %s can no longer be assumed by %s%s", want.Name, who, with))
		}
	}
}
