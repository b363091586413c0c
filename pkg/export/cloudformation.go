package export

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// The resource types, their properties and what Ref and Fn::GetAtt give are those of
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_IAM.html and
// AWS_EKS.html.

// templateQuota is how long a template may be that is handed over with the call
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html).
const templateQuota = 51200

// forming writes the stack of one AWS account.
type forming struct {
	w       *awsstate.Wanted
	o       Options
	out     *Export
	account string
	y       yamlLines
	names   map[string]*labels
	// policies, roles and providers are logical IDs, by ARN.
	policies, roles, providers map[string]string
	imports                    []cfnImport
	some                       bool // there is a resource
}

// cfnImport is an entry of create-change-set --resources-to-import.
type cfnImport struct {
	ResourceType, LogicalResourceId string
	ResourceIdentifier              map[string]string
}

// cloudformation writes a template for each AWS account: a stack is of one.
func cloudformation(w *awsstate.Wanted, o Options) (*Export, error) {
	if err := refuseReferences(w); err != nil {
		return nil, err
	}
	out := &Export{}
	for _, account := range accountsOf(w) {
		f := &forming{w: w.In(account), o: o, out: out, account: account, names: map[string]*labels{}, policies: map[string]string{}, roles: map[string]string{}, providers: map[string]string{}}
		f.stack()
		if !f.some { // a template has at least one resource; what it cannot say is noted
			continue
		}
		name := "stack-" + account + ".yaml"
		out.Files = append(out.Files, File{Name: name, Text: []byte(f.y.String())})
		if f.y.Len() > templateQuota {
			out.note(false, name, "it is longer than %d bytes, so CloudFormation takes it from S3 only: aws cloudformation deploy --s3-bucket", templateQuota)
		}
		if o.AdoptExisting {
			text, err := json.MarshalIndent(f.imports, "", "  ")
			if err != nil {
				return nil, err
			}
			out.Files = append(out.Files, File{Name: "import-" + account + ".json", Text: append(text, '\n')})
			out.note(false, name, "to take over what is there, create a change set of type IMPORT with it, and with --resources-to-import file://import-%s.json", account)
		}
	}
	return out, nil
}

// refuseReferences: CloudFormation puts a value in the place of {{resolve:…}} wherever it
// stands, and nothing escapes it
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html). It
// takes keys of documents that are called as its functions for these. Tags are lists in a template,
// and their keys are values there.
func refuseReferences(w *awsstate.Wanted) error {
	for _, part := range partsOf(w) {
		for _, s := range allTexts(part.value) {
			if strings.Contains(s, "{{resolve:") {
				return fmt.Errorf("%s: CloudFormation would put something in the place of {{resolve:…}} in %q, and cannot be told not to: write what is meant into irsa.yaml, or take another format", safe.Text(part.name), safe.Text(s))
			}
		}
		for _, d := range part.documents {
			if key := functionIn(d.Text()); key != "" {
				return fmt.Errorf("%s: CloudFormation would take the key %q for a function of its own, and cannot be told not to: take another format", safe.Text(part.name), safe.Text(key))
			}
		}
	}
	return nil
}

// functionIn is a key of a JSON document that CloudFormation would take for a function; empty where
// there is none.
func functionIn(text string) string {
	var whole any
	if err := json.Unmarshal([]byte(text), &whole); err != nil {
		return "" // a document that was read is JSON
	}
	for _, key := range keysIn(whole) {
		if key == "Ref" || strings.HasPrefix(key, "Fn::") {
			return key
		}
	}
	return ""
}

// keysIn are the keys of all mappings in a value.
func keysIn(v any) (out []string) {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range keysOf(v) {
			out = append(append(out, key), keysIn(v[key])...)
		}
	case []any:
		for _, one := range v {
			out = append(out, keysIn(one)...)
		}
	}
	return out
}

// part is one of the things that are wanted, and the documents in it that are data in a template.
type part struct {
	name      string
	value     any
	documents []trust.Document
}

func partsOf(w *awsstate.Wanted) []part {
	out := []part{{name: "the release", value: w.Release}}
	for _, p := range w.Providers {
		out = append(out, part{name: "provider " + p.Issuer, value: p})
	}
	for _, p := range w.Policies {
		out = append(out, part{"policy " + p.Name, p, []trust.Document{p.Document}})
	}
	for _, r := range w.Roles {
		documents := []trust.Document{r.Trust}
		for _, name := range keysOf(r.Inline) {
			documents = append(documents, r.Inline[name])
		}
		out = append(out, part{"role " + r.Name, r, documents})
	}
	for _, n := range w.NodeRoles {
		out = append(out, part{name: "role " + n.Role, value: n})
	}
	for _, a := range w.Associations { // its session policy is a text
		out = append(out, part{name: "association " + a.Namespace + "/" + a.ServiceAccount, value: a})
	}
	return out
}

