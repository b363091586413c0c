package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"sigs.k8s.io/yaml"

	"github.com/helm-irsa/helm-irsa/test/howtos"
	"github.com/helm-irsa/helm-irsa/test/moto"
)

// inHome tells moto that a call is in the home AWS account
// (https://docs.getmoto.org/en/latest/docs/multi_account.html).
type inHome struct{}

// Do makes the call.
func (inHome) Do(r *http.Request) (*http.Response, error) {
	r.Header.Set("x-moto-account-id", home)
	return http.DefaultClient.Do(r)
}

// inMoto gives the scenario moto in the place of the local AWS, which has no CloudFormation. What it
// returns runs the AWS CLI and reads its answer. The test is skipped where one of the two is not there.
func (w *world) inMoto() func(into any, args ...string) {
	w.Helper()
	cli, err := exec.LookPath("aws")
	if err != nil {
		w.Skip("aws, the AWS CLI, is not on PATH: no stack is made of what is exported")
	}
	theirs := moto.WithoutAWS(os.Environ())
	server, err := moto.Start(append(theirs, moto.WithPolicies))
	if errors.Is(err, exec.ErrNotFound) {
		w.Skip("moto_server is not on PATH: no stack is made of what is exported")
	}
	w.no(err)
	w.Cleanup(server.Stop)
	cfg, err := config.LoadDefaultConfig(w.ctx(), config.WithRegion(w.where.region), config.WithBaseEndpoint(server.URL),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("AKIATEST", "x", "")), config.WithHTTPClient(inHome{}))
	w.no(err)
	client := iam.NewFromConfig(cfg)
	_, err = client.CreateUser(w.ctx(), &iam.CreateUserInput{UserName: aws.String("me")})
	w.no(err)
	made, err := client.CreateAccessKey(w.ctx(), &iam.CreateAccessKeyInput{UserName: aws.String("me")})
	w.no(err)
	env := []string{
		"AWS_ENDPOINT_URL=" + server.URL, "AWS_ACCESS_KEY_ID=" + *made.AccessKey.AccessKeyId, "AWS_SECRET_ACCESS_KEY=x", "AWS_REGION=" + w.where.region,
		"AWS_DEFAULT_REGION=" + w.where.region, "AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull, "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=",
	}
	w.env = append(w.env, env...) // the last of a name counts
	return func(into any, args ...string) {
		w.Helper()
		cmd := exec.CommandContext(w.Context(), cli, append(args, "--output", "json")...)
		cmd.Dir, cmd.Env = w.dir, append(slices.Clone(theirs), env...)
		r := w.finish(cmd)
		if r.code != 0 {
			w.Fatalf("aws %s: %s", strings.Join(args, " "), r)
		}
		if into != nil {
			if err := json.Unmarshal([]byte(r.stdout), into); err != nil {
				w.Fatalf("aws %s: %v\n%s", strings.Join(args, " "), err, r.stdout)
			}
		}
	}
}

// shopChart writes a chart with a workload and a service account for each name that it is given.
func (w *world) shopChart() string {
	w.Helper()
	dir := filepath.Join(w.dir, "shop")
	w.no(os.MkdirAll(filepath.Join(dir, "templates"), 0o700))
	w.write(filepath.Join(dir, "Chart.yaml"), "apiVersion: v2\nname: shop\nversion: 1.0.0\n")
	w.write(filepath.Join(dir, "values.yaml"), "names: []\n")
	w.write(filepath.Join(dir, "templates", "all.yaml"), `{{- range .Values.names }}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: {{ . }}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ . }}}
spec:
  selector: {matchLabels: {app: {{ . }}}}
  template:
    metadata: {labels: {app: {{ . }}}}
    spec:
      serviceAccountName: {{ . }}
      containers: [{name: main, image: "registry.example.com/app:1"}]
{{- end }}
`)
	return dir
}

// template is what the scenario reads of a template of CloudFormation.
type template struct {
	Resources map[string]struct {
		Type       string
		Properties struct {
			RoleName, ManagedPolicyName string
			ManagedPolicyArns           []any
		}
	}
}

// stack exports irsa.yaml, and gives the template with its file.
func (w *world) stack(file string) (template, string) {
	w.Helper()
	path := w.write(filepath.Join(w.dir, file), w.must("irsa", "export", "cloudformation", "shop", "-n", w.namespace, "--oidc-provider=false").stdout)
	text, err := os.ReadFile(path)
	w.no(err)
	var out template
	w.no(yaml.Unmarshal(text, &out))
	return out, "file://" + path
}

// name is how AWS calls what a template makes.
func (t template) name(id string) string {
	p := t.Resources[id].Properties
	return p.RoleName + p.ManagedPolicyName
}

