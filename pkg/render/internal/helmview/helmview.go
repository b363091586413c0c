// Package helmview judges a rendering by what Helm reads: sigs.k8s.io/yaml, which edited nothing.
// It is for tests, and in no program.
package helmview

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"

	"sigs.k8s.io/yaml"

	"github.com/helm-irsa/helm-irsa/pkg/render"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// Check holds one document of the result against what came in: what Helm reads of it is what it
// read before, but for the changes that the report names, which are there. A document that Helm
// cannot read at all is not judged.
func Check(before, after []byte, changes []render.Change) error {
	var was, is any
	if yaml.Unmarshal(withoutSeparator(before), &was) != nil {
		return nil
	}
	if err := yaml.Unmarshal(withoutSeparator(after), &is); err != nil {
		return fmt.Errorf("it is not read any more: %w", err)
	}
	// Several changes may be of one place, so all are looked for before any is taken out.
	for _, step := range []func(was, is map[string]any, c render.Change) error{readTexts, isThere, takeOut} {
		for _, c := range changes {
			if err := inObjects(was, is, c, step); err != nil {
				return fmt.Errorf("%s %s of %s/%s, to %q: %w", c.Action, c.Field, c.Object.Kind, c.Object.Name, c.To, err)
			}
		}
	}
	if !reflect.DeepEqual(was, is) {
		return fmt.Errorf("besides what the report names, Helm read\n%v\nand reads\n%v", was, is)
	}
	return nil
}

// withoutSeparator is a document as those have it who cut the stream at separators.
func withoutSeparator(doc []byte) []byte {
	doc = bytes.TrimPrefix(doc, []byte("\ufeff"))
	line, rest, _ := bytes.Cut(doc, []byte("\n"))
	if bare := bytes.TrimSpace(line); string(bare) == "---" || bytes.HasPrefix(bare, []byte("--- #")) {
		return rest
	}
	return doc
}

// inObjects takes a step with the objects of a change, as they were and as they are.
func inObjects(was, is any, c render.Change, step func(was, is map[string]any, c render.Change) error) error {
	olds, news := objects(was, c.Object), objects(is, c.Object)
	if len(olds) == 0 || len(olds) != len(news) {
		return fmt.Errorf("%d such objects came in, and %d left", len(olds), len(news))
	}
	var errs []error
	for i := range olds {
		if err := step(olds[i], news[i], c); err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) == len(olds) { // of several objects of a name, one is meant
		return errors.Join(errs...)
	}
	return nil
}

// objects are those of a document that a report may mean: it, or items of a list.
func objects(v any, want render.Object) []map[string]any {
	m, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	kind, _ := m["kind"].(string)
	if items, ok := m["items"].([]any); ok && strings.HasSuffix(kind, "List") {
		var out []map[string]any
		for _, item := range items {
			out = append(out, objects(item, want)...)
		}
		return out
	}
	meta, _ := m["metadata"].(map[string]any)
	name := meta["name"]
	if name == nil || name == "" {
		name = meta["generateName"]
	}
	if name == nil {
		name = ""
	}
	if _, ok := name.(bool); ok && slices.Contains([]string{"y", "n", "yes", "no", "on", "off"}, strings.ToLower(want.Name)) {
		name = want.Name // Helm takes it for true or false
	}
	if kind != "" && kind != want.Kind || fmt.Sprint(name) != want.Name {
		return nil
	}
	return []map[string]any{m}
}

