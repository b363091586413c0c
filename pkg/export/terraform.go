package export

import (
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
)

// The resources and their arguments are those of
// https://registry.terraform.io/providers/hashicorp/aws/latest/docs, below resources/:
// iam_openid_connect_provider, iam_policy, iam_role, iam_role_policy,
// iam_role_policy_attachment, iam_role_policies_exclusive,
// iam_role_policy_attachments_exclusive, eks_pod_identity_association. The identifiers of
// import blocks are at the end of each page.

// terraformProvider is the oldest version of the AWS provider that has all of them: the
// session policy of an association came last.
const terraformProvider = ">= 6.28"

// rolesExist is the variable for trust policies that name roles which are new.
const rolesExist = "roles_exist"

type terraforming struct {
	w         *awsstate.Wanted
	o         Options
	out       Export
	file      hclFile
	policies  map[string]string // addresses, by ARN
	roles     map[string]string
	providers map[string]string
	// names gives labels for a type of resource: those of two types do not meet.
	names map[string]*labels
}

func terraform(w *awsstate.Wanted, o Options) (*Export, error) {
	t := &terraforming{w: w, o: o, policies: map[string]string{}, roles: map[string]string{}, providers: map[string]string{}, names: map[string]*labels{}}
	t.file.comment("", "What irsa.yaml wants in AWS for "+safe.Text(w.Release)+", for Terraform 1.5 or OpenTofu 1.6 and later. Written by helm irsa export terraform: change irsa.yaml, and export again.")
	t.settings()
	t.first()
	for _, p := range w.Providers {
		t.provider(p)
	}
	for _, p := range w.Policies {
		t.policy(p)
	}
	for _, r := range w.Roles {
		label := t.label("aws_iam_role", r.Namespace, r.ServiceAccount)
		t.roles[r.ARN] = "aws_iam_role." + label
		t.labelsOf("aws_iam_role_policy_attachment").used[label] = r.ARN // the role's attachments are called as it is
	}
	for _, r := range w.Roles {
		t.role(r)
	}
	for _, n := range w.NodeRoles {
		t.node(n)
	}
	for _, a := range w.Associations {
		t.association(a)
	}
	t.out.Files = []File{{Name: "irsa.tf", Text: []byte(t.file.String())}}
	return &t.out, nil
}

// label names a resource: letters, digits, _ and -, not beginning with a digit or -
// (https://developer.hashicorp.com/terraform/language/syntax/configuration#identifiers).
func (t *terraforming) label(kind string, parts ...string) string {
	return t.labelsOf(kind).of(parts...)
}

func (t *terraforming) labelsOf(kind string) *labels {
	l := t.names[kind]
	if l == nil {
		l = &labels{between: "_", begins: "x_", most: 200, used: map[string]string{}, takes: func(r rune, first bool) bool {
			return letter(r) || r == '_' || !first && (digit(r) || r == '-')
		}}
		t.names[kind] = l
	}
	return l
}

// in adds the AWS account to the parts of a name, where it is not the cluster's.
func (t *terraforming) in(account string, parts ...string) []string {
	if account != t.w.Account {
		return append(parts, account)
	}
	return parts
}

// settings writes which provider is needed, and how each AWS account is reached.
func (t *terraforming) settings() {
	t.file.WriteString("\nterraform {\n  required_version = \">= 1.5\"\n\n  required_providers {\n    aws = {\n")
	t.file.attributes("      ", []hclAttribute{{name: "source", value: `"hashicorp/aws"`}, {name: "version", value: hclString(terraformProvider)}})
	t.file.WriteString("    }\n  }\n}\n")
	for _, id := range accountsOf(t.w) {
		var all []hclAttribute
		var comments []string
		if id != t.w.Account {
			all = append(all, hclAttribute{name: "alias", value: hclString(alias(id))})
		}
		all = append(all, hclAttribute{name: "region", value: hclString(t.w.Region)}, hclAttribute{name: "allowed_account_ids", value: hclList([]string{hclString(id)})})
		access := t.o.Accounts[id]
		if access.Profile != "" {
			all = append(all, hclAttribute{name: "profile", value: hclString(access.Profile)})
		}
		if access.AssumeRoleARN == "" && access.Profile == "" && id != t.w.Account {
			comments = []string{t.out.note(false, "AWS account "+id, "irsa.yaml does not say how it is reached: give its provider a profile or assume_role")}
		}
		t.file.WriteString("\n")
		t.file.comment("", comments...)
		t.file.WriteString("provider \"aws\" {\n")
		t.file.attributes("  ", all)
		if access.AssumeRoleARN != "" {
			t.file.WriteString("\n  assume_role {\n    role_arn = " + hclString(access.AssumeRoleARN) + "\n  }\n")
		}
		t.file.WriteString("}\n")
	}
}

