package catalog

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/golden"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGolden reads irsa.yaml of each case as every command does, and compares what its
// wellKnownPolicies come to, or the faults in them, with want.txt. The region is that of
// elsewhere.txt where the file has none.
func TestGolden(t *testing.T) {
	t.Parallel()
	cases, err := golden.Read(filepath.Join("..", "..", "testdata", "golden", "catalog"), func(c *golden.Case) (*golden.Case, error) {
		if !c.Has("irsa.yaml") {
			return nil, fmt.Errorf("no irsa.yaml")
		}
		return c, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			region := strings.TrimSpace(string(c.Files["elsewhere.txt"]))
			got := comesTo(t, c, Target{Region: region, Partition: spec.PartitionOf(region)})
			if *update {
				if err := os.WriteFile(filepath.Join(c.Dir, "want.txt"), []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if want := string(c.Files["want.txt"]); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func comesTo(t *testing.T, c *golden.Case, elsewhere Target) string {
	var expanded *spec.File
	_, err := spec.Load(filepath.Join(c.Dir, "irsa.yaml"), func(f *spec.File) (faults []spec.Fault) {
		expanded, faults = Expand(f, elsewhere)
		return faults
	})
	if err != nil {
		return strings.ReplaceAll(err.Error(), c.Dir+string(filepath.Separator), "") + "\n"
	}
	var b strings.Builder
	for _, sa := range expanded.ServiceAccounts {
		fmt.Fprintf(&b, "service account %s\n", sa.Name)
		for _, name := range sortedKeys(sa.Role.InlinePolicies) {
			var pretty bytes.Buffer
			if err := json.Indent(&pretty, sa.Role.InlinePolicies[name].JSON(), "", "  "); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "inline policy %s\n%s\n", name, pretty.String())
		}
		for _, arn := range sa.Role.PolicyARNs {
			fmt.Fprintf(&b, "attached %s\n", arn)
		}
	}
	return b.String()
}
