package render

import (
	"bytes"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/manifest/stream"
	"github.com/helm-irsa/helm-irsa/pkg/render/internal/yamledit"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// session is one rendering: the documents, what was found in them, what is planned.
type session struct {
	spec     *spec.File
	assumed  bool
	kinds    *manifest.Table
	presets  map[string]spec.Preset
	release  string // the release's namespace, empty where unknown
	accounts []*account

	search    *search // what irsa.yaml makes worth reading
	docs      []*document
	counts    counts
	index     *index
	memory    memory
	helm4     bool
	hooksOnly bool

	moves     []move
	texts     []*innerText
	parts     []*part
	variables []*newVariables
	claims    map[claim]string
	seated    map[claim]*account // which entry's usedBy decides a seat
	replaced  []replaced
	sharing   []sharing
	// held are the values that ConfigMaps and Secrets hold for service accounts that roll out.
	held   map[heldIn][]*entry
	report *Report
	faults faults
	warned map[string]bool
}

// mark notes on a document, as it comes in, whether it must be read.
func (s *session) mark(d *stream.Doc) { d.Wanted = !d.Behind && s.search.wants(d) }

// warnAssumed says which service accounts are of a namespace only because nobody named another.
func (s *session) warnAssumed() {
	var names []string
	for _, a := range s.accounts {
		if a.Namespace == "" {
			names = append(names, a.Name)
		}
	}
	if s.assumed && len(names) > 0 {
		s.warnf("pass --namespace NAMESPACE to Helm, or write namespace beside name in irsa.yaml",
			"the release's namespace is taken to be %s, since none was named: of it is service account %s", s.release, some(names))
	}
}

// behindEnd warns of a document that stands behind "..." and is therefore none for Helm.
func (s *session) behindEnd(d *document, before int) {
	if d.Body < len(d.Bytes) {
		s.warnf("let the template write --- between them",
			"Helm does not read what follows \"...\" in document %d (line %d of the stream), and installs none of it", before, d.bodyLine())
	}
}

// read numbers the documents and parses those that may matter.
func (s *session) read(docs []stream.Doc) {
	s.docs = make([]*document, len(docs))
	line, number := 1, 0
	plain := true
	for i, d := range docs {
		doc := &document{Doc: d, line: line, counts: &s.counts}
		line += d.Lines
		if doc.hidden() {
			s.behindEnd(doc, number)
		} else if !d.Empty() {
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
	s.parseAll(func(d *document) bool { return d.Wanted })
	s.hooksOnly = s.onlyHooks()
}

// parse reads the documents that the search wants.
func (s *session) parse(q *search) {
	s.parseAll(func(d *document) bool { return q.wants(&d.Doc) })
}

// parseAll reads those of the documents; one that must be read and cannot be is a fault.
func (s *session) parseAll(wanted func(*document) bool) {
	var all []*document
	for _, d := range s.docs {
		if !d.parsed && wanted(d) {
			all = append(all, d)
		}
	}
	errs := make([]error, len(all))
	sideBySide(portions(all, func(d *document) int { return len(d.Bytes) }), func(from, to int) {
		srcs := make([][]byte, 0, to-from)
		for _, d := range all[from:to] {
			srcs = append(srcs, d.Bytes)
		}
		trees, failed := yamledit.ParseEach(srcs)
		for i, tree := range trees {
			all[from+i].take(tree)
		}
		copy(errs[from:to], failed)
	})
	for i, d := range all {
		s.faults.addErr(d.parsedAs(errs[i]))
	}
}

// searches lists what irsa.yaml makes worth reading.
func (s *session) searches() *search {
	q := &search{}
	for _, a := range s.accounts {
		q.add("ServiceAccount", a.Name)
		s.searchPods(q, a)
		s.searchTargets(q, a.Name, a.UsedBy)
		s.searchTargets(q, a.arn, a.RoleIn)
	}
	if s.migrating() {
		for kind := range s.kinds.Running() {
			q.add(kind, kiamPrefix)
		}
	}
	return q
}

// searchPods lists what makes the pods of a service account worth reading: all of them for
// what changes pods, hooks for the check that their service account can exist.
func (s *session) searchPods(q *search, a *account) {
	all := a.Rollout || s.migrating()
	for kind := range s.kinds.Running() {
		switch {
		case all && a.Name == "default":
			q.add(kind, "") // a pod that names no service account runs as default
		case all:
			q.add(kind, a.Name)
		default:
			q.addHook(kind, a.Name)
		}
	}
}

// searchTargets lists what targets make worth reading that write a value.
func (s *session) searchTargets(q *search, value string, targets []spec.Target) {
	for _, t := range targets {
		if kind, name := targetObject(t); kind != "" {
			q.add(kind, literal(name))
		}
		if t.Value != "" {
			q.addAnyKind(value)
			for _, p := range s.presets {
				// Read what a preset points at, to name the value that works.
				for _, g := range p.Generations {
					if g.Value == t.Value {
						s.searchPreset(q, value, p)
					}
				}
			}
		}
		s.searchTargets(q, value, t.AnyOf)
		if p, ok := s.presets[t.Preset]; ok {
			s.searchPreset(q, value, p)
		}
	}
}

func (s *session) searchPreset(q *search, value string, p spec.Preset) {
	for _, g := range p.Generations {
		s.searchTargets(q, value, g.Targets)
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
