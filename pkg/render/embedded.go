package render

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// embedded makes a field inside a text hold the value.
func (s *session) embedded(w wanted, t *spec.EmbeddedTarget, o *object) outcome {
	texts := texts(o, t.Key)
	if len(texts) == 0 {
		return outcome{why: func() Message {
			if slices.Contains(dataKeys(o), t.Key) {
				return Message{Message: fmt.Sprintf("the text under %s of %s is empty", t.Key, o.whole())}
			}
			return missing(fmt.Sprintf("%s has no text under %s", o, t.Key), t.Key, dataKeys(o))
		}}
	}
	all := does()
	for _, text := range texts {
		out := s.embed(w, t, o, text)
		if !out.ok {
			out.fault = true
			return out
		}
		all.do = append(all.do, out.do...)
	}
	return all
}

// texts finds the text: under data or binaryData of a ConfigMap, under data or stringData of
// a Secret, at a path elsewhere.
func texts(o *object, key string) []text {
	blocks := []string{""}
	if o.group == "" {
		switch o.kind {
		case "ConfigMap":
			blocks = []string{"data", "binaryData"}
		case "Secret":
			blocks = []string{"data", "stringData"}
		}
	}
	var out []text
	for _, block := range blocks {
		path := []spec.PathPart{{Key: block}, {Key: key}}
		field := block + "." + key
		if block == "" {
			var err error
			if path, err = spec.ParsePath(key); err != nil {
				return nil
			}
			field = key
		}
		for _, r := range resolve(o.root, path) {
			if r.Text() != "" {
				out = append(out, text{r, encodesText(o, r), field})
			}
		}
	}
	return out
}

func dataKeys(o *object) []string {
	var keys []string
	for _, block := range []string{"data", "stringData", "binaryData"} {
		keys = append(keys, entryKeys(o.root.Get(block))...)
	}
	return keys
}

// embed matches the target with one text.
func (s *session) embed(w wanted, t *spec.EmbeddedTarget, o *object, text text) outcome {
	c := Change{Account: w.account.String(), Reason: w.list() + "embedded", Field: text.field}
	if t.Path == "" {
		return s.replaceIn(w, t, o, text, c)
	}
	path, err := spec.ParsePath(t.Path)
	if err != nil {
		return missed(Message{Message: err.Error()})
	}
	if _, err := s.rawText(o, text); err != nil {
		return missed(Message{Message: fmt.Sprintf("%s of %s: %s", text.field, o, err)})
	}
	format, why := takenFor(t.Format, t.Key)
	inner, err := s.inner(o, text, format)
	if err != nil {
		return missed(Message{
			Message: fmt.Sprintf("%s of %s was taken for %s, and cannot be read: %s", text.field, o, why, err),
			Hint:    "say what it is with format, or what of it is to be replaced with pattern",
		})
	}
	var found spots
	if format == "" {
		found = s.followText(o, inner, path, t)
	} else {
		found = s.followOther(inner, path, t.Add || isSetting(path), why)
	}
	return s.write(w, found, c, writing{pattern: t.Pattern, bindings: t.Bindings, entry: t.Key})
}

// followText gives the places that a path leads to in YAML or JSON.
func (s *session) followText(o *object, inner *innerText, path []spec.PathPart, t *spec.EmbeddedTarget) spots {
	root := inner.tree.Root()
	if root.IsMap() || root.IsSeq() {
		return s.follow(inner.object, root, path, t.Add || isSetting(path), inner.field)
	}
	holds, hint := "no mapping", "say what it is with format, or what of it is to be replaced with pattern"
	switch {
	case root.Text() != "" && t.Format != "":
		hint = "say what of it is to be replaced with pattern, in place of path and format"
	case root.Text() != "":
	case bytes.IndexByte(inner.raw, '#') >= 0:
		holds, hint = "nothing but comments", "have the chart write the field, through its values, or name another place"
	default:
		holds, hint = "no value", "have the chart write the field, through its values, or name another place"
	}
	return spots{misses: []Message{{
		Message: fmt.Sprintf("%s of %s holds %s where %s should stand", inner.field, o, holds, spec.PathString(path)), Hint: hint,
	}}}
}

// followOther gives the places that a path leads to in a text of another format.
func (s *session) followOther(inner *innerText, path []spec.PathPart, add bool, why string) spots {
	places, err := inner.other.Find(path, add)
	if err != nil {
		return spots{err: &Message{Message: fmt.Sprintf("%s of %s (%s): %s", inner.field, inner.outer, why, err)}}
	}
	var out spots
	for _, p := range places {
		out.found = append(out.found, spot{
			o: inner.outer, place: p, text: inner, field: at(inner.field, path), key: path[len(path)-1].Key, dotted: dotted(path),
		})
	}
	if len(places) == 0 {
		steps, keys, list := inner.other.Missing(path)
		name := ""
		if steps < len(path) {
			name = path[steps].Key
		}
		m := missing(fmt.Sprintf("%s of %s (%s) has no %s", inner.field, inner.outer, why, spec.PathString(path)), name, keys)
		switch {
		case list:
			each := slices.Insert(slices.Clone(path), steps, spec.PathPart{Kind: spec.EachPart})
			m.Hint = fmt.Sprintf("%s is a list; for all its elements write %s", spec.PathString(path[:steps]), spec.PathString(each))
		case m.Hint == "":
			m.Hint = "to have it made, write add: true beside path"
		}
		out.misses = append(out.misses, m)
	}
	return out
}

// replaceIn matches a target that replaces a part of the whole text.
func (s *session) replaceIn(w wanted, t *spec.EmbeddedTarget, o *object, text text, c Change) outcome {
	inner, err := s.rawText(o, text)
	if err != nil {
		return missed(Message{Message: fmt.Sprintf("%s of %s: %s", text.field, o, err)})
	}
	pattern := regexp.MustCompile(t.Pattern) // pkg/spec refuses what is none
	found, ok := matches(pattern, string(inner.raw), w.value)
	if !ok {
		return missed(unmatched(text.field, o, t.Pattern))
	}
	return does(func() {
		s.holds(o, w, t.Key, text.field)
		inner.replace(pattern, w.value)
		for _, old := range found {
			if old == w.value {
				continue
			}
			c.Action, c.From, c.To = "set", old, w.value
			if s.claimed(o, text.at, "pattern "+t.Pattern+"\x00"+w.value, w.value, c) {
				s.note(o, c)
			}
			s.replacedName(o, w, old, t.Bindings, c)
		}
	})
}

// unmatched says that a pattern finds nothing.
func unmatched(field string, o *object, pattern string) Message {
	return Message{
		Message: fmt.Sprintf("pattern %q matches nothing in %s of %s", pattern, field, o),
		Hint:    "in a text of several lines, (?m) makes ^ and $ match at each of them",
	}
}
