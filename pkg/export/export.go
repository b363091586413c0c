// Package export says in the languages of other tools what irsa.yaml wants there to be in AWS,
// for teams that let those tools write IAM. The documents are those that helm irsa apply
// writes: the same values in the same order, so that neither tool sees a change in what the
// other made. White space is added for readers, which IAM does not count.
//
// What a format cannot say is a comment at the place, and a Note.
package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// Options are what an export has beside what is wanted.
type Options struct {
	// Accounts say how AWS accounts are reached, by ID, as in irsa.yaml.
	Accounts map[string]spec.AccountAccess
	// AdoptExisting writes what the tool needs to take over what is in AWS already.
	AdoptExisting bool
	// NoProvider leaves the OIDC providers out, which all releases of a cluster share.
	NoProvider bool
	// ClusterScope writes Crossplane's kinds that are of the whole cluster, as before its
	// version 2, instead of those of a namespace.
	ClusterScope bool
}

// File is one file of an export.
type File struct {
	Name string
	Text []byte
	// Program says that it is run, not read.
	Program bool
}

// Note is something that the format cannot say, or that has to be done by hand.
type Note struct {
	// About is what it is about, as TYPE NAME.
	About, Text string
	// Lacks says that irsa.yaml wants something that the export does not say.
	Lacks bool
}

// Export is what was written.
type Export struct {
	Files []File
	Notes []Note
}

// A writer writes one format.
type writer func(*awsstate.Wanted, Options) (*Export, error)

var formats = map[string]writer{
	"ack":            ack,
	"aws-cli":        script,
	"cloudformation": cloudformation,
	"crossplane":     crossplane,
	"eksctl":         eksctl,
	"terraform":      terraform,
}

// Formats are the names of the formats.
func Formats() []string {
	var out []string
	for name := range formats {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// To exports what is wanted to a format, which is one of Formats.
func To(format string, w *awsstate.Wanted, o Options) (*Export, error) {
	write := formats[format]
	if write == nil {
		return nil, fmt.Errorf("there is no format %q", format)
	}
	if o.NoProvider {
		without := *w
		without.Providers = nil
		w = &without
	}
	e, err := write(w, o)
	if err == nil && len(accountsOf(w)) == 0 { // some formats have no file then, and silence would look like a fault
		e.note(false, "irsa.yaml", "nothing of it is to be made in AWS")
	}
	return e, err
}

func (e *Export) note(lacks bool, about, format string, args ...any) string {
	text := fmt.Sprintf(format, args...)
	e.Notes = append(e.Notes, Note{about, text, lacks})
	return text
}

// accountsOf are the AWS accounts that something is wanted in, the cluster's first.
func accountsOf(w *awsstate.Wanted) []string {
	set := map[string]bool{}
	for _, p := range w.Providers {
		set[p.Account] = true
	}
	for _, p := range w.Policies {
		set[p.Account] = true
	}
	for _, r := range w.Roles {
		set[r.Account] = true
	}
	for _, r := range w.NodeRoles {
		set[r.Account] = true
	}
	if len(w.Associations) > 0 {
		set[w.Account] = true
	}
	var out []string
	for id := range set {
		if id != w.Account {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	if set[w.Account] {
		out = append([]string{w.Account}, out...)
	}
	return out
}

// pretty is a JSON document on several lines, behind a margin, without one on the first line.
// Nothing but white space is added; what a terminal would not show is escaped as JSON does.
func pretty(text, margin string) string {
	var b bytes.Buffer
	if err := json.Indent(&b, safe.JSON([]byte(text)), margin, "  "); err != nil {
		return text // a document that was read is JSON
	}
	return b.String()
}

// lastOf is what tells one issuer or ARN from another for readers: its last part.
func lastOf(path string) string {
	path = strings.TrimSuffix(path, "/")
	return path[strings.LastIndex(path, "/")+1:]
}

func keysOf[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for key := range m {
		out = append(out, key)
	}
	slices.Sort(out)
	return out
}
