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
		ours, adopts := p.want.Owner.tagged(seen.Tags), p.adopts(adoptAssociation, name)
		if seen.RoleARN == want.RoleARN && !ours && !adopts {
			continue // it does what is wanted, whoever made it
		}
		if !ours && !adopts {
			remove := safe.Type("aws", "eks", "delete-pod-identity-association").Flag("--cluster-name", safe.Cluster, want.Cluster).Flag("--association-id", safe.Association, seen.ID)
			p.faults.add(fmt.Sprintf("%s; or remove it: %s", p.howToAdopt(adoptAssociation, name), remove),
				"service account %s has a Pod Identity association with role %s already, which this release did not make", name, seen.RoleARN)
			continue
		}
		if owner, known := ownerOf(seen.Tags); !ours && !(known && p.want.Owner.sibling(owner)) {
			want.Tags = adoptedTags(want.Tags)
			p.plan.warn(fmt.Sprintf("the Pod Identity association of service account %s is adopted: destroy releases it, and deletes it only with --delete-adopted", name))
		}
		var diff []string
		var steps []step
		if seen.RoleARN != want.RoleARN {
			p.plan.narrows = true // its pods lose the role that they have
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
		named := wanted(p.named, a)
		if wanted(p.want, a) || !p.want.Owner.tagged(a.Tags) || !p.means(named) {
			continue
		}
		switch {
		case !named && !p.keepsRoleOf(a):
			p.plan.warn(fmt.Sprintf("the Pod Identity association of service account %s/%s has the tags of %s, and neither irsa.yaml nor its role proves them: it is left alone", a.Namespace, a.ServiceAccount, p.want.Owner))
			continue
		case a.Tags[tagAdopted] != "" && !p.destroy.DeleteAdopted:
			p.releaseAssociation(a)
			continue
		}
		p.plan.warn(fmt.Sprintf("service account %s/%s loses its Pod Identity association with role %s", a.Namespace, a.ServiceAccount, a.RoleARN))
		p.plan.add(p.associationChange(Delete, a.Namespace, a.ServiceAccount, a.ARN, "-role "+a.RoleARN),
			step{stageAssociationGone, p.want.Facts.Account, deleteAssociation{p.want.Facts.Cluster, a.ID, a.Namespace + "/" + a.ServiceAccount}})
	}
}

// keepsRoleOf reports whether the release keeps the role of an association.
func (p *planner) keepsRoleOf(a ObservedAssociation) bool {
	account := p.seen.Accounts[p.want.Facts.Account]
	if account == nil {
		return false
	}
	role := account.role(nameOfARN(a.RoleARN))
	return role != nil && role.ARN == a.RoleARN && p.want.Owner.keeps(role)
}
