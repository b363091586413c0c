package awsiam

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// words says, before everything else, what a plan makes possible that was not: whose tokens
// AWS takes, who can assume the roles, and what is as good as administrator.
func (p *planner) words() {
	loud := p.plan.Warnings
	p.plan.Warnings = nil
	for _, want := range p.want.Providers {
		p.providerWords(want)
	}
	for _, want := range p.want.Policies {
		p.policyWords(want)
	}
	for _, want := range p.want.Roles {
		p.roleWords(want)
	}
	for _, want := range p.want.NodeRoles {
		p.nodeWords(want)
	}
	for _, want := range p.want.Associations {
		p.associationWords(want)
	}
	p.plan.Warnings = append(p.plan.Warnings, loud...)
}

// place names the cluster of an issuer; empty where it is the issuer of none that irsa.yaml
// names. An issuer that is not EKS's answer for the cluster itself is shown.
func (p *planner) place(issuer string) string {
	for _, url := range p.want.Facts.Issuers {
		if trust.ProviderName(url) == issuer {
			return p.want.Facts.Clusters[url]
		}
	}
	return ""
}

func (p *planner) providerWords(want Provider) {
	seen := p.seen.Accounts[want.Account].Providers[want.ARN]
	name := "issuer " + want.Issuer
	if place := p.place(trust.ProviderName(want.Issuer)); place != "" && !strings.Contains(place, want.Issuer) {
		name = place + " (" + name + ")"
	} else if place != "" {
		name = place
	}
	if seen == nil {
		p.plan.warn(fmt.Sprintf("AWS account %s takes tokens of %s from now on", want.Account, name))
		return
	}
	var more []string
	for _, a := range want.Audiences {
		if !slices.Contains(seen.Audiences, a) {
			more = append(more, a)
		}
	}
	if len(more) > 0 {
		p.plan.warn(fmt.Sprintf("AWS account %s takes tokens of %s for the audience %s too", want.Account, name, strings.Join(more, ", ")))
	}
}

func (p *planner) policyWords(want Policy) {
	seen := p.seen.Accounts[want.Account].policy(want.Name)
	for _, b := range p.bearers(want.ARN) {
		before := ""
		if seen != nil {
			before = b.Administrator(seen.Document())
		}
		if power := b.Administrator(want.Document); power != "" && power != before {
			p.plan.warn(fmt.Sprintf("policy %s is as good as administrator: it allows %s", want.Name, power))
			return
		}
	}
}

// bearers are who has a policy: roles of this plan, behind whatever role.
func (p *planner) bearers(policy string) []trust.Bearer {
	out := []trust.Bearer{{}}
	for _, r := range p.want.Roles {
		if slices.Contains(r.Attached, policy) {
			out = append(out, bearerOf(r))
		}
	}
	return out
}

func bearerOf(r Role) trust.Bearer { return trust.Bearer{ARN: r.ARN, Policies: r.Attached} }

// roleWords are for a role that is new, and for what it gets. Who gets into one that is
// there is said where its trust is planned: see widening.
func (p *planner) roleWords(want Role) {
	seen := p.seen.Accounts[want.Account].role(want.Name)
	if seen == nil {
		if doc, err := trust.Merge(trust.Document{}, p.want.Owner.trust(), want.Trust); err == nil {
			p.enter(want, trust.Entrants(doc), "can be assumed by")
		}
		seen = &ObservedRole{}
	}
	bounded := ""
	switch {
	case want.Boundary == "":
	case p.unbounded(want.Account, want.Boundary):
		if seen.Boundary != want.Boundary {
			p.plan.warn(fmt.Sprintf("permissions boundary %s of role %s bounds nothing: it allows every action on every resource", nameOfARN(want.Boundary), want.Name))
		}
	default:
		bounded = ", within the permissions boundary " + nameOfARN(want.Boundary)
	}
	bearer := bearerOf(want)
	for _, arn := range want.Attached {
		if power := p.powerOf(bearer, want.Account, arn); power != "" && !slices.Contains(seen.Attached, arn) {
			p.plan.warn(fmt.Sprintf("role %s gets policy %s, which is as good as administrator%s: it allows %s", want.Name, nameOfARN(arn), bounded, power))
		}
	}
	for _, name := range sortedKeys(want.Inline) {
		before := ""
		if seen.inline[name] != "" {
			before = bearer.Administrator(seen.Inline(name))
		}
		if power := bearer.Administrator(want.Inline[name]); power != "" && power != before {
			p.plan.warn(fmt.Sprintf("role %s gets the inline policy %s, which is as good as administrator%s: it allows %s", want.Name, name, bounded, power))
		}
	}
}

// powerOf says what makes a policy of a role as good as administrator: one of this plan, of
// AWS, or one that was read.
func (p *planner) powerOf(bearer trust.Bearer, account, arn string) string {
	if doc, ok := p.documentOf(account, arn); ok {
		return bearer.Administrator(doc)
	}
	return trust.AWSManagedAdministrator(arn)
}

