package render

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest/yamldoc"
	"github.com/helm-irsa/helm-irsa/pkg/render/internal/textedit"
	"github.com/helm-irsa/helm-irsa/pkg/render/internal/yamledit"
)

// text is a scalar that carries a text of a format.
type text struct {
	at     yamledit.Ref
	base64 bool
	field  string
}

// innerText is text inside an object, parsed as a document of its own: as YAML or JSON, or in
// another format, or not at all, where only patterns are replaced in it.
type innerText struct {
	text
	outer  *object
	raw    []byte
	object *object // stands for the outer object in reports, with the inner tree to edit
	tree   *yamledit.Document
	format textedit.Format
	other  *textedit.Document
	// replaced are the patterns whose groups are replaced, in order.
	replaced []replacement
}

// raw gives a text once, so that several targets may edit it.
func (s *session) rawText(o *object, text text) (*innerText, error) {
	id := claimOf(text.at, "")
	if t := s.memory.texts[id]; t != nil {
		return t, nil
	}
	raw := []byte(text.at.Text())
	if text.base64 {
		var err error
		if raw, err = base64.StdEncoding.DecodeString(string(raw)); err != nil {
			return nil, fmt.Errorf("not base64: %w", err)
		}
	}
	t := &innerText{text: text, outer: o, raw: raw}
	s.texts = append(s.texts, t)
	s.memory.texts[id] = t
	return t, nil
}

// inner parses a text as a format says, YAML and JSON where it is empty; once, so that
// several targets may edit it.
func (s *session) inner(o *object, text text, format textedit.Format) (*innerText, error) {
	t, err := s.rawText(o, text)
	switch {
	case err != nil:
		return nil, err
	case t.tree == nil && t.other == nil:
		return t, t.parse(format)
	case t.format != format:
		return nil, errors.New("another target takes this text for another format")
	}
	return t, nil
}

func (t *innerText) parse(format textedit.Format) error {
	if format != "" {
		other, err := textedit.Parse(format, t.raw)
		t.format, t.other = format, other
		return err
	}
	tree, err := yamledit.Parse(t.raw)
	if e := (*yamldoc.SyntaxError)(nil); errors.As(err, &e) && bytes.IndexByte(bytes.TrimSpace(t.raw), '\n') >= 0 {
		return e.Find(t.raw)
	}
	if err != nil {
		return err
	}
	t.outer.doc.source() // once for all texts
	doc := *t.outer.doc
	doc.tree = tree
	stand := *t.outer
	stand.doc, stand.within, stand.outer, stand.root = &doc, t.field, t.outer, tree.Root()
	t.object, t.tree = &stand, tree
	return nil
}

// takenFor says what a text is taken for, and why: by its format, else by the ending of its key.
func takenFor(format, key string) (textedit.Format, string) {
	switch format {
	case "yaml", "json":
		return "", "YAML or JSON, since irsa.yaml says format: " + format
	case "toml", "ini", "properties":
		f := textedit.Format(format)
		return f, f.Name() + ", since irsa.yaml says format: " + format
	}
	ending := strings.ToLower(path.Ext(key))
	switch ending {
	case ".yaml", ".yml", ".json":
		return "", strings.ToUpper(strings.TrimPrefix(strings.Replace(ending, "yml", "yaml", 1), ".")) + ", since its key ends in " + ending
	}
	for f, endings := range formatEndings {
		if slices.Contains(endings, ending) {
			return f, f.Name() + ", since its key ends in " + ending
		}
	}
	return "", "YAML or JSON, since its key says nothing else"
}

// formatEndings are the endings that are used for one format only. A .conf may be anything,
// but Spark's, which is properties (https://spark.apache.org/docs/latest/configuration.html#dynamically-loading-spark-properties).
var formatEndings = map[textedit.Format][]string{
	textedit.TOML:       {".toml"},
	textedit.INI:        {".ini", ".cfg"},
	textedit.Properties: {".properties", ".env"},
}

