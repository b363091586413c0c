package adopt_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/adopt"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/test/howtos"
)

// stateOf is what `terraform show -json` prints of a state that holds what a how-to ends with:
// as the AWS provider keeps it, in a module a role, with for_each
// (https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/iam_role and others).
func stateOf(t *testing.T, w *awsstate.Wanted, users map[string]string) []byte {
	t.Helper()
	var root []any
	var modules []any
	resource := func(address string, index any, values map[string]any) map[string]any {
		local := address[max(strings.Index(address, "aws_"), strings.Index(address, "kubernetes_")):]
		kind, name, _ := strings.Cut(local, ".")
		name, _, _ = strings.Cut(name, "[")
		out := map[string]any{"address": address, "mode": "managed", "type": kind, "name": name, "provider_name": "registry.terraform.io/hashicorp/aws", "schema_version": 0, "values": values, "sensitive_values": map[string]any{"tags": map[string]any{}}}
		if index != nil {
			out["index"] = index
		}
		return out
	}
	for i, p := range w.Providers {
		root = append(root, resource(fmt.Sprintf("aws_iam_openid_connect_provider.this[%d]", i), i, map[string]any{"arn": p.ARN, "url": strings.TrimPrefix(p.Issuer, "https://"), "client_id_list": p.Audiences, "tags": nil, "tags_all": map[string]any{}}))
	}
	for _, p := range w.Policies {
		root = append(root, resource(fmt.Sprintf("aws_iam_policy.this[%q]", p.Account+p.Name), p.Account+p.Name, map[string]any{"arn": p.ARN, "name": p.Name, "path": p.Path, "description": p.Description, "policy": p.Document.Text(), "tags_all": p.Tags}))
	}
	for i, r := range w.Roles {
		module := fmt.Sprintf("module.irsa[%d]", i)
		var all []any
		all = append(all, resource(module+".aws_iam_role.this[0]", 0, map[string]any{
			"arn": r.ARN, "name": r.Name, "path": r.Path, "description": r.Description, "max_session_duration": r.MaxSession, "permissions_boundary": r.Boundary,
			"assume_role_policy": r.Trust.Text(), "tags_all": r.Tags, "managed_policy_arns": r.Attached, "inline_policy": []any{map[string]any{"name": "", "policy": ""}},
		}))
		for _, arn := range r.Attached {
			all = append(all, resource(module+fmt.Sprintf(".aws_iam_role_policy_attachment.this[%q]", arn), arn, map[string]any{"role": r.Name, "policy_arn": arn}))
		}
		for name, doc := range r.Inline {
			all = append(all, resource(module+fmt.Sprintf(".aws_iam_role_policy.this[%q]", name), name, map[string]any{"role": r.Name, "name": name, "policy": doc.Text()}))
		}
		modules = append(modules, map[string]any{"address": module, "resources": all})
	}
	for _, n := range w.NodeRoles {
		for _, arn := range n.Attached {
			root = append(root, resource(fmt.Sprintf("aws_iam_role_policy_attachment.nodes[%q]", arn), arn, map[string]any{"role": n.Role, "policy_arn": arn}))
		}
	}
	for i, a := range w.Associations {
		root = append(root, resource(fmt.Sprintf("aws_eks_pod_identity_association.this[%d]", i), i, map[string]any{
			"cluster_name": a.Cluster, "namespace": a.Namespace, "service_account": a.ServiceAccount, "role_arn": a.RoleARN, "target_role_arn": a.TargetRoleARN,
			"disable_session_tags": a.DisableSessionTags, "policy": a.Policy, "association_id": fmt.Sprintf("a-%d", i), "tags_all": a.Tags,
		}))
	}
	for account, arn := range users {
		namespace, name, _ := strings.Cut(account, "/")
		root = append(root, resource("kubernetes_service_account_v1."+name, nil, map[string]any{"metadata": []any{map[string]any{"name": name, "namespace": namespace, "annotations": map[string]any{spec.RoleAnnotation: arn}}}}))
	}
	out, err := json.Marshal(map[string]any{"format_version": "1.0", "terraform_version": "1.11.4", "values": map[string]any{"root_module": map[string]any{"resources": root, "child_modules": modules}}})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestTerraformOfHowTos: a Terraform state of what each how-to ends with becomes an irsa.yaml
// whose plan adopts it and changes nothing else.
func TestTerraformOfHowTos(t *testing.T) {
	t.Parallel()
	for _, m := range allMade(t) {
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			w := onLocal(t, m)
			users := map[string]string{}
			if m.Name == "qovery cluster" {
				users = m.Accounts
			}
			source, err := adopt.Terraform("state.json", stateOf(t, m.wanted, users))
			if err != nil {
				t.Fatal(err)
			}
			source.Cluster.Name, source.Cluster.Region, source.Cluster.AccountID = m.Cluster, m.Region, howtos.Home
			source.Access[howtos.Away] = spec.AccountAccess{Profile: awayProfile}
			f := imported(t, source, m.options())
			w.adoptsOnly(t, f)
			if len(f.Kept) < len(m.wanted.Roles)+len(m.wanted.Policies) {
				t.Errorf("what Terraform is to let go is %q", f.Kept)
			}
		})
	}
}
