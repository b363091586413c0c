package adopt

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/manifest/yamldoc"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// Eksctl is a ClusterConfig of eksctl, as far as it is about identities
// (eksctl: pkg/apis/eksctl.io/v1alpha5, ClusterIAMServiceAccount and PodIdentityAssociation).
type Eksctl struct {
	name                    string
	Cluster, Region         string
	accounts                []eksctlAccount
	podIdentityAssociations []eksctlAssociation
	addons                  []eksctlAddon // of those that have a role
	further                 int           // documents behind the first
}

type eksctlConfig struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name   string `json:"name"`
		Region string `json:"region"`
	} `json:"metadata"`
	IAM struct {
		ServiceAccounts         []eksctlAccount     `json:"serviceAccounts"`
		PodIdentityAssociations []eksctlAssociation `json:"podIdentityAssociations"`
	} `json:"iam"`
	Addons []eksctlAddon `json:"addons"`
}

// eksctlAddon is an add-on of EKS with what gives its service accounts roles
// (eksctl: pkg/apis/eksctl.io/v1alpha5/assets/schema.json, Addon).
type eksctlAddon struct {
	Name                              string
	ServiceAccountRoleARN             string
	PodIdentityAssociations           []eksctlAssociation
	AttachPolicyARNs                  []string
	AttachPolicy                      json.RawMessage
	WellKnownPolicies                 map[string]bool
	UseDefaultPodIdentityAssociations bool
}

func (a eksctlAddon) hasRole() bool {
	return a.ServiceAccountRoleARN != "" || a.UseDefaultPodIdentityAssociations || len(a.PodIdentityAssociations)+len(a.AttachPolicyARNs)+len(a.AttachPolicy)+len(a.WellKnownPolicies) > 0
}

// left says what of an add-on is not taken: EKS makes its service accounts and associations, and no
// Helm release does (https://docs.aws.amazon.com/eks/latest/userguide/add-ons-iam.html).
func (a eksctlAddon) left() Note {
	var names []string
	for _, p := range a.PodIdentityAssociations {
		names = append(names, p.ServiceAccountName)
	}
	what := "the role of its service account"
	if len(names) > 0 {
		what = "the role of service account " + strings.Join(names, ", ")
	}
	return Note{"add-on " + a.Name, what + " is left out, and stays in eksctl's file: EKS makes the service account with the add-on, and no Helm release does"}
}

type eksctlAccount struct {
	Metadata struct {
		Name, Namespace string
		Annotations     map[string]string
	}
	AttachPolicyARNs    []string
	WellKnownPolicies   map[string]bool
	AttachPolicy        json.RawMessage
	AttachRoleARN       string
	PermissionsBoundary string
	Status              struct{ RoleARN string }
	RoleName            string
	RoleOnly            bool
	Tags                map[string]string
	SubjectPattern      string
}

func (a eksctlAccount) String() string { return a.Metadata.Namespace + "/" + a.Metadata.Name }

type eksctlAssociation struct {
	Namespace, ServiceAccountName, RoleARN, RoleName, PermissionsBoundaryARN string
	PermissionPolicyARNs                                                     []string
	PermissionPolicyName                                                     string
	PermissionPolicy                                                         json.RawMessage
	WellKnownPolicies                                                        map[string]bool
	Tags                                                                     map[string]string
	TargetRoleARN, Policy                                                    string
	DisableSessionTags, CreateServiceAccount                                 bool
}

// user is the service account of an association, which eksctl may have made.
func (a eksctlAssociation) user() User {
	u := User{Namespace: a.Namespace, Name: a.ServiceAccountName}
	if a.CreateServiceAccount {
		u.Create = spec.CreateNever
	}
	return u
}

func (a eksctlAssociation) String() string { return a.Namespace + "/" + a.ServiceAccountName }