// TestCloudFormation is the story of a team whose IAM is CloudFormation's: what is exported makes the
// roles, Helm the release, and verify finds them fitting; and of a change of irsa.yaml, CloudFormation's
// change set says what helm irsa plan says.
func TestCloudFormation(t *testing.T) {
	scenario(t, func(t *testing.T, h helmProgram) {
		w := newWorld(t, h, paris, "cfn-"+h.major)
		cli := w.inMoto()
		t.Log("not against moto: attachments and OIDC providers, which its CloudFormation leaves out, inline policies, of which it cannot tell afterwards, and the change of a role, which it does not carry out")
		chart := w.shopChart()
		irsaYAML := func(actions, session, other, policy string) {
			w.write(filepath.Join(w.dir, "irsa.yaml"), fmt.Sprintf(`apiVersion: helm-irsa.dev/v1alpha1
kind: ReleaseIdentity
cluster: {name: %s, region: %s, accountID: "%s", issuer: %q}
policies:
- name: orders-queue
  document: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: [%s], Resource: "arn:aws:sqs:*:*:orders"}]}
serviceAccounts:
- name: orders
  role:
    name: orders
    policies: [orders-queue]
    maxSessionDuration: %s
- name: steady
  role: {name: steady, policyARNs: ["arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess"]}
- name: %s
  role: {name: %[7]s, policyARNs: ["arn:aws:iam::aws:policy/%s"]}
`, w.name, w.where.region, home, w.where.issuer, actions, session, other, policy))
		}

		irsaYAML(`"sqs:SendMessage"`, "1h", "reports", "AmazonS3ReadOnlyAccess")
		cli(nil, "iam", "create-open-id-connect-provider", "--url", w.where.issuer, "--client-id-list", "sts.amazonaws.com", "--thumbprint-list", strings.Repeat("0", 40))
		before, file := w.stack("before.yaml")
		cli(nil, "cloudformation", "create-stack", "--stack-name", "shop", "--capabilities", "CAPABILITY_NAMED_IAM", "--template-body", file)
		for _, r := range before.Resources {
			for _, arn := range r.Properties.ManagedPolicyArns {
				if ref, ok := arn.(map[string]any); ok {
					arn = fmt.Sprintf("arn:aws:iam::%s:policy/helm-irsa/%s", home, before.name(ref["Ref"].(string)))
				}
				cli(nil, "iam", "attach-role-policy", "--role-name", r.Properties.RoleName, "--policy-arn", arn.(string))
			}
		}

		w.must(append(w.upgrade("shop", chart), "--set", "names={orders,steady,reports}", "--wait", "--irsa-provision=never")...)
		w.must("irsa", "verify", "shop", "-n", w.namespace)
		for account, role := range w.annotated([]string{"orders", "steady", "reports"}) {
			if role != howtos.Role(home, "helm-irsa"+strings.TrimPrefix(account, w.namespace)) {
				t.Errorf("service account %s has role %s", account, role)
			}
		}

		irsaYAML(`"sqs:SendMessage", "sqs:ReceiveMessage"`, "2h", "audit", "AmazonEC2ReadOnlyAccess")
		after, file := w.stack("after.yaml")
		cli(nil, "cloudformation", "create-change-set", "--stack-name", "shop", "--change-set-name", "next", "--change-set-type", "UPDATE", "--capabilities", "CAPABILITY_NAMED_IAM", "--template-body", file)
		var set struct {
			Changes []struct {
				ResourceChange struct{ Action, LogicalResourceId string }
			}
		}
		cli(&set, "cloudformation", "describe-change-set", "--stack-name", "shop", "--change-set-name", "next")
		engine := map[string]string{}
		for _, c := range set.Changes {
			of := after
			if c.ResourceChange.Action == "Remove" {
				of = before
			}
			engine[of.name(c.ResourceChange.LogicalResourceId)] = c.ResourceChange.Action
		}
		var plan struct {
			Changes []struct{ Action, Type, Name string }
		}
		// CloudFormation gives policies no tags, so this one is nobody's to helm-irsa.
		w.no(json.Unmarshal([]byte(w.must("irsa", "plan", "shop", "-n", w.namespace, "--adopt", "policy/orders-queue", "-o", "json").stdout), &plan))
		ours := map[string]string{}
		for _, c := range plan.Changes {
			name, _, _ := strings.Cut(c.Name, "/") // of an attachment or an inline policy: the role's
			switch whole := c.Type == "role" || c.Type == "policy"; {
			case whole && c.Action == "create":
				ours[name] = "Add"
			case whole && c.Action == "delete":
				ours[name] = "Remove"
			case ours[name] == "":
				ours[name] = "Modify"
			}
		}
		want := map[string]string{"orders": "Modify", "orders-queue": "Modify", "reports": "Remove", "audit": "Add"}
		if !maps.Equal(engine, want) || !maps.Equal(ours, want) {
			t.Errorf("the change set says %v, helm irsa plan %v; want %v of both", engine, ours, want)
		}
	})
}