func alias(account string) string { return "account_" + account }

// first writes the variable for the first run, where a trust policy needs one.
func (t *terraforming) first() {
	if !slices.ContainsFunc(t.w.Roles, awsstate.WantedRole.NamesNew) {
		return
	}
	text := t.out.note(false, "terraform apply", "trust policies name roles that are made here, and IAM refuses one that does not exist yet; the first time, run terraform apply -var "+rolesExist+"=false, and then terraform apply")
	t.file.block("variable \""+rolesExist+"\"", []string{"This is for the first run: " + text + "."},
		hclAttribute{name: "type", value: "bool"}, hclAttribute{name: "description", value: `"Whether the roles exist that trust policies name."`},
		hclAttribute{name: "default", value: "true"})
}

// resource writes a resource, and how it is imported; id is empty where it is not.
func (t *terraforming) resource(kind, label, account string, comments []string, all ...hclAttribute) string {
	if account != t.w.Account {
		all = append([]hclAttribute{{name: "provider", value: "aws." + alias(account)}}, all...)
	}
	t.file.block(fmt.Sprintf("resource %q %q", kind, label), comments, all...)
	return kind + "." + label
}

func (t *terraforming) imports(to, id string) {
	if t.o.AdoptExisting {
		t.file.block("import", nil, hclAttribute{name: "to", value: to}, hclAttribute{name: "id", value: hclString(id)})
	}
}

func tagsOf(tags map[string]string) hclAttribute {
	values := map[string]string{}
	for key, value := range tags {
		values[key] = hclString(value)
	}
	return hclAttribute{"tags", hclMap(values, "  "), true}
}

func (t *terraforming) provider(p awsstate.WantedProvider) {
	var audiences []string
	for _, a := range p.Audiences {
		audiences = append(audiences, hclString(a))
	}
	label := t.label("aws_iam_openid_connect_provider", t.in(p.Account, "oidc", lastOf(p.Issuer), shortHash(p.Issuer))...)
	to := t.resource("aws_iam_openid_connect_provider", label, p.Account,
		[]string{"All releases of the cluster use this provider: keep it in one configuration, and export the others with --oidc-provider=false."},
		hclAttribute{name: "url", value: hclString(p.Issuer)}, hclAttribute{name: "client_id_list", value: hclList(audiences)}, tagsOf(p.Tags))
	t.providers[p.ARN] = to
	t.imports(to, p.ARN)
}

func (t *terraforming) policy(p awsstate.WantedPolicy) {
	label := t.label("aws_iam_policy", t.in(p.Account, p.Name)...)
	to := t.resource("aws_iam_policy", label, p.Account, nil,
		hclAttribute{name: "name", value: hclString(p.Name)}, hclAttribute{name: "path", value: hclString(p.Path)}, hclAttribute{name: "description", value: hclString(p.Description)},
		hclAttribute{"policy", hclDocument(p.Document.Text(), "  "), true}, tagsOf(p.Tags))
	t.policies[p.ARN] = to
	t.imports(to, p.ARN)
}

// policyARN refers to a policy that is made here, so that Terraform makes it first.
func (t *terraforming) policyARN(arn string) string {
	if to := t.policies[arn]; to != "" {
		return to + ".arn"
	}
	return hclString(arn)
}

func (t *terraforming) role(r awsstate.WantedRole) {
	to := t.roles[r.ARN]
	label := strings.TrimPrefix(to, "aws_iam_role.")
	comments := []string{"The role of service account " + safe.Text(r.Namespace+"/"+r.ServiceAccount) + "."}
	if len(r.SharedWith) > 0 {
		comments = append(comments, t.out.note(true, "role "+r.Name, "irsa.yaml lets other releases write statements into its trust policy (sharedWith), and Terraform takes them out again")+".")
	}
	all := []hclAttribute{{name: "name", value: hclString(r.Name)}, {name: "path", value: hclString(r.Path)}}
	if r.Description != "" {
		all = append(all, hclAttribute{name: "description", value: hclString(r.Description)})
	}
	all = append(all, hclAttribute{name: "max_session_duration", value: fmt.Sprint(r.MaxSession)})
	if r.Boundary != "" {
		all = append(all, hclAttribute{name: "permissions_boundary", value: t.policyARN(r.Boundary)})
	}
	all = append(all, t.trust(label, r), tagsOf(r.Tags))
	var after []string
	for _, p := range t.w.Providers {
		if strings.Contains(r.Trust.Text(), `"`+p.ARN+`"`) {
			after = append(after, t.providers[p.ARN])
		}
	}
	if len(after) > 0 {
		all = append(all, hclAttribute{"depends_on", hclList(after), true})
	}
	t.resource("aws_iam_role", label, r.Account, comments, all...)
	t.imports(to, r.Name)
	t.attached(label, r.Account, r.Name, to+".name", r.Attached, true)
	t.inline(label, to, r)
}

