package fleet

import (
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// policiesOf are the policies of a role, and what they allow.
func (b *builder) policiesOf(r *awsstate.Role) []PolicyGrant {
	out := []PolicyGrant{}
	for _, in := range r.Inline.List {
		out = append(out, grantOf(PolicyGrant{Name: in.Name, Kind: "inline"}, &in.Document))
	}
	for _, arn := range r.Attached.List {
		kind := "managed"
		if awsstate.AccountOf(arn) == "aws" {
			kind = "aws"
		}
		p := b.policies[arn]
		var document *trust.Document
		if p != nil {
			document = p.Document
		}
		out = append(out, grantOf(PolicyGrant{Name: last(arn), ARN: arn, Kind: kind}, document))
	}
	return out
}

// grantOf fills in what a policy's document allows.
func grantOf(p PolicyGrant, d *trust.Document) PolicyGrant {
	p.Grants = []Grant{}
	if d == nil {
		return p
	}
	p.Read = true
	byService := map[string]*Grant{}
	for _, s := range d.Statements() {
		if !s.Allows() {
			p.Denies = true
			continue
		}
		actions, but := s.Actions()
		resources, butOn := s.Resources()
		if but { // everything but some actions
			actions = []string{"*"}
		}
		if butOn {
			resources = []string{"*"}
		}
		for _, action := range actions {
			service, _, ok := strings.Cut(strings.ToLower(action), ":")
			if !ok || strings.ContainsAny(service, "*?") {
				service = "*"
			}
			g := byService[service]
			if g == nil {
				g = &Grant{Service: service, Conditional: true}
				byService[service] = g
			}
			g.AllBut = g.AllBut || but || butOn
			g.Conditional = g.Conditional && len(s.Conditions()) > 0
			g.Access = merged(g.Access, LevelsOf(action))
			for _, r := range resources {
				if !slices.Contains(g.Resources, r) {
					g.Resources = append(g.Resources, r)
				}
			}
		}
	}
	for _, service := range manifest.SortedKeys(byService) {
		g := byService[service]
		if slices.Contains(g.Resources, "*") {
			g.Resources = []string{"*"}
		}
		p.Grants = append(p.Grants, *g)
	}
	return p
}

func merged(a, b []Level) []Level {
	return slices.DeleteFunc(slices.Clone(levelOrder), func(l Level) bool { return !slices.Contains(a, l) && !slices.Contains(b, l) })
}

// all reports whether it is everything on everything, without conditions.
func (g Grant) everything() bool {
	return g.Service == "*" && !g.AllBut && !g.Conditional && len(g.Access) == len(levelOrder) && slices.Contains(g.Resources, "*")
}

// Words say what a grant is: "s3: read and write on 2 resources".
func (g Grant) Words() string {
	if g.everything() {
		return "everything on everything"
	}
	service := g.Service
	if service == "*" {
		service = "every service"
	}
	access := make([]string, len(g.Access))
	for i, l := range g.Access {
		access[i] = string(l)
	}
	on := "everything"
	switch {
	case len(g.Resources) == 1 && g.Resources[0] != "*":
		on = g.Resources[0]
	case len(g.Resources) > 1:
		on = plural(len(g.Resources), "resource", "resources")
	}
	out := service + ": " + listed(access) + " on " + on
	if g.AllBut {
		out += ", but for what it names"
	}
	if g.Conditional {
		out += ", under conditions"
	}
	return out
}

// listed is "a, b and c".
func listed(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// Services say what all policies of a role allow together, a grant for each service.
func (r Role) Services() []Grant {
	byService := map[string]*Grant{}
	for _, p := range r.Policies {
		for _, g := range p.Grants {
			had := byService[g.Service]
			if had == nil {
				own := g
				own.Resources = slices.Clone(g.Resources)
				byService[g.Service] = &own
				continue
			}
			had.Access, had.Conditional, had.AllBut = merged(had.Access, g.Access), had.Conditional && g.Conditional, had.AllBut || g.AllBut
			for _, on := range g.Resources {
				if !slices.Contains(had.Resources, on) {
					had.Resources = append(had.Resources, on)
				}
			}
		}
	}
	var out []Grant
	for _, service := range manifest.SortedKeys(byService) {
		g := byService[service]
		if slices.Contains(g.Resources, "*") {
			g.Resources = []string{"*"}
		}
		out = append(out, *g)
	}
	return out
}
