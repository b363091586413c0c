package cli

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/catalog"
)

const catalogHelp = `Lists the catalogue: well-known charts, their service accounts, and the parameters of
the policies that they need. Parameters in brackets may be left out; +2 stands for two
more, which NAME shows; RELEASE stands for the release's name.

With NAME it shows one entry: what to write into irsa.yaml, the chart's values for its
service accounts, the parameters and features, and the policy. It says what the publisher
says, what is narrower here, and what else has to be set. The policy is that of the example, for
cluster my-cluster of AWS account 111122223333 in eu-west-3.

irsa.yaml names entries under wellKnownPolicies of a role:

  wellKnownPolicies:
  - externalDNS: {hostedZoneIDs: [Z0123456789]}
  - certManager

What they come to is in the plan, as inline policies under the entries' names, and as
policies of AWS that are attached.`

// catalogOptions are one `helm irsa catalog`.
type catalogOptions struct {
	sys          *System
	name, format string
}

func newCatalog(sys *System, run func(*catalogOptions) error) *cobra.Command {
	if run == nil {
		run = runCatalog
	}
	o := &catalogOptions{sys: sys}
	cmd := &cobra.Command{
		Use:   "catalog [NAME]",
		Short: "List well-known charts and the policies that they need, or show one",
		Long:  catalogHelp,
		Example: `  helm irsa catalog
  helm irsa catalog externalDNS
  helm irsa catalog velero -o json | jq '.documents[0].document'`,
		Args:              oneEntry,
		ValidArgsFunction: completeEntries,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.name = args[0]
			}
			if o.format != "text" && o.format != "json" {
				return &entryError{fmt.Sprintf("-o %s: not text or json", o.format), cmd.CommandPath() + " -o json"}
			}
			return run(o)
		},
	}
	cmd.Flags().StringVarP(&o.format, "output", "o", "text", "text or json")
	return cmd
}

func oneEntry(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return &entryError{fmt.Sprintf("%s takes one name, not %d", cmd.CommandPath(), len(args)), cmd.CommandPath() + " " + safe.Word(args[0])}
	}
	return nil
}

// entryError is an error of the catalogue, and what to type next.
type entryError struct{ message, hint string }

func (e *entryError) Error() string { return e.message }

// Hint is the command to type.
func (e *entryError) Hint() string { return e.hint }

// completeEntries proposes the names that begin with what was typed, in whatever case.
func completeEntries(_ *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	var found []string
	for _, e := range catalog.Entries() {
		if len(args) == 0 && strings.HasPrefix(strings.ToLower(e.Name), strings.ToLower(typed)) {
			found = append(found, e.Name+"\t"+e.Title)
		}
	}
	return found, cobra.ShellCompDirectiveNoFileComp
}

func runCatalog(o *catalogOptions) error {
	if o.name == "" {
		if o.format == "json" {
			return printJSON(o.sys.Stdout, map[string]any{"entries": catalog.Entries()})
		}
		return listEntries(o.sys.Stdout, catalog.Entries())
	}
	e, err := catalog.Find(o.name)
	if err != nil {
		hint := "helm irsa catalog"
		if near, ok := catalog.Nearest(o.name); ok {
			hint += " " + near
		}
		return &entryError{fmt.Sprintf("the catalogue has no entry %q", o.name), hint}
	}
	p, err := example(e)
	if err != nil {
		return err
	}
	if o.format == "json" {
		return printJSON(o.sys.Stdout, shownEntry(e, p))
	}
	return showEntry(o.sys.Stdout, e, p)
}

// example is the policy of an entry's example, somewhere in AWS.
func example(e *catalog.Entry) (*catalog.Policy, error) {
	return catalog.Build(e.Name, catalog.Request{Parameters: e.Example.Parameters, Features: e.Example.Features,
		Target: catalog.Target{Partition: "aws", Region: "eu-west-3", AccountID: "111122223333", ClusterName: "my-cluster"}})
}

// entryJSON is an entry with what its example comes to.
type entryJSON struct {
	*catalog.Entry
	Snippet           string         `json:"snippet"`
	Documents         []documentJSON `json:"documents"`
	ManagedPolicyARNs []string       `json:"managedPolicyARNs"`
}

type documentJSON struct {
	Name     string          `json:"name"`
	Document json.RawMessage `json:"document"`
}

func shownEntry(e *catalog.Entry, p *catalog.Policy) entryJSON {
	out := entryJSON{Entry: e, Snippet: e.Snippet(), Documents: []documentJSON{}, ManagedPolicyARNs: append([]string{}, p.ManagedARNs...)}
	for _, d := range p.Documents {
		out.Documents = append(out.Documents, documentJSON{d.Name, d.JSON})
	}
	return out
}
