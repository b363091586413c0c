package export

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// The fields are those of eksctl's ClusterConfig v1alpha5 (its schema.json), and what becomes
// of them in AWS is what eksctl 0.225 does, in pkg/cfn/builder/iam.go
// (NewIAMRoleResourceSetForServiceAccount, NewIAMRoleResourceSetForPodIdentity): a role with
// the path /, no description and sessions of an hour, one inline policy that is called after
// the stack, and a trust policy for one service account.

// eksctlName is how eksctl names what it makes of attachPolicy and permissionPolicy, behind the
// name of the stack and a hyphen.
const eksctlName = "Policy1"

// defaultSession is what a role has of which CloudFormation is told nothing, in seconds
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html).
const defaultSession = 3600

// eksctling writes one file: eksctl works on one cluster, in its AWS account.
type eksctling struct {
	w    *awsstate.Wanted
	out  *Export
	made map[string]bool // ARNs of the roles that are in the file
	// accounts and associations are the entries of the two lists, and irsa says that one
	// needs the OIDC provider.
	accounts, associations yamlLines
	irsa                   bool
	// head are comments on what has no place in the lists.
	head []string
}

func eksctl(w *awsstate.Wanted, o Options) (*Export, error) {
	if w.Cluster == "" {
		return nil, fmt.Errorf("eksctl works on clusters by their name, and it is not known: write cluster.name into irsa.yaml")
	}
	e := &eksctling{w: w, out: &Export{}, made: map[string]bool{}}
	for _, p := range w.In(w.Account).Policies {
		e.above(true, "policy "+p.Name, "eksctl makes no managed policies: make it before the role, such as with helm irsa export aws-cli")
	}
	for _, r := range w.Roles {
		e.role(r)
	}
	for _, a := range w.Associations {
		e.association(a)
	}
	for _, n := range w.NodeRoles {
		for _, arn := range n.Attached {
			e.above(true, "role "+n.Role, "eksctl attaches policies to the roles of node groups that it makes only: aws iam attach-role-policy --role-name %s --policy-arn %s", safe.Word(n.Role), safe.Word(arn))
		}
	}
	e.providers()
	if o.AdoptExisting {
		e.above(false, "cluster "+w.Cluster, "eksctl takes nothing over: it makes a stack for each role, and fails where there is a role of that name")
	}
	e.out.Files = []File{{Name: "eksctl.yaml", Text: []byte(e.file())}}
	return e.out, nil
}

// above notes what has no place among the entries.
func (e *eksctling) above(lacks bool, about, format string, args ...any) {
	text := e.out.note(lacks, about, format, args...)
	e.head = append(e.head, safe.Text(about+": "+text)+".")
}

// file puts the entries together.
func (e *eksctling) file() string {
	var y yamlLines
	y.comment(0, "What irsa.yaml wants in AWS account "+e.w.Account+" for "+safe.Text(e.w.Release)+", for eksctl. Written by helm irsa export eksctl: change irsa.yaml, and export again.")
	y.comment(0, "Helm makes and annotates the service accounts (roleOnly). helm irsa does not take roles that eksctl has made for its own.")
	y.comment(0, e.head...)
	y.text(0, "apiVersion", "eksctl.io/v1alpha5")
	y.text(0, "kind", "ClusterConfig")
	y.line(0, "metadata:")
	y.text(2, "name", e.w.Cluster)
	y.text(2, "region", e.w.Region)
	y.line(0, "iam:")
	y.line(2, "withOIDC: %v", e.irsa)
	for _, list := range []struct{ name, text string }{{"serviceAccounts", e.accounts.String()}, {"podIdentityAssociations", e.associations.String()}} {
		if list.text != "" {
			y.line(2, "%s:", list.name)
			y.WriteString(list.text)
		}
	}
	return y.String()
}

// providers says what becomes of the OIDC providers: eksctl makes that of the cluster, with the
// one audience.
func (e *eksctling) providers() {
	for _, p := range e.w.Providers {
		about, audiences := "OIDC provider "+trust.ProviderName(p.Issuer), strings.Join(p.Audiences, ", ")
		switch {
		case p.Account != e.w.Account:
			e.above(true, about, "eksctl makes the provider in the cluster's AWS account only, not in AWS account %s", p.Account)
		case !e.irsa || !e.clusters(p.ARN):
			e.above(true, about, "eksctl does not make it: its roles trust the cluster's own only, and it makes that where a role of the file needs it")
		case audiences != spec.DefaultAudience:
			e.above(true, about, "eksctl gives it the audience %s, and irsa.yaml wants %s", spec.DefaultAudience, audiences)
		default:
			e.above(true, about, "eksctl gives it no tags but those of the cluster (%s)", strings.Join(keysOf(p.Tags), ", "))
		}
	}
}

// clusters reports whether a provider is that of the cluster: a role's trust policy begins
// with its statement, and those of further clusters follow.
func (e *eksctling) clusters(arn string) bool {
	return slices.ContainsFunc(e.w.Roles, func(r awsstate.WantedRole) bool {
		first, ok := tokensOf(r)
		return ok && first.provider == arn
	})
}

