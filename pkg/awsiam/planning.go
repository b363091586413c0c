package awsiam

import (
	"context"
	"fmt"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
)

// Plan reads what there is and says what would make it what irsa.yaml wants. It writes
// nothing. What stands in the way is in one error: a *spec.FaultList with places in
// irsa.yaml, or Faults.
func (s *Session) Plan(ctx context.Context) (*Plan, error) {
	d, o, err := look(s, ctx, false)
	if err != nil {
		return nil, err
	}
	if err := d.notGuessed(); err != nil {
		return nil, err
	}
	p, err := computed(s, ctx, d, o)
	keep(s, d, o)
	if err != nil {
		return nil, err
	}
	return checkIssuers(s, ctx, p)
}

// computed computes a plan. Where State follows, and so as few calls as can be are to be made,
// the quotas of the AWS accounts are read only once something is to be done, or stands in the
// way: of a plan that is empty nothing depends on them.
func computed(s *Session, ctx context.Context, d *desired, o *observation) (*Plan, error) {
	p, err := basedOn(d, o, nil)
	if err == nil && p.Empty() {
		return p, nil
	}
	s.quotas = true
	var jobs []func() error
	for _, id := range d.accounts() {
		c, failed := s.in(ctx, id)
		if a := o.Accounts[id]; failed == nil && a != nil && len(a.Summary) == 0 {
			jobs = append(jobs, func() error { return c.readSummary(ctx, a) })
		}
	}
	if failed := s.run(ctx, jobs); failed != nil {
		if err == nil {
			err = failed
		}
		return nil, err
	}
	return basedOn(d, o, nil)
}

// PlanDestroy says what would remove what the release owns. It writes nothing.
func (s *Session) PlanDestroy(ctx context.Context, options DestroyOptions) (*Plan, error) {
	if options.Provider {
		if err := findIssuers(s, ctx); err != nil {
			return nil, err
		}
	}
	d, o, err := look(s, ctx, true)
	if err != nil {
		return nil, err
	}
	if err := d.notGuessed(); err != nil {
		return nil, err
	}
	keep(s, d, o)
	return basedOn(d, o, &options)
}

// look gives what is wanted and what there is, for the release of the name that AWS
// knows where none was given.
func look(s *Session, ctx context.Context, leaving bool) (*desired, *observation, error) {
	if !leaving { // who leaves may do so after the cluster has gone
		if err := findCluster(s, ctx); err != nil {
			return nil, nil, err
		}
	}
	d, err := want(s.release, s.facts, leaving)
	if err != nil {
		return nil, nil, err
	}
	if err := d.checkAdoptions(); err != nil {
		return nil, nil, err
	}
	around := func(d *desired) {
		if leaving { // it may have made roles before irsa.yaml named others
			d.lookAround(s.release.File)
		}
	}
	around(d)
	o, err := observe(s, ctx, d, leaving)
	if err != nil || s.release.Name != "" {
		return d, o, err
	}
	name, err := o.releaseName(d)
	if err != nil || name == "" {
		return d, o, err
	}
	named := s.release
	named.Name = name
	if d, err = want(named, s.facts, leaving); err == nil {
		d.Guessed = true
		around(d)
	}
	return d, o, err
}

// NamedRelease is the error where no release was named, and what irsa.yaml names belongs to
// one that has a name. Another may be meant, so nothing is changed on a guess.
type NamedRelease struct{ Owner Owner }

// Error says whose it is.
func (e *NamedRelease) Error() string {
	return fmt.Sprintf("no release was named, and roles or policies of irsa.yaml belong to %s", e.Owner)
}

// Hint is what to type in place of the command.
func (e *NamedRelease) Hint() string {
	return fmt.Sprintf("name the release: helm irsa plan %s -n %s", e.Owner.Release, e.Owner.Namespace)
}

func (d *desired) notGuessed() error {
	if d.Guessed {
		return &NamedRelease{d.Owner}
	}
	return nil
}

// releaseName is the name of the release that irsa.yaml's roles and policies belong to
// already; empty where there is none. Another release of the namespace is never meant:
// all that it has would be left over from irsa.yaml.
func (o *observation) releaseName(d *desired) (string, error) {
	found := map[string]bool{}
	note := func(t Owner, proven bool) {
		if proven && d.Owner.sameNamespace(t) && t.Release != "" {
			found[t.Release] = true
		}
	}
	for id, a := range o.Accounts {
		for name, role := range a.Roles {
			if d.wantsRole(id, name) {
				c := claimOf(role)
				note(c.owner, c.proven)
			}
		}
		for _, policy := range a.Policies {
			t, _ := ownerOf(policy.Tags)
			note(t, d.wantsPolicy(policy.ARN) && t.made(policy))
		}
	}
	switch names := sortedKeys(found); len(names) {
	case 0:
		return "", nil
	case 1:
		return names[0], nil
	default:
		return "", fault("name the release, such as: "+safe.Type("helm", "irsa", "plan").Value(safe.Release, names[0]).String(),
			"irsa.yaml names roles and policies of several releases of namespace %s: %s", d.Owner.Namespace, strings.Join(names, ", "))
	}
}
