package attacks

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const printedFile = `apiVersion: helm-irsa.dev/v1alpha1
kind: ReleaseIdentity
cluster: {name: demo, region: eu-west-3, accountID: "111122223333"}
policies:
- name: app-policy
  document: {Version: "2012-10-17", Statement: [{Sid: A, Effect: Allow, Action: "s3:GetObject", Resource: "*"}]}
nodeRole: {name: eks-nodes, policies: [app-policy]}
serviceAccounts:
- name: app
  mode: both
  role:
    name: app-role
    description: reads
    policies: [app-policy]
    inlinePolicies: {in: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:*", Resource: "*"}]}}
`

// awsCommands are run against each AWS account: what they print is looked at.
var awsCommands = []string{
	"plan app -n app", "plan app -n app -o json", "plan -n app", "plan app -n app --adopt app-role --adopt app/app --adopt app-policy", "apply app -n app", "destroy app -n app", "destroy app -n app --oidc-provider",
	"status app -n app", "status app -n app -o json", "snapshot app -n app -o json", "snapshot app -n app -o yaml",
	"permissions app -n app", "permissions -n app --verify", "plan other -n app", "apply app -n app --yes",
}

// localAWS runs commands, one after the other, against an AWS of their own.
func localAWS(t *testing.T, dir string, commands ...string) []result {
	t.Helper()
	var script strings.Builder
	for i, command := range commands {
		fmt.Fprintf(&script, "helm-irsa %s >%d.out 2>%d.err; echo $? >%d.code\n", command, i, i, i)
	}
	cmd := exec.Command("helm-irsa", "local-aws", "--state", "aws.json", "--", "sh", "-c", script.String())
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "HOME="+dir, "HELM_BIN="+filepath.Join(dir, "helm"), "HELM_NAMESPACE=", "KUBECONFIG="+filepath.Join(dir, "none"), "NO_COLOR=")
	if out, err := cmd.CombinedOutput(); err != nil {
		// The state is none, which local-aws says.
		return []result{{"local-aws", 1, "", string(out)}}
	}
	results := make([]result, len(commands))
	for i, command := range commands {
		var texts [3]string
		for j, ext := range []string{"out", "err", "code"} {
			text, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("%d.%s", i, ext)))
			if err != nil {
				t.Fatal(err)
			}
			texts[j] = string(text)
		}
		results[i] = result{name: command, stdout: texts[0], stderr: texts[1]}
		_, _ = fmt.Sscan(texts[2], &results[i].code) // 0 where it is none
	}
	return results
}

// TestAWSPrints: what AWS has is hostile: names, descriptions, tags, documents, paths,
// client IDs, associations, each text in its turn.
func TestAWSPrints(t *testing.T) {
	t.Parallel()
	made := t.TempDir()
	write(t, made, "irsa.yaml", printedFile)
	if r := localAWS(t, made, "apply app -n app --yes"); r[0].code != 0 {
		t.Fatalf("%+v", r)
	}
	text, err := os.ReadFile(filepath.Join(made, "aws.json"))
	var state map[string]any
	if err := errors.Join(err, json.Unmarshal(text, &state)); err != nil {
		t.Fatal(err)
	}
	groups, every := slices.Collect(slices.Chunk(hostile, 4)), 37
	if testing.Short() {
		groups = groups[:2]
	}
	all := newPrinted()
	t.Run("values", func(t *testing.T) {
		t.Run("everywhere", func(t *testing.T) { // what IAM takes as it comes, all at once
			t.Parallel()
			awsHostile(t, state, func(v any) any { return described(v, strings.Join(hostile[:len(hostile)-1], "")) }, awsCommands, all)
		})
		for i, group := range groups {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				var commands []string
				for n := i % 3; n < len(awsCommands); n += 3 {
					commands = append(commands, awsCommands[n])
				}
				value := strings.Join(group, "")
				awsHostile(t, state, (&texts{nth: i * 5 % every, every: every, change: func(s string) string {
					if i%2 == 0 {
						return s + value
					}
					return value + s
				}}).walk, commands, all)
			})
		}
	})
	all.paste(t)
}

// described has the value in what nobody checks: descriptions, tags that are not ours, Sids.
func described(v any, value string) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = described(v[i], value)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for k, below := range v {
			out[k] = described(below, value)
			_, isText := below.(string)
			if k == "Description" && isText {
				out[k] = value
			}
			if k == "Inline" && below != nil {
				inline, _ := out[k].(map[string]any)
				inline["x"+value] = `{"Version":"2012-10-17","Statement":[]}`
			}
			if list, ok := out[k].([]any); k == "Tags" && ok {
				out[k] = append(list, map[string]any{"Key": "helm-irsa.dev/shared-with." + value, "Value": value})
			}
		}
		return out
	}
	return v
}

func awsHostile(t *testing.T, state map[string]any, change func(any) any, commands []string, all *printed) {
	dir := t.TempDir()
	changed := map[string]any{}
	for k, v := range state {
		changed[k] = v
	}
	changed["Accounts"] = change(state["Accounts"])
	text, err := json.Marshal(changed)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "aws.json", string(text))
	write(t, dir, "irsa.yaml", printedFile)
	for _, r := range localAWS(t, dir, commands...) {
		r.check(t)
		all.collect(r)
		if strings.HasSuffix(r.name, "json") && r.code != 1 && json.Unmarshal([]byte(r.stdout), new(any)) != nil {
			t.Errorf("%s printed no JSON: %.1000s", r.name, r.stdout)
		}
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
}
