package awsiam

import (
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// planner compares what is wanted with what is there. It is pure: nothing in it asks
// AWS, the clock or the environment.
type planner struct {
	want   *desired
	seen   *observation
	plan   *Plan
	faults Faults
	// named is what irsa.yaml names, for a release without a name: want itself, but
	// when everything is removed.
	named *desired
	// destroy is what goes beside what the release owns.
	destroy DestroyOptions
	// handed are the ARNs of policies that go to another release.
	handed []string
	// going are the attachments that the plan takes away, ACCOUNT ROLE ARN.
	going map[string]bool
}

func newPlanner(d *desired, o *observation) *planner {
	return &planner{
		want: d, named: d, seen: o, going: map[string]bool{},
		plan: &Plan{Owner: d.Owner, Changes: []Change{}, Identities: d.Identities},
	}
}

// planChanges is the plan that makes AWS what is wanted. All that stands in its way is
// in one Faults.
func planChanges(d *desired, o *observation) (*Plan, error) {
	p := newPlanner(d, o)
	for _, provider := range d.Providers {
		planProvider(p, provider)
	}
	for _, policy := range d.Policies {
		planPolicy(p, policy)
	}
	for _, role := range d.Roles {
		planRole(p, role)
	}
	nodeRoles(p)
	planAssociations(p)
	planLeftovers(p)
	checkLimits(p)
	checkTags(p)
	sayWords(p)
	if err := p.faults.err(); err != nil {
		return nil, err
	}
	sortChanges(p)
	return p.plan, nil
}

// sortChanges puts the steps in the order of their stages; changes stay as they were found.
func sortChanges(p *planner) {
	phases(p)
	makeRoom(p)
	slices.SortStableFunc(p.plan.steps, byStage)
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
