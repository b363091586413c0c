package awsiam

import (
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// nameOfProvider is the issuer without https://, as IAM and --adopt provider/… name one.
func nameOfProvider(arn string) string {
	_, name, _ := strings.Cut(arn, ":oidc-provider/")
	return name
}

// planProvider plans an OIDC provider. It belongs to all releases of the cluster, so any
// tags of ours make it ours. One that has the audience already is used as it is.
func planProvider(p *planner, want wantedProvider) {
	name := nameOfProvider(want.ARN)
	change := Change{Type: TypeProvider, Name: name, ARN: want.ARN, Account: want.Account}
	seen := p.seen.Accounts[want.Account].Providers[want.ARN]
	if seen == nil {
		change.Action = Create
		var audiences []string
		for _, a := range want.Audiences {
			audiences = append(audiences, "+audience "+a)
		}
		change.Diff = lines([]string{"+url " + want.Issuer}, audiences, plainTags(want.Tags))
		p.plan.add(change, step{stageBase, want.Account, createProvider{want}})
		return
	}
	_, tagged := ownerOf(seen.Tags)
	adopts := adopts(p, adoptProvider, name)
	var missing, diff []string
	for _, a := range want.Audiences {
		if !slices.Contains(seen.Audiences, a) {
			missing, diff = append(missing, a), append(diff, "+audience "+a)
		}
	}
	if len(missing) > 0 && !tagged && !adopts {
		p.faults.add("to add it and mark the provider as helm-irsa's: "+adoptCommand(p, adoptProvider, name)+"; or add it yourself: aws iam add-client-id-to-open-id-connect-provider",
			"OIDC provider %s in AWS account %s lacks the audience %s, and was not made by helm-irsa", name, want.Account, strings.Join(missing, ", "))
		return
	}
	var steps []step
	for _, a := range missing {
		steps = append(steps, step{stageBase, want.Account, addAudience{want.ARN, a}})
	}
	if !tagged && adopts {
		tags := adoptedTags(want.Tags)
		diff = append(diff, tagDiff(seen.Tags, tagChanges(seen.Tags, tags))...)
		steps = append(steps, step{stageBase, want.Account, tagProvider{want.ARN, tags}})
		p.plan.warn("OIDC provider " + name + " is adopted: destroy --oidc-provider releases it, and deletes it only with --delete-adopted")
	}
	if len(steps) > 0 {
		change.Action, change.Diff = Update, lines(diff)
		p.plan.add(change, steps...)
	}
}

// planDeleteProvider removes a provider that helm-irsa made, unless a role that stays
// trusts it then.
func planDeleteProvider(p *planner, want wantedProvider) {
	name := nameOfProvider(want.ARN)
	a := p.seen.Accounts[want.Account]
	seen := a.Providers[want.ARN]
	if seen == nil {
		return
	}
	if owner, ok := ownerOf(seen.Tags); !ok || owner.Cluster != p.want.Owner.Cluster || owner.Scope != p.want.Owner.Scope {
		p.plan.warn("OIDC provider " + name + " stays, since helm-irsa did not make it for this cluster")
		return
	}
	if seen.Tags[tagAdopted] != "" && !p.destroy.DeleteAdopted {
		releaseProvider(p, want, seen)
		return
	}
	var users []string
	for _, key := range sortedKeys(a.Roles) {
		role := a.Roles[key]
		if trusted, err := trustAfter(p, a, role); (err != nil || namesProvider(trusted, want.ARN)) && !deletesRole(p, want.Account, role.Name) {
			users = append(users, role.Name)
		}
	}
	if len(users) > 0 {
		p.plan.warn("OIDC provider " + name + " stays, since other roles trust it: " + strings.Join(users, ", "))
		return
	}
	p.plan.warn("OIDC provider " + name + " is deleted: no pod of the cluster can get a role in AWS account " + want.Account + " then")
	p.plan.add(Change{Action: Delete, Type: TypeProvider, Name: name, ARN: want.ARN, Account: want.Account, Diff: "-url " + want.Issuer},
		step{stageProviderGone, want.Account, deleteProvider{want.ARN}})
}

// trustAfter is the trust that a role has once the plan is done.
func trustAfter(p *planner, a *seenAccount, role *seenRole) (trust.Document, error) {
	doc, err := role.Trust()
	for _, s := range p.plan.steps {
		if write, ok := s.do.(writeTrust); ok && err == nil && s.account == a.ID && write.role == role.Name {
			doc, err = mergeTrust(doc, write.edit())
		}
	}
	return doc, err
}

func namesProvider(d trust.Document, arn string) bool {
	for _, s := range d.Statements() {
		principals, _ := s.Principals()
		if slices.ContainsFunc(principals, func(p trust.Principal) bool { return p.ID == arn }) {
			return true
		}
	}
	return false
}

func deletesRole(p *planner, account, name string) bool {
	return slices.ContainsFunc(p.plan.Changes, func(c Change) bool {
		return c.Action == Delete && c.Type == TypeRole && c.Account == account && c.Name == name
	})
}
