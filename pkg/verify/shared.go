package verify

import "strings"

// told is a finding and the service account that it was made for; nil where it is of none.
type told struct {
	finding
	role string
	by   *serviceAccount
	// nth counts the service account's findings of the code.
	nth int
}

// topic is what a finding of a report is told from others by.
type topic struct {
	code, about, said string
	nth               int
}

// topics are what a finding may be told from others by: two findings that have one in
// common are one. Several service accounts may share a role, a provider or a webhook, whose
// fault is then found on each of them.
func (t told) topics() []topic {
	out := []topic{
		{t.Code, "subject " + t.Subject, t.Message, 0},
		{t.Code, "repair " + textOf(t.repair.steps()), t.Message, 0},
	}
	if t.Link == LinkIssuer || t.Link == LinkProvider { // the repair may name what is to be restarted
		out = append(out, topic{t.Code, string(t.Link), t.Message, 0})
	}
	if t.by == nil {
		return out
	}
	switch {
	case t.by.bare && strings.HasPrefix(t.Code, "sub-"): // which of the service accounts was meant nobody says
		out = append(out, topic{"sub-", "role " + t.role, "", t.nth})
	case strings.HasPrefix(t.Code, "sub-"): // one list of subjects, which lacks several
		out = append(out, topic{t.Code, "role " + t.role, "", t.nth})
	case t.by.bare && t.Code == codeAnnotationMissing:
		out = append(out, topic{t.Code, "guessed", string(t.Severity), t.nth})
	}
	return out
}

// shared says what several service accounts have in common once, with their names: as of the
// service account that comes closest to what a role trusts, else of the first.
func shared(w *facts, all []told) []Finding {
	var groups [][]told
	at := map[topic]int{}
	said := map[topic]int{}
	for _, t := range all {
		if t.by != nil {
			of := topic{t.Code, t.by.subject(), "", 0}
			t.nth, said[of] = said[of], said[of]+1
		}
		group, topics := len(groups), t.topics()
		for _, about := range topics {
			if i, had := at[about]; had {
				group = min(group, i)
			}
		}
		if group == len(groups) {
			groups = append(groups, nil)
		}
		groups[group] = append(groups[group], t)
		for _, about := range topics {
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
	out, most := group[0].finding, -1
	var repairs []repair
	named := map[string]bool{}
	for _, t := range group {
		if n := closeness(w, t); n > most {
			out, most = t.finding, n
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
			out.ServiceAccounts = append(out.ServiceAccounts, t.by.label())
		}
		if !t.guessed() {
			repairs = append(repairs, t.repair)
		}
	}
	if len(repairs) == 0 {
		repairs = []repair{out.repair}
	}
	if len(out.ServiceAccounts) < 2 {
		out.ServiceAccounts = nil
	}
	return out.told(together(repairs))
}

// guessed: which service account was meant is a guess, and so is the repair.
func (t told) guessed() bool { return t.by != nil && t.by.bare }

// closeness is how much of what the role trusts is right of the service account.
func closeness(w *facts, t told) int {
	if t.by == nil || t.by.presumed == nil {
		return 0
	}
	_, rank := closest(w, subjectsIn(w, t.by.presumed).list, t.by.key)
	return max(rank, 0)
}

// label is the service account as people write it.
func (k key) label() string { return strings.TrimPrefix(k.namespace+"/"+k.name, "/") }
