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
	// Under are the codes of what explains it, on the same service account.
	Under []string
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

// found makes a finding of a code. The message says what was seen.
func found(code, subject, message string, fix repair) finding {
	c := codeIndex[code]
	return finding{Finding{Code: code, Severity: c.Severity, Subject: subject, Message: message, Why: c.Why, Link: c.Link}, fix}
}

// as gives the finding with another severity: it is less certain, or more.
func (f finding) as(s Severity) finding { f.Severity = s; return f }

// because gives the finding with a reason that fits the case better than the table's.
func (f finding) because(why string) finding { f.Why = why; return f }

// on gives the finding on another link.
func (f finding) on(l Link) finding { f.Link = l; return f }

// at gives the finding with the place that it was seen at.
func (f finding) at(where string) finding { f.Where = where; return f }

// saying gives the finding with more of what was seen.
func (f finding) saying(more string) finding { f.Message += more; return f }

// mendedBy gives the finding with another repair.
func (f finding) mendedBy(r repair) finding { f.repair = r; return f }
