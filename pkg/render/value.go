package render

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/helm-irsa/helm-irsa/pkg/render/internal/yamledit"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// HelmValue is a Helm value that irsa.yaml wants passed to Helm, as --set-string PATH=VALUE.
type HelmValue struct{ Path, Value string }

// Values are the values that the `value` targets of irsa.yaml name, in the file's
// order, for a release in a namespace. Of an anyOf, only values that stand in its first
// alternative are passed: which alternative matches is known only once Helm has rendered.
// The error lists the roles whose ARN a value wants and irsa.yaml does not say: Helm has to be
// told before it renders.
func Values(f *spec.File, namespace string) ([]HelmValue, error) {
	var out []HelmValue
	var faults faults
	for _, a := range f.ServiceAccounts {
		for _, t := range valueTargets(a.UsedBy) {
			out = append(out, HelmValue{t.Value, a.Name})
		}
		for _, t := range valueTargets(a.RoleIn) {
			arn, err := f.RoleARN(a, a.NamespaceIn(namespace))
			if err != nil {
				faults.add(Message{Message: fmt.Sprintf("passing value %s to Helm (%s:%d): %s", t.Value, fileOf(f, t.File), t.Line, err)})
				break
			}
			out = append(out, HelmValue{t.Value, arn})
		}
	}
	return out, faults.err()
}

// valueTargets are the targets of a list that pass a value to Helm.
func valueTargets(targets []spec.Target) []spec.Target {
	var out []spec.Target
	for _, t := range targets {
		for len(t.AnyOf) > 0 {
			t = t.AnyOf[0]
		}
		if t.Value != "" {
			out = append(out, t)
		}
	}
	return out
}

// valueShown reports whether the rendered release has the value where a chart would put it.
// Charts ignore values that they do not know without a word, so a value that shows nowhere is
// an error.
func (s *session) valueShown(w wanted, value string) outcome {
	docs := s.docs
	if len(s.accounts) > manyNeedles && wordy(w.value) {
		docs = s.shownIn(w.value)
	}
	for _, d := range docs {
		if d.Empty() || !bytes.Contains(d.Bytes, []byte(w.value)) {
			continue
		}
		if w.role {
			return does() // nothing is told of an ARN but that it is there
		}
		_ = d.parse() // an error is a fault already, since the search wanted it, and leaves no objects
		for _, o := range d.objects {
			if o.group == "" && o.kind == "ServiceAccount" || strings.HasSuffix(o.kind, "Binding") {
				continue
			}
			if names(o.root, "", w.value, 0) {
				return does()
			}
		}
	}
	return outcome{why: func() Message { return s.valueUnknown(w, value) }}
}

// valueUnknown says that a value shows nowhere.
func (s *session) valueUnknown(w wanted, value string) Message {
	shows := "runs as the service account"
	if w.role {
		shows = "has the role's ARN"
	}
	m := Message{Message: fmt.Sprintf("value %s was passed to Helm, but nothing in the rendered release %s: the chart does not know that value", value, shows)}
	if works := s.valueThatWorks(value); works != "" {
		m.Hint = fmt.Sprintf("this chart takes it from %s: write value: %s", works, works)
	} else {
		m.Hint = "see `helm show values` for the chart's own name of it, or name the place with env, field or embedded"
	}
	return m
}

// valueThatWorks looks for a preset that knows the value from another generation of the chart at hand.
func (s *session) valueThatWorks(value string) string {
	for _, p := range s.presets {
		knows := false
		for _, g := range p.Generations {
			knows = knows || g.Value == value
		}
		if !knows {
			continue
		}
		for _, g := range p.Generations {
			if g.Value != value && s.wouldMatch(g.Targets) {
				return g.Value
			}
		}
	}
	return ""
}

// wouldMatch reports whether objects of a generation's targets are there, changing nothing.
func (s *session) wouldMatch(targets []spec.Target) bool {
	for _, t := range targets {
		kind, name := targetObject(t)
		for _, o := range s.matching(kind, name, "") {
			if t.Embedded == nil || len(texts(o, t.Embedded.Key)) > 0 {
				return true
			}
		}
	}
	return false
}

// speaksOfAccounts finds keys, variables and flags that are about service accounts.
var speaksOfAccounts = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)service[-_.]?account`) })

// names reports whether a scalar below r that is about service accounts is the name,
// or holds text with a line that is about them and names it.
func names(r yamledit.Ref, key, name string, depth int) bool {
	switch {
	case depth > 64:
		return false
	case r.IsMap():
		if v := r.Get("name").Text(); v != "" && speaksOfAccounts().MatchString(v) && r.Get("value").Text() == name {
			return true // an environment variable or an argument
		}
		for _, e := range r.Entries() {
			if names(e.Value, e.Key, name, depth+1) {
				return true
			}
		}
		return false
	case r.IsSeq():
		for _, item := range r.Items() {
			if names(item, key, name, depth+1) {
				return true
			}
		}
		return false
	}
	text := r.Text()
	if text == name {
		return speaksOfAccounts().MatchString(key)
	}
	if !strings.Contains(text, name) || !speaksOfAccounts().MatchString(text) {
		return false
	}
	near := regexp.MustCompile(`(?i)service[-_.]?account[a-z_]*["']?\s*[:= ]\s*["']?` + regexp.QuoteMeta(name) + `($|[^A-Za-z0-9.-])`)
	return near.MatchString(text)
}
