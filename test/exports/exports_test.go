package exports

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

const goldens = "../../testdata/golden/export"

// packages is the folder that make check-exports has installed.
func packages(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("HELM_IRSA_EXPORT_TYPES")
	if folder == "" {
		t.Skip("HELM_IRSA_EXPORT_TYPES is not set: make check-exports installs the types of the targets and runs this")
	}
	return folder
}

// read gives the golden files that fit a pattern.
func read(t *testing.T, pattern string) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(goldens, pattern))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no %s (%v)", pattern, err)
	}
	out := map[string]string{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out[path] = string(text)
	}
	return out
}

var (
	resource = regexp.MustCompile(`(?ms)^resource "(\w+)" "[\w-]+" \{\n(.*?)^\}\n`)
	argument = regexp.MustCompile(`(?m)^  (\w+) +=`)
	field    = regexp.MustCompile(`(?m)^    readonly (\w+)(\??):`)
	// meta are the arguments that every resource has
	// (https://developer.hashicorp.com/terraform/language/meta-arguments).
	meta = map[string]bool{"provider": true, "for_each": true, "depends_on": true}
	// newer are arguments that came after the version of the provider that the package is of:
	// https://github.com/hashicorp/terraform-provider-aws/blob/main/CHANGELOG.md.
	newer = map[string]bool{"aws_eks_pod_identity_association.policy": true}
)

// camel is how the package spells an argument.
func camel(name string) string {
	parts := strings.Split(name, "_")
	for i, p := range parts[1:] {
		parts[i+1] = strings.ToUpper(p[:1]) + p[1:]
	}
	return strings.Join(parts, "")
}

// TestTerraform: every argument is one of the resource's, and none that it needs is missing.
func TestTerraform(t *testing.T) {
	t.Parallel()
	folder := packages(t)
	seen := map[string]bool{}
	for path, text := range read(t, "*/terraform/irsa.tf") {
		for _, r := range resource.FindAllStringSubmatch(text, -1) {
			kind := r[1]
			types, err := os.ReadFile(filepath.Join(folder, "node_modules/@cdktf/provider-aws/lib", strings.ReplaceAll(strings.TrimPrefix(kind, "aws_"), "_", "-"), "index.d.ts"))
			if err != nil {
				t.Fatalf("%s: %s is no resource: %v", path, kind, err)
			}
			config, _, _ := strings.Cut(string(types), "\n}")
			known := map[string]bool{} // and whether it is needed
			for _, f := range field.FindAllStringSubmatch(config, -1) {
				known[f[1]] = f[2] == ""
			}
			has := map[string]bool{}
			for _, a := range argument.FindAllStringSubmatch(r[2], -1) {
				has[camel(a[1])], seen[kind] = true, true
				if _, ok := known[camel(a[1])]; !ok && !meta[a[1]] && !newer[kind+"."+a[1]] {
					t.Errorf("%s: %s has no argument %s", path, kind, a[1])
				}
			}
			for name, needed := range known {
				if needed && !has[name] {
					t.Errorf("%s: %s needs %s", path, kind, name)
				}
			}
		}
	}
	if len(seen) != 8 {
		t.Errorf("only %v were seen", seen)
	}
}

const askSpec = `
import m from "@aws-cdk/aws-service-spec";
const db = await m.loadAwsServiceSpec(), out = {};
for (const type of process.argv.slice(1)) {
  const found = db.lookup("resource", "cloudFormationType", "equals", type).only();
  out[type] = Object.fromEntries(Object.entries(found.properties).map(([name, p]) => [name, p.required === true]));
}
console.log(JSON.stringify(out));`

// TestCloudFormation: every property is one of the resource's, and none that it needs is
// missing.
func TestCloudFormation(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("node", "--input-type=module", "-e", askSpec, "--", "AWS::IAM::Role", "AWS::IAM::ManagedPolicy", "AWS::IAM::OIDCProvider", "AWS::EKS::PodIdentityAssociation")
	cmd.Dir = packages(t)
	said, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var known map[string]map[string]bool // and whether it is needed
	if err := json.Unmarshal(said, &known); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for path, text := range read(t, "*/cloudformation/stack-*.yaml") {
		var template struct {
			Resources map[string]struct {
				Type       string
				Properties map[string]any
			}
		}
		if err := yaml.Unmarshal([]byte(text), &template); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for id, r := range template.Resources {
			seen[r.Type] = true
			for name := range r.Properties {
				if _, ok := known[r.Type][name]; !ok {
					t.Errorf("%s: %s: %s has no property %s", path, id, r.Type, name)
				}
			}
			for name, needed := range known[r.Type] {
				if needed && r.Properties[name] == nil {
					t.Errorf("%s: %s: %s needs %s", path, id, r.Type, name)
				}
			}
		}
	}
	if len(seen) != len(known) {
		t.Errorf("only %v were seen", seen)
	}
}
