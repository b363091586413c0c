package render

import (
	"errors"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// Fault is one thing that stops a rendering.
type Fault struct{ Message }

func (f *Fault) Error() string { return f.Message.Message }

// Faults are all the things that stop a rendering, found in one go.
type Faults []Message

// Error gives one line a fault.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, m := range f {
		lines[i] = m.Message
	}
	return strings.Join(lines, "\n")
}

// faults collects.
type faults struct{ list Faults }

func (f *faults) add(m Message) { f.list = append(f.list, m) }

// addErr takes a Fault or Faults apart; anything else becomes a message of its own.
func (f *faults) addErr(err error) {
	switch err := err.(type) {
	case nil:
	case *Fault:
		f.add(err.Message)
	case Faults:
		f.list = append(f.list, err...)
	default:
		f.add(Message{Message: err.Error()})
	}
}

func (f *faults) err() error {
	if len(f.list) == 0 {
		return nil
	}
	return f.list
}

// hinted is an error that knows what to type next.
type hinted interface{ Hint() string }

// Messages takes an error apart into the lines that a person should see.
func Messages(err error) []Message {
	var list *spec.FaultList
	if errors.As(err, &list) {
		out := make([]Message, len(list.Faults))
		for i, f := range list.Faults {
			hint := f.Hint
			f.Hint = ""
			out[i] = Message{Message: list.At(f), Hint: hint}
		}
		return out
	}
	var h hinted
	if errors.As(err, &h) {
		return []Message{{Message: err.Error(), Hint: h.Hint()}}
	}
	var out faults
	out.addErr(err)
	return out.list
}

// FailedReport is the report of a rendering that could not begin.
func FailedReport(namespace, release string, err error) *Report {
	report := failed(newReport(namespace, release), err)
	report.Errors = Messages(err)
	return report
}
