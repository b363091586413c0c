package render

import (
	"fmt"
	"regexp"
	"strings"
)

// part is a text of which patterns replace parts: several may, each another part.
type part struct {
	at      spot
	old     string
	wanted  []replacement
	changes []Change
	was     string
}

// replacement is what a pattern's group is replaced with.
type replacement struct {
	pattern *regexp.Regexp
	value   string
}

// replacePart notes that a pattern's group is replaced in the text of a place; finishParts writes it.
func (s *session) replacePart(p spot, old, was string, r replacement, c Change) {
	id := p.claim()
	found := s.memory.parts[id]
	if found == nil {
		found = &part{at: p, old: old, was: was}
		s.memory.parts[id] = found
		s.parts = append(s.parts, found)
	}
	found.wanted, found.changes = append(found.wanted, r), append(found.changes, c)
}

// claim tells places apart.
func (p spot) claim() claim {
	switch {
	case p.text != nil:
		return claimOf(p.text.at, p.place.ID())
	case p.element.Ok():
		return claimOf(p.element, "")
	}
	return claimOf(p.holder, strings.Join(p.keys, "\x00"))
}

// finishParts writes the texts of which patterns replace parts.
func (s *session) finishParts() {
	for _, p := range s.parts {
		value, clash := replacedIn(p.old, p.wanted)
		if clash != nil {
			s.faults.add(namesBoth(fmt.Sprintf("changing %s: %s", p.at.o, p.at.field), clash))
			continue
		}
		before := len(s.report.Changes)
		s.put(p.at, value, p.was, p.changes[0])
		if len(s.report.Changes) == before {
			continue // it was there already
		}
		for _, c := range p.changes[1:] {
			last := s.report.Changes[before]
			c.Action, c.From, c.To = last.Action, last.From, last.To
			s.note(p.at.o, c)
		}
	}
}

// replacedIn is a text with all the replacements, or two values of which one would take the place of
// the other.
func replacedIn(text string, all []replacement) (out string, clash []string) {
	for _, r := range all {
		text = replaceGroup(r.pattern, text, r.value)
	}
	for _, r := range all {
		for _, g := range groupsFor(r.pattern, text, r.value) {
			if got := text[g[0]:g[1]]; got != r.value {
				return "", []string{r.value, got}
			}
		}
		if len(groups(already(r.pattern, r.value), text)) == 0 {
			return "", []string{r.value, all[len(all)-1].value}
		}
	}
	return text, nil
}

// namesBoth says that a place cannot hold two values.
func namesBoth(what string, values []string) Message {
	return Message{
		Message: fmt.Sprintf("%s would have to name both %q and %q", what, values[0], values[1]),
		Hint:    "keep it in usedBy, or roleIn, of one service account",
	}
}
