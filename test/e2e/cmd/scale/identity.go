package main

import (
	"fmt"
	"os"
	"strings"
)

// identity is an irsa.yaml for a chart of writeChart.
type identity struct {
	size
	// roles is what the names of the roles begin with.
	roles string
	// changed is what the name of the first role ends in: another one is another role.
	changed string
}

// policyShare is how many roles share a policy.
const policyShare = 10

// rollout: the pods of this service account restart when their role changes. So it is
// with every fourth one, the first among them.
func rollout(account int) bool { return account%4 == 0 }

func (y identity) role(account int) string {
	name := fmt.Sprintf("%s-%03d", y.roles, account)
	if account == 0 {
		name += y.changed
	}
	return name
}

func (y identity) policies() int { return (y.accounts + policyShare - 1) / policyShare }

func (y identity) policy(i int) string { return fmt.Sprintf("%s-policy-%02d", y.roles, i) }

// text is irsa.yaml.
func (y identity) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, `apiVersion: helm-irsa.dev/v1alpha1
kind: ReleaseIdentity
cluster: {name: %s, region: %s, accountID: %q}
policies:
`, clusterName, region, awsAccount)
	for i := range y.policies() {
		fmt.Fprintf(&b, `- name: %[1]s
  document:
    Version: "2012-10-17"
    Statement: [{Effect: Allow, Action: ["s3:GetObject", "s3:PutObject"], Resource: "arn:aws:s3:::%[1]s/*"}]
`, y.policy(i))
	}
	b.WriteString("serviceAccounts:\n")
	for a := range y.accounts {
		fmt.Fprintf(&b, "- name: %s\n  role: {name: %s, policies: [%s]}\n", account(a), y.role(a), y.policy(a/policyShare))
		if patched(a) {
			fmt.Fprintf(&b, "  usedBy: [{workload: {kind: Deployment, name: %q}}]\n", fmt.Sprintf("app-%03d-*", a))
		}
		if rollout(a) {
			b.WriteString("  rollout: true\n")
		}
	}
	return b.String()
}

// write puts it into a file.
func (y identity) write(path string) error {
	if err := os.WriteFile(path, []byte(y.text()), 0o644); err != nil {
		return fmt.Errorf("writing irsa.yaml: %w", err)
	}
	return nil
}
