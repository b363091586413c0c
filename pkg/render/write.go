package render

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/helm-irsa/helm-irsa/pkg/render/internal/yamledit"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// wanted is what targets write: the service account's name, or its role's ARN.
type wanted struct {
	account *account
	value   string
	role    bool
}

// list begins the reason of every change that a target makes.
func (w wanted) list() string {
	if w.role {
		return roleIn
	}
	return usedBy
}

const (
	usedBy = "usedBy "
	roleIn = "roleIn "
)

// writing is how a target writes.
type writing struct {
	pattern, bindings string
	// entry is the key of a ConfigMap's or Secret's data that the places are in.
	entry string
}

// write makes all the places that were found hold the value. Nothing is changed before all
// of them are known to take it.
func (s *session) write(w wanted, found spots, c Change, how writing) outcome {
	if found.err != nil {
		return faulty(*found.err)
	}
	if len(found.found) == 0 {
		return s.nothingFound(found)
	}
	all := does()
	for _, p := range found.found {
		out := s.writeAt(w, p, c, how)
		if !out.ok {
			return out
		}
		all.do = append(all.do, out.do...)
	}
	return all
}

// nothingFound is a target that matches nothing in its object.
func (s *session) nothingFound(found spots) outcome {
	if len(found.misses) == 0 {
		return missed(Message{})
	}
	return missed(found.misses[len(found.misses)-1])
}

// writeAt makes one place hold the value.
func (s *session) writeAt(w wanted, p spot, c Change, how writing) outcome {
	old, err := p.old()
	if err != nil {
		return faulty(Message{Message: fmt.Sprintf("%s of %s is no base64: %s", p.field, p.o, err)})
	}
	was := old
	var pattern *regexp.Regexp
	if how.pattern != "" {
		pattern = regexp.MustCompile(how.pattern) // pkg/spec refuses what is none
		found, ok := matches(pattern, old, w.value)
		if !ok {
			return faulty(unmatched(p.field, p.o, how.pattern))
		}
		was = w.value
		if len(found) > 0 {
			was = found[0]
		}
	} else if why, bad := w.nonsense(p.key, old); bad {
		why.Message = fmt.Sprintf("%s of %s %s", p.field, p.o, why.Message)
		return faulty(why)
	}
	c.Field = p.field
	if seat, ok := s.seatAtSpot(w, p); ok {
		return s.seatAt(w.account, p.o, seat, c.Reason)
	}
	return does(func() {
		s.holds(p.o, w, how.entry, p.field)
		if pattern != nil {
			s.replacePart(p, old, was, replacement{pattern, w.value}, c)
		} else {
			s.put(p, w.value, was, c)
		}
		bindings := how.bindings
		if bindings == "" && namesPods(p) {
			bindings = spec.BindingsCarry
		}
		s.replacedName(p.o, w, was, bindings, c)
	})
}

// seatAtSpot finds the seat of a workload that a place is.
func (s *session) seatAtSpot(w wanted, p spot) (place, bool) {
	if w.role || len(p.keys) != 1 || p.o.within != "" {
		return place{}, false
	}
	return s.seatOf(p.o, p.holder, p.keys[0])
}

// put writes a value into one place and reports it.
func (s *session) put(p spot, value, was string, c Change) {
	if p.encoded {
		// The report shows no more of a Secret than what took the old one's place.
		c.From, c.To = was, value
		if was == "" || strings.Contains(value, "\n") {
			c.From, c.To = "", ""
		}
		value = base64.StdEncoding.EncodeToString([]byte(value))
	}
	switch {
	case p.text != nil:
		s.putOther(p, value, c)
	case p.element.Ok():
		if !p.element.Is(value) {
			s.set(p.o, p.element, value, c)
		}
	case len(p.keys) == 1:
		s.setField(p.o, p.holder, p.keys[0], value, c)
	default:
		s.make(p.o, p.holder, p.keys, value, c)
	}
}

// putOther writes a value into a text of another format.
func (s *session) putOther(p spot, value string, c Change) {
	if p.place.Exists() && p.place.Text() == value || !s.claimed(p.o, p.text.at, p.place.ID(), value, c) {
		return
	}
	c.Action, c.From, c.To = "set", p.place.Text(), value
	if !p.place.Exists() {
		c.Action = "add"
	}
	p.place.Set(value)
	s.note(p.o, c)
}

// make plans a value below keys of which at least the first is missing, and reports it. What
// others made there is made use of.
func (s *session) make(o *object, at yamledit.Ref, keys []string, value string, c Change) {
	if len(keys) == 1 {
		s.setField(o, at, keys[0], value, c)
		return
	}
	if !s.claimed(o, at, "make "+strings.Join(keys, "\x00"), value, c) {
		return
	}
	c.Action = "add"
	if c.To == "" {
		c.To = value
	}
	s.note(o, c)
	id := claimOf(at, "made "+keys[0])
	made := s.memory.made[id]
	if made == nil {
		made = yamledit.Map()
		s.memory.made[id] = made
		o.doc.tree.Insert(at, keys[0], made)
	}
	for _, key := range keys[1 : len(keys)-1] {
		made = childOf(made, key)
	}
	made.Content = append(made.Content, yamledit.Str(keys[len(keys)-1]), yamledit.Str(value))
}

// childOf is the mapping under a key of one that is being made.
func childOf(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	child := yamledit.Map()
	n.Content = append(n.Content, yamledit.Str(key), child)
	return child
}
