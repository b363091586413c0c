package render

import (
	"bytes"
	"fmt"
	"sort"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest/stream"
	"github.com/helm-irsa/helm-irsa/pkg/render/internal/yamledit"
)

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
// documents' own bytes, the edited ones', and the added service accounts.
func (s *session) apply() ([][]byte, error) {
	added := s.additions()
	edits := s.edits()
	out := make([][]byte, 0, len(s.docs)+len(added))
	// A byte order mark begins the stream, whatever its first document is.
	mark := 0
	if len(added) > 0 && added[0].before == 0 && len(s.docs) > 0 && bytes.HasPrefix(s.docs[0].Bytes, []byte(stream.ByteOrderMark)) {
		mark = len(stream.ByteOrderMark)
		out = append(out, s.docs[0].Bytes[:mark])
	}
	for i, d := range s.docs {
		if i > 0 {
			mark = 0
		}
		for len(added) > 0 && added[0].before == i {
			out = append(out, added[0].bytes(d))
			added = added[1:]
		}
		if len(edits) == 0 || edits[0].doc != d {
			out = adjoin(out, d.Bytes[mark:])
			continue
		}
		result, err := edits[0].result, edits[0].err
		edits = edits[1:]
		if err != nil {
			return nil, &Fault{Message{Message: fmt.Sprintf("changing %s: %s", d.describe(), err)}}
		}
		s.report.Summary.Changed++
		if result.Rewritten {
			s.warnf("", "%s is written in a way that could not be edited in place; its data is kept, its formatting is not", d.describe())
		}
		out = append(out, result.Bytes[mark:])
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

// edited is what became of one document.
type edited struct {
	doc    *document
	result yamledit.Result
	err    error
}

// edits makes the edits of all documents that have some.
func (s *session) edits() []edited {
	var all []edited
	for _, d := range s.docs {
		if d.tree != nil && d.tree.Changed() {
			all = append(all, edited{doc: d})
		}
	}
	sideBySide(portions(all, func(e edited) int { return len(e.doc.Bytes) }), func(from, to int) {
		trees := make([]*yamledit.Document, 0, to-from)
		for _, e := range all[from:to] {
			trees = append(trees, e.doc.tree)
		}
		results, errs := yamledit.ApplyEach(trees)
		for i := range trees {
			all[from+i].result, all[from+i].err = results[i], errs[i]
		}
	})
	return all
}

// tellAccounts reports what became of each service account.
func (s *session) tellAccounts() {
	changes := map[string][]Change{}
	for _, c := range s.report.Changes {
		changes[c.Account] = append(changes[c.Account], c)
	}
	for _, a := range s.accounts {
		told := Account{Namespace: a.namespace, Name: a.Name, RoleARN: a.arn, Mode: a.Mode, State: "unchanged"}
		named := map[Object]bool{}
		for _, c := range changes[a.String()] {
			switch {
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