// ReadEksctl reads a ClusterConfig. Name is for messages. The error is an *InputError.
func ReadEksctl(name string, data []byte) (*Eksctl, error) {
	fail := func(format string, args ...any) (*Eksctl, error) {
		return nil, &InputError{name + ": " + fmt.Sprintf(format, args...), "give it the ClusterConfig that eksctl takes with -f"}
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return fail("it is empty")
	}
	var c eksctlConfig
	text, err := yaml.YAMLToJSONStrict(data) // eksctl takes no key twice (pkg/eks/api.go, ParseConfig)
	if err != nil {
		return fail("it is no ClusterConfig: %s", strings.ReplaceAll(err.Error(), "\n", " "))
	}
	if err := json.Unmarshal(text, &c); err != nil {
		var kind *json.UnmarshalTypeError
		if errors.As(err, &kind) {
			return fail("it is no ClusterConfig: %s is of another kind, %s", cmp.Or(kind.Field, "the file"), kind.Value)
		}
		return fail("it is no ClusterConfig: %s", oneLine(err))
	}
	addons := slices.DeleteFunc(c.Addons, func(a eksctlAddon) bool { return !a.hasRole() })
	switch {
	case c.Kind != "ClusterConfig":
		return fail("it is no ClusterConfig: its kind is %q", c.Kind)
	case !strings.HasPrefix(c.APIVersion, "eksctl.io/v1alpha5"):
		return fail("its apiVersion is %q, and this version of helm irsa reads eksctl.io/v1alpha5", c.APIVersion)
	case c.Metadata.Name == "" || c.Metadata.Region == "":
		return fail("it names no cluster: metadata.name and metadata.region")
	case len(c.IAM.ServiceAccounts)+len(c.IAM.PodIdentityAssociations) == 0 && len(addons) > 0:
		return nil, &InputError{fmt.Sprintf("%s: only add-ons of EKS have roles in it, such as %s: EKS makes their service accounts, and no Helm release does", name, addons[0].Name),
			"leave them to eksctl; of a release's own service accounts, give it the file with iam.serviceAccounts or iam.podIdentityAssociations"}
	case len(c.IAM.ServiceAccounts)+len(c.IAM.PodIdentityAssociations) == 0:
		return fail("it has neither iam.serviceAccounts nor iam.podIdentityAssociations")
	}
	for i := range c.IAM.ServiceAccounts {
		if m := &c.IAM.ServiceAccounts[i].Metadata; m.Namespace == "" { // eksctl: SetClusterConfigDefaults
			m.Namespace = "default"
		}
	}
	return &Eksctl{name, c.Metadata.Name, c.Metadata.Region, c.IAM.ServiceAccounts, c.IAM.PodIdentityAssociations, addons, furtherIn(data)}, nil
}

// furtherIn is how many documents of YAML follow the first, which alone eksctl reads, and is read here.
func furtherIn(data []byte) int {
	docs := yamldoc.NewDecoder(bytes.NewReader(data))
	for n := -1; ; n++ {
		doc, err := docs.Next()
		if err != nil { // the end, or something that nobody reads
			return max(n, 0)
		}
		if n >= 0 && yamldoc.Root(doc) == nil { // nothing behind ---
			n--
		}
	}
}

// Only is what the file tells of one namespace, or all of it where that is empty. What else it has
// may not be there yet.
func (e *Eksctl) Only(namespace string) *Eksctl {
	out := *e
	if namespace != "" {
		out.accounts = slices.DeleteFunc(slices.Clone(e.accounts), func(a eksctlAccount) bool { return a.Metadata.Namespace != namespace })
		if namespace != "kube-system" { // most add-ons run there; the file does not say where
			out.addons = nil
		}
		out.podIdentityAssociations = slices.DeleteFunc(slices.Clone(e.podIdentityAssociations), func(a eksctlAssociation) bool { return a.Namespace != namespace })
	}
	return &out
}

// The names of stacks (eksctl: pkg/actions/irsa/update.go, makeIAMServiceAccountStackName, and
// pkg/actions/podidentityassociation/iam_role_creator.go, MakeStackName).
func (e *Eksctl) stack(a eksctlAccount) string {
	return fmt.Sprintf("eksctl-%s-addon-iamserviceaccount-%s-%s", e.Cluster, a.Metadata.Namespace, a.Metadata.Name)
}

func (e *Eksctl) podStack(a eksctlAssociation) string {
	return fmt.Sprintf("eksctl-%s-podidentityrole-%s-%s", e.Cluster, a.Namespace, a.ServiceAccountName)
}

// In gives what the file tells of, as it is in AWS. The error is an *InputError that names the
// roles and associations that are not there.
func (e *Eksctl) In(state *awsstate.State) (*Source, error) {
	out := e.source()
	out.State = *state
	var missing []string
	for _, a := range e.accounts {
		u := e.user(a)
		if u.RoleARN == "" {
			role := e.roleOf(state, a)
			if role == nil {
				missing = append(missing, fmt.Sprintf("the role of service account %s (stack %s)", a, e.stack(a)))
				continue
			}
			u.RoleARN = role.ARN
		}
		out.Users = append(out.Users, u)
	}
	for _, a := range e.podIdentityAssociations {
		if !slices.ContainsFunc(state.Associations.List, func(s awsstate.Association) bool {
			return s.Namespace == a.Namespace && s.ServiceAccount == a.ServiceAccountName
		}) {
			missing = append(missing, fmt.Sprintf("the association of service account %s (stack %s)", a, e.podStack(a)))
			continue
		}
		out.Users = append(out.Users, a.user())
	}
	if len(missing) > 0 {
		return nil, &InputError{fmt.Sprintf("%s has what AWS does not have: %s", e.name, strings.Join(missing, ", ")), "apply the file with eksctl first, or take these out of it; with --offline the file alone is read"}
	}
	return out, nil
}

