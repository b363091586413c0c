package judge

import (
	"fmt"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// difference is one part of a statement, or a whole verdict, that the two see otherwise.
type difference struct {
	part         trust.Reason // Element is Verdict for a whole policy
	ours, theirs string
	version      string // of the policy language
	who          trust.Principal
	context      map[string][]string
	where        string // the policy and the request
}

func (d difference) String() string {
	return fmt.Sprintf("%s %s %s: wanted %q, the request has %q: ours %s, theirs %s (%s)\n%s",
		d.part.Element, d.part.Operator, d.part.Key, d.part.Wanted, d.part.Seen, d.ours, d.theirs, d.part.Note, d.where)
}

// tally is what a run came to.
type tally struct {
	policies, requests int
	verdicts           map[trust.Verdict]int
	parts              map[trust.Answer]int
	differences        []difference
}

func newTally() *tally {
	return &tally{verdicts: map[trust.Verdict]int{}, parts: map[trust.Answer]int{}}
}

// run asks both for every trial.
func (t *tally) run(s *simulator, cases []trial) error {
	theirs, err := s.ask(cases)
	if err != nil {
		return err
	}
	for i, c := range cases {
		doc, err := trust.Parse(c.policy)
		if err != nil {
			return fmt.Errorf("%s: %w", c.policy, err)
		}
		t.policies++
		for j, r := range c.requests {
			t.compare(c, doc, r, theirs[i][j])
		}
	}
	return nil
}

// verdicts of ours in the words of the other; Undecided is none.
var verdicts = map[trust.Verdict]string{trust.Allow: "Allowed", trust.Deny: "ExplicitlyDenied", trust.ImplicitDeny: "ImplicitlyDenied"}

// compare holds ours against theirs for one request: each part, then the verdict that the
// parts make, and what ours says where less of the request is known.
func (t *tally) compare(c trial, doc trust.Document, r request, theirs answer) {
	t.requests++
	ours := trust.Evaluate(doc, r.whole)
	t.verdicts[ours.Verdict]++
	found := t.compareParts(c, doc, r, ours, theirs)
	if want, decided := verdicts[ours.Verdict]; len(found) == 0 && decided && want != theirs.Verdict && !unknownPart(ours) {
		found = append(found, difference{
			part: trust.Reason{Element: "Verdict", Note: "every part of every statement is alike"},
			ours: want, theirs: theirs.Verdict, where: where(c, r),
		})
	}
	t.differences = append(t.differences, found...)
	if known := trust.Evaluate(doc, r.known).Verdict; !sound(known, ours.Verdict) {
		t.differences = append(t.differences, difference{
			part: trust.Reason{Element: "Known", Note: "what was decided with less known is decided otherwise with all of it"},
			ours: string(known), theirs: string(ours.Verdict), where: where(c, r),
		})
	}
}

// unknownPart reports whether ours could not tell a part that theirs tells: the verdicts may
// differ then, by which Deny or how many.
func unknownPart(d trust.Decision) bool {
	for _, s := range d.Statements {
		for _, r := range s.Reasons {
			if r.Result == trust.Unknown {
				return true
			}
		}
	}
	return false
}

// sound reports whether a verdict on what was known fits that on the whole. A request that
// no statement can allow is an implicit deny, whatever an uncertain Deny comes to.
func sound(known, whole trust.Verdict) bool {
	return known == trust.Undecided || known == whole || known == trust.ImplicitDeny && whole == trust.Deny
}

// compareParts finds the parts that differ. Where ours says unknown it claims nothing.
func (t *tally) compareParts(c trial, doc trust.Document, r request, ours trust.Decision, theirs answer) []difference {
	var out []difference
	for i, s := range ours.Statements {
		if len(theirs.Parts) != len(ours.Statements) || len(theirs.Parts[i]) != len(s.Reasons) {
			return []difference{{part: trust.Reason{Element: "Parts"}, ours: fmt.Sprint(s.Reasons), theirs: fmt.Sprint(theirs.Parts), where: where(c, r)}}
		}
		for j, part := range s.Reasons {
			t.parts[part.Result]++
			if part.Result != trust.Unknown && part.Result.String() != theirs.Parts[i][j] {
				out = append(out, difference{part, part.Result.String(), theirs.Parts[i][j], doc.Version(), r.whole.Principal, r.whole.Context, where(c, r)})
			}
		}
	}
	return out
}

func where(c trial, r request) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\tpolicy %s\n\t%s %s %s\n\t%v", c.policy, r.whole.Action, r.whole.Principal.Type, r.whole.Principal.ID, r.whole.Context)
	return b.String()
}
