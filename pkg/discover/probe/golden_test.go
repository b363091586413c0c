package probe

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/helm-irsa/helm-irsa/internal/golden"
	"github.com/helm-irsa/helm-irsa/pkg/discover"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGolden inspects the chart of each case, with values.yaml where there is one, and compares
// what is found, or the error, with want.txt.
func TestGolden(t *testing.T) {
	t.Parallel()
	cases, err := golden.Read(filepath.Join("..", "..", "..", "testdata", "golden", "discover"), func(c *golden.Case) (*golden.Case, error) {
		if !c.Has("chart.txtar") {
			return nil, fmt.Errorf("no chart.txtar")
		}
		return c, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			got := comesTo(t, c)
			if strings.HasPrefix(c.Name, "error-") != strings.HasPrefix(got, "error: ") {
				t.Errorf("a case is called error-… where the chart cannot be inspected, and only there: %s", got)
			}
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

func comesTo(t *testing.T, c *golden.Case) string {
	folder := unpacked(t, c.Files["chart.txtar"])
	values, err := discover.MergeValues(discover.Sources{Files: []string{"values.yaml"}}, func(name string) ([]byte, error) { return c.Files[name], nil })
	if err != nil {
		t.Fatal(err)
	}
	found, err := Inspect(discover.Options{Chart: folder, Values: values, Release: "rel", Namespace: "ns"})
	if err != nil {
		text := "error: " + strings.ReplaceAll(err.Error(), folder, "CHART") + "\n"
		if h, ok := err.(interface{ Hint() string }); ok {
			text += "hint: " + h.Hint() + "\n"
		}
		return text
	}
	var b strings.Builder
	for _, a := range found.ServiceAccounts {
		for _, w := range a.Refers {
			fmt.Fprintf(&b, "%s %s asks for a token of %s\n", w.Kind, w.Name, a.Name)
		}
		for _, w := range a.Ways {
			if w.Text {
				fmt.Fprintf(&b, "%s is text\n", w.Path)
			}
		}
	}
	for _, r := range found.Elsewhere {
		fmt.Fprintf(&b, "%s %s runs as %s/%s\n", r.Kind, r.Name, r.Namespace, r.ServiceAccount)
	}
	text, err := json.MarshalIndent(found, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + "\n" + b.String()
}

func unpacked(t *testing.T, archive []byte) string {
	folder := filepath.Join(t.TempDir(), "chart")
	for _, f := range txtar.Parse(archive).Files {
		path := filepath.Join(folder, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}
