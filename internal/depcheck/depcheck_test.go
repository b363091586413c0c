package depcheck

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/helm-irsa/helm-irsa"

// yamlDecoders are the YAML libraries that pkg/spec may read with.
var yamlDecoders = []string{"go.yaml.in/yaml/", "gopkg.in/yaml.", "sigs.k8s.io/yaml"}

// rule says what a package, and the packages below it, may import beside the
// standard library and itself. An entry that ends in "/" or "." is a prefix.
type rule struct {
	pkg   string
	allow []string
}

// rules: the first whose pkg is the package or above it counts, so deeper ones
// come first. A package without a rule fails the test, so that nobody forgets one.
var rules = []rule{
	{"pkg/trust", nil},
	{"pkg/fileio", nil},
	// How YAML is read safely, below all that read it.
	{"pkg/manifest/yamldoc", yamlDecoders},
	{"pkg/manifest/stream", nil},
	{"pkg/spec", append([]string{module + "/pkg/fileio", module + "/pkg/manifest/yamldoc"}, yamlDecoders...)},
	// The program around the filter: flags, streams and the report.
	{"pkg/render/filter", []string{module + "/internal/safe", module + "/internal/whichcluster", module + "/internal/handover", module + "/pkg/catalog", module + "/pkg/fileio", module + "/pkg/render", module + "/pkg/spec"}},
	// Judges results by what Helm reads; in no program.
	{"pkg/render/internal/helmview", []string{"sigs.k8s.io/yaml", module + "/pkg/render", module + "/pkg/spec"}},
	// TOML, INI and properties: a library reads each, and paths are irsa.yaml's.
	{"pkg/render/internal/textedit", []string{"github.com/pelletier/go-toml/v2", "github.com/pelletier/go-toml/v2/unstable", "gopkg.in/ini.v1", "github.com/magiconair/properties", module + "/pkg/spec"}},
	// The parts of the byte-preserving edit know neither irsa.yaml nor each other's caller.
	{"pkg/render/internal", append([]string{module + "/pkg/render/internal/", module + "/pkg/manifest/yamldoc"}, yamlDecoders...)},
	{"pkg/render", append([]string{module + "/pkg/spec", module + "/pkg/manifest", module + "/pkg/manifest/", module + "/pkg/render/internal/"}, yamlDecoders...)},
	{"pkg/awsiam", []string{module + "/internal/safe", module + "/internal/whichcluster", module + "/pkg/spec", module + "/pkg/trust", module + "/pkg/awsstate", "github.com/aws/aws-sdk-go-v2", "github.com/aws/aws-sdk-go-v2/", "github.com/aws/smithy-go", "github.com/aws/smithy-go/"}},
	// What is wanted comes as values of pkg/awsstate, which pkg/awsiam fills: so no SDK is linked.
	// A release for an engine comes as streams, which pkg/manifest reads.
	{"pkg/export", []string{module + "/internal/safe", module + "/pkg/spec", module + "/pkg/trust", module + "/pkg/awsstate", module + "/pkg/manifest"}},
	// The way back, from files and states that others have read: nothing here asks AWS or a cluster.
	{"pkg/adopt", []string{module + "/internal/safe", module + "/pkg/spec", module + "/pkg/trust", module + "/pkg/awsstate", module + "/pkg/export", module + "/pkg/manifest/yamldoc", "sigs.k8s.io/yaml"}},
	{"pkg/manifest", append([]string{module + "/pkg/spec"}, yamlDecoders...)},
	// Writes irsa.yaml, in words of the catalogue.
	{"pkg/draft", append([]string{module + "/pkg/spec", module + "/pkg/catalog"}, yamlDecoders...)},
	// Its entries are YAML.
	{"pkg/catalog", append([]string{module + "/pkg/spec"}, yamlDecoders...)},
	// Renders charts in process; what a cluster or a repository is asked for is the user's own Helm's.
	{"pkg/discover/probe", []string{module + "/pkg/discover", module + "/pkg/manifest", module + "/pkg/catalog", "helm.sh/helm/v3/pkg/chart", "helm.sh/helm/v3/pkg/chart/loader", "helm.sh/helm/v3/pkg/chartutil", "helm.sh/helm/v3/pkg/engine"}},
	{"pkg/discover", []string{"helm.sh/helm/v3/pkg/strvals", "sigs.k8s.io/yaml"}},
	// The two ends of the pipe between helm-irsa and the program that renders charts.
	{"internal/charts/serve", []string{module + "/internal/charts", module + "/pkg/discover", module + "/pkg/discover/probe"}},
	{"internal/charts", []string{module + "/internal/faults", module + "/internal/safe", module + "/pkg/discover"}},
	// Reads snapshots as YAML too, and names the key that was meant.
	{"pkg/awsstate", []string{module + "/pkg/spec", module + "/pkg/trust", module + "/pkg/manifest"}},
	// Readings of documents, which judge nothing: they know neither AWS nor what is wrong.
	{"pkg/verify/hints", []string{module + "/pkg/manifest", module + "/pkg/spec"}},
	{"pkg/verify/excerpt", []string{module + "/pkg/manifest", module + "/pkg/verify/hints"}},
	{"pkg/verify", []string{module + "/internal/safe", module + "/pkg/spec", module + "/pkg/trust", module + "/pkg/manifest", module + "/pkg/awsstate"}},
	// Shows the model; knows nothing of how it was made.
	{"pkg/fleet/fleetpage", []string{module + "/pkg/fleet", module + "/pkg/verify"}},
	// From facts to a model; verify judges.
	{"pkg/fleet", []string{module + "/internal/safe", module + "/pkg/spec", module + "/pkg/trust", module + "/pkg/manifest", module + "/pkg/awsstate", module + "/pkg/verify"}},
	{"internal/helm", nil},
	// How helm irsa and its post-renderer meet: both have it.
	{"internal/handover", nil},
	// How foreign values and commands are printed: every program has it.
	{"internal/safe", nil},
	// Which cluster is meant: values in, values out.
	{"internal/whichcluster", []string{module + "/internal/faults", module + "/pkg/spec"}},
	{"internal/kube", []string{"k8s.io/", "golang.org/x/sync/errgroup", module + "/internal/whichcluster", module + "/pkg/manifest"}},
	// Which files are of which release; runs no templates.
	{"internal/layouts", append([]string{"github.com/bmatcuk/doublestar/v4", module + "/pkg/fileio", module + "/pkg/manifest/yamldoc"}, yamlDecoders...)},
	// What errors have beside their text.
	{"internal/faults", nil},
	{"internal/voice", []string{module + "/internal/faults", module + "/internal/safe", module + "/pkg/awsiam", module + "/pkg/render"}},
	// The one that writes to a cluster.
	{"internal/ownership", []string{module + "/internal/faults", module + "/internal/kube", module + "/internal/safe", module + "/pkg/manifest", module + "/pkg/spec", "golang.org/x/sync/errgroup"}},
	// Takes names out of what verify found, by what verify was given.
	{"internal/redact", []string{module + "/pkg/manifest", module + "/pkg/verify"}},
	{"internal/live", []string{module + "/internal/kube", module + "/pkg/manifest", module + "/pkg/spec", module + "/pkg/verify"}},
	// Knows neither cobra nor how anything is printed.
	{"internal/upgrade", []string{module + "/pkg/", module + "/internal/faults", module + "/internal/handover", module + "/internal/helm", module + "/internal/kube", module + "/internal/live", module + "/internal/ownership", module + "/internal/safe", module + "/internal/voice", module + "/internal/whichcluster", "sigs.k8s.io/yaml"}},
	// Signs as the agent on a node does; read by tests, in no program.
	{"internal/localaws/podagent", []string{"github.com/aws/aws-sdk-go-v2/aws", "github.com/aws/aws-sdk-go-v2/aws/signer/v4", "github.com/go-jose/go-jose/v4", "github.com/go-jose/go-jose/v4/jwt"}},
	{"internal/localaws", []string{module + "/pkg/trust", module + "/pkg/fileio", "github.com/go-jose/go-jose/v4", "github.com/go-jose/go-jose/v4/jwt"}},
	{"internal/depcheck", nil},
	// Read by tests of several packages, in no program.
	{"internal/golden/chains", []string{module + "/internal/golden", module + "/pkg/"}},
	{"internal/golden", nil},
	{"internal/sizes", nil},
	{"internal/realstreams", nil},
	{"internal/cli", []string{module + "/pkg/", module + "/internal/", "github.com/spf13/cobra", "github.com/spf13/pflag", "golang.org/x/sync/errgroup", "golang.org/x/term", "sigs.k8s.io/yaml"}},
	{"cmd/helm-irsa", []string{module + "/internal/cli"}},
	{"cmd/irsa-charts", []string{module + "/internal/charts/serve"}},
	{"cmd/irsa-post-renderer", []string{module + "/pkg/render", module + "/pkg/render/filter", module + "/pkg/spec"}},
	// Tools of the repository, in no program.
	{"scripts", nil},
	{"bench", []string{module + "/"}},
	// A cluster for tests: Helm writes some objects as protobuf.
	{"test/cluster", []string{"k8s.io/client-go/kubernetes/scheme", "sigs.k8s.io/yaml"}},
	{"test", []string{module + "/"}},
	{"testdata", []string{module + "/"}},
	{"charts", nil},
	{"docs", nil},
}

