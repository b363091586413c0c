package howto

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/test/howtos"
)

var update = flag.Bool("update", false, "write the how-tos' golden cases of verify anew, from the charts")

// goldenHowTos are the how-tos that verify has golden cases of: CODE--howto-NAME.
var goldenHowTos = map[string]string{"epinio": "epinio", "qovery": "qovery namespace", "cinchy": "cinchy", "giantswarm": "giantswarm"}

// breaks are what is done to the rendered manifests of a how-to, by the code that verify
// finds then. In cases of other codes they are as rendered, and AWS is broken.
var breaks = map[string]func(manifests string) string{
	"annotation-missing": func(m string) string { return strings.Replace(m, roleLine.FindString(m), "", 1) },
	"service-account-missing": func(m string) string { // the cluster says that it has none
		return without(m, accountWithRole(m)) + noAccounts
	},
	"workload-uses-other-serviceaccount": func(m string) string {
		runsAs := regexp.MustCompile(`(?m)^( *serviceAccount(?:Name)?): ` + accountName.FindStringSubmatch(accountWithRole(m))[1] + `$`)
		return runsAs.ReplaceAllString(m, "$1: default")
	},
	"webhook-missing": func(m string) string { return m + otherWebhook },
}

var (
	roleLine    = regexp.MustCompile(`(?m)^ *eks\.amazonaws\.com/role-arn: .*\n`)
	accountName = regexp.MustCompile(`(?m)^  name: (.*)$`)
)

const (
	separator  = "---\n"
	noAccounts = separator + "apiVersion: v1\nkind: ServiceAccountList\nmetadata: {resourceVersion: \"1\"}\nitems: []\n"

	otherWebhook = separator + "apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\nmetadata: {name: other, uid: \"1\"}\n" +
		"webhooks: [{name: other.example.com, rules: [{operations: [CREATE], resources: [pods]}]}]\n"
)

// accountWithRole is the first service account's document that has a role.
func accountWithRole(manifests string) string {
	for _, d := range strings.Split(manifests, separator) {
		if strings.Contains(d, "\nkind: ServiceAccount\n") && roleLine.MatchString(d) {
			return d
		}
	}
	return ""
}

func without(manifests, document string) string {
	all := strings.Split(manifests, separator)
	kept := all[:0]
	for _, d := range all {
		if d != document {
			kept = append(kept, d)
		}
	}
	return strings.Join(kept, separator)
}

// TestGoldenHowTos: the how-tos' cases in testdata/golden/verify are what the charts and
// the examples of today give, each with its one fault. -update writes them anew; then
// `go test ./pkg/verify -run TestGolden -update` writes what verify says of them, which is
// to be read.
func TestGoldenHowTos(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob(filepath.Join(root, "testdata/golden/verify/*--howto-*"))
	if err != nil || len(folders) < 4*len(goldenHowTos) {
		t.Fatalf("%d cases: %v", len(folders), err)
	}
	for _, folder := range folders {
		code, name, _ := strings.Cut(filepath.Base(folder), "--howto-")
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			s := howtos.Named(goldenHowTos[name])
			same(t, filepath.Join(folder, "namespace"), []byte(s.Namespace+"\n"))
			same(t, filepath.Join(folder, "irsa.yaml"), readFile(t, filepath.Join(root, filepath.FromSlash(s.File()))))
			manifests := filepath.Join(folder, "manifests.yaml")
			comment, _, _ := bytes.Cut(readFile(t, manifests), []byte("\n"))
			same(t, manifests, []byte(string(comment)+"\n"+broken(t, code, strings.TrimPrefix(string(rendered(t, s)), separator))))
		})
	}
}

// broken breaks the manifests as the code wants it: a break that changes nothing breaks
// nothing.
func broken(t *testing.T, code, manifests string) string {
	t.Helper()
	change, ok := breaks[code]
	if !ok {
		return manifests
	}
	out := change(manifests)
	if out == manifests {
		t.Fatalf("%s: the break finds nothing to change", code)
	}
	return out
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// same compares a file with what it should be, or makes it that.
func same(t *testing.T, path string, want []byte) {
	t.Helper()
	if bytes.Equal(readFile(t, path), want) {
		return
	}
	if !*update {
		t.Errorf("%s is not what the chart and the example give now: go test ./test/howto -run TestGoldenHowTos -update", path)
		return
	}
	if err := os.WriteFile(path, want, 0o644); err != nil {
		t.Fatal(err)
	}
}