// id is a logical ID: letters and digits
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resources-section-structure.html).
// No kind begins as another does.
func (f *forming) id(kind string, parts ...string) string {
	if f.names[kind] == nil {
		f.names[kind] = &labels{most: 200, used: map[string]string{}, takes: func(r rune, _ bool) bool { return letter(r) || digit(r) }}
	}
	return kind + f.names[kind].of(parts...)
}

func (f *forming) stack() {
	f.y.comment(0, "What irsa.yaml wants in AWS account "+f.account+" for "+safe.Text(f.w.Release)+". Written by helm irsa export cloudformation: change irsa.yaml, and export again. Deploy it with --capabilities CAPABILITY_NAMED_IAM.")
	f.y.text(0, "AWSTemplateFormatVersion", "2010-09-09")
	f.first()
	f.y.line(0, "Resources:")
	for _, p := range f.w.Providers {
		f.provider(p)
	}
	for _, p := range f.w.Policies {
		f.policies[p.ARN] = f.id("Policy", p.Name)
		f.policy(p)
	}
	for _, r := range f.w.Roles {
		f.roles[r.ARN] = f.id("Role", r.Namespace, r.ServiceAccount)
	}
	for _, r := range f.w.Roles {
		f.role(r)
	}
	for _, n := range f.w.NodeRoles {
		f.node(n)
	}
	for _, a := range f.w.Associations {
		f.association(a)
	}
}

// first writes the parameter for the first run, where a trust policy needs one.
func (f *forming) first() {
	if !slices.ContainsFunc(f.w.Roles, func(r awsstate.WantedRole) bool { return r.NamesNew() }) {
		return
	}
	text := f.out.note(false, "stack-"+f.account+".yaml", "trust policies name roles that are made here, and IAM refuses one that does not exist yet; deploy the first time with the parameter RolesExist=false, and then with RolesExist=true")
	f.y.comment(0, "This is for the first run: "+text+".")
	f.y.line(0, "Parameters:\n  RolesExist:\n    Type: String\n    AllowedValues: [\"true\", \"false\"]\n    Default: \"true\"")
	f.y.line(0, "Conditions:\n  RolesExist: {\"Fn::Equals\": [{\"Ref\": \"RolesExist\"}, \"true\"]}")
}

// resource begins a resource. What identifies it is nil where nobody knows it beforehand.
func (f *forming) resource(id, kind string, identifier map[string]string, comments ...string) {
	f.some = true
	f.y.line(2, "%s:", id)
	f.y.comment(4, comments...)
	f.y.text(4, "Type", kind)
	if f.o.AdoptExisting {
		// Without it, CloudFormation imports nothing
		// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources.html).
		f.y.line(4, "DeletionPolicy: Retain")
		if identifier != nil {
			f.imports = append(f.imports, cfnImport{kind, id, identifier})
		}
	}
}

func (f *forming) provider(p awsstate.WantedProvider) {
	id := f.id("Provider", shortHash(p.Issuer))
	f.providers[p.ARN] = id
	comments := []string{"All releases of the cluster use this provider: keep it in one stack, and export the others with --oidc-provider=false."}
	// The value of a provider's tag has at least one character there, and that of a role's none
	// (AWS_IAM.html, aws-properties-iam-oidcprovider-tag).
	tags := maps.Clone(p.Tags)
	maps.DeleteFunc(tags, func(_, value string) bool { return value == "" })
	if len(tags) < len(p.Tags) {
		empty := slices.DeleteFunc(keysOf(p.Tags), func(key string) bool { return p.Tags[key] != "" })
		comments = append(comments, f.out.note(true, "OIDC provider "+trust.ProviderName(p.Issuer), "CloudFormation gives providers no tag with an empty value (%s)", safe.Text(strings.Join(empty, ", ")))+".")
	}
	f.resource(id, "AWS::IAM::OIDCProvider", map[string]string{"Arn": p.ARN}, comments...)
	f.y.line(4, "Properties:")
	f.y.text(6, "Url", p.Issuer)
	f.y.texts(6, "ClientIdList", p.Audiences)
	f.y.tagList(6, "Tags", "Key", "Value", tags)
}

func (f *forming) policy(p awsstate.WantedPolicy) {
	lacks := f.out.note(true, "policy "+p.Name, "CloudFormation gives policies no tags (%s), so helm irsa does not take it for its own", strings.Join(keysOf(p.Tags), ", "))
	f.resource(f.policies[p.ARN], "AWS::IAM::ManagedPolicy", map[string]string{"PolicyArn": p.ARN}, lacks+".")
	f.y.line(4, "Properties:")
	f.y.text(6, "ManagedPolicyName", p.Name)
	f.y.text(6, "Path", p.Path)
	f.y.text(6, "Description", p.Description)
	var nodes []string
	for _, n := range f.w.NodeRoles {
		if slices.Contains(n.Attached, p.ARN) {
			nodes = append(nodes, n.Role)
		}
	}
	if len(nodes) > 0 {
		f.y.comment(6, "The role of the nodes.")
		f.y.texts(6, "Roles", nodes)
	}
	f.y.document(6, "PolicyDocument", p.Document.Text())
}