// forbidden may not be linked into a program, at any depth.
var forbidden = map[string][]string{
	// Only what it takes to filter, so that it starts in milliseconds. kyaml brings the OpenAPI of
	// Kubernetes, and protobuf: a fifth of the start.
	"cmd/irsa-post-renderer": {"helm.sh/", "k8s.io/", "sigs.k8s.io/", "google.golang.org/", "github.com/aws/", "github.com/spf13/", module + "/internal/"},
	// Helm's chart engine takes a third of the start of whoever links it: irsa-charts has it.
	"cmd/helm-irsa": {"helm.sh/helm/v3/pkg/engine", "helm.sh/helm/v3/pkg/chart"},
	// Helm is run, not linked.
	"internal/helm": {"helm.sh/", "k8s.io/"},
}

// pkg is what `go list` says of one package; tests may import what they like.
type pkg struct {
	ImportPath string
	Imports    []string
	Deps       []string
	Standard   bool
}

func list(t *testing.T, args ...string) []pkg {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Imports,Deps,Standard"}, args...)...)
	cmd.Dir = "../.."
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, said.String())
	}
	var all []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestImports(t *testing.T) {
	t.Parallel()
	all := list(t, "./...")
	if len(all) < 5 {
		t.Fatalf("go list found only %d packages", len(all))
	}
	for _, p := range all {
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		r, ok := ruleFor(name)
		if !ok {
			t.Errorf("%s has no rule here", name)
			continue
		}
		for _, i := range p.Imports {
			if !standard(i) && !within(i, module+"/"+r.pkg) && !matches(i, r.allow) {
				t.Errorf("%s must not import %s (rule of %s)", name, i, r.pkg)
			}
		}
	}
}