var variableField = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^env (.*) of container (.*)$`) })

// readTexts puts the meaning of texts that a change leads through in their places.
func readTexts(was, is map[string]any, c render.Change) error {
	_, _, err := pathOf(was, is, c)
	return err
}

// pathOf is the place of a change, and how many steps lead to each text on the way and to the
// place itself; the texts are read.
func pathOf(was, is map[string]any, c render.Change) (path []spec.PathPart, ends []int, err error) {
	if inList(c) != "" || variableField().MatchString(c.Field) {
		return nil, nil, nil
	}
	texts := strings.Split(c.Field, " → ")
	for i, part := range texts {
		next, err := spec.ParsePath(part)
		if err != nil {
			return nil, nil, err
		}
		if i == 0 {
			next = keyed(is, next)
		}
		path = append(path, next...)
		ends = append(ends, len(path))
		if i < len(texts)-1 {
			read(was, path)
			read(is, path)
		}
	}
	return path, ends, nil
}

// inList is the list that a change adds an element to; empty for another change.
func inList(c render.Change) string {
	if c.Field == "subjects" || c.Field == "imagePullSecrets" {
		return c.Field
	}
	return ""
}

// isElement reports whether an element is the one of a change.
func isElement(v any, c render.Change) bool {
	m, _ := v.(map[string]any)
	if c.Field == "imagePullSecrets" {
		return m != nil && m["name"] == c.To
	}
	name := strings.TrimPrefix(fmt.Sprint(m["namespace"], "/", m["name"]), "<nil>/")
	return m["kind"] == "ServiceAccount" && strings.TrimPrefix(c.To, "ServiceAccount ") == name
}

// isThere checks that a change is there.
func isThere(was, is map[string]any, c render.Change) error {
	found := false
	if key := inList(c); key != "" {
		list, _ := is[key].([]any)
		found = slices.ContainsFunc(list, func(v any) bool { return isElement(v, c) })
	} else if m := variableField().FindStringSubmatch(c.Field); m != nil {
		variables(is, m[1], m[2], func(value any) { found = found || strings.Contains(text(value), c.To) })
	} else {
		path, ends, err := pathOf(was, is, c)
		if err != nil {
			return err
		}
		found = holdsAt(is, path, ends, c)
	}
	if !found {
		return errors.New("it is not there")
	}
	return nil
}

// takeOut takes the place of a change out of both readings.
func takeOut(was, is map[string]any, c render.Change) error {
	if key := inList(c); key != "" {
		for _, o := range []map[string]any{was, is} {
			list, _ := o[key].([]any)
			o[key] = slices.DeleteFunc(slices.Clone(list), func(v any) bool { return isElement(v, c) })
		}
		prune(was, is, []spec.PathPart{{Key: key}, {Kind: spec.EachPart}})
		return nil
	}
	if m := variableField().FindStringSubmatch(c.Field); m != nil {
		variables(was, m[1], m[2], nil)
		variables(is, m[1], m[2], nil)
		return nil
	}
	path, ends, err := pathOf(was, is, c)
	if err != nil {
		return err
	}
	remove(was, path, ends)
	remove(is, path, ends)
	prune(was, is, path)
	return nil
}

// keyed is a path of which everything behind data and the like may be one key.
func keyed(o map[string]any, path []spec.PathPart) []spec.PathPart {
	if !slices.Contains([]string{"data", "stringData", "binaryData"}, path[0].Key) {
		return path
	}
	block, _ := o[path[0].Key].(map[string]any)
	for n := len(path); n > 2; n-- {
		key := strings.TrimPrefix(spec.PathString(path[1:n]), ".")
		if _, ok := block[key]; ok {
			return append([]spec.PathPart{path[0], {Key: key}}, path[n:]...)
		}
	}
	return path
}

// variables shows the values that a variable has in the containers of a name, or, where there
// is nobody to show them to, takes the variable out.
func variables(v any, name, container string, see func(value any)) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			variables(item, name, container, see)
		}
	case map[string]any:
		for _, key := range []string{"containers", "initContainers"} {
			list, _ := v[key].([]any)
			for _, c := range list {
				if m, _ := c.(map[string]any); m != nil && text(m["name"]) == container {
					variable(m, name, see)
				}
			}
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			variables(v[key], name, container, see)
		}
	}
}

func variable(container map[string]any, name string, see func(value any)) {
	env, _ := container["env"].([]any)
	kept := slices.DeleteFunc(slices.Clone(env), func(e any) bool {
		entry, _ := e.(map[string]any)
		if entry == nil || text(entry["name"]) != name {
			return false
		}
		if see != nil {
			see(entry["value"])
		}
		return true
	})
	if see != nil {
		return
	}
	if container["env"] = kept; len(kept) == 0 {
		delete(container, "env")
	}
}

func text(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// each calls see with every holder of the path's last step.
func each(v any, path []spec.PathPart, see func(holder any, last spec.PathPart)) {
	part := path[0]
	if len(path) == 1 {
		see(v, part)
		return
	}
	switch at := v.(type) {
	case map[string]any:
		if part.Kind == spec.KeyPart {
			each(at[part.Key], path[1:], see)
		}
	case []any:
		for i, item := range at {
			m, _ := item.(map[string]any)
			switch part.Kind {
			case spec.EachPart:
			case spec.IndexPart:
				if i != part.Index {
					continue
				}
			case spec.MatchPart:
				if text(m[part.Key]) != part.Value {
					continue
				}
			default:
				continue
			}
			each(item, path[1:], see)
		}
	}
}

// read puts the meaning of texts in their places; what is no YAML with fields stays text.
func read(v any, path []spec.PathPart) {
	each(v, path, func(holder any, last spec.PathPart) {
		m, ok := holder.(map[string]any)
		if !ok {
			return
		}
		s, ok := m[last.Key].(string)
		if !ok {
			return
		}
		raw, err := base64.StdEncoding.DecodeString(s)
		for _, t := range [][]byte{[]byte(s), raw} {
			if inner := meaning(t); isCollection(inner) && (err == nil || string(t) == s) {
				m[last.Key] = inner
				return
			}
		}
	})
}

// meaning is what a text holds; nil where that is neither YAML nor JSON.
func meaning(text []byte) (v any) {
	switch {
	case json.Unmarshal(text, &v) == nil:
	case bytes.HasPrefix(bytes.TrimSpace(text), []byte("[")):
		// The decoder stops behind a list, as behind the first section of INI.
	case yaml.Unmarshal(text, &v) != nil:
		return nil
	}
	return v
}

func isCollection(v any) bool {
	switch v.(type) {
	case map[string]any, []any:
		return true
	}
	return false
}

// holdsAt reports whether the value is as the change says. A text of another format than YAML,
// and one that a pattern is replaced in, has it somewhere.
func holdsAt(v any, path []spec.PathPart, ends []int, c render.Change) bool {
	found := false
	for _, n := range ends {
		each(v, path[:n], func(holder any, last spec.PathPart) {
			var values []any
			switch at := holder.(type) {
			case map[string]any:
				v, ok := at[last.Key]
				found = found || !ok && c.Action == "remove" && n == len(path)
				values = append(values, v)
			case []any:
				for i, item := range at {
					if isAt(last, i) {
						values = append(values, item)
					}
				}
			}
			for _, v := range values {
				s, ok := v.(string)
				if n == len(path) && isCollection(v) { // a text that was read for another change
					s, ok = fmt.Sprint(v), true
				}
				found = found || ok && c.Action != "remove" && holds(s, c.To)
			}
		})
	}
	return found || c.Action == "remove" && !reaches(v, path[:len(path)-1])
}

func holds(s, to string) bool {
	if strings.Contains(s, to) {
		return true
	}
	raw, err := base64.StdEncoding.DecodeString(s)
	return err == nil && bytes.Contains(raw, []byte(to))
}

// remove takes what the path leads to out; of a text that is no YAML, the text.
func remove(v any, path []spec.PathPart, ends []int) {
	for _, n := range slices.Backward(ends) {
		goes := func(v any) bool { return n == len(path) || !isCollection(v) }
		each(v, path[:n], func(holder any, last spec.PathPart) {
			switch at := holder.(type) {
			case map[string]any:
				if goes(at[last.Key]) {
					delete(at, last.Key)
				}
			case []any:
				for i := range at {
					if isAt(last, i) && goes(at[i]) {
						at[i] = nil
					}
				}
			}
		})
	}
}

// isAt reports whether the last step of a path is to an element of a number.
func isAt(last spec.PathPart, i int) bool {
	return last.Kind == spec.EachPart || last.Kind == spec.IndexPart && last.Index == i
}

// reaches reports whether a path leads to a collection.
func reaches(v any, path []spec.PathPart) bool {
	found := false
	each(v, path, func(holder any, last spec.PathPart) {
		if m, ok := holder.(map[string]any); ok && isCollection(m[last.Key]) {
			found = true
		}
	})
	return found
}

// prune takes the collections above a place out that have nothing any more, where what came in
// had nothing there either.
func prune(was, is any, path []spec.PathPart) {
	for n := len(path) - 1; n > 0; n-- {
		for _, v := range []any{was, is} {
			each(v, path[:n], func(holder any, last spec.PathPart) {
				if m, ok := holder.(map[string]any); ok && isEmpty(m[last.Key]) {
					delete(m, last.Key)
				}
			})
		}
	}
}

func isEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case map[string]any:
		return len(v) == 0
	case []any:
		return len(v) == 0
	}
	return false
}