// groups are where a pattern's group stands in a text. The line end of a text with CRLF is no
// part of it, though a dot matches a carriage return.
func groups(pattern *regexp.Regexp, text string) (out [][2]int) {
	for _, m := range pattern.FindAllStringSubmatchIndex(text, -1) {
		start, end := m[2], m[3]
		if start < 0 {
			continue
		}
		if start < end && text[end-1] == '\r' && strings.HasPrefix(text[end:], "\n") {
			end--
		}
		out = append(out, [2]int{start, end})
	}
	return out
}

// groupsFor are the groups that are to hold a value. One that finds an old value within the new one,
// as (default) does in default-app, stands for the new one.
func groupsFor(pattern *regexp.Regexp, text, value string) [][2]int {
	var out [][2]int
	there := groups(already(pattern, value), text)
	for _, g := range groups(pattern, text) {
		if i := slices.IndexFunc(there, func(a [2]int) bool { return a[0] <= g[0] && g[1] <= a[1] }); i >= 0 {
			g = there[i]
		}
		if len(out) == 0 || out[len(out)-1][1] <= g[0] && out[len(out)-1] != g {
			out = append(out, g)
		}
	}
	return out
}

// matches finds a pattern's group in a text; ok is false where the text neither has it, as where
// the group is optional and matches nothing, nor has the value there already.
func matches(pattern *regexp.Regexp, text, value string) (found []string, ok bool) {
	for _, g := range groupsFor(pattern, text, value) {
		found = append(found, text[g[0]:g[1]])
	}
	return found, len(found) > 0 || len(groups(already(pattern, value), text)) > 0
}

// replaceGroup replaces the pattern's group in every match.
func replaceGroup(pattern *regexp.Regexp, text, value string) string {
	var b strings.Builder
	at := 0
	for _, g := range groupsFor(pattern, text, value) {
		b.WriteString(text[at:g[0]])
		b.WriteString(value)
		at = g[1]
	}
	return b.String() + text[at:]
}

// replace plans that a pattern's group is replaced in the text.
func (t *innerText) replace(pattern *regexp.Regexp, value string) {
	t.replaced = append(t.replaced, replacement{pattern, value})
}

// result is the text with all edits; rewritten where its formatting is not kept.
func (t *innerText) result() (out []byte, rewritten bool, err error) {
	out = t.raw
	switch {
	case t.tree != nil && t.tree.Changed():
		result, err := t.tree.Apply()
		if err != nil {
			return nil, false, err
		}
		out, rewritten = result.Bytes, result.Rewritten
	case t.other != nil && t.other.Changed():
		if out, err = t.other.Apply(); err != nil {
			return nil, false, err
		}
	}
	if len(t.replaced) > 0 {
		text, clash := replacedIn(string(out), t.replaced)
		if clash != nil {
			return nil, false, errClash(clash)
		}
		out = []byte(text)
	}
	return out, rewritten, nil
}

// errClash are two values of which one would take the place of the other.
type errClash []string

func (e errClash) Error() string { return fmt.Sprintf("both %q", []string(e)) }

// replacedWhole reports whether a text is to be replaced by another one.
func (s *session) replacedWhole(t *innerText) bool {
	_, replaced := s.claims[claimOf(t.at, "")]
	return replaced
}

// finishTexts puts the edited texts back into their objects, those in texts first.
func (s *session) finishTexts() {
	for _, t := range slices.Backward(s.texts) {
		out, rewritten, err := t.result()
		var clash errClash
		switch {
		case errors.As(err, &clash):
			s.faults.add(namesBoth(fmt.Sprintf("changing %s: %s", t.outer, t.field), clash))
			continue
		case err != nil:
			s.faults.add(Message{Message: fmt.Sprintf("changing %s of %s: %s", t.field, t.outer, err)})
			continue
		case bytes.Equal(out, t.raw):
			continue
		case s.replacedWhole(t):
			s.faults.add(Message{
				Message: fmt.Sprintf("changing %s of %s: one target replaces the text as a whole, and another one changes something in it", t.field, t.outer),
				Hint:    "drop one of the two",
			})
			continue
		case rewritten:
			s.warnf("", "%s of %s is written in a way that could not be edited in place; its data is kept, its formatting is not", t.field, t.outer)
		}
		value := string(out)
		if t.base64 {
			value = base64.StdEncoding.EncodeToString(out)
		}
		t.outer.doc.tree.Set(t.at, value)
	}
}
