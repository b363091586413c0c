package awsiam

import (
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// What --adopt names: TYPE/NAME, of these types.
const (
	adoptRole        = "role"
	adoptPolicy      = "policy"
	adoptProvider    = "provider"
	adoptAssociation = "association"
)

// adopts reports whether the user named a thing to take over.
func adopts(p *planner, kind, name string) bool {
	return slices.ContainsFunc(p.want.Adopt, func(a string) bool { return namesThing(a, kind, name) })
}

// namesThing compares what --adopt says with a thing. IAM ignores case in the names of
// roles and policies.
func namesThing(adopt, kind, name string) bool {
	gotKind, got, ok := cutAdoption(adopt)
	if !ok || gotKind != kind {
		return false
	}
	if kind == adoptRole || kind == adoptPolicy {
		return strings.EqualFold(got, name)
	}
	return got == name
}

// cutAdoption takes TYPE/NAME apart.
func cutAdoption(adopt string) (kind, name string, ok bool) {
	kind, name, ok = strings.Cut(adopt, "/")
	if kind == adoptProvider {
		name = strings.TrimSuffix(strings.TrimPrefix(name, "https://"), "/")
	}
	return kind, name, ok && name != "" && slices.Contains([]string{adoptRole, adoptPolicy, adoptProvider, adoptAssociation}, kind)
}

// adoptable are the things that irsa.yaml wants, as --adopt names them.
func (d *desired) adoptable() []string {
	var out []string
	for _, r := range d.Roles {
		out = append(out, adoptRole+"/"+r.Name)
	}
	for _, r := range d.NodeRoles {
		out = append(out, adoptRole+"/"+r.Name)
	}
	for _, w := range d.Policies {
		out = append(out, adoptPolicy+"/"+w.Name)
	}
	for _, w := range d.Providers {
		out = append(out, adoptProvider+"/"+nameOfProvider(w.ARN))
	}
	for _, w := range d.Associations {
		out = append(out, adoptAssociation+"/"+w.Namespace+"/"+w.ServiceAccount)
	}
	return out
}

// checkAdoptions faults what --adopt names and irsa.yaml does not want, before anything is
// read. What is ours already is none: the same command must go on after an interruption.
func (d *desired) checkAdoptions() error {
	var faults Faults
	all := d.adoptable()
	for _, adopt := range d.Adopt {
		kind, name, ok := cutAdoption(adopt)
		switch {
		case !ok:
			faults.add(d.typedAdoption(adopt), "--adopt %s does not say what it is: a role, a policy, a provider or an association", adopt)
		case !slices.ContainsFunc(all, func(have string) bool {
			_, n, _ := strings.Cut(have, "/")
			return namesThing(adopt, kind, n) && strings.HasPrefix(have, kind+"/")
		}):
			hint := "leave --adopt " + safe.Word(adopt) + " away, or correct the name"
			if near, ok := spec.Nearest(kind+"/"+name, all); ok {
				hint = "did you mean --adopt " + safe.Word(near) + "?"
			}
			faults.add(hint, "--adopt %s: irsa.yaml wants no %s of that name", adopt, kind)
		}
	}
	return faults.err()
}

// typedAdoption is what to type in place of a name alone.
func (d *desired) typedAdoption(name string) string {
	var found, names []string
	all := d.adoptable()
	for _, have := range all {
		if kind, bare, _ := strings.Cut(have, "/"); namesThing(kind+"/"+name, kind, bare) {
			found = append(found, "--adopt "+safe.Word(have))
		}
		_, bare, _ := strings.Cut(have, "/")
		names = append(names, bare)
	}
	if near, ok := spec.Nearest(name, names); ok && len(found) == 0 {
		return "did you mean --adopt " + all[slices.Index(names, near)] + "?"
	}
	if len(found) == 0 {
		return "write --adopt role/NAME, policy/NAME, provider/ISSUER or association/NAMESPACE/SERVICEACCOUNT"
	}
	return "write " + strings.Join(slices.Compact(found), " or ")
}

// adoptedTags are tags with the one for people.
func adoptedTags(tags map[string]string) map[string]string {
	out := map[string]string{tagAdopted: "true"}
	for k, v := range tags {
		out[k] = v
	}
	return out
}

// adoptCommand is the command that takes a thing over, whichever command it was that met it:
// install and upgrade adopt nothing in AWS. What was adopted on the way here stays adopted.
func adoptCommand(p *planner, kind, name string) string {
	t := typeOurs(p, "apply")
	for _, adopt := range p.want.Adopt {
		t.Given("--adopt", adopt)
	}
	return t.Given("--adopt", kind+"/"+name).String()
}

// typeOurs begins a command of ours for the release of the plan.
func typeOurs(p *planner, command string) *safe.Typed {
	o := p.want.Owner
	return safe.Irsa(command, o.Release, o.Namespace, p.named.Typed)
}

// howToAdopt is the end of a hint.
func howToAdopt(p *planner, kind, name string) string {
	return "to take it over: " + adoptCommand(p, kind, name) + " (it shows first what would change)"
}
