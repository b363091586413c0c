package faults

// stated is an error, and how it left things.
type stated struct {
	error
	state, hint string
}

func (e *stated) Unwrap() error { return e.error }

// Stated adds to an error in what state it leaves AWS and the cluster, and what to type next;
// an empty hint leaves that to the error's own.
func Stated(err error, state, hint string) error { return &stated{err, state, hint} }

// StateOf is what Stated added to an error: the state, the hint, and the error itself; nil where it
// added nothing.
func StateOf(err error) (state, hint string, cause error) {
	s, ok := err.(*stated)
	if !ok {
		return "", "", nil
	}
	return s.state, s.hint, s.error
}
