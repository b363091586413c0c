package export_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/helm-irsa/helm-irsa/pkg/export"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

const plainHead = `apiVersion: helm-irsa.dev/v1alpha1
kind: ReleaseIdentity
cluster: {name: prod, region: eu-west-3, accountID: "111122223333", issuer: "https://oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"}
`

// exported is what irsa.yaml is in a format, all files in one text.
func exported(t *testing.T, format, text string, o export.Options) (string, *export.Export) {
	t.Helper()
	file, err := spec.Parse("irsa.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	e, err := export.To(format, wanted(t, file), o)
	if err != nil {
		t.Fatalf("%s: %v", format, err)
	}
	var out strings.Builder
	for _, f := range e.Files {
		out.Write(f.Text)
	}
	return out.String(), e
}

// TestNodesAreNoServiceAccount: what the role of the nodes gets is not called as what a service account
// gets whose names are the same words.
func TestNodesAreNoServiceAccount(t *testing.T) {
	t.Parallel()
	const text = plainHead + `nodeRole: {name: eks-nodes, policyARNs: [AmazonSSMManagedInstanceCore]}
serviceAccounts:
- {name: eks-nodes, namespace: node-role, role: {name: web, policyARNs: [AmazonSSMManagedInstanceCore]}}
`
	for format, named := range map[string]string{"terraform": `(?m)^resource "[^"]*" "[^"]*"`, "crossplane": `kind: "[^"]*"\nmetadata:\n  name: "[^"]*"`} {
		seen := map[string]bool{}
		all, _ := exported(t, format, text, export.Options{})
		for _, name := range regexp.MustCompile(named).FindAllString(all, -1) {
			if seen[name] {
				t.Errorf("%s: twice %s", format, name)
			}
			seen[name] = true
		}
		if len(seen) < 4 {
			t.Errorf("%s: %v", format, seen)
		}
	}
}

// TestNothingIsSubstituted: each object in which postBuild of Flux would replace something says that it must
// not, wherever that stands in it.
func TestNothingIsSubstituted(t *testing.T) {
	t.Parallel()
	const text = plainHead + `policies:
- {name: read, description: "a$${b}", document: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "*"}]}}
serviceAccounts:
- {name: web, role: {name: web, policies: [read], trust: {audience: "a$${b}"}, description: "it has $${b}"}}
- {name: plain, role: {name: plain, policyARNs: [AmazonS3ReadOnlyAccess]}}
`
	for _, format := range []string{"ack", "crossplane"} {
		all, _ := exported(t, format, text, export.Options{})
		with := 0
		for _, doc := range bytes.Split([]byte(all), []byte("\n---\n"))[1:] {
			var o struct {
				Kind     string
				Metadata struct{ Annotations map[string]string }
			}
			if err := yaml.Unmarshal(doc, &o); err != nil {
				t.Fatal(err)
			}
			has := bytes.Contains(doc, []byte("${"))
			if has {
				with++
			}
			if got := o.Metadata.Annotations["kustomize.toolkit.fluxcd.io/substitute"]; (got == "disabled") != has {
				t.Errorf("%s: %s has %q:\n%s", format, o.Kind, got, doc)
			}
		}
		if with < 3 {
			t.Errorf("%s: %d objects have it", format, with)
		}
	}
}

// TestTemplateOfNothing: CloudFormation takes no template without a resource. Where it cannot say what
// is wanted, there is none, and that is noted.
func TestTemplateOfNothing(t *testing.T) {
	t.Parallel()
	_, e := exported(t, "cloudformation", plainHead+"nodeRole: {name: eks-nodes, policyARNs: [AmazonSSMManagedInstanceCore]}\n", export.Options{AdoptExisting: true})
	if len(e.Files) != 0 || len(e.Notes) == 0 || !e.Notes[0].Lacks {
		t.Errorf("%d files, %+v", len(e.Files), e.Notes)
	}
}

// TestKeysOfTags: a tag's key is a value in a template, and no function.
func TestKeysOfTags(t *testing.T) {
	t.Parallel()
	text, _ := exported(t, "cloudformation", plainHead+fmt.Sprintf("serviceAccounts:\n- {name: web, role: {name: web, description: Ref, tags: {Ref: main, a: %q}}}\n", "Fn::Sub"), export.Options{})
	if !strings.Contains(text, `Key: "Ref"`) {
		t.Errorf("%s", text)
	}
	file, err := spec.Parse("irsa.yaml", []byte(plainHead+`serviceAccounts:
- {name: web, role: {name: web, inlinePolicies: {a: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "*", Condition: {StringEquals: {Ref: x}}}]}}}}
`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := export.To("cloudformation", wanted(t, file), export.Options{}); err == nil || !strings.Contains(err.Error(), `"Ref"`) {
		t.Errorf("a key of a document: %v", err)
	}
}

// TestFluxAddsAsItStands: what stands beside the HelmRelease is kept from postBuild, too.
func TestFluxAddsAsItStands(t *testing.T) {
	t.Parallel()
	account := func(name, arn string) string {
		return "---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: " + name + "\n  annotations: {eks.amazonaws.com/role-arn: '" + arn + "'}\n"
	}
	wanted := []byte(account("plain", "arn:aws:iam::111122223333:role/web") + account("odd", "arn:aws:iam::111122223333:role/a${b}/web"))
	e, err := export.ForEngine("flux", export.Release{Name: "web", Namespace: "shop", Chart: export.Chart{Ref: "./web", Name: "web", Local: true}, Wanted: wanted, Rolling: wanted})
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range strings.Split(string(e.Files[0].Text), "\n---\n") {
		if strings.Contains(doc, "${") != strings.Contains(doc, "kustomize.toolkit.fluxcd.io/substitute: disabled") {
			t.Errorf("%s", doc)
		}
	}
}

// TestEmptyTagOfAProvider: CloudFormation takes an empty value of a role's tag, and none of a provider's.
func TestEmptyTagOfAProvider(t *testing.T) {
	t.Parallel()
	text, e := exported(t, "cloudformation", plainHead+"defaults: {tags: {empty: '', team: a}}\nserviceAccounts: [{name: web}]\n", export.Options{})
	if n := strings.Count(text, `Key: "empty"`); n != 1 || !strings.Contains(text, `Key: "team"`) {
		t.Errorf("%d times:\n%s", n, text)
	}
	if len(e.Notes) != 1 || !e.Notes[0].Lacks || !strings.Contains(e.Notes[0].Text, "(empty)") {
		t.Errorf("%+v", e.Notes)
	}
}

// TestChartElsewhere: a path of this machine is none in git.
func TestChartElsewhere(t *testing.T) {
	t.Parallel()
	wanted := []byte("---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web}\n")
	for _, engine := range []string{"argocd", "flux"} {
		for ref, want := range map[string]string{"./charts/web": "./charts/web", "/home/me/charts/web": "web", "../web": "web"} {
			e, err := export.ForEngine(engine, export.Release{Name: "orders", Namespace: "shop", Chart: export.Chart{Ref: ref, Name: "web", Local: true}, Wanted: wanted, Rolling: wanted})
			if err != nil {
				t.Fatal(err)
			}
			text := string(e.Files[0].Text)
			if !strings.Contains(text, ": "+want+"\n") && !strings.Contains(text, ": \""+want+"\"\n") || strings.Contains(text, "/home/me") {
				t.Errorf("%s of %s:\n%s", engine, ref, text)
			}
			if told := strings.Contains(text, "path in git has to be written"); told != (want == "web") {
				t.Errorf("%s of %s: told is %t:\n%s", engine, ref, told, text)
			}
		}
	}
}
