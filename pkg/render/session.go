package render

import (
	"bytes"
	"fmt"
	"sort"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/helm-irsa/helm-irsa/pkg/render/internal/stream"
	"github.com/helm-irsa/helm-irsa/pkg/render/internal/yamledit"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// session is one rendering: the documents, what was found in them, what is planned.
type session struct {
	spec     *spec.File
	kinds    kindTable
	presets  map[string]preset
	release  string // the release's namespace, empty where unknown
	accounts []*account

	search    *search // what irsa.yaml makes worth reading
	docs      []*document
	helm4     bool
	hooksOnly bool

	moves     []move
	texts     []*innerText
	variables []*newVariables
	claims    map[claim]string
	seated    map[claim]*account // which entry's usedBy decides a seat
	report    *Report
	faults    faults
	warned    map[string]bool
}

// mark notes on a document, as it comes in, whether it must be read.
func (s *session) mark(d *stream.Doc) { d.Wanted = s.search.wants(d) }

// read numbers the documents and parses those that may matter.
func (s *session) read(docs []stream.Doc) {
	s.docs = make([]*document, len(docs))
	line, number := 1, 0
	plain := true
	for i, d := range docs {
		doc := &document{Doc: d, line: line}
		line += d.Lines
		if !d.Empty() {
			number++
			doc.number = number
			if number == 1 {
				// Helm 4 marks every document, so the first one tells.
				s.helm4 = bytes.Contains(d.Bytes, []byte(filenameAnnotation))
			}
		} else if bytes.Contains(d.Bytes, []byte("# Source: ")) {
			plain = false
		}
		plain = plain && !bytes.HasPrefix(d.Bytes, []byte("---\n# Source: "))
		s.docs[i] = doc
	}
	s.report.Summary.Documents = number
	switch {
	case s.helm4:
		s.report.Dialect = "helm4"
	case plain:
		s.report.Dialect = "plain"
	default:
		s.report.Dialect = "helm3"
	}
	for _, d := range s.docs {
		if d.Wanted {
			s.faults.addErr(d.parse())
		}
	}
	s.hooksOnly = s.onlyHooks()
}

// parse reads the documents that the search wants; a document that must be read and cannot be is a fault.
func (s *session) parse(q *search) {
	for _, d := range s.docs {
		if !d.parsed && q.wants(&d.Doc) {
			s.faults.addErr(d.parse())
		}
	}
}

// searches lists what irsa.yaml makes worth reading.
func (s *session) searches() *search {
	q := &search{}
	for _, a := range s.accounts {
		q.add("ServiceAccount", a.Name)
		s.searchPods(q, a)
		s.searchTargets(q, a, a.UsedBy)
	}
	if s.migrating() {
		for kind := range s.kinds {
			q.add(kind, kiamPrefix)
		}
	}
	return q
}

// searchPods lists what makes the pods of an account worth reading: all of them for
// what changes pods, hooks for the check that their account can exist.
func (s *session) searchPods(q *search, a *account) {
	all := a.Rollout || s.migrating()
	for kind := range s.kinds {
		switch {
		case all && a.Name == "default":
			q.add(kind, "") // a pod that names no account runs as default
		case all:
			q.add(kind, a.Name)
		default:
			q.addHook(kind, a.Name)
		}
	}
}

func (s *session) searchTargets(q *search, a *account, targets []spec.Target) {
	for _, t := range targets {
		if kind, name := targetObject(t); kind != "" {
			q.add(kind, literal(name))
		}
		if t.Value != "" {
			q.anyKind = append(q.anyKind, a.Name)
			for _, p := range s.presets {
				// Read what a preset points at, to name the value that works.
				for _, g := range p.Generations {
					if g.Value == t.Value {
						s.searchPreset(q, a, p)
					}
				}
			}
		}
		s.searchTargets(q, a, t.AnyOf)
		if p, ok := s.presets[t.Preset]; ok {
			s.searchPreset(q, a, p)
		}
	}
}

func (s *session) searchPreset(q *search, a *account, p preset) {
	for _, g := range p.Generations {
		s.searchTargets(q, a, g.Targets)
	}
}

// onlyHooks reports whether the stream is what Helm 4's SDK sends for hooks alone
// (v4.3.1 pkg/action/action.go, PostRenderStrategySeparate).
func (s *session) onlyHooks() bool {
	any := false
	for _, d := range s.docs {
		if d.Empty() {
			continue
		}
		if !bytes.Contains(d.Bytes, []byte(hookAnnotation)) {
			return false
		}
		any = true
	}
	if !any {
		return false
	}
	for _, d := range s.docs {
		if d.Empty() {
			continue
		}
		if err := d.parse(); err != nil {
			return false
		}
		for _, o := range d.objects {
			if !o.isHook("") {
				return false
			}
		}
	}
	return true
}

// objects gives the objects that were read, in the stream's order.
func (s *session) objects() []*object {
	var out []*object
	for _, d := range s.docs {
		out = append(out, d.objects...)
	}
	return out
}

// claim is a place that was given a value.
type claim struct {
	node *yaml.Node
	key  string
}

// claimed notes that a place gets a value. A place that another account has claimed is a fault.
func (s *session) claimed(o *object, at yamledit.Ref, key, value string, c Change) bool {
	id := claim{at.Raw(), key}
	if first, ok := s.claims[id]; ok && first != value {
		s.faults.add(Message{
			Message: fmt.Sprintf("changing %s: %s would have to name both %q and %q", o, c.Field, first, value),
			Hint:    "keep it in usedBy of one account",
		})
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
	c.Action, c.From, c.To = "set", at.Text(), value
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
	c.Action, c.To = "add", value
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

// annotate makes the metadata at every one of the places carry annotations, wherever
// a reader may look for them: keys are repeated in real charts, and then some
// readers take the first and some the last.
func (s *session) annotate(o *object, metas []yamledit.Ref, notes []annotation, c Change) {
	prefix := c.Field
	fresh := make([][]yamledit.Pair, len(metas)) // for metadata without annotations
	for _, n := range notes {
		c.Field = under(prefix, "annotations", n.key)
		noted := false
		for i, meta := range metas {
			blocks := meta.All("annotations")
			s.repeated(o, "annotations", blocks)
			if len(blocks) == 0 {
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
			o.doc.tree.Insert(metas[i], "annotations", yamledit.Map(pairs...))
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
	if len(values) == 0 || values[0].Inherited() {
		if len(values) > 0 && values[len(values)-1].Is(n.value) {
			return false
		}
		if noted {
			o.doc.tree.Insert(block, n.key, yamledit.Str(n.value))
		} else {
			s.insert(o, block, n.key, n.value, c)
		}
		return true
	}
	s.repeated(o, n.key, values)
	changed := false
	for _, v := range values {
		switch {
		case v.Is(n.value):
			continue
		case v.IsMap() || v.IsSeq():
			s.faults.add(Message{Message: fmt.Sprintf("changing %s of %s: it is not text but a collection", c.Field, o)})
			continue
		case noted || changed:
			o.doc.tree.Set(v, n.value)
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

// adjoin appends a segment. One that lies right behind the last in the same buffer,
// as untouched documents do, makes that one longer instead: it is then written as it
// is, in few large pieces.
func adjoin(out [][]byte, next []byte) [][]byte {
	if n := len(out); n > 0 && len(next) > 0 {
		last := out[n-1]
		if end := len(last); cap(last) >= end+len(next) && &last[:end+1][end] == &next[0] {
			out[n-1] = last[:end+len(next)]
			return out
		}
	}
	return append(out, next)
}

// apply makes the planned edits and gives the stream's segments: the untouched
// documents' own bytes, the edited ones', and the added accounts.
func (s *session) apply() ([][]byte, error) {
	added := s.additions()
	out := make([][]byte, 0, len(s.docs)+len(added))
	for i, d := range s.docs {
		for len(added) > 0 && added[0].before == i {
			out = append(out, added[0].bytes(d, i))
			added = added[1:]
		}
		if d.tree == nil || !d.tree.Changed() {
			out = adjoin(out, d.Bytes)
			continue
		}
		result, err := d.tree.Apply()
		if err != nil {
			return nil, &Fault{Message{Message: fmt.Sprintf("changing %s: %s", d.describe(), err)}}
		}
		s.report.Summary.Changed++
		if result.Rewritten {
			s.warnf("", "%s is written in a way that could not be edited in place; its data is kept, its formatting is not", d.describe())
		}
		out = append(out, result.Bytes)
	}
	for _, a := range added {
		out = append(out, a.atEnd(s.docs))
	}
	if blank(out) {
		// Helm 4 refuses output that is empty but for blanks (v4.3.1 pkg/postrenderer/postrenderer.go).
		out = append(out, []byte(emptyStream))
	}
	s.tellAccounts()
	sort.SliceStable(s.report.Changes, func(i, j int) bool {
		return s.report.Changes[i].Object.Document < s.report.Changes[j].Object.Document
	})
	return out, nil
}

// tellAccounts reports what became of each account.
func (s *session) tellAccounts() {
	for _, a := range s.accounts {
		told := Account{Namespace: a.namespace, Name: a.Name, RoleARN: a.arn, Mode: a.Mode, State: "unchanged"}
		named := map[Object]bool{}
		for _, c := range s.report.Changes {
			switch {
			case c.Account != a.String():
			case c.Object.Kind == "ServiceAccount":
				told.State = "changed"
			case strings.HasPrefix(c.Reason, usedBy):
				named[c.Object] = true
			}
		}
		switch {
		case a.added:
			told.State = "added"
		case len(a.objects) == 0:
			told.State = "absent"
		}
		told.Moved = len(named)
		s.report.Accounts = append(s.report.Accounts, told)
	}
}

func blank(segments [][]byte) bool {
	for _, segment := range segments {
		if len(bytes.TrimSpace(segment)) > 0 {
			return false
		}
	}
	return true
}

const emptyStream = "# helm-irsa: the chart rendered nothing\n"
