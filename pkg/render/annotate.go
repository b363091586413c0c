package render

import (
	"fmt"

	"github.com/helm-irsa/helm-irsa/pkg/render/internal/yamledit"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// annotated are the mappings that hold annotations, and under which key.
type annotated struct {
	holders []yamledit.Ref
	key     string
}

// annotate makes every one of the holders carry annotations, wherever a reader may look
// for them: keys are repeated in real charts, and then some readers take the first and
// some the last.
func (s *session) annotate(o *object, at annotated, notes []annotation, c Change) {
	prefix := c.Field
	fresh := make([][]yamledit.Pair, len(at.holders)) // for those without annotations
	for _, n := range notes {
		c.Field = under(prefix, at.key, n.key)
		noted := false
		for i, holder := range at.holders {
			blocks := holder.All(at.key)
			s.repeated(o, at.key, blocks)
			if len(blocks) == 0 {
				if !s.claimed(o, holder, at.key+"\x00"+n.key, n.value, c) {
					noted = true
					continue
				}
				fresh[i] = append(fresh[i], yamledit.Pair{Key: n.key, Value: yamledit.Str(n.value)})
				if !noted {
					c.Action, c.From, c.To = "add", "", n.value
					s.note(o, c)
				}
				noted = true
			}
			for _, block := range blocks {
				noted = s.annotateBlock(o, block, n, c, noted) || noted
			}
		}
	}
	for i, pairs := range fresh {
		if len(pairs) > 0 {
			o.doc.tree.Insert(at.holders[i], at.key, yamledit.Map(pairs...))
		}
	}
}

// annotateBlock makes one annotations mapping carry an annotation. It reports whether
// something changes; only the first change is noted for the report.
func (s *session) annotateBlock(o *object, block yamledit.Ref, n annotation, c Change, noted bool) bool {
	if !block.IsMap() && !block.IsNull() {
		s.faults.add(Message{Message: fmt.Sprintf("changing %s of %s: the annotations are no mapping", c.Field, o)})
		return false
	}
	values := block.All(n.key)
	if len(values) == 0 || !block.Holds(values[0]) {
		if len(values) > 0 && values[len(values)-1].Is(n.value) {
			return false
		}
		if noted {
			s.alsoInsert(o, block, n.key, n.value, c)
		} else {
			s.insert(o, block, n.key, n.value, c)
		}
		return true
	}
	s.repeated(o, n.key, values)
	if last := values[len(values)-1]; block.Overruled(n.key, last) && !last.IsMap() && !last.IsSeq() {
		s.behindMerge(o, block, n.key, n.value, c)
		return true
	}
	changed := false
	for _, v := range values {
		switch {
		case v.Is(n.value):
			continue
		case v.IsMap() || v.IsSeq():
			s.faults.add(Message{Message: fmt.Sprintf("changing %s of %s: it is not text but a collection", c.Field, o)})
			continue
		case noted || changed:
			s.alsoSet(o, v, n.value, c)
		default:
			s.set(o, v, n.value, c)
		}
		changed = true
	}
	return changed
}

// resolveWarn finds every place that the path leads to, and warns of repeated keys on the way.
func (s *session) resolveWarn(o *object, path []spec.PathPart) []yamledit.Ref {
	at := []yamledit.Ref{o.root}
	for _, p := range path {
		var next []yamledit.Ref
		for _, r := range at {
			found := step(r, p)
			if p.Kind == spec.KeyPart {
				s.repeated(o, p.Key, found)
			}
			next = append(next, found...)
		}
		at = next
	}
	return at
}

// repeated warns of a key that stands more than once where an edit must hold for every reader.
func (s *session) repeated(o *object, key string, values []yamledit.Ref) {
	if len(values) > 1 {
		s.warnf("let the chart write it once; until then every occurrence is kept alike",
			"%s in document %d has the key %s %d times", o, o.doc.number, key, len(values))
	}
}
