package awsiam

import (
	"fmt"
	"slices"

	"github.com/helm-irsa/helm-irsa/internal/safe"
)

func (p *planner) associationChange(a Action, namespace, account, arn, diff string) Change {
	return Change{Action: a, Type: TypeAssociation, Name: namespace + "/" + account, ARN: arn, Account: p.want.Facts.Account, Diff: diff}
}

// associations plans the Pod Identity associations.
func (p *planner) associations() {
	for _, want := range p.want.Associations {
		seen := p.seen.association(want.Namespace, want.ServiceAccount)
		name := want.Namespace + "/" + want.ServiceAccount
		if seen == nil {
			p.plan.add(p.associationChange(Create, want.Namespace, want.ServiceAccount, "", lines([]string{"+role " + want.RoleARN}, plainTags(want.Tags))),
				step{stageAssociations, p.want.Facts.Account, createAssociation{want}})
			continue
		}
		standing, _ := p.standingOf(name, seen.Tags)
		if seen.RoleARN == want.RoleARN && standing != own {
			continue // it does what is wanted, whoever made it
		}
		if standing != own {
			remove := safe.Type("aws", "eks", "delete-pod-identity-association").Flag("--cluster-name", safe.Cluster, want.Cluster).Flag("--association-id", safe.Association, seen.ID)
			p.faults.add(fmt.Sprintf("--adopt %s takes it over, or remove it: %s", safe.Word(name), remove),
				"account %s has a Pod Identity association with role %s already, which this release did not make", name, seen.RoleARN)
			continue
		}
		var diff []string
		var steps []step
		if seen.RoleARN != want.RoleARN {
			diff = []string{"-role " + seen.RoleARN, "+role " + want.RoleARN}
			steps = append(steps, step{stageAssociations, p.want.Facts.Account, updateAssociation{want.Cluster, seen.ID, name, want.RoleARN}})
		}
		if tags := tagChanges(seen.Tags, want.Tags); len(tags) > 0 {
			diff = append(diff, tagDiff(seen.Tags, tags)...)
			steps = append(steps, step{stageAssociations, p.want.Facts.Account, tagAssociation{seen.ARN, name, tags}})
		}
		if len(steps) > 0 {
			p.plan.add(p.associationChange(Update, want.Namespace, want.ServiceAccount, seen.ARN, lines(diff)), steps...)
		}
	}
}

func (o *Observed) association(namespace, account string) *ObservedAssociation {
	for i, a := range o.Associations {
		if a.Namespace == namespace && a.ServiceAccount == account {
			return &o.Associations[i]
		}
	}
	return nil
}

// associationLeftovers removes associations of the release that nobody wants any more.
func (p *planner) associationLeftovers() {
	wanted := func(d *Desired, a ObservedAssociation) bool {
		return slices.ContainsFunc(d.Associations, func(w Association) bool { return w.Namespace == a.Namespace && w.ServiceAccount == a.ServiceAccount })
	}
	for _, a := range p.seen.Associations {
		if wanted(p.want, a) || !p.exactly(a.Tags, wanted(p.named, a)) {
			continue
		}
		p.plan.warn(fmt.Sprintf("account %s/%s loses its Pod Identity association with role %s", a.Namespace, a.ServiceAccount, a.RoleARN))
		p.plan.add(p.associationChange(Delete, a.Namespace, a.ServiceAccount, a.ARN, "-role "+a.RoleARN),
			step{stageAssociationGone, p.want.Facts.Account, deleteAssociation{p.want.Facts.Cluster, a.ID, a.Namespace + "/" + a.ServiceAccount}})
	}
}