func (p *planner) unbounded(account, arn string) bool {
	if doc, ok := p.documentOf(account, arn); ok {
		return trust.Unbounded(doc)
	}
	return trust.AWSManagedUnbounded(arn)
}

// documentOf is what a policy says once the plan is done; it reports false where that was
// not read.
func (p *planner) documentOf(account, arn string) (trust.Document, bool) {
	for _, w := range p.want.Policies {
		if w.ARN == arn {
			return w.Document, true
		}
	}
	if seen := p.seen.Accounts[account].policyByARN(arn); seen != nil {
		doc := seen.Document()
		return doc, doc.Text() != ""
	}
	return trust.Document{}, false
}

func (p *planner) nodeWords(want NodeRole) {
	role := p.seen.Accounts[want.Account].role(want.Name)
	if role == nil {
		return
	}
	bearer := trust.Bearer{ARN: role.ARN, Policies: append(slices.Clone(role.Attached), want.Attached...)}
	for _, arn := range want.Attached {
		if power := p.powerOf(bearer, want.Account, arn); power != "" && !slices.Contains(role.Attached, arn) {
			p.plan.warn(fmt.Sprintf("role %s of the nodes gets policy %s, which is as good as administrator: it allows %s", want.Name, nameOfARN(arn), power))
		}
	}
}

// associationWords are for a service account that gets a role by an association.
func (p *planner) associationWords(want Association) {
	seen := p.seen.association(want.Namespace, want.ServiceAccount)
	switch who := fmt.Sprintf("service account %s of cluster %s", want.name(), want.Cluster); {
	case seen == nil || seen.RoleARN != want.RoleARN:
		p.plan.warn(fmt.Sprintf("%s gets role %s by EKS Pod Identity%s", who, nameOfARN(want.RoleARN), withTarget(want)))
	case want.TargetRoleARN != "" && seen.TargetRoleARN != want.TargetRoleARN:
		p.plan.warn(fmt.Sprintf("%s gets target role %s by EKS Pod Identity", who, want.TargetRoleARN))
	}
	p.targetWords(want, seen)
}

// associated reports whether an association is there with the role that is wanted.
func (p *planner) associated(want Association) bool {
	seen := p.seen.association(want.Namespace, want.ServiceAccount)
	return seen != nil && seen.RoleARN == want.RoleARN
}

// widening says who can assume a role that could not before.
func (p *planner) widening(want Role, before, after trust.Document) {
	known := func(e trust.Entrant) bool { // the old document let it in by something else that EKS says
		as := p.ownPods(want, e)
		return as != nil && lets(before, p.uses(*as, want.ARN))
	}
	p.enter(want, slices.DeleteFunc(after.Newcomers(before), known), "can now be assumed by")
	for _, w := range trust.Widens(before, after) {
		if w.Note != "" {
			p.plan.warn(fmt.Sprintf("the trust of role %s lets in more than before: %s", want.Name, w))
		}
	}
}

// enter says who gets in: the usual ones on one line, each other on its own.
func (p *planner) enter(want Role, all []trust.Entrant, verb string) {
	var plain, odd []trust.Entrant
	var pods []string
	for _, e := range all {
		switch {
		case e.Kind == trust.EntersSomehow: // said as a whole: see widening
		case p.ownPods(want, e) != nil:
			pods = p.podsOf(want)
		case p.isUsual(want, e):
			plain = append(plain, e)
		default:
			odd = append(odd, e)
		}
	}
	lines := trust.Describe(odd, want.ARN, p.place)
	if usual := append(trust.Describe(plain, want.ARN, p.place), pods...); len(usual) > 0 {
		lines = append([]string{strings.Join(usual, "; ")}, lines...)
	}
	for _, who := range lines {
		p.plan.warn(fmt.Sprintf("role %s %s %s", want.Name, verb, who))
	}
}

// isUsual: service accounts of the release's own cluster by their names, and the role itself.
func (p *planner) isUsual(want Role, e trust.Entrant) bool {
	own := len(p.want.Facts.Issuers) > 0 && e.Issuer == trust.ProviderName(p.want.Facts.Issuers[0])
	return !e.Open && !e.Pattern && (e.Kind == trust.EntersByToken && own || e.Kind == trust.EntersAsPrincipal && e.ID == want.ARN)
}

// podsOf are those who get a role by an association that is there: each new one has a line
// of its own, however much of the plan was done before.
func (p *planner) podsOf(want Role) []string {
	var out []string
	for _, a := range p.want.Associations {
		if a.RoleARN == want.ARN && p.associated(a) {
			out = append(out, fmt.Sprintf("service account %s/%s of cluster %s, by EKS Pod Identity", a.Namespace, a.ServiceAccount, cmp.Or(a.Cluster, p.want.Facts.Cluster)))
		}
	}
	return out
}
