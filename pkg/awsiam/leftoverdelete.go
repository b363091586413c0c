package awsiam

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
)

// Delete deletes what is left over: associations first, then what is on roles, roles, policies and
// providers. A role's trust policy, which proves whose it is, stays until the role goes, and a
// policy has its proof in itself; so after an interruption at any call, what is left is found again
// as left over. The error is an Incomplete where some of it was done.
func (f *Fleet) Delete(ctx context.Context, inv *Inventory, all []Leftover, progress Progress) error {
	var steps []planned
	going := map[string]bool{}
	for _, l := range all {
		going[l.ARN] = going[l.ARN] || l.Delete
	}
	for _, l := range all {
		if l.Delete {
			for _, st := range l.deletion(going) {
				steps = append(steps, planned{step: st})
			}
		}
	}
	return f.carryOut(ctx, inv.seen, steps, progress)
}

// carryOut runs steps that were planned from what was seen.
func (f *Fleet) carryOut(ctx context.Context, seen *observation, steps []planned, progress Progress) error {
	if progress == nil {
		progress = func(int, int) {}
	}
	slices.SortStableFunc(steps, byStage)
	r := &applying{s: f.s, basis: &basis{seen: seen}, now: seen, total: len(steps), progress: progress}
	for from := 0; from < len(steps); {
		to := from
		for to < len(steps) && steps[to].stage == steps[from].stage {
			to++
		}
		if errs := r.stage(ctx, steps[from:to]); first(errs) != nil {
			return incomplete(errs, int(r.done.Load()), r.total)
		}
		from = to
	}
	return nil
}

// deletion are the steps that delete it; going are the ARNs of all that goes with it.
func (l Leftover) deletion(going map[string]bool) []step {
	switch l.Type {
	case TypeAssociation:
		return []step{{stageAssociationGone, l.Account, deleteAssociationIn{l.in, l.association.ID, l.Name}}}
	case TypePolicy:
		return []step{{stagePolicyGone, l.Account, deletePolicy{l.ARN}}}
	case TypeProvider:
		return []step{{stageProviderGone, l.Account, deleteProvider{l.ARN}}}
	}
	steps := []step{{stageRoleGone, l.Account, asLeft{deleteRole{l.Name, l.ARN}, l.role, going}}}
	for _, arn := range l.role.Attached {
		steps = append(steps, step{stageDetach, l.Account, asLeft{detach{l.Name, arn}, l.role, going}})
	}
	for _, name := range sortedKeys(l.role.inline) {
		steps = append(steps, step{stageDetach, l.Account, asLeft{deleteInline{l.Name, name}, l.role, going}})
	}
	return steps
}

// asLeft is a step of a role that is left over, which runs only while trust and tags are as they
// were read: of a hundred roles the last goes a minute after that, and a release may have come to
// it. IAM cannot make that one call; what is left is the time between two.
type asLeft struct {
	action
	role  *seenRole
	going map[string]bool
}

func (a asLeft) run(ctx context.Context, x *executor) error {
	doing := "deleting role " + a.role.Name
	now, err := getRole(ctx, x, a.role.Name, a.role.ARN)
	if err == nil {
		err = x.sameRole(doing, now)
	}
	switch {
	case isMissing(err):
		return nil
	case err != nil:
		return err
	case a.without(aws.ToString(now.AssumeRolePolicyDocument)) != a.without(a.role.trust) || !maps.Equal(tagMap(now.Tags), a.role.Tags):
		return meanwhile(doing, "role %s is not left over any more: its trust or its tags changed", a.role.Name)
	}
	if role, ok := a.action.(deleteRole); ok {
		return role.delete(ctx, x) // it was looked at
	}
	return a.action.run(ctx, x)
}

// quotedPrincipal is the ARN of a role among the texts of a trust policy, or the ID that IAM writes
// in its place once the role is deleted
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html).
var quotedPrincipal = regexp.MustCompile(`"(arn:[^"]*:role/[^"]*|AROA[A-Z0-9]+)"`)

// without is a trust policy in which the roles that go with this one are alike, before and after.
func (a asLeft) without(trust string) string {
	return quotedPrincipal.ReplaceAllStringFunc(decoded(trust), func(text string) string {
		if arn := strings.Trim(text, `"`); a.going[arn] || !strings.HasPrefix(arn, "arn:") {
			return `"deleted"`
		}
		return text
	})
}

// deleteAssociationIn is deleteAssociation in a cluster that is named.
type deleteAssociationIn struct {
	in       NamedCluster
	id, name string
}

func (a deleteAssociationIn) run(ctx context.Context, x *executor) error {
	client, err := x.Session.eksIn(ctx, a.in.Account, a.in.Region)
	if err != nil {
		return err
	}
	_, err = client.DeletePodIdentityAssociation(ctx, &eks.DeletePodIdentityAssociationInput{ClusterName: &a.in.Name, AssociationId: &a.id})
	return gone(err, associationIn(a.in, "deleting", a.name))
}

func (deleteAssociationIn) record(*observation, string) {} // nobody reads on after a Delete

func associationIn(in NamedCluster, doing, name string) subject {
	return subject{doing + " the Pod Identity association of service account " + name + " in cluster " + in.Name, in.Account, eksARN(in.Account, in.Region, "cluster/"+in.Name)}
}

// Same gives what was shown to be left over, as it was read again. The error is a *Meanwhile where
// some of it is another thing by now, or not left over any more. What came to be left over since was
// not shown, and is not given.
func Same(shown, now []Leftover) ([]Leftover, error) {
	var out []Leftover
	var changed []string
	for _, l := range shown {
		if !l.Delete {
			continue
		}
		i := slices.IndexFunc(now, func(n Leftover) bool { return n.Type == l.Type && n.ARN == l.ARN && n.Delete })
		switch {
		case i < 0:
			changed = append(changed, fmt.Sprintf("%s %s is not left over any more", words[l.Type], l.Name))
		case l.content() != now[i].content():
			changed = append(changed, fmt.Sprintf("%s %s changed", words[l.Type], l.Name))
		default:
			out = append(out, now[i])
		}
	}
	if changed != nil {
		return nil, &Meanwhile{Things: changed}
	}
	return out, nil
}

// words are what types are called where pkg/awsiam speaks of them.
var words = map[Type]string{
	TypeRole: "role", TypePolicy: "policy", TypeProvider: "OIDC provider", TypeAssociation: "the Pod Identity association of service account",
}

// content is all that a Backup would hold of it, in one text.
func (l Leftover) content() string {
	b := &Backup{}
	b.add(l)
	var out strings.Builder
	fmt.Fprintf(&out, "%+v", *b)
	return out.String()
}
