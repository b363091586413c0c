package trust

import (
	"fmt"
	"strings"
)

// Explain says a decision in words: a line with the verdict and the statement,
// then one indented line for each reason.
func (d Decision) Explain() []string {
	out := []string{d.headline()}
	for _, r := range d.Why {
		out = append(out, "  "+r.String())
	}
	return out
}

func (d Decision) headline() string {
	statement := d.statement()
	switch {
	case d.Verdict == Allow:
		return "allowed by " + statement
	case d.Verdict == Deny:
		return "denied by " + statement
	case d.Verdict == Undecided:
		return "not known: it depends on " + statement
	case d.Statement < 0:
		return "refused: no statement allows anything"
	}
	return "refused: no statement allows it; closest is " + statement
}

// statement names the statement as a person counts.
func (d Decision) statement() string {
	if d.Sid == "" {
		return fmt.Sprintf("statement %d", d.Statement+1)
	}
	return fmt.Sprintf("statement %d (%s)", d.Statement+1, d.Sid)
}

// String is one line: what is compared, what is wanted, what was seen, the result.
func (r Reason) String() string {
	var b strings.Builder
	b.WriteString(r.Element)
	if r.Operator != "" {
		b.WriteString(" " + r.Operator + " " + r.Key)
	}
	if len(r.Wanted) > 0 {
		b.WriteString(": wants " + quoted(r.Wanted, "or"))
	}
	if len(r.Seen) > 0 {
		b.WriteString("; has " + quoted(r.Seen, "and"))
	}
	switch r.Result {
	case Yes:
		b.WriteString("; matches")
	case No:
		b.WriteString("; does not match")
	default:
		b.WriteString("; not known")
	}
	if r.Note != "" {
		b.WriteString(": " + r.Note)
	}
	return b.String()
}

func quoted(values []string, word string) string {
	more := ""
	if n := len(values) - manyValues; n > 0 { // who reads on has the policy
		values, more = values[:manyValues], fmt.Sprintf(" %s %d more", word, n)
	}
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = quote(v)
	}
	return strings.Join(out, " "+word+" ") + more
}
