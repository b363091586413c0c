package export_test

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/golden"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/catalog"
	"github.com/helm-irsa/helm-irsa/pkg/export"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const (
	root         = "../.."
	goldenFolder = root + "/testdata/golden/export"
)

// testCase is an irsa.yaml and what it wants.
type testCase struct {
	*golden.Case
	file   *spec.File
	wanted *awsstate.Wanted
}

// readCases reads testdata/golden/export. A case is a folder with
//
//	irsa.yaml  what is wanted, or
//	from.txt   the path of an irsa.yaml of the repository
//	FORMAT/    the files of a format, and notes.txt
//
// The release is apps/shop, and what irsa.yaml leaves to AWS is filled in.
func readCases(t *testing.T) []testCase {
	t.Helper()
	entries, err := os.ReadDir(goldenFolder)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) < 5 {
		t.Fatalf("%s has only %d cases", goldenFolder, len(entries))
	}
	var out []testCase
	for _, e := range entries {
		dir := filepath.Join(goldenFolder, e.Name())
		path := filepath.Join(dir, "irsa.yaml")
		if from, err := os.ReadFile(filepath.Join(dir, "from.txt")); err == nil {
			path = filepath.Join(root, strings.TrimSpace(string(from)))
		}
		file := load(t, path)
		out = append(out, testCase{&golden.Case{Name: e.Name(), Dir: dir}, file, wanted(t, file)})
	}
	return out
}

func load(t *testing.T, path string) *spec.File {
	t.Helper()
	var expanded *spec.File
	_, err := spec.Load(path, func(f *spec.File) (faults []spec.Fault) {
		expanded, faults = catalog.Expand(f, catalog.Target{})
		return faults
	})
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	c := &expanded.Cluster
	c.AccountID, c.Region = cmp.Or(c.AccountID, "111122223333"), cmp.Or(c.Region, "eu-west-3")
	c.Issuer = cmp.Or(c.Issuer, "https://oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE")
	return expanded
}

func wanted(t *testing.T, file *spec.File) *awsstate.Wanted {
	t.Helper()
	w, err := awsiam.Wanted(awsiam.Release{File: file, Namespace: "apps", Name: "shop"}, awsiam.FactsOf(file))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (c testCase) export(t *testing.T, format string, o export.Options) *export.Export {
	t.Helper()
	o.Accounts = c.file.Accounts
	e, err := export.To(format, c.wanted, o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// files are what a golden folder of a format holds.
func files(e *export.Export) map[string]string {
	out := map[string]string{}
	for _, f := range e.Files {
		out[f.Name] = string(f.Text)
	}
	for _, n := range e.Notes {
		out["notes.txt"] += fmt.Sprintf("%s: %s (lacks: %v)\n", n.About, n.Text, n.Lacks)
	}
	return out
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for _, c := range readCases(t) {
		for _, format := range export.Formats() {
			t.Run(c.Name+"/"+format, func(t *testing.T) {
				t.Parallel()
				got := files(c.export(t, format, export.Options{AdoptExisting: true}))
				if again := files(c.export(t, format, export.Options{AdoptExisting: true})); fmt.Sprint(got) != fmt.Sprint(again) {
					t.Error("the second export differs")
				}
				compare(t, filepath.Join(c.Dir, format), got)
			})
		}
	}
}

func compare(t *testing.T, dir string, got map[string]string) {
	t.Helper()
	if *update {
		if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o777)); err != nil {
			t.Fatal(err)
		}
		for name, text := range got {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		return
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
		want, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if got[e.Name()] != string(want) {
			t.Errorf("%s is not what is in %s; go test ./pkg/export -update rewrites it:\n%s", e.Name(), dir, got[e.Name()])
		}
	}
	for name := range got {
		if !slices.Contains(names, name) {
			t.Errorf("%s has no %s; go test ./pkg/export -update writes it", dir, name)
		}
	}
}