// tokens is a statement that lets tokens of an issuer in.
type tokens struct {
	provider            string
	audiences, subjects []string
}

// tokensOf reads the first statement of a trust policy. It reports false where that does not
// let tokens in.
func tokensOf(r awsstate.WantedRole) (tokens, bool) {
	all := r.Trust.Statements()
	if len(all) == 0 {
		return tokens{}, false
	}
	principals, _ := all[0].Principals()
	if len(principals) != 1 || principals[0].Type != "Federated" {
		return tokens{}, false
	}
	out := tokens{provider: principals[0].ID}
	for _, c := range all[0].Conditions() {
		switch {
		case strings.HasSuffix(c.Key, ":aud"):
			out.audiences = c.Values
		case strings.HasSuffix(c.Key, ":sub"):
			out.subjects = c.Values
		}
	}
	return out, true
}

// role writes a role, as far as eksctl makes such.
func (e *eksctling) role(r awsstate.WantedRole) {
	if r.Account != e.w.Account {
		e.left(r, "eksctl makes roles in the cluster's AWS account only, and this one is of AWS account %s", r.Account)
		return
	}
	first, irsa := tokensOf(r)
	lost := lostOfRole(r)
	if !irsa {
		e.podRole(r, lost)
		return
	}
	pattern, more, ok := subjectOf(first, r)
	switch {
	case !ok:
		e.left(r, "eksctl lets in one service account, or service accounts of its namespace by a pattern, and irsa.yaml wants %s", strings.Join(first.subjects, ", "))
		return
	case !slices.Equal(first.audiences, []string{spec.DefaultAudience}):
		e.left(r, "eksctl knows the audience %s only, and irsa.yaml wants %s", spec.DefaultAudience, strings.Join(first.audiences, ", "))
		return
	case len(r.Attached) == 0 && len(r.Inline) == 0:
		e.left(r, "eksctl makes no role without a policy")
		return
	}
	for _, s := range more {
		lost = append(lost, "the subject "+s)
	}
	if n := len(r.Trust.Statements()); n > 1 {
		lost = append(lost, fmt.Sprintf("further statements of its trust policy (%d)", n-1))
	}
	e.irsa, e.made[r.ARN] = true, true
	y := &e.accounts
	y.comment(2, e.lost(r, lost)...)
	y.line(2, "- metadata:")
	y.text(6, "name", r.ServiceAccount)
	y.text(6, "namespace", r.Namespace)
	y.text(4, "roleName", r.Name)
	y.line(4, "roleOnly: true")
	if pattern != "" {
		y.text(4, "subjectPattern", pattern)
	}
	if len(r.Attached) > 0 {
		y.texts(4, "attachPolicyARNs", r.Attached)
	}
	if len(r.Inline) > 0 {
		y.document(4, "attachPolicy", joined(r.Inline))
	}
	if r.Boundary != "" {
		y.text(4, "permissionsBoundary", r.Boundary)
	}
	e.tags(y, r.Tags)
}

// left says that a role is not in the file, and why.
func (e *eksctling) left(r awsstate.WantedRole, format string, args ...any) {
	e.above(true, "role "+r.Name, "it is left out: "+format, args...)
}

// lost notes what eksctl does not make of a role that is in the file.
func (e *eksctling) lost(r awsstate.WantedRole, lost []string) []string {
	comments := []string{"The role of service account " + safe.Text(r.Namespace+"/"+r.ServiceAccount) + "."}
	if len(lost) == 0 {
		return comments
	}
	text := e.out.note(true, "role "+r.Name, "eksctl cannot say %s", strings.Join(lost, "; "))
	return append(comments, safe.Text(text)+".")
}

func (e *eksctling) tags(y *yamlLines, tags map[string]string) {
	y.line(4, "tags:")
	for _, key := range keysOf(tags) {
		y.text(6, yamlString(key), tags[key])
	}
}

// lostOfRole is what no role of eksctl's has.
func lostOfRole(r awsstate.WantedRole) []string {
	var lost []string
	if r.Path != "/" {
		lost = append(lost, fmt.Sprintf("the path %s, so that its ARN would be another than the one that helm irsa writes: write role.path: / into irsa.yaml", r.Path))
	}
	if r.Description != "" {
		lost = append(lost, "its description")
	}
	if r.MaxSession != defaultSession {
		lost = append(lost, fmt.Sprintf("sessions of up to %d seconds", r.MaxSession))
	}
	if names := keysOf(r.Inline); len(names) == 1 {
		lost = append(lost, fmt.Sprintf("the name of its inline policy %s, which ends in -%s", names[0], eksctlName))
	} else if len(names) > 1 {
		lost = append(lost, fmt.Sprintf("its inline policies %s, which become one", strings.Join(names, ", ")))
	}
	if len(r.SharedWith) > 0 {
		lost = append(lost, "that other releases may join it (sharedWith)")
	}
	return lost
}

