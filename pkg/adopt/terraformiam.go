package adopt

import (
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// roles reads the roles with what they say themselves.
func (t *tfReading) roles() {
	for _, r := range t.managed("aws_iam_role") {
		name, text := t.text(r, "name"), t.text(r, "assume_role_policy")
		if name == "" || text == "" {
			t.later(r, "its name or trust policy is known")
			continue
		}
		doc, err := trust.Parse(text)
		if err != nil {
			t.out.note(r.Address, "its trust policy cannot be read, and it is left out: %s", oneLine(err))
			continue
		}
		role := awsstate.Role{
			Name: name, Path: cmp.Or(t.text(r, "path"), "/"), Description: t.text(r, "description"), Trust: &doc, Tags: t.tags(r),
			Boundary: t.refers(r, "permissions_boundary"), MaxSession: t.number(r, "max_session_duration"),
		}
		role.ARN = cmp.Or(t.text(r, "arn"), "arn:"+t.partitionFor(doc)+":iam::"+cmp.Or(t.account(r), providersAccount(doc))+":role"+role.Path+name)
		role.Attached = awsstate.Known[string]{Read: true, List: t.texts(r, "managed_policy_arns")}
		role.Inline.Read = true
		var inline []struct{ Name, Policy string }
		_ = json.Unmarshal(r.Values["inline_policy"], &inline)
		if len(inline) > 0 {
			t.shown(r, "inline_policy")
		}
		for _, in := range inline {
			t.inline(r, &role, in.Name, in.Policy)
		}
		if awsstate.AccountOf(role.ARN) == "" {
			t.later(r, "in which AWS account it will be is known")
			continue
		}
		t.kept(role.ARN, r)
		t.out.State.Roles.List = append(t.out.State.Roles.List, role)
	}
}

// inline adds an inline policy. A list that Terraform has computed holds an empty one.
func (t *tfReading) inline(r *tfResource, role *awsstate.Role, name, text string) {
	if name == "" || text == "" || slices.ContainsFunc(role.Inline.List, func(n awsstate.NamedDocument) bool { return n.Name == name }) {
		return
	}
	doc, err := trust.ParsePermissions(text)
	if err != nil {
		t.out.note(r.Address, "the policy %s cannot be read, and is left out: %s", name, oneLine(err))
		return
	}
	role.Inline.List = append(role.Inline.List, awsstate.NamedDocument{Name: name, Document: doc})
}

// policies reads the customer managed policies.
func (t *tfReading) policies() {
	for _, r := range t.managed("aws_iam_policy") {
		name, text := t.text(r, "name"), t.text(r, "policy")
		if name == "" || text == "" {
			t.later(r, "its name or document is known")
			continue
		}
		doc, err := trust.ParsePermissions(text)
		if err != nil {
			t.out.note(r.Address, "its document cannot be read, and it is left out: %s", oneLine(err))
			continue
		}
		p := awsstate.Policy{Name: name, Path: cmp.Or(t.text(r, "path"), "/"), Description: t.text(r, "description"), Document: &doc, Tags: t.tags(r)}
		p.ARN = t.policyARN(r)
		if awsstate.AccountOf(p.ARN) == "" {
			t.later(r, "in which AWS account it will be is known")
			continue
		}
		t.kept(p.ARN, r)
		t.out.State.Policies.List = append(t.out.State.Policies.List, p)
	}
}

func (t *tfReading) policyARN(r *tfResource) string {
	if arn := t.text(r, "arn"); arn != "" {
		return arn
	}
	return "arn:" + t.partitionFor(trust.Document{}) + ":iam::" + t.account(r) + ":policy" + cmp.Or(t.text(r, "path"), "/") + t.text(r, "name")
}

// attachments puts policies on the roles. Roles that the file does not have are those of
// others, such as of the nodes: of them it is known what was put on them, and no more.
func (t *tfReading) attachments() {
	for _, r := range t.managed("aws_iam_role_policy") {
		if role := t.onRole(r, "role"); role != nil && role.Trust != nil {
			t.puts(r, role)
			t.inline(r, role, t.text(r, "name"), t.text(r, "policy"))
			t.part(r, role, "", false)
		}
	}
	for _, r := range t.managed("aws_iam_role_policies_exclusive") {
		if role := t.onRole(r, "role_name"); role != nil {
			t.part(r, role, "", false)
		}
	}
	for _, r := range t.managed("aws_iam_role_policy_attachment") {
		role, arn := t.onRole(r, "role"), t.refers(r, "policy_arn")
		t.attach(r, role, arn)
		t.part(r, role, arn, false)
	}
	for _, r := range t.managed("aws_iam_role_policy_attachments_exclusive") {
		if arns := t.texts(r, "policy_arns"); len(arns) > 0 {
			role := t.onRole(r, "role_name")
			for _, arn := range arns {
				t.attach(r, role, arn)
			}
			t.part(r, role, "", false)
		}
	}
	for _, r := range t.managed("aws_iam_policy_attachment") {
		roles, arn := t.texts(r, "roles"), t.refers(r, "policy_arn")
		for _, name := range roles {
			role := t.roleNamed(r, name)
			t.attach(r, role, arn)
			t.part(r, role, arn, len(roles)+len(t.texts(r, "users"))+len(t.texts(r, "groups")) > 1)
		}
	}
}

// part notes what Terraform keeps by itself of a role that may be nil.
func (t *tfReading) part(r *tfResource, role *awsstate.Role, arn string, wider bool) {
	if role != nil && !t.ahead[r.Address] {
		t.out.Parts = append(t.out.Parts, Part{role.ARN, arn, r.Address, wider})
	}
}

func (t *tfReading) attach(r *tfResource, role *awsstate.Role, arn string) {
	switch {
	case role == nil:
	case arn == "":
		t.later(r, "which policy it is about is known")
	case !slices.Contains(role.Attached.List, arn):
		t.puts(r, role)
		role.Attached.List = append(role.Attached.List, arn)
	}
}

// onRole is the role that an attachment is about; nil where that is not known, which is noted.
func (t *tfReading) onRole(r *tfResource, attribute string) *awsstate.Role {
	name := t.text(r, attribute)
	if name == "" {
		if to := t.target(r, attribute); to != nil && to.Type == "aws_iam_role" {
			name = t.text(to, "name")
		}
	}
	if name == "" {
		t.later(r, "which role it is about is known")
		return nil
	}
	return t.roleNamed(r, name)
}

// roleNamed is the role that a resource means by a name; nil where several of that name may be meant,
// which is noted. One that the file does not have is added.
func (t *tfReading) roleNamed(r *tfResource, name string) *awsstate.Role {
	list, account := &t.out.State.Roles.List, t.account(r)
	is := func(fits func(awsstate.Role) bool) (out []*awsstate.Role) {
		for i := range *list {
			if role := &(*list)[i]; role.Name == name && fits(*role) {
				out = append(out, role)
			}
		}
		return out
	}
	for _, fits := range []func(awsstate.Role) bool{
		func(role awsstate.Role) bool { return account != "" && awsstate.AccountOf(role.ARN) == account },
		func(role awsstate.Role) bool { return slices.Contains(r.DependsOn, withoutKeys(t.addressOf(role.ARN))) },
		func(awsstate.Role) bool { return true }, // of a state the AWS account of an attachment is not known
	} {
		switch found := is(fits); {
		case len(found) == 1:
			return found[0]
		case len(found) > 1:
			t.out.note(r.Address, "there are several roles called %s, and it does not say in which AWS account its own is: it is left out", name)
			return nil
		}
	}
	*list = append(*list, awsstate.Role{Name: name, ARN: "arn:" + t.partitionFor(trust.Document{}) + ":iam::" + cmp.Or(account, t.out.State.Account) + ":role/" + name, Attached: awsstate.Known[string]{Read: true}})
	return &(*list)[len(*list)-1]
}

// instanceKey is the key of an instance in an address. A key may hold any text, in quotes as in JSON.
var instanceKey = regexp.MustCompile(`\[(?:[0-9]+|"(?:[^"\\]|\\.)*")\]`)

// withoutKeys is an address as the configuration has it, which is the same for all instances.
func withoutKeys(address string) string { return instanceKey.ReplaceAllString(address, "") }

func (t *tfReading) providers() {
	for _, r := range t.managed("aws_iam_openid_connect_provider") {
		url := strings.TrimPrefix(t.text(r, "url"), "https://")
		if url == "" {
			continue
		}
		arn := cmp.Or(t.text(r, "arn"), trust.ProviderARN(t.partitionFor(trust.Document{}), t.account(r), url))
		t.out.State.Providers.List = append(t.out.State.Providers.List, awsstate.Provider{
			ARN: arn, Issuer: url, ClientIDs: awsstate.Known[string]{Read: true, List: t.texts(r, "client_id_list")}, Tags: t.tags(r),
		})
	}
}

func (t *tfReading) associations() {
	for _, r := range t.managed("aws_eks_pod_identity_association") {
		a := awsstate.Association{
			Cluster: t.text(r, "cluster_name"), Namespace: t.text(r, "namespace"), ServiceAccount: t.text(r, "service_account"),
			RoleARN: t.refers(r, "role_arn"), TargetRoleARN: t.refers(r, "target_role_arn"), Policy: t.text(r, "policy"),
			NoSessionTags: string(r.Values["disable_session_tags"]) == "true", Tags: t.tags(r), ID: t.text(r, "association_id"),
		}
		if a.Namespace == "" || a.ServiceAccount == "" || a.RoleARN == "" {
			t.later(r, "its role or service account is known")
			continue
		}
		a.ARN = cmp.Or(t.text(r, "association_arn"), r.Address)
		t.kept(a.ARN, r)
		t.out.State.Associations.List = append(t.out.State.Associations.List, a)
	}
}
