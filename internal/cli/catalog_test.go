package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/catalog"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// TestManagedPoliciesAreKnown: every policy of AWS that the catalogue attaches is one that
// local AWS has, so that whoever tries an entry there is not told that it is missing.
func TestManagedPoliciesAreKnown(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../localaws/awspolicies.json")
	if err != nil {
		t.Fatal(err)
	}
	var known map[string]json.RawMessage
	if err := json.Unmarshal(text, &known); err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, e := range catalog.Entries() {
		for _, m := range e.Managed {
			count++
			if known[m.Policy] == nil {
				t.Errorf("local AWS has no policy %s, which %s attaches", m.Policy, e.Name)
			}
		}
	}
	if count == 0 {
		t.Error("no entry attaches a policy of AWS")
	}
}

// TestSnippets: what the catalogue shows for irsa.yaml is read, and means the policy that
// stands beside it.
func TestSnippets(t *testing.T) {
	t.Parallel()
	for _, e := range catalog.Entries() {
		f, err := spec.Parse("irsa.yaml", []byte("apiVersion: helm-irsa.dev/v1alpha1\nkind: ReleaseIdentity\ncluster: {name: my-cluster, region: eu-west-3, accountID: \"111122223333\"}\n"+e.Snippet()))
		if err != nil {
			t.Errorf("%s: %v\n%s", e.Name, err, e.Snippet())
			continue
		}
		got, faults := catalog.Expand(f, catalog.Target{})
		want, err := example(&e)
		if faults != nil || err != nil {
			t.Errorf("%s: %v, %v", e.Name, faults, err)
			continue
		}
		role := got.ServiceAccounts[0].Role
		if len(role.InlinePolicies) != len(want.Documents) || !slices.Equal(role.PolicyARNs, want.ManagedARNs) {
			t.Errorf("%s: %d documents and %v, want %d and %v", e.Name, len(role.InlinePolicies), role.PolicyARNs, len(want.Documents), want.ManagedARNs)
		}
		for _, d := range want.Documents {
			if text := role.InlinePolicies[d.Name].JSON(); !bytes.Equal(text, d.JSON) {
				t.Errorf("%s:\n%s\nwant\n%s", d.Name, text, d.JSON)
			}
		}
	}
}

// TestShowEveryEntry: every entry can be shown, as text and as JSON, with all of its parts.
func TestShowEveryEntry(t *testing.T) {
	t.Parallel()
	for _, e := range catalog.Entries() {
		for _, format := range []string{"text", "json"} {
			var out bytes.Buffer
			if err := runCatalog(&catalogOptions{sys: &System{Stdout: &out}, name: e.Name, format: format}); err != nil {
				t.Errorf("%s: %v", e.Name, err)
			}
			for _, want := range slices.Concat([]string{e.Name, e.Title}, chartNames(e), serviceAccountNames(e), e.Sources) {
				if !strings.Contains(out.String(), want) {
					t.Errorf("%s as %s does not say %s", e.Name, format, want)
				}
			}
			if format == "json" && !json.Valid(out.Bytes()) {
				t.Errorf("%s: %s", e.Name, out.String())
			}
		}
	}
}

// TestShowToNobody: a stdout that takes nothing is an error.
func TestShowToNobody(t *testing.T) {
	t.Parallel()
	for _, o := range []catalogOptions{{format: "text"}, {format: "json"}, {name: "velero", format: "text"}, {name: "velero", format: "json"}} {
		o.sys = &System{Stdout: fullDisk{}}
		if err := runCatalog(&o); !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// fullDisk is a stdout on a full disk.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, io.ErrShortWrite }
