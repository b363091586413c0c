package catalog

import (
	"strings"
)

// Fault is one thing that is wrong with how an entry is used.
type Fault struct {
	// Parameter is the parameter's name, or features; empty where the entry itself is meant.
	Parameter string
	// Index is the value of the parameter, -1 for the parameter itself.
	Index int
	// Message says what is wrong, Hint what to write instead; Hint may be empty.
	Message, Hint string
	// Missing is the parameter that has to be given and is not; Needs is what of the cluster is
	// not known: partition, cluster.name, cluster.region or cluster.accountID.
	Missing, Needs string
}

// OfRegion reports whether only the cluster's region is not known.
func (f Fault) OfRegion() bool { return f.Needs == "partition" || f.Needs == "cluster.region" }

// Error is the error of Find and Build: all that is wrong with how one entry is used.
type Error struct {
	Entry  string
	Faults []Fault
}

// Error gives one line for each fault.
func (e *Error) Error() string {
	lines := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		lines[i] = e.Entry + ": "
		if f.Parameter != "" {
			lines[i] += f.Parameter + ": "
		}
		lines[i] += f.Message
		if f.Hint != "" {
			lines[i] += "; " + f.Hint
		}
	}
	return strings.Join(lines, "\n")
}
