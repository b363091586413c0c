package verify

import "slices"

// Code is one kind of finding. The table is the source of docs/findings.md.
type Code struct {
	// Code is stable: scripts rely on it.
	Code string
	// Group is where it is seen: trust, manifests, AWS or cluster.
	Group string
	Link  Link
	// Severity is the usual one; a finding that is not certain is less.
	Severity Severity
	// Title is one line. Looks is what it looks like, Why why AWS or the webhook refuses
	// it, Repair how to mend it.
	Title, Looks, Why, Repair string
}

// Codes are all codes, in the order of the design.
func Codes() []Code {
	return slices.Concat(trustCodes, manifestCodes, awsCodes, clusterCodes)
}

// CodeOf gives the code of that name; the bool is false where there is none.
func CodeOf(name string) (Code, bool) {
	c, ok := codeIndex[name]
	return c, ok
}

var codeIndex = func() map[string]Code {
	out := map[string]Code{}
	for _, c := range Codes() {
		out[c.Code] = c
	}
	return out
}()

// found makes a finding of a code. The message says what was seen, the fix what to paste.
func found(code, subject, message, fix string) Finding {
	c := codeIndex[code]
	return Finding{Code: code, Severity: c.Severity, Subject: subject, Message: message, Why: c.Why, Fix: fix, Link: c.Link}
}

// as gives the finding with another severity: it is less certain, or more.
func (f Finding) as(s Severity) Finding { f.Severity = s; return f }

// because gives the finding with a reason that fits the case better than the table's.
func (f Finding) because(why string) Finding { f.Why = why; return f }

// on gives the finding on another link.
func (f Finding) on(l Link) Finding { f.Link = l; return f }

// at gives the finding with the place that it was seen at.
func (f Finding) at(where string) Finding { f.Where = where; return f }
