package render

import (
	"fmt"

	"go.yaml.in/yaml/v3"

	"github.com/helm-irsa/helm-irsa/pkg/render/internal/yamledit"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// claim is a place that was given a value.
type claim struct {
	node *yaml.Node
	way  string // the aliases that lead to the node
	key  string
}

func claimOf(at yamledit.Ref, key string) claim { return claim{at.Raw(), at.Way(), key} }

// claimed notes that a place gets a value. A place that another service account has
// claimed is a fault.
func (s *session) claimed(o *object, at yamledit.Ref, key, value string, c Change) bool {
	id := claimOf(at, key)
	if first, ok := s.claims[id]; ok && first != value {
		s.faults.add(namesBoth(fmt.Sprintf("changing %s: %s", o, c.Field), []string{first, value}))
		return false
	} else if ok {
		return false
	}
	s.claims[id] = value
	return true
}

// set plans one scalar and reports it.
func (s *session) set(o *object, at yamledit.Ref, value string, c Change) {
	if !s.claimed(o, at, "", value, c) {
		return
	}
	c.Action = "set"
	if c.To == "" {
		c.From, c.To = at.Text(), value
	}
	if at.IsNull() {
		c.Action = "add"
	}
	o.doc.tree.Set(at, value)
	s.note(o, c)
}

// insert plans one more pair and reports it.
func (s *session) insert(o *object, at yamledit.Ref, key, value string, c Change) {
	if !s.claimed(o, at, key, value, c) {
		return
	}
	c.Action = "add"
	if c.To == "" {
		c.To = value
	}
	o.doc.tree.Insert(at, key, yamledit.Str(value))
	s.note(o, c)
}

// alsoSet and alsoInsert are set and insert for a further occurrence of what the report says
// already. A place that several pods share is come to several times.
func (s *session) alsoSet(o *object, at yamledit.Ref, value string, c Change) {
	if s.claimed(o, at, "", value, c) {
		o.doc.tree.Set(at, value)
	}
}

func (s *session) alsoInsert(o *object, at yamledit.Ref, key, value string, c Change) {
	if s.claimed(o, at, key, value, c) {
		o.doc.tree.Insert(at, key, yamledit.Str(value))
	}
}

// behindMerge puts a pair, which a merge key behind it overrules for some readers, behind
// that: it goes where it stands, and comes back there.
func (s *session) behindMerge(o *object, at yamledit.Ref, key, value string, c Change) {
	if !s.claimed(o, at, key, value, c) {
		return
	}
	c.Action, c.To = "set", value
	for _, old := range at.All(key) {
		c.From = old.Text()
		o.doc.tree.Remove(old)
	}
	o.doc.tree.Insert(at, key, yamledit.Str(value))
	s.note(o, c)
}

func (s *session) note(o *object, c Change) {
	c.Object = o.report(s.release)
	s.report.Changes = append(s.report.Changes, c)
}

// warn says something once.
func (s *session) warn(message, hint string) {
	if !s.warned[message] {
		s.warned[message] = true
		s.report.Warnings = append(s.report.Warnings, Message{message, hint})
	}
}

func (s *session) warnf(hint, format string, args ...any) { s.warn(fmt.Sprintf(format, args...), hint) }

// under is the path of keys below a path.
func under(path string, keys ...string) string {
	var parts []spec.PathPart
	for _, key := range keys {
		parts = append(parts, spec.PathPart{Key: key})
	}
	below := spec.PathString(parts)
	switch {
	case path == "":
		return below
	case below == "" || below[0] == '[':
		return path + below
	}
	return path + "." + below
}