func TestLinked(t *testing.T) {
	t.Parallel()
	for name, bad := range forbidden {
		for _, p := range list(t, "./"+name) {
			for _, dep := range p.Deps {
				if dep != module+"/"+name && dep != module+"/internal/safe" && dep != module+"/internal/handover" && dep != module+"/internal/whichcluster" && dep != module+"/internal/faults" && matches(dep, bad) {
					t.Errorf("%s links %s", name, dep)
				}
			}
		}
	}
}

// TestRules: the rules themselves can fail.
func TestRules(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pkg, imported string
		want          bool
	}{
		{"pkg/trust", "encoding/json", true},
		{"pkg/trust", "sigs.k8s.io/yaml", false},
		{"pkg/spec", "go.yaml.in/yaml/v3", true},
		{"pkg/spec", module + "/pkg/render", false},
		{"pkg/spec", module + "/pkg/manifest/yamldoc", true},
		{"pkg/spec", module + "/pkg/manifest", false},
		{"pkg/manifest/yamldoc", module + "/pkg/spec", false},
		{"pkg/manifest/stream", "go.yaml.in/yaml/v3", false},
		{"pkg/manifest", module + "/pkg/spec", true},
		{"pkg/render/internal/yamledit", module + "/pkg/render", false},
		{"pkg/render/internal/yamledit", module + "/pkg/render/internal/invariants", true},
		{"pkg/render", "helm.sh/helm/v3/pkg/action", false},
		{"pkg/discover/probe", "helm.sh/helm/v3/pkg/engine", true},
		{"pkg/discover/probe", "helm.sh/helm/v3/pkg/action", false},
		{"pkg/discover", "helm.sh/helm/v3/pkg/engine", false},
		{"internal/helm", module + "/pkg/spec", false},
		{"pkg/export", module + "/pkg/awsstate", true},
		{"pkg/export", module + "/pkg/awsiam", false},
		{"pkg/adopt", module + "/pkg/export", true},
		{"pkg/adopt", module + "/pkg/awsiam", false},
		{"internal/cli", "github.com/spf13/cobra", true},
		{"internal/cli", "github.com/spf13/cobrax", false},
		{"internal/upgrade", "github.com/spf13/cobra", false},
		{"internal/upgrade", module + "/internal/cli", false},
		{"cmd/irsa-post-renderer", module + "/internal/cli", false},
	} {
		r, _ := ruleFor(c.pkg)
		got := standard(c.imported) || within(c.imported, module+"/"+r.pkg) || matches(c.imported, r.allow)
		if got != c.want {
			t.Errorf("%s importing %s: %v, want %v", c.pkg, c.imported, got, c.want)
		}
	}
}

func ruleFor(name string) (rule, bool) {
	for _, r := range rules {
		if within(name, r.pkg) {
			return r, true
		}
	}
	return rule{}, false
}

func within(path, above string) bool { return path == above || strings.HasPrefix(path, above+"/") }

// standard: only the standard library's paths have no dot in their first part.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}

func matches(path string, patterns []string) bool {
	for _, p := range patterns {
		prefix := strings.HasSuffix(p, "/") || strings.HasSuffix(p, ".")
		if path == p || prefix && strings.HasPrefix(path, p) {
			return true
		}
	}
	return false
}
