package verify

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// told is a finding and the account that it was made for; nil where it is of none.
type told struct {
	Finding
	role string
	by   *serviceAccount
	// nth counts the account's findings of the code.
	nth int
}

// topic is what a finding of a report is told from others by.
type topic struct {
	code, about, said string
	nth               int
}

// topics are what a finding may be told from others by: two findings that have one in
// common are one. Several accounts may share a role, a provider or a webhook, whose fault
// is then found on each of them.
func (t told) topics() []topic {
	out := []topic{
		{t.Code, "subject " + t.Subject, t.Message, 0},
		{t.Code, "repair " + t.Fix, t.Message, 0},
	}
	if t.Link == LinkIssuer || t.Link == LinkProvider { // the repair may name what is to be restarted
		out = append(out, topic{t.Code, string(t.Link), t.Message, 0})
	}
	if t.by == nil {
		return out
	}
	switch {
	case t.by.bare && strings.HasPrefix(t.Code, "sub-"): // which of the accounts was meant nobody says
		out = append(out, topic{"sub-", "role " + t.role, "", t.nth})
	case strings.HasPrefix(t.Code, "sub-"): // one list of subjects, which lacks several
		out = append(out, topic{t.Code, "role " + t.role, "", t.nth})
	case t.by.bare && t.Code == "annotation-missing":
		out = append(out, topic{t.Code, "guessed", string(t.Severity), t.nth})
	}
	return out
}

// shared says what several accounts have in common once, with their names: as of the
// account that comes closest to what a role trusts, else of the first.
func shared(w *facts, all []told) []Finding {
	var groups [][]told
	at := map[topic]int{}
	said := map[topic]int{}
	for _, t := range all {
		if t.by != nil {
			of := topic{t.Code, t.by.subject(), "", 0}
			t.nth, said[of] = said[of], said[of]+1
		}
		group := len(groups)
		for _, about := range t.topics() {
			if i, had := at[about]; had {
				group = min(group, i)
			}
		}
		if group == len(groups) {
			groups = append(groups, nil)
		}
		groups[group] = append(groups[group], t)
		for _, about := range t.topics() {
			at[about] = group
		}
	}
	out := make([]Finding, len(groups))
	for i, g := range groups {
		out[i] = merged(w, g)
	}
	return out
}

// merged is one finding of several. Where one of them is a root cause, so is it.
func merged(w *facts, group []told) Finding {
	out, most := group[0].Finding, -1
	var fixes []string
	named, fixed := map[string]bool{}, map[string]bool{}
	for _, t := range group {
		if n := closeness(w, t); n > most {
			out, most = t.Finding, n
		}
	}
	for _, t := range group {
		if t.Under == "" {
			out.Under = ""
		}
		if t.Severity.rank() < out.Severity.rank() {
			out.Severity = t.Severity
		}
		if t.by != nil && !named[t.by.label()] {
			named[t.by.label()] = true
			out.Accounts = append(out.Accounts, t.by.label())
		}
		if !t.guessed() && !fixed[t.Fix] {
			fixed[t.Fix] = true
			fixes = append(fixes, t.Fix)
		}
	}
	if len(fixes) > 0 {
		out.Fix = joined(fixes)
	}
	if len(out.Accounts) < 2 {
		out.Accounts = nil
	}
	return out
}

// guessed: which account was meant is a guess, and so is the repair.
func (t told) guessed() bool { return t.by != nil && t.by.bare }

// closeness is how much of what the role trusts is right of the account.
func closeness(w *facts, t told) int {
	if t.by == nil || t.by.presumed == nil {
		return 0
	}
	_, rank := closest(w, subjectsIn(w, t.by.presumed).list, t.by.key)
	return max(rank, 0)
}

// label is the account as people write it.
func (k key) label() string { return strings.TrimPrefix(k.namespace+"/"+k.name, "/") }

// joined are several repairs as one: statements that differ in their subjects alone are
// one with all of these, else each is a line of its own.
func joined(fixes []string) string {
	if len(fixes) == 1 {
		return fixes[0]
	}
	first, subjects := bySubject(fixes[0])
	for _, f := range fixes[1:] {
		other, more := bySubject(f)
		if first == nil || !reflect.DeepEqual(first, other) {
			return strings.Join(distinctLines(fixes), "\n")
		}
		subjects = append(subjects, more...)
	}
	slices.Sort(subjects)
	text, err := json.Marshal(withSubjects(first, slices.Compact(subjects)))
	if err != nil {
		return strings.Join(distinctLines(fixes), "\n")
	}
	return string(text)
}

func distinctLines(fixes []string) []string {
	var out []string
	had := map[string]bool{}
	for _, f := range fixes {
		for line := range strings.SplitSeq(f, "\n") {
			if !had[line] {
				had[line] = true
				out = append(out, line)
			}
		}
	}
	return out
}

// bySubject takes a statement apart: the subjects of its one condition on them, and the
// rest; nil where it is no such statement.
func bySubject(statement string) (rest map[string]any, subjects []string) {
	if json.Unmarshal([]byte(statement), &rest) != nil {
		return nil, nil
	}
	conditions, _ := rest["Condition"].(map[string]any)
	for _, keys := range conditions {
		for k, v := range manifest.Mapping(keys) {
			if !strings.HasSuffix(k, ":sub") {
				continue
			}
			if s, ok := v.(string); ok {
				v = []any{s}
			}
			for _, s := range manifest.List(map[string]any{"of": v}, "of") {
				text, _ := s.(string)
				subjects = append(subjects, text)
			}
			keys.(map[string]any)[k] = nil
		}
	}
	if len(subjects) == 0 {
		return nil, nil
	}
	return rest, subjects
}

// withSubjects puts subjects where bySubject took them away.
func withSubjects(rest map[string]any, subjects []string) map[string]any {
	for _, keys := range manifest.Mapping(rest, "Condition") {
		for k, v := range manifest.Mapping(keys) {
			if v == nil && strings.HasSuffix(k, ":sub") {
				keys.(map[string]any)[k] = subjects
			}
		}
	}
	return rest
}