// trust is the trust policy. One that names new roles is a local value, and what the role is
// made with another.
func (t *terraforming) trust(label string, r awsstate.WantedRole) hclAttribute {
	if !r.NamesNew() {
		return hclAttribute{"assume_role_policy", hclDocument(r.Trust.Text(), "  "), true}
	}
	whole, before := "trust_"+label, "trust_without_new_roles_"+label
	t.file.block("locals", nil, hclAttribute{whole, hclDocument(r.Trust.Text(), "  "), true}, hclAttribute{before, hclDocument(r.TrustFirst.Text(), "  "), true})
	return hclAttribute{"assume_role_policy", fmt.Sprintf("var.%s ? local.%s : local.%s", rolesExist, whole, before), true}
}

// attached writes the managed policies of a role. Of a role that is made here they are all
// that it has, as with helm irsa.
func (t *terraforming) attached(label, account, role, reference string, arns []string, all bool) {
	kind := "aws_iam_role_policy_attachment"
	if len(arns) > 0 {
		values := map[string]string{}
		for _, arn := range arns {
			values[arn] = t.policyARN(arn)
		}
		to := t.resource(kind, label, account, nil, hclAttribute{"for_each", hclMap(values, "  "), true},
			hclAttribute{name: "role", value: reference}, hclAttribute{name: "policy_arn", value: "each.value"})
		for _, arn := range arns {
			t.imports(to+"["+hclString(arn)+"]", role+"/"+arn)
		}
	}
	if all {
		have := "[]"
		if len(arns) > 0 {
			have = "[for a in " + kind + "." + label + " : a.policy_arn]"
		}
		t.resource("aws_iam_role_policy_attachments_exclusive", label, account, nil,
			hclAttribute{name: "role_name", value: reference}, hclAttribute{name: "policy_arns", value: have})
	}
}

func (t *terraforming) inline(label, to string, r awsstate.WantedRole) {
	kind, have := "aws_iam_role_policy", []string{}
	for _, name := range keysOf(r.Inline) {
		one := t.resource(kind, t.label(kind, r.Namespace, r.ServiceAccount, name), r.Account, nil,
			hclAttribute{name: "name", value: hclString(name)}, hclAttribute{name: "role", value: to + ".name"},
			hclAttribute{"policy", hclDocument(r.Inline[name].Text(), "  "), true})
		t.imports(one, r.Name+":"+name)
		have = append(have, one+".name")
	}
	t.resource("aws_iam_role_policies_exclusive", label, r.Account, nil,
		hclAttribute{name: "role_name", value: to + ".name"}, hclAttribute{name: "policy_names", value: hclList(have)})
}

func (t *terraforming) node(n awsstate.WantedAttachments) {
	if len(n.Attached) > 0 {
		t.attached(t.label("aws_iam_role_policy_attachment", "node-role", n.Role), n.Account, n.Role, hclString(n.Role), n.Attached, false)
	}
}

func (t *terraforming) association(a awsstate.WantedAssociation) {
	kind := "aws_eks_pod_identity_association"
	arn := hclString(a.RoleARN)
	if to := t.roles[a.RoleARN]; to != "" {
		arn = to + ".arn"
	}
	all := []hclAttribute{
		{name: "cluster_name", value: hclString(a.Cluster)}, {name: "namespace", value: hclString(a.Namespace)},
		{name: "service_account", value: hclString(a.ServiceAccount)}, {name: "role_arn", value: arn},
	}
	if a.TargetRoleARN != "" {
		target := hclString(a.TargetRoleARN)
		if to := t.roles[a.TargetRoleARN]; to != "" {
			target = to + ".arn"
		}
		all = append(all, hclAttribute{name: "target_role_arn", value: target})
	}
	all = append(all, hclAttribute{name: "disable_session_tags", value: fmt.Sprint(a.DisableSessionTags)})
	if a.Policy != "" {
		all = append(all, hclAttribute{"policy", hclDocument(a.Policy, "  "), true})
	}
	all = append(all, tagsOf(a.Tags))
	var comments []string
	label := t.label(kind, a.Namespace, a.ServiceAccount)
	if t.o.AdoptExisting {
		comments = []string{t.out.note(false, "association "+a.Namespace+"/"+a.ServiceAccount,
			"EKS gave it an ID, which only EKS knows: where there is one, write it into an import block with to = %s.%s and id = %s; aws eks list-pod-identity-associations lists them", kind, label, hclString(a.Cluster+",a-…")) + "."}
	}
	t.resource(kind, label, t.w.Account, comments, all...)
}