// node says what CloudFormation cannot: it attaches to a role that it does not make only the
// policies that it makes, which policy does.
func (f *forming) node(n awsstate.WantedAttachments) {
	for _, arn := range n.Attached {
		if f.policies[arn] == "" {
			f.y.comment(2, f.out.note(true, "role "+n.Role, "CloudFormation cannot attach %s to a role that the stack does not make: aws iam attach-role-policy --role-name %s --policy-arn %s", arn, safe.Word(n.Role), safe.Word(arn))+".")
		}
	}
}

// policyARN refers to a policy of the stack.
func (f *forming) policyARN(arn string) string {
	if id := f.policies[arn]; id != "" {
		return "{Ref: " + id + "}"
	}
	return yamlString(arn)
}

func (f *forming) roleARN(arn string) string {
	if id := f.roles[arn]; id != "" {
		return "{\"Fn::GetAtt\": [" + id + ", Arn]}"
	}
	return yamlString(arn)
}

func (f *forming) role(r awsstate.WantedRole) {
	comments := []string{"The role of service account " + safe.Text(r.Namespace+"/"+r.ServiceAccount) + "."}
	if len(r.SharedWith) > 0 {
		comments = append(comments, f.out.note(true, "role "+r.Name, "irsa.yaml lets other releases write statements into its trust policy (sharedWith), and CloudFormation takes them out with its next change of the role")+".")
	}
	f.resource(f.roles[r.ARN], "AWS::IAM::Role", map[string]string{"RoleName": r.Name}, comments...)
	var after []string
	for _, p := range f.w.Providers {
		if strings.Contains(r.Trust.Text(), `"`+p.ARN+`"`) {
			after = append(after, f.providers[p.ARN])
		}
	}
	if len(after) > 0 {
		f.y.line(4, "DependsOn: [%s]", strings.Join(after, ", "))
	}
	f.y.line(4, "Properties:")
	f.y.text(6, "RoleName", r.Name)
	f.y.text(6, "Path", r.Path)
	if r.Description != "" {
		f.y.text(6, "Description", r.Description)
	}
	f.y.line(6, "MaxSessionDuration: %d", r.MaxSession)
	if r.Boundary != "" {
		f.y.line(6, "PermissionsBoundary: %s", f.policyARN(r.Boundary))
	}
	if len(r.Attached) > 0 {
		f.y.line(6, "ManagedPolicyArns:")
		for _, arn := range r.Attached {
			f.y.line(6, "- %s", f.policyARN(arn))
		}
	}
	f.trust(r)
	if len(r.Inline) > 0 {
		f.y.line(6, "Policies:")
	}
	for _, name := range keysOf(r.Inline) {
		f.y.line(6, "- PolicyName: %s", yamlString(name))
		f.y.document(8, "PolicyDocument", r.Inline[name].Text())
	}
	f.y.tagList(6, "Tags", "Key", "Value", r.Tags)
}

func (f *forming) trust(r awsstate.WantedRole) {
	if !r.NamesNew() {
		f.y.document(6, "AssumeRolePolicyDocument", r.Trust.Text())
		return
	}
	f.y.line(6, "AssumeRolePolicyDocument:\n        Fn::If:\n        - RolesExist")
	f.y.line(8, "- %s", yamlFlow(r.Trust.Text(), "          "))
	f.y.line(8, "- %s", yamlFlow(r.TrustFirst.Text(), "          "))
}

func (f *forming) association(a awsstate.WantedAssociation) {
	var comments []string
	if f.o.AdoptExisting {
		comments = []string{f.out.note(false, "association "+a.Namespace+"/"+a.ServiceAccount,
			"where there is one, add it to import-%s.json by its AssociationArn, which only EKS knows: aws eks list-pod-identity-associations", f.account) + "."}
	}
	f.resource(f.id("Association", a.Namespace, a.ServiceAccount), "AWS::EKS::PodIdentityAssociation", nil, comments...)
	f.y.line(4, "Properties:")
	f.y.text(6, "ClusterName", a.Cluster)
	f.y.text(6, "Namespace", a.Namespace)
	f.y.text(6, "ServiceAccount", a.ServiceAccount)
	f.y.line(6, "RoleArn: %s", f.roleARN(a.RoleARN))
	if a.TargetRoleARN != "" {
		f.y.line(6, "TargetRoleArn: %s", f.roleARN(a.TargetRoleARN))
	}
	f.y.line(6, "DisableSessionTags: %v", a.DisableSessionTags)
	if a.Policy != "" {
		f.y.documentText(6, "Policy", a.Policy)
	}
	f.y.tagList(6, "Tags", "Key", "Value", a.Tags)
}
