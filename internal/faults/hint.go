package faults

import "fmt"

// hintedError is an error and what to type next.
type hintedError struct {
	error
	hint string
}

func (e *hintedError) Hint() string  { return e.hint }
func (e *hintedError) Unwrap() error { return e.error }

// Hinted adds a hint, made as by fmt.Sprintf, to an error.
func Hinted(err error, format string, args ...any) error {
	return &hintedError{err, fmt.Sprintf(format, args...)}
}

// Bare is an error without what to type next.
func Bare(err error) error { return bare{err} }

type bare struct{ error }

func (bare) Hint() string    { return "" }
func (b bare) Unwrap() error { return b.error }
