package render

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/helm-irsa/helm-irsa/pkg/manifest/yamldoc"
	"github.com/helm-irsa/helm-irsa/pkg/render/internal/yamledit"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// text is a scalar that carries JSON or YAML.
type text struct {
	at     yamledit.Ref
	base64 bool
	field  string
}

// embedded makes a field inside JSON or YAML text hold the service account's name.
func (s *session) embedded(a *account, t *spec.EmbeddedTarget, o *object) outcome {
	texts := texts(o, t.Key)
	if len(texts) == 0 {
		return outcome{why: func() Message {
			return missing(fmt.Sprintf("%s has no text under %s", o, t.Key), t.Key, dataKeys(o))
		}}
	}
	all := does()
	for _, text := range texts {
		do, err := s.embed(a, t, o, text)
		if err != nil {
			return faulty(Message{Message: fmt.Sprintf("%s of %s: %s", text.field, o, err)})
		}
		all.do = append(all.do, do...)
	}
	return all
}

// texts finds the text: under data of a ConfigMap, under data (base64) or
// stringData of a Secret, at a dotted path elsewhere.
func texts(o *object, key string) []text {
	var out []text
	add := func(refs []yamledit.Ref, encoded bool, field string) {
		for _, r := range refs {
			if r.Text() != "" {
				out = append(out, text{r, encoded, field})
			}
		}
	}
	under := func(block string) []yamledit.Ref {
		return resolve(o.root, []spec.PathPart{{Key: block}, {Key: key}})
	}
	switch {
	case o.group == "" && o.kind == "ConfigMap":
		add(under("data"), false, "data."+key)
	case o.group == "" && o.kind == "Secret":
		add(under("data"), true, "data."+key)
		add(under("stringData"), false, "stringData."+key)
	default:
		if path, err := spec.ParsePath(key); err == nil {
			add(resolve(o.root, path), false, key)
		}
	}
	return out
}

func dataKeys(o *object) []string {
	var keys []string
	for _, block := range []string{"data", "stringData"} {
		for _, e := range o.root.Get(block).Entries() {
			keys = append(keys, e.Key)
		}
	}
	return keys
}

// embed plans the edit of one text, with the same care as a document of the stream.
func (s *session) embed(a *account, t *spec.EmbeddedTarget, o *object, text text) ([]func(), error) {
	path, err := spec.ParsePath(t.Path)
	if err != nil {
		return nil, err
	}
	last := path[len(path)-1]
	if last.Kind != spec.KeyPart {
		return nil, fmt.Errorf("path %s must end in a key", t.Path)
	}
	inner, err := s.inner(o, text)
	if err != nil {
		return nil, err
	}
	holders := resolve(inner.tree.Root(), path[:len(path)-1])
	if len(holders) == 0 {
		return nil, fmt.Errorf("the text has no %s", spec.PathString(path[:len(path)-1]))
	}
	c := Change{Field: text.field + " → " + t.Path, Account: a.String(), Reason: usedBy + "embedded"}
	var do []func()
	for _, h := range holders {
		if !h.IsMap() {
			return nil, fmt.Errorf("the text holds no mapping where %s should stand", t.Path)
		}
		if f := h.Get(last.Key); f.IsMap() || f.IsSeq() {
			return nil, fmt.Errorf("the text's %s is a collection", t.Path)
		}
		do = append(do, func() { s.setField(inner.object, h, last.Key, a.Name, c) })
	}
	return do, nil
}

// innerText is text inside an object, parsed as a document of its own.
type innerText struct {
	text
	outer  *object
	object *object // stands for the outer object in reports, with the inner tree to edit
	tree   *yamledit.Document
}

// inner parses a text once, so that several targets may edit it.
func (s *session) inner(o *object, text text) (*innerText, error) {
	if t := s.memory.texts[claimOf(text.at, "")]; t != nil {
		return t, nil
	}
	raw := []byte(text.at.Text())
	if text.base64 {
		var err error
		if raw, err = base64.StdEncoding.DecodeString(string(raw)); err != nil {
			return nil, fmt.Errorf("not base64: %w", err)
		}
	}
	tree, err := yamledit.Parse(raw)
	if e := (*yamldoc.SyntaxError)(nil); errors.As(err, &e) && bytes.IndexByte(bytes.TrimSpace(raw), '\n') >= 0 {
		return nil, e.Find(raw)
	}
	if err != nil {
		return nil, err
	}
	o.doc.source() // once for all texts
	doc := *o.doc
	doc.tree = tree
	stand := *o
	stand.doc = &doc
	t := &innerText{text: text, outer: o, object: &stand, tree: tree}
	s.texts = append(s.texts, t)
	s.memory.texts[claimOf(text.at, "")] = t
	return t, nil
}

// finishTexts puts the edited texts back into their objects.
func (s *session) finishTexts() {
	for _, t := range s.texts {
		if !t.tree.Changed() {
			continue
		}
		result, err := t.tree.Apply()
		if err != nil {
			s.faults.add(Message{Message: fmt.Sprintf("changing %s of %s: %s", t.field, t.outer, err)})
			continue
		}
		if result.Rewritten {
			s.warnf("", "%s of %s is written in a way that could not be edited in place; its data is kept, its formatting is not", t.field, t.outer)
		}
		out := string(result.Bytes)
		if t.base64 {
			out = base64.StdEncoding.EncodeToString(result.Bytes)
		}
		t.outer.doc.tree.Set(t.at, out)
	}
}
