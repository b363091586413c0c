package export_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/export"
)

// runTerraform runs Terraform in a folder, without the user's configuration, and gives its
// stdout. It skips the test where there is none.
func runTerraform(t *testing.T, dir string, args ...string) []byte {
	t.Helper()
	path, err := exec.LookPath("terraform")
	if err != nil {
		t.Skip("terraform is not on PATH: nobody reads what is exported for it")
	}
	cmd := exec.Command(path, args...)
	empty := filepath.Join(dir, "terraformrc")
	if err := os.WriteFile(empty, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd.Dir, cmd.Stderr = dir, &said
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TF_CLI_CONFIG_FILE=" + empty, "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1"}
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("terraform %s: %v\n%s%s", strings.Join(args, " "), err, out, said.String())
	}
	return out
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestTerraformFmt: terraform fmt, which refuses what is not HCL, has nothing to change.
func TestTerraformFmt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, c := range readCases(t) {
		for _, adopt := range []bool{false, true} {
			e := c.export(t, "terraform", export.Options{AdoptExisting: adopt})
			write(t, dir, fmt.Sprintf("%s-%v.tf", c.Name, adopt), string(e.Files[0].Text))
		}
	}
	if diff := runTerraform(t, dir, "fmt", "-diff", "-write=false", "-recursive"); len(diff) > 0 {
		t.Errorf("terraform fmt would change:\n%s", diff)
	}
}

// asData makes every resource one of the type that is built into Terraform, with its
// arguments as one value: so Terraform itself, without the AWS provider, says what it would
// hand over.
func asData(text string) string {
	for _, r := range []struct{ what, by string }{
		{`(?ms)^(terraform|import|provider "aws") \{\n.*?^\}\n`, ""},
		{`(?m)^  (provider +=|depends_on +=).*\n`, ""},
		{`\[for a in [^:]*: a\.policy_arn\]`, "[]"},
		{`each\.value`, `"each"`},
		{`(?m)(= |\[|, )(aws_\w+\.[\w-]+)\.arn\b`, `$1"$2"`},
		{`(= |\[|, )(aws_\w+)\.([\w-]+)\.(\w+)`, `$1 terraform_data.$2-$3.input.$4`},
		{`(?ms)^resource "(\w+)" "([\w-]+)" \{\n(.*?)^\}\n`, "resource \"terraform_data\" \"$1-$2\" {\ninput = {\n$3}\n}\n"},
	} {
		text = regexp.MustCompile(r.what).ReplaceAllString(text, r.by)
	}
	return text
}

type planned struct {
	Values struct {
		Root struct {
			Resources []struct {
				Name   string
				Values struct{ Input map[string]any }
			}
		} `json:"root_module"`
	} `json:"planned_values"`
}

// TestTerraformSays: what Terraform reads is what is wanted, letter for letter: names with all
// their characters, tags, and documents with what Terraform would interpolate.
func TestTerraformSays(t *testing.T) {
	t.Parallel()
	for _, c := range readCases(t) {
		if !slices.Contains([]string{"everything", "escapes", "new-roles", "pod-identity"}, c.Name) {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir, "irsa.tf", asData(string(c.export(t, "terraform", export.Options{}).Files[0].Text)))
			runTerraform(t, dir, "init", "-no-color")
			runTerraform(t, dir, "validate", "-no-color")
			runTerraform(t, dir, "plan", "-no-color", "-out=plan")
			var plan planned
			if err := json.Unmarshal(runTerraform(t, dir, "show", "-json", "plan"), &plan); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range plan.Values.Root.Resources {
				in := r.Values.Input
				kind, _, _ := strings.Cut(r.Name, "-")
				switch kind {
				case "aws_iam_openid_connect_provider":
					got = append(got, fmt.Sprint(kind, in["url"], in["client_id_list"], in["tags"]))
				case "aws_iam_policy":
					got = append(got, fmt.Sprint(kind, in["name"], in["path"], in["description"], compact(t, in["policy"]), in["tags"]))
				case "aws_iam_role":
					description, _ := in["description"].(string)
					got = append(got, fmt.Sprint(kind, in["name"], in["path"], description, in["max_session_duration"], in["permissions_boundary"], compact(t, in["assume_role_policy"]), in["tags"]))
				case "aws_iam_role_policy":
					got = append(got, fmt.Sprint(kind, in["role"], in["name"], compact(t, in["policy"])))
				case "aws_iam_role_policy_attachment":
					for arn := range in["for_each"].(map[string]any) {
						got = append(got, fmt.Sprint(kind, in["role"], arn))
					}
				case "aws_eks_pod_identity_association":
					policy := ""
					if in["policy"] != nil {
						policy = compact(t, in["policy"])
					}
					got = append(got, fmt.Sprint(kind, in["cluster_name"], in["namespace"], in["service_account"], in["disable_session_tags"], policy, in["tags"]))
				case "aws_iam_role_policies_exclusive", "aws_iam_role_policy_attachments_exclusive":
				default:
					t.Errorf("resource %s is not looked at", r.Name)
				}
			}
			want := c.terraform(t)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("Terraform reads\n%s\nwanted is\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// terraform is what is wanted, as the test writes down what Terraform reads.
func (c testCase) terraform(t *testing.T) []string {
	var want []string
	for _, p := range c.wanted.Providers {
		want = append(want, fmt.Sprint("aws_iam_openid_connect_provider", p.Issuer, p.Audiences, p.Tags))
	}
	for _, p := range c.wanted.Policies {
		want = append(want, fmt.Sprint("aws_iam_policy", p.Name, p.Path, p.Description, compact(t, p.Document.Text()), p.Tags))
	}
	for _, r := range c.wanted.Roles {
		var boundary any
		if r.Boundary != "" {
			boundary = r.Boundary
		}
		want = append(want, fmt.Sprint("aws_iam_role", r.Name, r.Path, r.Description, r.MaxSession, boundary, compact(t, r.Trust.Text()), r.Tags))
		for name, doc := range r.Inline {
			want = append(want, fmt.Sprint("aws_iam_role_policy", r.Name, name, compact(t, doc.Text())))
		}
		for _, arn := range r.Attached {
			want = append(want, fmt.Sprint("aws_iam_role_policy_attachment", r.Name, arn))
		}
	}
	for _, n := range c.wanted.NodeRoles {
		for _, arn := range n.Attached {
			want = append(want, fmt.Sprint("aws_iam_role_policy_attachment", n.Role, arn))
		}
	}
	for _, a := range c.wanted.Associations {
		policy := ""
		if a.Policy != "" {
			policy = compact(t, a.Policy)
		}
		want = append(want, fmt.Sprint("aws_eks_pod_identity_association", a.Cluster, a.Namespace, a.ServiceAccount, a.DisableSessionTags, policy, a.Tags))
	}
	return want
}

// compact is a JSON text without white space.
func compact(t *testing.T, text any) string {
	t.Helper()
	s, _ := text.(string)
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(s)); err != nil {
		t.Fatalf("%v is no JSON: %v", text, err)
	}
	return strings.ReplaceAll(b.String(), `{\u007b`, "{{") // the same text, which is no template of Helm's
}
