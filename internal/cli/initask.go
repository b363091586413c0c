package cli

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/catalog"
	"github.com/helm-irsa/helm-irsa/pkg/draft"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// conversation asks what the flags do not say.
type conversation struct {
	*asker
	w *world
	o *initOptions
	// offer is what AWS has, by the type of parameters; nothing where it was not asked.
	offer map[string][]awsiam.Offer
}

// converse asks which service accounts get which policies.
func (w *world) converse(a *asker, o *initOptions) (map[string][]draft.Grant, error) {
	c := &conversation{asker: a, w: w, o: o, offer: map[string][]awsiam.Offer{}}
	if len(w.subjects) == 0 {
		return nil, w.none()
	}
	a.say("Chart %s %s, release %s in namespace %s.", w.found.Chart.Name, w.found.Chart.Version, o.options.Release, w.chart.Namespace)
	chosen, err := c.which()
	if err != nil {
		return nil, err
	}
	out := map[string][]draft.Grant{}
	for _, s := range chosen {
		if out[s.called], err = c.grantsOf(s); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// which asks for the service accounts. Those that an entry of the catalogue fits are proposed, and
// the only one.
func (c *conversation) which() ([]*subject, error) {
	all := c.w.subjects
	var proposed []string
	c.say("Which service accounts get a role in AWS?")
	for i, s := range all {
		if s.entry != "" || len(all) == 1 {
			proposed = append(proposed, strconv.Itoa(i+1))
		}
		c.say("  %d  %s%s", i+1, s.called, c.about(s))
	}
	var chosen []*subject
	err := c.ask("Numbers or names", strings.Join(proposed, ", "), func(answer string) error {
		chosen = nil
		for _, word := range words(answer) {
			s := c.w.subject(word)
			if n, err := strconv.Atoi(word); s == nil && err == nil && n >= 1 && n <= len(all) {
				s = all[n-1]
			}
			if s == nil {
				return fmt.Errorf("%q is none of them", word)
			}
			if !slices.Contains(chosen, s) {
				chosen = append(chosen, s)
			}
		}
		if len(chosen) == 0 {
			return errors.New("irsa.yaml needs one at least")
		}
		return nil
	})
	return chosen, err
}

func (c *conversation) about(s *subject) string {
	text := ""
	switch {
	case len(s.usedBy) > 0:
		text = ", new, for " + s.usedBy[0].Kind + " " + s.usedBy[0].Name
	case len(s.runs) > 0:
		text = ", of " + runners(s.runs)
	}
	if s.hook {
		text += ", a hook's"
	}
	if s.entry != "" {
		text += "; in the catalogue: " + s.entry
	}
	return text
}

// grantsOf asks for the policies of one service account.
func (c *conversation) grantsOf(s *subject) ([]draft.Grant, error) {
	c.say("Service account %s: which policy? An entry of helm irsa catalog, the ARN of a policy, or %s.", s.called, draft.None)
	var grants []draft.Grant
	err := c.ask("Policies", cmp.Or(s.entry, draft.None), func(answer string) error {
		grants = nil
		for _, word := range words(answer) {
			g, err := draft.ParseGrant(s.called + "=" + word)
			if err != nil {
				return err
			}
			grants = append(grants, g)
		}
		return c.w.check(&choice{grants: map[string][]draft.Grant{s.called: onlyARNs(grants)}}, c.o.mode)
	})
	if err != nil {
		return nil, err
	}
	for i := range grants {
		if grants[i].Entry == "" {
			continue
		}
		if err := c.parameters(&grants[i]); err != nil {
			return nil, err
		}
	}
	return grants, nil
}

func onlyARNs(grants []draft.Grant) []draft.Grant {
	return slices.DeleteFunc(slices.Clone(grants), func(g draft.Grant) bool { return g.Entry != "" })
}

// parameters asks for those of an entry, and its features.
func (c *conversation) parameters(g *draft.Grant) error {
	e, err := catalog.Find(g.Entry)
	if err != nil {
		return err
	}
	for _, p := range e.Parameters {
		if err := c.parameter(g, e, p); err != nil {
			return err
		}
	}
	return c.features(g, e)
}

// nothing is the answer for a parameter that is left out.
const nothing = "none"

func (c *conversation) parameter(g *draft.Grant, e *catalog.Entry, p catalog.Parameter) error {
	c.say("%s: %s. %s", e.Name, p.Name, p.About)
	offers := c.offers(p)
	standard := nothing
	if p.Required {
		standard = ""
	} else if len(p.Default) > 0 {
		standard = strings.Join(p.Default, ", ")
	}
	return c.ask("Such as "+p.Sample(), standard, func(answer string) error {
		delete(g.Parameters, p.Name)
		if answer == standard && !p.Required {
			return nil
		}
		var values []string
		for _, word := range words(answer) {
			if word = meantBy(offers, word); !slices.Contains(values, word) {
				values = append(values, word)
			}
		}
		g.Parameters[p.Name] = values
		return c.faultsOf(*g, p.Name, len(values) == 0)
	})
}

// faultsOf are those of a grant that have to do with one parameter: the others are not asked for
// yet.
func (c *conversation) faultsOf(g draft.Grant, parameter string, missing bool) error {
	if missing {
		return errors.New("it is needed")
	}
	var out []error
	for _, err := range leaves(g.Check(c.w.target(), cmp.Or(c.o.mode, spec.ModeIRSA))) {
		var fault *draft.Error
		if errors.As(err, &fault) && fault.Parameter == parameter {
			out = append(out, faults.Hinted(errors.New(fault.Fault), "%s", fault.Hint()))
		}
	}
	return errors.Join(out...)
}

// features asks for those, and whether all fits together.
func (c *conversation) features(g *draft.Grant, e *catalog.Entry) error {
	check := func() error {
		return g.Check(c.w.target(), cmp.Or(c.o.mode, spec.ModeIRSA))
	}
	if len(e.Features) == 0 {
		return check()
	}
	c.say("%s: features.", e.Name)
	for _, f := range e.Features {
		c.say("  %s: %s", f.Name, f.About)
	}
	return c.ask("Names", nothing, func(answer string) error {
		if g.Features = words(answer); answer == nothing {
			g.Features = nil
		}
		return check()
	})
}
