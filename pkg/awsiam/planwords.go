package awsiam

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// sayWords says, before everything else, what a plan makes possible that was not: whose tokens
// AWS takes, who can assume the roles, and what is as good as administrator.
func sayWords(p *planner) {
	loud := p.plan.Warnings
	p.plan.Warnings = nil
	for _, arn := range slices.Compact(slices.Sorted(slices.Values(p.want.Given))) {
		givenWords(p, arn)
	}
	for _, want := range p.want.Providers {
		providerWords(p, want)
	}
	for _, want := range p.want.Policies {
		policyWords(p, want)
	}
	for _, want := range p.want.Roles {
		roleWords(p, want)
	}
	for _, want := range p.want.NodeRoles {
		nodeWords(p, want)
	}
	for _, want := range p.want.Associations {
		associationWords(p, want)
	}
	p.plan.Warnings = append(p.plan.Warnings, loud...)
}

// givenWords says that a role which somebody else is to make is not there, in an AWS account that
// was read. Whoever makes it may do so later.
func givenWords(p *planner, arn string) {
	role, err := spec.ParseRoleARN(arn)
	if err != nil {
		return
	}
	account := p.seen.Accounts[role.AccountID]
	made := slices.ContainsFunc(p.want.Roles, func(r wantedRole) bool { return r.ARN == arn })
	if account == nil || !account.details || made {
		return
	}
	seen := account.role(role.Name)
	switch {
	case seen == nil:
		p.plan.warn(fmt.Sprintf("role %s is not there: until somebody makes it, its pods get no credentials", arn))
	case seen.ARN != arn:
		p.plan.warn(fmt.Sprintf("role %s is not there, and its pods get no credentials: AWS has %s", arn, seen.ARN))
	}
}

// placeOfIssuer names the cluster of an issuer; empty where it is the issuer of none that irsa.yaml
// names. An issuer that is not EKS's answer for the cluster itself is shown.
func placeOfIssuer(p *planner, issuer string) string {
	for _, url := range p.want.Facts.Issuers {
		if trust.ProviderName(url) == issuer {
			return p.want.Facts.Clusters[url]
		}
	}
	return ""
}