// subjectOf gives what eksctl has to be told of the subjects: nothing for the service account
// itself, or a pattern for its name; and those that cannot be told beside it. It reports false
// where nothing of it can be.
func subjectOf(t tokens, r awsstate.WantedRole) (pattern string, more []string, ok bool) {
	own := spec.Subject(r.Namespace, r.ServiceAccount)
	if slices.Contains(t.subjects, own) {
		return "", slices.DeleteFunc(slices.Clone(t.subjects), func(s string) bool { return s == own }), true
	}
	if len(t.subjects) != 1 {
		return "", nil, false
	}
	namespace, name := spec.SplitSubject(t.subjects[0])
	return name, nil, namespace == r.Namespace && strings.ContainsAny(name, "*?")
}

// podRole is the role of an association: eksctl makes the two together.
func (e *eksctling) podRole(r awsstate.WantedRole, lost []string) {
	i := slices.IndexFunc(e.w.Associations, func(a awsstate.WantedAssociation) bool {
		return a.RoleARN == r.ARN && a.Namespace == r.Namespace && a.ServiceAccount == r.ServiceAccount
	})
	if i < 0 {
		e.left(r, "eksctl makes roles for service accounts only, and no token or association of its own may assume this one")
		return
	}
	a := e.w.Associations[i]
	e.made[r.ARN] = true
	lost = append(lost, "for which service account the role is: its trust policy lets EKS in for every association of the AWS account")
	if n := len(r.Trust.Statements()); n > 1 {
		lost = append(lost, fmt.Sprintf("further statements of its trust policy (%d)", n-1))
	}
	y := &e.associations
	y.comment(2, e.lost(r, lost)...)
	e.begin(a)
	y.text(4, "roleName", r.Name)
	if len(r.Attached) > 0 {
		y.texts(4, "permissionPolicyARNs", r.Attached)
	}
	if names := keysOf(r.Inline); len(names) > 0 {
		if len(names) == 1 {
			y.text(4, "permissionPolicyName", names[0])
		}
		y.document(4, "permissionPolicy", joined(r.Inline))
	}
	if r.Boundary != "" {
		y.text(4, "permissionsBoundaryARN", r.Boundary)
	}
	tags := map[string]string{} // eksctl has one list for the role and the association
	for _, all := range []map[string]string{a.Tags, r.Tags} {
		for key, value := range all {
			tags[key] = value
		}
	}
	e.end(a, tags)
}

// association writes an association with a role that is there, or that another entry makes.
func (e *eksctling) association(a awsstate.WantedAssociation) {
	i := slices.IndexFunc(e.w.Roles, func(r awsstate.WantedRole) bool { return r.ARN == a.RoleARN })
	about := "association " + a.Namespace + "/" + a.ServiceAccount
	switch {
	case i >= 0 && e.w.Roles[i].Namespace == a.Namespace && e.w.Roles[i].ServiceAccount == a.ServiceAccount && e.made[a.RoleARN]:
		if _, irsa := tokensOf(e.w.Roles[i]); irsa {
			e.above(true, about, "it is left out: eksctl makes no role that both tokens and EKS Pod Identity may assume")
		}
		return
	case i >= 0 && !e.made[a.RoleARN]:
		e.above(true, about, "it is left out with its role")
		return
	case i >= 0:
		e.above(false, about, "eksctl makes it beside the role that it names: where eksctl fails, run it again")
	}
	e.begin(a)
	e.associations.text(4, "roleARN", a.RoleARN)
	e.end(a, a.Tags)
}

func (e *eksctling) begin(a awsstate.WantedAssociation) {
	y := &e.associations
	y.line(2, "- namespace: %s", yamlString(a.Namespace))
	y.text(4, "serviceAccountName", a.ServiceAccount)
}

func (e *eksctling) end(a awsstate.WantedAssociation, tags map[string]string) {
	y := &e.associations
	if a.TargetRoleARN != "" {
		y.text(4, "targetRoleARN", a.TargetRoleARN)
	}
	if a.DisableSessionTags {
		y.line(4, "disableSessionTags: true")
	}
	if a.Policy != "" {
		y.documentText(4, "policy", a.Policy)
	}
	e.tags(y, tags)
}

// joined is one document of all statements. Documents of another version stand on their own in
// IAM, so that a document of the older version without policy variables becomes one of the
// newer: there is no other difference
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html).
func joined(all map[string]trust.Document) string {
	names := keysOf(all)
	if len(names) == 1 {
		return all[names[0]].Text()
	}
	var statements []string
	seen := map[string]bool{}
	for _, name := range names {
		for _, s := range all[name].Statements() {
			text := s.Text()
			if all[name].Version() != trust.Version2012 {
				text = strings.ReplaceAll(text, "${", "${$}{")
			}
			if s.Sid() != "" && seen[s.Sid()] {
				text = withoutSid(text)
			}
			seen[s.Sid()] = true
			statements = append(statements, text)
		}
	}
	return `{"Version":"` + trust.Version2012 + `","Statement":[` + strings.Join(statements, ",") + `]}`
}

// withoutSid takes the Sid off a statement: one document has each once.
func withoutSid(text string) string {
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &members); err != nil {
		return text // a statement that was read is JSON
	}
	delete(members, "Sid")
	out, err := json.Marshal(members)
	if err != nil {
		return text
	}
	return string(out)
}
