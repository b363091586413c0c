package awsiam

import (
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

func associationChange(p *planner, a Action, namespace, account, arn, diff string) Change {
	return Change{Action: a, Type: TypeAssociation, Name: namespace + "/" + account, ARN: arn, Account: p.want.Facts.Account, Diff: diff}
}

// planAssociations plans the Pod Identity associations.
func planAssociations(p *planner) {
	for _, want := range p.want.Associations {
		faultUntrusted(p, want)
		seen := p.seen.association(want.Namespace, want.ServiceAccount)
		if seen == nil {
			p.plan.add(associationChange(p, Create, want.Namespace, want.ServiceAccount, "", lines([]string{"+role " + want.RoleARN}, settingsDiff(associationSettings{}, want.associationSettings), plainTags(want.Tags))),
				step{stageAssociations, p.want.Facts.Account, createAssociation{want}})
			continue
		}
		ours, adopts := p.want.Owner.tagged(seen.Tags), adopts(p, adoptAssociation, want.name())
		if seen.RoleARN == want.RoleARN && seen.same(want.associationSettings) && !ours && !adopts {
			continue // it does what is wanted, whoever made it
		}
		if !ours && !adopts {
			foreignAssociation(p, want, seen)
			continue
		}
		if owner, known := ownerOf(seen.Tags); !ours && !(known && p.want.Owner.sibling(owner)) {
			want.Tags = adoptedTags(want.Tags)
			p.plan.warn(fmt.Sprintf("the Pod Identity association of service account %s is adopted: destroy releases it, and deletes it only with --delete-adopted", want.name()))
		}
		changedAssociation(p, want, seen)
	}
	foreignOverrules(p)
}

func (a wantedAssociation) name() string { return a.Namespace + "/" + a.ServiceAccount }

// foreignAssociation faults an association that somebody else made and that says something
// else.
func foreignAssociation(p *planner, want wantedAssociation, seen *seenAssociation) {
	hint := fmt.Sprintf("%s; or remove it: %s", howToAdopt(p, adoptAssociation, want.name()), removal(p, seen))
	if seen.RoleARN == want.RoleARN {
		hint = "write under podIdentity what it says; " + hint
	}
	p.faults.add(hint, "service account %s has a Pod Identity association already, which this release did not make: %s", want.name(), seen.says())
}

// removal is the command that deletes an association.
func removal(p *planner, a *seenAssociation) *safe.Typed {
	return safe.Type("aws", "eks", "delete-pod-identity-association").Flag("--cluster-name", safe.Cluster, p.want.Facts.Cluster).Flag("--association-id", safe.Association, a.ID)
}

// foreignOverrules says which service accounts do not get the role that they are to have by IRSA,
// since somebody else gives them another by an association. Who moves from one to the other makes
// the role first, so it is no fault.
func foreignOverrules(p *planner) {
	for _, i := range p.want.Identities {
		a := p.seen.association(i.Namespace, i.ServiceAccount)
		if a == nil || !overrules(p, *a) || p.want.Owner.tagged(a.Tags) || a.RoleARN == i.RoleARN {
			continue
		}
		p.plan.warn(fmt.Sprintf("service account %s/%s has a Pod Identity association, which this release did not make: %s; new pods get that, and not role %s; to remove it: %s",
			i.Namespace, i.ServiceAccount, a.says(), nameOfARN(i.RoleARN), removal(p, a)))
	}
}

// says puts an association into words.
func (a *seenAssociation) says() string {
	out := []string{"with role " + a.RoleARN}
	if a.TargetRoleARN != "" {
		out = append(out, "target role "+a.TargetRoleARN)
	}
	if a.NoTags {
		out = append(out, "no session tags")
	}
	if a.Policy != "" {
		out = append(out, "a session policy")
	}
	return strings.Join(out, ", ")
}

// changedAssociation brings an association to what is wanted: all that it says.
func changedAssociation(p *planner, want wantedAssociation, seen *seenAssociation) {
	var diff []string
	var steps []step
	update := updateAssociation{cluster: want.Cluster, id: seen.ID, name: want.name()}
	if seen.RoleARN != want.RoleARN {
		p.plan.narrows = true // its pods lose the role that they have
		diff = []string{"-role " + seen.RoleARN, "+role " + want.RoleARN}
		update.roleARN, update.roleMade = want.RoleARN, want.RoleMade
	}
	if !seen.same(want.associationSettings) {
		diff = append(diff, settingsDiff(seen.associationSettings, want.associationSettings)...)
		update.settings = &want.associationSettings
		update.before = seen.associationSettings
		settingsLost(p, want, seen)
	}
	if len(diff) > 0 {
		steps = append(steps, step{stageAssociations, p.want.Facts.Account, update})
		changedAtOnce(p, want, seen)
	}
	if tags := tagChanges(seen.Tags, want.Tags); len(tags) > 0 {
		diff = append(diff, tagDiff(seen.Tags, tags)...)
		steps = append(steps, step{stageAssociations, p.want.Facts.Account, tagAssociation{seen.ARN, want.name(), tags}})
	}
	if len(steps) > 0 {
		p.plan.add(associationChange(p, Update, want.Namespace, want.ServiceAccount, seen.ARN, lines(diff)), steps...)
	}
}

// changedAtOnce says what pods get that run now: an association has one role, one target role
// and one session policy, and the new pods need the new ones.
func changedAtOnce(p *planner, want wantedAssociation, seen *seenAssociation) {
	var what []string
	if seen.RoleARN != want.RoleARN {
		what = append(what, "role "+nameOfARN(want.RoleARN))
	}
	if seen.TargetRoleARN != want.TargetRoleARN {
		what = append(what, targetWord(want.TargetRoleARN))
	}
	if want.Policy != "" && !samePolicy(seen.Policy, want.Policy) {
		what = append(what, "another session policy")
	}
	if want.NoTags && !seen.NoTags {
		what = append(what, "no session tags")
	}
	if len(what) > 0 {
		p.plan.warn(fmt.Sprintf("an association can have one of each: pods of service account %s that run now get %s at once, before Helm has replaced them", want.name(), strings.Join(what, " and ")))
	}
}

func targetWord(arn string) string {
	if arn == "" {
		return "no target role"
	}
	return "target role " + nameOfARN(arn)
}

// settingsDiff is how the settings of an association look in a diff.
func settingsDiff(seen, want associationSettings) []string {
	var out []string
	if seen.TargetRoleARN != want.TargetRoleARN {
		if seen.TargetRoleARN != "" {
			out = append(out, "-target role "+seen.TargetRoleARN)
		}
		if want.TargetRoleARN != "" {
			out = append(out, "+target role "+want.TargetRoleARN)
		}
	}
	switch {
	case want.NoTags && !seen.NoTags:
		out = append(out, "+session tags disabled")
	case seen.NoTags && !want.NoTags:
		out = append(out, "-session tags disabled")
	}
	if samePolicy(seen.Policy, want.Policy) {
		return out
	}
	for i, text := range []string{seen.Policy, want.Policy} {
		if _, err := trust.ParsePermissions(text); err != nil && text != "" { // of a document that cannot be read, the text
			out = append(out, []string{"-", "+"}[i]+"session policy "+text)
			return out
		}
	}
	return append(append(out, "@@ session policy @@"), docDiff(policyOf(seen.Policy), policyOf(want.Policy))...)
}

// policyOf reads a session policy; the zero Document where there is none.
func policyOf(text string) trust.Document {
	d, _ := trust.ParsePermissions(text)
	return d
}

// settingsLost says what pods may do no more, or may do now, by other settings of their
// association than it had.
func settingsLost(p *planner, want wantedAssociation, seen *seenAssociation) {
	who := "service account " + want.name()
	if seen.TargetRoleARN != "" && seen.TargetRoleARN != want.TargetRoleARN {
		p.plan.narrows = true
		p.plan.warn(fmt.Sprintf("%s loses target role %s", who, seen.TargetRoleARN))
	}
	if want.NoTags && !seen.NoTags {
		p.plan.narrows = true
		p.plan.warn(fmt.Sprintf("the session tags of %s are disabled: policies with conditions on aws:PrincipalTag/kubernetes-namespace and the like allow it nothing any more", who))
	}
	switch before, after := policyOf(seen.Policy), policyOf(want.Policy); {
	case samePolicy(seen.Policy, want.Policy):
	case want.Policy == "":
		p.plan.warn(who + " loses its session policy: it may do all that its role allows")
	case seen.Policy == "":
		p.plan.narrows = true
		p.plan.warn(who + " gets a session policy: it loses all that this does not allow")
	default:
		p.plan.rewrites(before, after)
	}
}

func (o *observation) association(namespace, account string) *seenAssociation {
	for i, a := range o.Associations {
		if a.Namespace == namespace && a.ServiceAccount == account {
			return &o.Associations[i]
		}
	}
	return nil
}

// associationLeftovers removes associations of the release that nobody wants any more.
func associationLeftovers(p *planner) {
	wanted := func(d *desired, a seenAssociation) bool {
		return slices.ContainsFunc(d.Associations, func(w wantedAssociation) bool {
			return w.Namespace == a.Namespace && w.ServiceAccount == a.ServiceAccount
		})
	}
	for _, a := range p.seen.Associations {
		named := names(p.named, a)
		if wanted(p.want, a) || !p.want.Owner.tagged(a.Tags) || !isAgreed(p, named) {
			continue
		}
		switch {
		case !named && !keepsRoleOf(p, a):
			p.plan.warn(fmt.Sprintf("the Pod Identity association of service account %s/%s has the tags of %s, and neither irsa.yaml nor its role proves them: it is left alone; to remove it: %s", a.Namespace, a.ServiceAccount, p.want.Owner, removal(p, &a)))
			continue
		case a.Tags[tagAdopted] != "" && !p.destroy.DeleteAdopted:
			releaseAssociation(p, a)
			continue
		}
		text := fmt.Sprintf("service account %s/%s loses its Pod Identity association with role %s", a.Namespace, a.ServiceAccount, a.RoleARN)
		if overrules(p, a) {
			text += " at once: new pods would get that, and not the annotation's role; pods that run now keep its credentials until these expire"
		}
		p.plan.warn(text)
		p.plan.add(associationChange(p, Delete, a.Namespace, a.ServiceAccount, a.ARN, "-role "+a.RoleARN),
			step{stageAssociationGone, p.want.Facts.Account, deleteAssociation{p.want.Facts.Cluster, a.ID, a.Namespace + "/" + a.ServiceAccount}})
	}
}

// overrules reports whether an association goes whose service account is to have a role by IRSA.
// A pod that is made while there is an association gets the variables of EKS Pod Identity, and not
// those of IRSA, and nothing gives it others later: see pkg/verify/webhook, settings.go, which is
// held against what the webhook of EKS answers.
func overrules(p *planner, a seenAssociation) bool {
	return names(p.want, a) && !slices.ContainsFunc(p.want.Associations, func(w wantedAssociation) bool {
		return w.Namespace == a.Namespace && w.ServiceAccount == a.ServiceAccount
	})
}

// names reports whether irsa.yaml names the service account of an association, whatever its mode.
func names(d *desired, a seenAssociation) bool {
	return slices.ContainsFunc(d.Identities, func(i Identity) bool {
		return i.Namespace == a.Namespace && i.ServiceAccount == a.ServiceAccount
	})
}

// keepsRoleOf reports whether the release keeps the role of an association.
func keepsRoleOf(p *planner, a seenAssociation) bool {
	account := p.seen.Accounts[p.want.Facts.Account]
	if account == nil {
		return false
	}
	role := account.role(nameOfARN(a.RoleARN))
	return role != nil && role.ARN == a.RoleARN && p.want.Owner.keeps(role)
}