func providerWords(p *planner, want wantedProvider) {
	seen := p.seen.Accounts[want.Account].Providers[want.ARN]
	name := "issuer " + want.Issuer
	if place := placeOfIssuer(p, trust.ProviderName(want.Issuer)); place != "" && !strings.Contains(place, want.Issuer) {
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

func policyWords(p *planner, want wantedPolicy) {
	seen := p.seen.Accounts[want.Account].policy(want.Name)
	for _, b := range bearersOf(p, want.ARN) {
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

// bearersOf are who has a policy: roles of this plan, behind whatever role.
func bearersOf(p *planner, policy string) []trust.Bearer {
	out := []trust.Bearer{{}}
	for _, r := range p.want.Roles {
		if slices.Contains(r.Attached, policy) {
			out = append(out, bearerOf(r))
		}
	}
	return out
}

func bearerOf(r wantedRole) trust.Bearer { return trust.Bearer{ARN: r.ARN, Policies: r.Attached} }

// roleWords are for a role that is new, and for what it gets. Who gets into one that is
// there is said where its trust is planned: see widening.
func roleWords(p *planner, want wantedRole) {
	seen := p.seen.Accounts[want.Account].role(want.Name)
	if seen == nil {
		if doc, err := trust.Merge(trust.Document{}, p.want.Owner.trust(), want.Trust); err == nil {
			whoEnters(p, want, trust.Entrants(doc), "can be assumed by")
		}
		seen = &seenRole{}
	}
	if len(want.Attached)+len(want.Inline) == 0 && (seen.ARN == "" || len(seen.Attached)+len(seen.inline) > 0 && standsFor(p, seen)) {
		p.plan.warn(fmt.Sprintf("role %s has no policy: it may do nothing but what policies of other resources allow it", want.Name))
	}
	bounded := ""
	switch {
	case want.Boundary == "":
	case unbounded(p, want.Account, want.Boundary):
		if seen.Boundary != want.Boundary {
			p.plan.warn(fmt.Sprintf("permissions boundary %s of role %s bounds nothing: it allows every action on every resource", nameOfARN(want.Boundary), want.Name))
		}
	default:
		bounded = ", within the permissions boundary " + nameOfARN(want.Boundary)
	}
	bearer := bearerOf(want)
	for _, arn := range want.Attached {
		if power := powerOf(p, bearer, want.Account, arn); power != "" && !slices.Contains(seen.Attached, arn) {
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
func powerOf(p *planner, bearer trust.Bearer, account, arn string) string {
	if doc, ok := plannedDocument(p, account, arn); ok {
		return bearer.Administrator(doc)
	}
	return trust.AWSManagedAdministrator(arn)
}

func unbounded(p *planner, account, arn string) bool {
	if doc, ok := plannedDocument(p, account, arn); ok {
		return trust.Unbounded(doc)
	}
	return trust.AWSManagedUnbounded(arn)
}

// plannedDocument is what a policy says once the plan is done; it reports false where that was
// not read.
func plannedDocument(p *planner, account, arn string) (trust.Document, bool) {
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

func nodeWords(p *planner, want wantedNodeRole) {
	role := p.seen.Accounts[want.Account].role(want.Name)
	if role == nil {
		return
	}
	bearer := trust.Bearer{ARN: role.ARN, Policies: append(slices.Clone(role.Attached), want.Attached...)}
	for _, arn := range want.Attached {
		if power := powerOf(p, bearer, want.Account, arn); power != "" && !slices.Contains(role.Attached, arn) {
			p.plan.warn(fmt.Sprintf("role %s of the nodes gets policy %s, which is as good as administrator: it allows %s", want.Name, nameOfARN(arn), power))
		}
	}
}

// associationWords are for a service account that gets a role by an association.
func associationWords(p *planner, want wantedAssociation) {
	seen := p.seen.association(want.Namespace, want.ServiceAccount)
	switch who := fmt.Sprintf("service account %s of cluster %s", want.name(), want.Cluster); {
	case seen == nil || seen.RoleARN != want.RoleARN:
		p.plan.warn(fmt.Sprintf("%s gets role %s by EKS Pod Identity%s", who, nameOfARN(want.RoleARN), withTarget(want)))
	case want.TargetRoleARN != "" && seen.TargetRoleARN != want.TargetRoleARN:
		p.plan.warn(fmt.Sprintf("%s gets target role %s by EKS Pod Identity", who, want.TargetRoleARN))
	}
	targetWords(p, want, seen)
}

// associated reports whether an association is there with the role that is wanted.
func associated(p *planner, want wantedAssociation) bool {
	seen := p.seen.association(want.Namespace, want.ServiceAccount)
	return seen != nil && seen.RoleARN == want.RoleARN
}

// widening says who can assume a role that could not before.
func widening(p *planner, want wantedRole, before, after trust.Document) {
	known := func(e trust.Entrant) bool { // the old document let it in by something else that EKS says
		as := ownPods(p, want, e)
		return as != nil && lets(before, podRequests(p, *as, want.ARN))
	}
	whoEnters(p, want, slices.DeleteFunc(after.Newcomers(before), known), "can now be assumed by")
	for _, w := range trust.Widens(before, after) {
		if w.Note != "" {
			p.plan.warn(fmt.Sprintf("the trust of role %s lets in more than before: %s", want.Name, w))
		}
	}
}

// whoEnters says who gets in: the usual ones on one line, each other on its own.
func whoEnters(p *planner, want wantedRole, all []trust.Entrant, verb string) {
	var plain, odd []trust.Entrant
	var pods []string
	for _, e := range all {
		switch {
		case e.Kind == trust.EntersSomehow: // said as a whole: see widening
		case ownPods(p, want, e) != nil:
			pods = podsOf(p, want)
		case isUsual(p, want, e):
			plain = append(plain, e)
		default:
			odd = append(odd, e)
		}
	}
	lines := trust.Describe(odd, want.ARN, func(issuer string) string { return placeOfIssuer(p, issuer) })
	if usual := append(trust.Describe(plain, want.ARN, func(issuer string) string { return placeOfIssuer(p, issuer) }), pods...); len(usual) > 0 {
		lines = append([]string{strings.Join(usual, "; ")}, lines...)
	}
	for _, who := range lines {
		p.plan.warn(fmt.Sprintf("role %s %s %s", want.Name, verb, who))
	}
}

// isUsual: service accounts of the release's own cluster by their names, and the role itself.
func isUsual(p *planner, want wantedRole, e trust.Entrant) bool {
	own := len(p.want.Facts.Issuers) > 0 && e.Issuer == trust.ProviderName(p.want.Facts.Issuers[0])
	return !e.Open && !e.Pattern && (e.Kind == trust.EntersByToken && own || e.Kind == trust.EntersAsPrincipal && e.ID == want.ARN)
}

// podsOf are those who get a role by an association that is there: each new one has a line
// of its own, however much of the plan was done before.
func podsOf(p *planner, want wantedRole) []string {
	var out []string
	for _, a := range p.want.Associations {
		if a.RoleARN == want.ARN && associated(p, a) {
			out = append(out, fmt.Sprintf("service account %s/%s of cluster %s, by EKS Pod Identity", a.Namespace, a.ServiceAccount, cmp.Or(a.Cluster, p.want.Facts.Cluster)))
		}
	}
	return out
}

// standsFor reports whether irsa.yaml says all that a role may do that is there.
func standsFor(p *planner, role *seenRole) bool {
	standing, _ := standingOf(p, role)
	return standing == own || standing == taken
}
