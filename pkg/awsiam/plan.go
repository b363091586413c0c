package awsiam

import (
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// planner compares what is wanted with what is there. It is pure: nothing in it asks
// AWS, the clock or the environment.
type planner struct {
	want   *Desired
	seen   *Observed
	plan   *Plan
	faults Faults
	// named is what irsa.yaml names, for a release without a name: want itself, but
	// when everything is removed.
	named *Desired
	// handed are the ARNs of policies that go to another release.
	handed []string
	// going are the attachments that the plan takes away, ACCOUNT ROLE ARN.
	going map[string]bool
}

func newPlanner(d *Desired, o *Observed) *planner {
	return &planner{
		want: d, named: d, seen: o, going: map[string]bool{},
		plan: &Plan{Owner: d.Owner, Changes: []Change{}, Identities: d.Identities},
	}
}

// planChanges is the plan that makes AWS what is wanted. All that stands in its way is
// in one Faults.
func planChanges(d *Desired, o *Observed) (*Plan, error) {
	p := newPlanner(d, o)
	for _, provider := range d.Providers {
		p.provider(provider)
	}
	for _, policy := range d.Policies {
		p.policy(policy)
	}
	for _, role := range d.Roles {
		p.role(role)
	}
	p.nodeRoles()
	p.associations()
	p.leftovers()
	p.limits()
	p.unusedAdoptions()
	p.words()
	if err := p.faults.err(); err != nil {
		return nil, err
	}
	p.sort()
	return p.plan, nil
}

// sort puts the steps in the order of their stages; changes stay as they were found.
func (p *planner) sort() {
	p.makeRoom()
	slices.SortStableFunc(p.plan.steps, func(a, b planned) int { return int(a.stage) - int(b.stage) })
}

// adopts reports whether the user named a thing to take over.
func (p *planner) adopts(name string) bool {
	return slices.ContainsFunc(p.want.Adopt, func(a string) bool { return strings.EqualFold(a, name) })
}

// unusedAdoptions faults names that irsa.yaml wants nothing of. What is ours already is
// none: the same command must go on after an interruption.
func (p *planner) unusedAdoptions() {
	var names []string
	for _, r := range p.want.Roles {
		names = append(names, r.Name)
	}
	for _, w := range p.want.Policies {
		names = append(names, w.Name)
	}
	for _, w := range p.want.Providers {
		names = append(names, nameOfProvider(w.ARN))
	}
	for _, w := range p.want.Associations {
		names = append(names, w.Namespace+"/"+w.ServiceAccount)
	}
	for _, adopt := range p.want.Adopt {
		if slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, adopt) }) {
			continue
		}
		hint := "leave --adopt " + adopt + " away, or correct the name"
		if near, ok := spec.Nearest(adopt, names); ok {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		p.faults.add(hint, "--adopt %s: irsa.yaml wants no role, policy, OIDC provider or association of that name", adopt)
	}
}

// standing is what a thing that is there is to the release.
type standing int

const (
	own     standing = iota // its tags are the release's, or it is adopted
	shared                  // another release of helm-irsa made it
	foreign                 // it has no tags of ours
)

// standingOf looks at tags, and at what was adopted. from is the owner that the tags
// name, where they name another.
func (p *planner) standingOf(name string, tags map[string]string) (s standing, from Owner) {
	if p.want.Owner.owns(tags) {
		return own, Owner{}
	}
	from, known := ownerOf(tags)
	switch {
	case p.adopts(name):
		return own, from
	case known:
		return shared, from
	}
	return foreign, Owner{}
}

// tagChanges are the tags that have to be written: those wanted that are not there or
// say something else. Others stay: nobody knows who made them.
func tagChanges(seen, want map[string]string) map[string]string {
	out := map[string]string{}
	for k, v := range want {
		if had, ok := seen[k]; !ok || had != v {
			out[k] = v
		}
	}
	return out
}

// tagDiff is how tags look in a diff.
func tagDiff(seen, changes map[string]string) []string {
	var out []string
	for _, k := range sortedKeys(changes) {
		if had, ok := seen[k]; ok {
			out = append(out, "-tag "+k+": "+had)
		}
		out = append(out, "+tag "+k+": "+changes[k])
	}
	return out
}

func plainTags(tags map[string]string) []string {
	var out []string
	for _, k := range sortedKeys(tags) {
		out = append(out, "+tag "+k+": "+tags[k])
	}
	return out
}

// docDiff is trust.Diff, without its position lines where a document is new or goes
// as a whole.
func docDiff(before, after trust.Document) []string {
	out := trust.Diff(before, after)
	if before.Text() == "" || after.Text() == "" {
		out = slices.DeleteFunc(out, func(line string) bool { return strings.HasPrefix(line, "@@ ") })
	}
	return out
}

// lines is a diff of lines: each is one, whatever the values in it hold.
func lines(parts ...[]string) string {
	all := slices.Concat(parts...)
	for i, line := range all {
		all[i] = safe.Text(line)
	}
	return strings.Join(all, "\n")
}