// find finds the role that eksctl made: by its ARN, its name, the tag of eksctl, or the name
// that CloudFormation gave it for its stack and the service account that it lets in.
func (e *Eksctl) find(state *awsstate.State, arn, name, stack, tag, who, subject string) *awsstate.Role {
	for i := range state.Roles.List {
		r := &state.Roles.List[i]
		switch {
		case arn != "" && r.ARN == arn, arn == "" && name != "" && r.Name == name:
			return r
		case arn != "" || name != "":
		case r.Tags[tag] == who && r.Tags[eksctlCluster] == e.Cluster:
			return r
		case r.Tags == nil && strings.HasPrefix(r.Name, stack[:min(len(stack), 24)]) && letsIn(r, subject):
			return r
		}
	}
	return nil
}

func letsIn(r *awsstate.Role, subject string) bool {
	return r.Trust != nil && slices.ContainsFunc(r.Trust.Statements(), func(s trust.Statement) bool {
		t, ok := readTokens(s)
		return ok && slices.Contains(t.subjects, subject)
	})
}

// Users are the service accounts of the file, each with its role where the file says it, or a
// state has it that need not tell all of it. The state may be nil.
func (e *Eksctl) Users(state *awsstate.State) []User {
	if state == nil {
		state = &awsstate.State{}
	}
	var out []User
	for _, a := range e.accounts {
		u := e.user(a)
		if role := e.roleOf(state, a); u.RoleARN == "" && role != nil {
			u.RoleARN = role.ARN
		}
		out = append(out, u)
	}
	for _, a := range e.podIdentityAssociations {
		out = append(out, a.user())
	}
	return out
}

// roleOf finds the role that eksctl made for an entry.
func (e *Eksctl) roleOf(state *awsstate.State, a eksctlAccount) *awsstate.Role {
	return e.find(state, a.Status.RoleARN, a.RoleName, e.stack(a), "alpha.eksctl.io/iamserviceaccount-name", a.String(), spec.Subject(a.Metadata.Namespace, a.Metadata.Name))
}

func (e *Eksctl) source() *Source {
	out := &Source{Name: e.name, All: true, Cluster: spec.Cluster{Name: e.Cluster, Region: e.Region}, Kept: map[string]string{}, Access: map[string]spec.AccountAccess{}}
	if e.further > 0 {
		out.note(e.name, "eksctl reads the first YAML document of a file alone, and so does this: %d further left out; give each a file of its own", e.further)
	}
	for _, a := range e.addons {
		out.Notes = append(out.Notes, a.left())
	}
	return out
}

// user is the service account of an entry. One that eksctl has made is not the chart's.
func (e *Eksctl) user(a eksctlAccount) User {
	u := User{Namespace: a.Metadata.Namespace, Name: a.Metadata.Name, RoleARN: a.AttachRoleARN, Token: tokenOf(a.Metadata.Annotations)}
	if !a.RoleOnly {
		u.Create = spec.CreateNever
	}
	return u
}

