package trust

// Evaluate says whether the document lets the request in, and what decided.
//
// An explicit deny wins over any allow; without an allow the request is refused
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html).
// Where it hangs on something unknown, the verdict is Undecided. A request that no
// statement can allow is refused whatever the unknown is, and called ImplicitDeny.
//
// Only this document is asked. Policies of the caller, boundaries and those of an
// organization may refuse what it allows; a trust in an AWS account as a whole also
// needs a policy in that AWS account.
func Evaluate(d Document, r Request) Decision {
	e := newEnv(r, d.version == Version2012)
	outcomes := make([]Outcome, len(d.statements))
	for i, s := range d.statements {
		outcomes[i] = e.statement(s)
	}
	return decisionOf(outcomes)
}

// decisionOf is what outcomes come to, with the parts of the statement that decided.
func decisionOf(outcomes []Outcome) Decision {
	verdict, index := decide(outcomes)
	out := Decision{Verdict: verdict, Statement: index, Why: []Reason{}, Statements: outcomes}
	if index >= 0 {
		out.Sid = outcomes[index].Sid
		out.Why = why(verdict, outcomes[index].Reasons)
	}
	return out
}

// statement holds every part of a statement against the request, also after one
// did not match, so that all that is wrong is seen at once.
func (e *env) statement(s Statement) Outcome {
	out := Outcome{Sid: s.sid, Effect: "Deny"}
	if s.allow {
		out.Effect = "Allow"
	}
	out.Reasons = append(out.Reasons, e.principal(s), e.action(s))
	out.Reasons = append(out.Reasons, e.conditions(s)...)
	for _, name := range s.others {
		out.Reasons = append(out.Reasons, Reason{
			Element: name, Wanted: []string{}, Seen: []string{}, Note: "IAM knows no such element in a trust policy",
		})
	}
	out.Applies = Yes
	for _, r := range out.Reasons {
		out.Applies = out.Applies.and(r.Result)
	}
	return out
}

// decide finds the verdict and the statement that it hangs on.
func decide(outcomes []Outcome) (Verdict, int) {
	if i := find(outcomes, "Deny", Yes); i >= 0 {
		return Deny, i
	}
	denied := find(outcomes, "Deny", Unknown)
	allowed, perhaps := find(outcomes, "Allow", Yes), find(outcomes, "Allow", Unknown)
	switch {
	case allowed < 0 && perhaps < 0:
		return ImplicitDeny, closest(outcomes)
	case denied >= 0:
		return Undecided, denied
	case allowed >= 0:
		return Allow, allowed
	}
	return Undecided, perhaps
}

func find(outcomes []Outcome, effect string, applies Answer) int {
	for i, o := range outcomes {
		if o.Effect == effect && o.Applies == applies {
			return i
		}
	}
	return -1
}

// closest is the Allow statement of which the fewest parts do not match.
func closest(outcomes []Outcome) int {
	best, fewest := -1, 0
	for i, o := range outcomes {
		if o.Effect != "Allow" {
			continue
		}
		misses := len(pick(o.Reasons, No))
		if best < 0 || misses < fewest {
			best, fewest = i, misses
		}
	}
	return best
}

func why(v Verdict, reasons []Reason) []Reason {
	switch v {
	case ImplicitDeny:
		return pick(reasons, No)
	case Undecided:
		return pick(reasons, Unknown)
	}
	return reasons
}

func pick(reasons []Reason, result Answer) []Reason {
	out := []Reason{}
	for _, r := range reasons {
		if r.Result == result {
			out = append(out, r)
		}
	}
	return out
}
