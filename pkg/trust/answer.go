package trust

// Answer is yes, no, or unknown. Unknown is the zero Answer.
type Answer int

// The three answers.
const (
	Unknown Answer = iota
	No
	Yes
)

// String is "unknown", "no" or "yes".
func (a Answer) String() string {
	switch a {
	case No:
		return "no"
	case Yes:
		return "yes"
	}
	return "unknown"
}

// MarshalText gives String.
func (a Answer) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

func answer(ok bool) Answer {
	if ok {
		return Yes
	}
	return No
}

// not, and, or are Kleene's: unknown stays unknown unless the other side decides.
func (a Answer) not() Answer {
	switch a {
	case Yes:
		return No
	case No:
		return Yes
	}
	return Unknown
}

func (a Answer) and(b Answer) Answer {
	switch {
	case a == No || b == No:
		return No
	case a == Yes && b == Yes:
		return Yes
	}
	return Unknown
}

func (a Answer) or(b Answer) Answer { return a.not().and(b.not()).not() }