// Alone gives what eksctl will make of the file, where AWS is not to be asked. What only AWS
// knows is left out, and noted: names that CloudFormation gives, and the documents behind
// wellKnownPolicies.
func (e *Eksctl) Alone(cluster spec.Cluster) *Source {
	out := e.source()
	out.Cluster.Issuer, out.Cluster.AccountID = cluster.Issuer, cluster.AccountID
	s := &out.State
	s.Account, s.Region = cluster.AccountID, e.Region
	s.Roles.Read, s.Policies.Read, s.Providers.Read, s.Associations.Read = true, true, true, true
	for _, a := range e.accounts {
		u := e.user(a)
		if u.RoleARN == "" {
			role, ok := e.predicted(out, a.String(), a.RoleName, a.Status.RoleARN, a.WellKnownPolicies)
			if !ok {
				continue
			}
			subject, pattern := spec.Subject(a.Metadata.Namespace, a.Metadata.Name), false
			if a.SubjectPattern != "" {
				subject, pattern = spec.Subject(a.Metadata.Namespace, a.SubjectPattern), true
			}
			role.Trust = tokenTrust(role.ARN, cluster.Issuer, subject, pattern)
			e.fill(out, &role, e.stack(a)+"-Policy1", a.AttachPolicy, a.AttachPolicyARNs, a.PermissionsBoundary, a.Tags)
			u.RoleARN = role.ARN
		}
		out.Users = append(out.Users, u)
	}
	for _, a := range e.podIdentityAssociations {
		arn := a.RoleARN
		if arn == "" {
			role, ok := e.predicted(out, a.String(), a.RoleName, "", a.WellKnownPolicies)
			if !ok {
				continue
			}
			// eksctl: pkg/cfn/template, MakeAssumeRolePolicyDocumentForPodIdentity
			doc, _ := trust.Parse(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sts:AssumeRole","sts:TagSession"],"Principal":{"Service":"` + trust.PodIdentityService + `"}}]}`)
			role.Trust = &doc
			name := a.PermissionPolicyName
			if name == "" {
				name = "Policy1"
			}
			e.fill(out, &role, e.podStack(a)+"-"+name, a.PermissionPolicy, a.PermissionPolicyARNs, a.PermissionsBoundaryARN, a.Tags)
			arn = role.ARN
		}
		s.Associations.List = append(s.Associations.List, awsstate.Association{
			Cluster: e.Cluster, Namespace: a.Namespace, ServiceAccount: a.ServiceAccountName, RoleARN: arn, TargetRoleARN: a.TargetRoleARN,
			NoSessionTags: a.DisableSessionTags, Policy: a.Policy, Tags: maps.Clone(a.Tags),
		})
		out.Users = append(out.Users, a.user())
	}
	return out
}

// predicted is a role with the name that it will have, where that is known.
func (e *Eksctl) predicted(out *Source, who, name, arn string, wellKnown map[string]bool) (awsstate.Role, bool) {
	if arn == "" && name == "" {
		out.note("service account "+who, "the name of its role is CloudFormation's, which only AWS knows: it is left out; without --offline it is asked")
		return awsstate.Role{}, false
	}
	if _, err := spec.ParseRoleARN(arn); arn != "" && err != nil {
		out.note("service account "+who, "its role is none that AWS has, and it is left out: %s", oneLine(err))
		return awsstate.Role{}, false
	}
	if arn == "" && !spec.Takes("roleName", name) {
		out.note("service account "+who, "%q is no name of a role: it is left out", name)
		return awsstate.Role{}, false
	}
	for _, key := range slices.Sorted(maps.Keys(wellKnown)) {
		if wellKnown[key] {
			out.note("service account "+who, "eksctl's own policies for wellKnownPolicies.%s are in AWS only, and are left out; those of helm irsa: role.wellKnownPolicies: [%s]", key, key)
		}
	}
	if arn == "" {
		arn = spec.RoleARN{Partition: spec.PartitionOf(e.Region), AccountID: out.Cluster.AccountID, Path: "/", Name: name}.String()
	}
	return awsstate.Role{ARN: arn, Name: lastOf(arn), MaxSession: 3600, Attached: awsstate.Known[string]{Read: true}, Inline: awsstate.Known[awsstate.NamedDocument]{Read: true}}, true
}

func tokenTrust(roleARN, issuer, subject string, pattern bool) *trust.Document {
	operator := map[bool]string{false: "StringEquals", true: "StringLike"}[pattern]
	partition := strings.SplitN(roleARN, ":", 3)[1]
	text, err := json.Marshal(map[string]any{"Version": trust.Version2012, "Statement": []any{map[string]any{
		"Effect": "Allow", "Action": trust.ActionWebIdentity, "Principal": map[string]string{"Federated": trust.ProviderARN(partition, awsstate.AccountOf(roleARN), issuer)},
		"Condition": tokenConditions(operator, trust.ProviderName(issuer), subject),
	}}})
	if err != nil { // of texts
		return nil
	}
	doc, err := trust.Parse(string(text))
	if err != nil {
		return nil
	}
	return &doc
}

func tokenConditions(operator, issuer, subject string) map[string]map[string]string {
	aud, sub := issuer+":aud", issuer+":sub"
	if operator == "StringEquals" {
		return map[string]map[string]string{operator: {aud: spec.DefaultAudience, sub: subject}}
	}
	return map[string]map[string]string{"StringEquals": {aud: spec.DefaultAudience}, operator: {sub: subject}}
}

// fill puts on a role what the file gives it, and adds it.
func (e *Eksctl) fill(out *Source, role *awsstate.Role, inline string, document json.RawMessage, arns []string, boundary string, tags map[string]string) {
	role.Attached.List, role.Boundary, role.Tags, role.Path = arns, boundary, maps.Clone(tags), "/"
	if role.Tags == nil {
		role.Tags = map[string]string{}
	}
	if len(document) > 0 && string(document) != "null" {
		doc, err := trust.ParsePermissions(string(document))
		if err != nil {
			out.note("role "+role.Name, "its policy document cannot be read: %s", oneLine(err))
		} else {
			role.Inline.List = append(role.Inline.List, awsstate.NamedDocument{Name: inline, Document: doc})
		}
	}
	out.State.Roles.List = append(out.State.Roles.List, *role)
}
