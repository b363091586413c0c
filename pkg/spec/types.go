// Package spec reads irsa.yaml, the one file that says which ServiceAccounts of
// a Helm release assume which AWS roles.
//
// The types below are the contract. Every field carries its documentation in the
// `desc` tag and its rules in the others: the strict loader, the JSON Schema and
// docs/irsa-yaml.md are all made from those tags, so that the three cannot disagree.
//
//	required   the field must be there, and not be empty
//	default    what an absent field becomes
//	enum       the only values, separated by commas
//	format     the rule of formats for the text, also inside a list or a mapping
//	keyenum    the only keys of a mapping
//	keyformat  the rule of formats for the keys of a mapping
//	unique     a list names nothing twice
//	oneof      exactly one of the fields with this tag is given
//	excludes   where this field is given, no other one of the type is
//
// A field is given when it is there and is not empty text, an empty list, an empty
// mapping or false. Rules that look at more than one type are in validate.go, and
// once more in schemarules.go.
package spec

// The only apiVersion and kind that this version reads.
const (
	APIVersion = "helm-irsa.dev/v1alpha1"
	Kind       = "ReleaseIdentity"
)

// Whether a service account is added to the release: what `create` says.
const (
	CreateAuto   = "auto"
	CreateAlways = "always"
	CreateNever  = "never"
)

// File is one irsa.yaml.
type File struct {
	APIVersion      string                   `yaml:"apiVersion" required:"true" enum:"helm-irsa.dev/v1alpha1" desc:"The version of this file's format."`
	Kind            string                   `yaml:"kind" required:"true" enum:"ReleaseIdentity" desc:"What this file is."`
	Cluster         Cluster                  `yaml:"cluster" desc:"The cluster that the release runs in."`
	Accounts        map[string]AccountAccess `yaml:"accounts" keyformat:"accountID" desc:"How to reach AWS accounts other than the one of the current credentials, by AWS account ID."`
	Defaults        Defaults                 `yaml:"defaults" desc:"What every role of this file gets unless it says otherwise."`
	Policies        []Policy                 `yaml:"policies" desc:"Customer managed policies that this release owns."`
	NodeRole        *NodeRole                `yaml:"nodeRole" desc:"Puts policies on the role of the cluster's nodes, for charts that take their permissions from there."`
	WorkloadKinds   []WorkloadKind           `yaml:"workloadKinds" desc:"Custom kinds that run pods, beside those that are built in."`
	ServiceAccounts []ServiceAccount         `yaml:"serviceAccounts" desc:"The service accounts of the release, and the role of each."`
	Migrate         Migrate                  `yaml:"migrate" desc:"What to clean up when coming from an older way of giving pods a role."`

	// Path is where the file was read from, for messages; empty when it came from memory. Of
	// several files it is the first, and Paths are all of them.
	Path  string   `yaml:"-"`
	Paths []string `yaml:"-"`
	// Values are what the placeholders of the file stood for, by their name.
	Values map[string]string `yaml:"-"`
	// Examples are the placeholders that an example was put in place of: see Unknown.
	Examples []string `yaml:"-"`
	// Presets are the catalogue's that targets name, or whose values they do; whoever loads the
	// file puts them there.
	Presets []Preset `yaml:"-"`
}

// Preset is a target with a name, for a known chart: where each generation of the chart says
// which service account something runs as. It names targets and nothing else.
type Preset struct {
	Name        string             `yaml:"name" json:"name"`
	Description string             `yaml:"description" json:"description"`
	Generations []PresetGeneration `yaml:"generations" json:"generations"`
}

// PresetGeneration is one way in which a chart has done it. The first one whose targets match
// counts.
type PresetGeneration struct {
	Chart string `yaml:"chart" json:"chart"`
	// Value is the Helm value that does the same in the chart itself.
	Value   string   `yaml:"value" json:"value"`
	Targets []Target `yaml:"targets" json:"targets"`
}

// Cluster names the EKS (or other) cluster and its token issuer. What is left out is taken from
// flags, the environment and the kubeconfig.
type Cluster struct {
	Name       string              `yaml:"name" format:"clusterName" desc:"The cluster's name as EKS knows it. Underscores are fine."`
	Region     string              `yaml:"region" format:"region" desc:"The AWS region of the cluster. It also decides the partition of the ARNs that are computed here."`
	AccountID  string              `yaml:"accountID" format:"accountID" desc:"The AWS account of the cluster: 12 digits, in quotes. With it and the role names, ARNs are computed offline; without it, STS is asked."`
	Issuer     string              `yaml:"issuer" format:"issuer" desc:"The issuer of the cluster's service account tokens, any https URL: EKS, S3-hosted or self-hosted. Looked up in EKS unless given."`
	Additional []AdditionalCluster `yaml:"additional" desc:"Further clusters whose service accounts of the same name may assume the roles."`

	// ByIssuer: irsa.yaml and whoever runs the command name the cluster by its issuer alone. A
	// name that is known all the same is the kubeconfig's.
	ByIssuer bool `yaml:"-"`
}

// AdditionalCluster is one more cluster whose same-named service accounts may assume the
// roles.
type AdditionalCluster struct {
	Name      string `yaml:"name" required:"true" format:"clusterName" desc:"The cluster's name as EKS knows it."`
	Region    string `yaml:"region" format:"region" desc:"The AWS region of the cluster."`
	AccountID string `yaml:"accountID" format:"accountID" desc:"The AWS account of the cluster: 12 digits, in quotes."`
	Issuer    string `yaml:"issuer" format:"issuer" desc:"The issuer of the cluster's service account tokens. Looked up in EKS unless given."`
}

// AccountAccess says how to get credentials in another AWS account. Exactly one field is set.
type AccountAccess struct {
	Profile       string `yaml:"profile" oneof:"true" desc:"The AWS profile to use for that AWS account."`
	AssumeRoleARN string `yaml:"assumeRoleARN" oneof:"true" format:"assumeRoleARN" desc:"A role in that AWS account to assume from the current credentials."`
}

// Defaults apply to every role that the file does not give by ARN.
type Defaults struct {
	Path                string            `yaml:"path" default:"/helm-irsa/" format:"iamPath" desc:"The IAM path of roles and policies. Begins and ends with a slash."`
	PermissionsBoundary string            `yaml:"permissionsBoundary" format:"policyARN" desc:"The ARN of a policy that bounds every role made here."`
	MaxSessionDuration  Duration          `yaml:"maxSessionDuration" default:"1h" format:"sessionDuration" desc:"The longest session a role gives, from 1h to 12h."`
	Tags                map[string]string `yaml:"tags" keyformat:"tagKey" format:"tagValue" desc:"Tags for every role, policy and provider made here."`
}

// Policy is a customer managed policy: its document given in place or as a file.
type Policy struct {
	Name        string   `yaml:"name" required:"true" format:"policyName" desc:"The policy's name in IAM."`
	Description string   `yaml:"description" format:"policyDescription" desc:"The policy's description in IAM. It cannot be changed later. helm-irsa writes behind it which release the policy was made for."`
	Path        string   `yaml:"path" format:"policyPath" desc:"The policy's IAM path. Default: defaults.path."`
	Document    Document `yaml:"document" oneof:"true" desc:"The policy document."`
	// SharedWith lets other releases keep the policy with this one: see Role.SharedWith.
	SharedWith []string `yaml:"sharedWith" format:"sharer" unique:"true" desc:"Releases that may join this policy, where they want the same of it: as sharedWith of a role. The last that leaves deletes it."`
	File       string   `yaml:"file" oneof:"true" format:"policyFile" desc:"A file with the policy document as JSON or YAML, relative to the irsa.yaml that names it. It lies in that one's folder, or in one that --policy-folder names (--irsa-policy-folder of a command that wraps Helm's)."`
}

// NodeRole puts policies on the nodes' role. Exactly one of Name and FromNodegroups is set.
type NodeRole struct {
	Name           string   `yaml:"name" format:"roleName" oneof:"true" desc:"The name of the nodes' role."`
	FromNodegroups bool     `yaml:"fromNodegroups" oneof:"true" desc:"Take the roles of the cluster's managed node groups."`
	Policies       []string `yaml:"policies" format:"plainText" unique:"true" desc:"Names from policies."`
	PolicyARNs     []string `yaml:"policyARNs" format:"managedPolicy" unique:"true" desc:"ARNs of policies that someone else manages, or the bare names of policies of AWS."`
}

// WorkloadKind tells where a custom kind names the service account that its pods run as.
type WorkloadKind struct {
	Group string   `yaml:"group" format:"apiGroup" desc:"The API group, such as example.com. Empty is the core group."`
	Kind  string   `yaml:"kind" required:"true" format:"kind" desc:"The kind, such as Pipeline."`
	Paths []string `yaml:"paths" required:"true" format:"fieldPath" unique:"true" desc:"Where the service account's name stands: dotted paths such as spec.worker.serviceAccountName; [*] means every element of a list."`
}

// ServiceAccount is one service account of the release, its role, and what must run as it.
type ServiceAccount struct {
	Name            string            `yaml:"name" required:"true" format:"serviceAccountName" desc:"The service account's name."`
	Namespace       string            `yaml:"namespace" format:"namespace" desc:"The service account's namespace. Default: the release's namespace."`
	Create          string            `yaml:"create" enum:"auto,always,never" default:"auto" desc:"Whether the service account is added to the release. auto: only where the chart makes none. always: this file makes it, and a chart that makes it as well is an error. never: it is made elsewhere."`
	Mode            string            `yaml:"mode" enum:"irsa,podIdentity,both" default:"irsa" desc:"How the pods get the role. irsa: the role's ARN on the service account. podIdentity: an EKS Pod Identity association and no annotation. both: while moving from one to the other."`
	PodIdentity     PodIdentity       `yaml:"podIdentity" desc:"Settings of the EKS Pod Identity association. Needs mode podIdentity or both."`
	AllowDefault    bool              `yaml:"allowDefault" desc:"Must be true for a service account called default, since every pod of the namespace that names no service account runs as it."`
	Role            Role              `yaml:"role" desc:"The role of the service account."`
	Token           Token             `yaml:"token" desc:"Settings for the token that the pods get."`
	Labels          map[string]string `yaml:"labels" keyformat:"labelKey" format:"labelValue" desc:"Labels for the service account where it is added. A service account that the chart makes keeps its own."`
	UsedBy          []Target          `yaml:"usedBy" desc:"What must run as this service account. A target that matches nothing is an error."`
	RoleIn          []Target          `yaml:"roleIn" desc:"Where else the ARN of the role must stand: the same targets as in usedBy, but the role's ARN is written there, not the service account's name. A target that matches nothing is an error."`
	UsedByReference []Reference       `yaml:"usedByReference" desc:"Objects whose controllers ask for a token of this service account, such as a SecretStore of External Secrets: nothing has to run as it then. helm irsa verify follows them. Those in the release of a kind that is known are found by themselves."`
	MustAllow       []Permission      `yaml:"mustAllow" desc:"What the role must be allowed to do. helm irsa verify checks it."`
	Rollout         bool              `yaml:"rollout" desc:"Stamp the pod templates that run as this service account, and those that read a ConfigMap or Secret that was edited for it, so that their pods restart when, and only when, what they get from here changes."`

	// File is the one of several files that the entry is from, empty where there is one; Line
	// and Column are where the entry begins in it, for messages; 1-based.
	File   string `yaml:"-"`
	Line   int    `yaml:"-"`
	Column int    `yaml:"-"`
}

// PodIdentity holds what the association of EKS Pod Identity says beside the role. What is
// not given is not in the association, whoever put it there.
type PodIdentity struct {
	TargetRoleARN      string   `yaml:"targetRoleARN" format:"assumeRoleARN" desc:"The ARN of a role, in this or another AWS account, that EKS assumes with the role: the pods get this one's credentials. Its trust policy must let the role assume it; one that this file makes does."`
	DisableSessionTags bool     `yaml:"disableSessionTags" desc:"Leaves out the session tags that EKS adds: cluster, namespace, service account and pod. Without them the role's trust policy can tell clusters apart, but no longer namespaces and service accounts."`
	Policy             Document `yaml:"policy" desc:"A session policy: the pods may do what both the role, or the target role, and this policy allow. Needs disableSessionTags. At most 2048 characters of JSON."`
}

// IsZero says that nothing is given.
func (p PodIdentity) IsZero() bool {
	return p.TargetRoleARN == "" && !p.DisableSessionTags && p.Policy.IsZero()
}

// Role is the IAM role of an account: named by ARN (someone else's), by name, or by neither (a name is derived).
type Role struct {
	Name                string              `yaml:"name" format:"roleName" desc:"The role's name. Default: derived from the cluster (with its AWS account and region), the namespace and the service account."`
	ARN                 string              `yaml:"arn" excludes:"others" format:"roleARN" desc:"The ARN of a role that someone else manages: used, never changed. Excludes every other field of role."`
	AccountID           string              `yaml:"accountID" format:"accountID" desc:"The AWS account of the role: 12 digits, in quotes. Default: the cluster's."`
	Path                string              `yaml:"path" format:"iamPath" desc:"The role's IAM path. Default: defaults.path."`
	Description         string              `yaml:"description" format:"description" desc:"The role's description in IAM."`
	PermissionsBoundary string              `yaml:"permissionsBoundary" format:"policyARN" desc:"The ARN of the policy that bounds the role. Default: defaults.permissionsBoundary."`
	MaxSessionDuration  Duration            `yaml:"maxSessionDuration" format:"sessionDuration" desc:"The longest session, from 1h to 12h. Default: defaults.maxSessionDuration."`
	Tags                map[string]string   `yaml:"tags" keyformat:"tagKey" format:"tagValue" desc:"Tags for the role, beside defaults.tags."`
	WellKnownPolicies   []WellKnownPolicy   `yaml:"wellKnownPolicies" desc:"Entries of the catalogue, each by its name, or by its name with parameters: {externalDNS: {hostedZoneIDs: [Z0123456789]}}. A parameter is text or a list of texts; features, where an entry has any, is a list of their names. helm irsa catalog lists them all."`
	Policies            []string            `yaml:"policies" format:"plainText" unique:"true" desc:"Names from policies."`
	PolicyARNs          []string            `yaml:"policyARNs" format:"managedPolicy" unique:"true" desc:"ARNs of policies that someone else manages, or the bare names of policies of AWS."`
	InlinePolicies      map[string]Document `yaml:"inlinePolicies" keyformat:"policyName" desc:"Inline policy documents by name."`
	Trust               Trust               `yaml:"trust" desc:"Who may assume the role."`
	SharedWith          []string            `yaml:"sharedWith" format:"sharer" unique:"true" desc:"Releases that may join this role: NAMESPACE/RELEASE, NAMESPACE/* for every release of a namespace, or either after CLUSTER: for another cluster of the same AWS account and region, or after ACCOUNT/REGION/CLUSTER:. Needs role.name."`
}

// Trust says which subjects may assume the role through the cluster's issuer, and who else.
type Trust struct {
	Subjects        []string    `yaml:"subjects" format:"subject" unique:"true" desc:"Service accounts that may assume the role, as the subjects of their tokens; with EKS Pod Identity, the association of this service account may in any case. Default: this service account exactly. A * or ? makes it a pattern."`
	Audience        string      `yaml:"audience" default:"sts.amazonaws.com" format:"audience" desc:"The audience that the token must carry."`
	AllowAnySubject bool        `yaml:"allowAnySubject" desc:"Must be true for subjects that fix neither the namespace nor the service account's name, nor begin with something fixed, such as *:*, and for a further statement that lets tokens in whatever their subject is."`
	Also            []Statement `yaml:"also" desc:"Further trust statements."`
	AllowPrincipals []string    `yaml:"allowPrincipals" format:"allowedPrincipal" unique:"true" desc:"AWS accounts (12 digits, in quotes), or ARNs of their users and roles, that also may name under AWS although they are not of the role's own AWS account. * allows everybody, and has to stand here for a * there."`
}

// Statement is one further statement of the trust policy.
type Statement struct {
	Principals map[string][]string `yaml:"principals" required:"true" keyenum:"AWS,Service,Federated" format:"principal" desc:"Who: AWS, Service or Federated, each a list. self under AWS means the role itself."`
	Actions    []string            `yaml:"actions" required:"true" format:"action" unique:"true" desc:"What they may do, such as sts:AssumeRole."`
	Conditions Document            `yaml:"conditions" desc:"IAM conditions, as in a policy document."`

	// File is as in ServiceAccount; Line and Column are where the statement stands in it; 1-based.
	File   string `yaml:"-"`
	Line   int    `yaml:"-"`
	Column int    `yaml:"-"`
}

// Token holds the settings that the EKS webhook reads from the service account's
// annotations.
type Token struct {
	Audience             string `yaml:"audience" format:"audience" desc:"The audience of the token. Default: the webhook's, sts.amazonaws.com."`
	ExpirationSeconds    int    `yaml:"expirationSeconds" format:"tokenSeconds" desc:"How long a token is valid, from 600 to 86400 seconds; 0 leaves the webhook's default, 86400."`
	StsRegionalEndpoints *bool  `yaml:"stsRegionalEndpoints" desc:"Whether the pods use the STS endpoint of their region. Default: what the webhook is set to."`
}

// Target is one thing that must run as the service account, or that must hold its role's ARN.
// Exactly one field is set.
type Target struct {
	Workload *WorkloadTarget `yaml:"workload" oneof:"true" desc:"A workload whose pods run as the service account. Where an operator makes the service account itself, the object that it makes it for: there the role's ARN is written where the operator takes annotations for it from."`
	Env      *EnvTarget      `yaml:"env" oneof:"true" desc:"An environment variable that holds the service account's name."`
	Field    *FieldTarget    `yaml:"field" oneof:"true" desc:"Any field that holds the service account's name."`
	Embedded *EmbeddedTarget `yaml:"embedded" oneof:"true" desc:"A field inside text that an object carries: YAML, JSON, TOML, INI, properties, or any other."`
	Value    string          `yaml:"value" oneof:"true" format:"helmValue" desc:"A Helm value that takes the service account's name; under roleIn the role's ARN, which has to be known before Helm starts. It is passed to Helm, and the rendered result must show it."`
	AnyOf    []Target        `yaml:"anyOf" oneof:"true" desc:"Alternatives: all that match of the first alternative that matches anything."`
	Preset   string          `yaml:"preset" oneof:"true" format:"preset" desc:"A named target for a known chart, such as epinio-staging."`

	// File is as in ServiceAccount; Line and Column are where the target stands in it; 1-based.
	File   string `yaml:"-"`
	Line   int    `yaml:"-"`
	Column int    `yaml:"-"`
}

// WorkloadTarget picks workloads by kind and name.
type WorkloadTarget struct {
	Kind      string `yaml:"kind" required:"true" format:"kind" desc:"The kind, such as Deployment."`
	Name      string `yaml:"name" required:"true" format:"objectName" desc:"The object's name, or its generateName. * and ? match as in a shell."`
	Namespace string `yaml:"namespace" format:"namespace" desc:"The object's namespace. Default: the service account's."`
}

// Reference names an object whose controller asks for a token of the service account.
type Reference struct {
	Kind      string `yaml:"kind" required:"true" format:"kind" desc:"The kind, such as SecretStore."`
	Name      string `yaml:"name" required:"true" format:"objectName" desc:"The object's name. * and ? match as in a shell."`
	Namespace string `yaml:"namespace" format:"namespace" desc:"The object's namespace. Default: any."`

	// File is as in ServiceAccount; Line and Column are where the entry stands in it; 1-based.
	File   string `yaml:"-"`
	Line   int    `yaml:"-"`
	Column int    `yaml:"-"`
}

// What Bindings of a target may be.
const (
	BindingsCarry = "carry"
	BindingsLeave = "leave"
)

// EnvTarget picks one environment variable of the containers of a workload.
type EnvTarget struct {
	Kind      string `yaml:"kind" required:"true" format:"kind" desc:"The kind, such as Deployment."`
	Name      string `yaml:"name" required:"true" format:"objectName" desc:"The object's name, or its generateName. * and ? match as in a shell."`
	Namespace string `yaml:"namespace" format:"namespace" desc:"The object's namespace. Default: any."`
	Container string `yaml:"container" format:"plainText" desc:"The container. Default: every container that has the variable."`
	Variable  string `yaml:"variable" required:"true" format:"envName" desc:"The variable's name."`
	Add       bool   `yaml:"add" desc:"Add the variable where the container has none. Otherwise a missing variable is no match."`
	Pattern   string `yaml:"pattern" format:"pattern" desc:"A regular expression (RE2) with one group: only what the group matches in the value is replaced. It must match."`
	Bindings  string `yaml:"bindings" enum:"carry,leave" desc:"What becomes of the bindings of the service account that stood there. carry: RoleBindings and ClusterRoleBindings that name it get the new one as a further subject. leave: they stay as they are. Default: they stay, with a warning."`
}

// FieldTarget picks one field of an object.
type FieldTarget struct {
	Kind      string `yaml:"kind" required:"true" format:"kind" desc:"The kind, such as SparkApplication."`
	Name      string `yaml:"name" required:"true" format:"objectName" desc:"The object's name, or its generateName. * and ? match as in a shell."`
	Namespace string `yaml:"namespace" format:"namespace" desc:"The object's namespace. Default: any."`
	Path      string `yaml:"path" required:"true" format:"fieldPath" desc:"The field: a dotted path such as spec.driver.serviceAccount; [0] is an element, [*] every element, [name=x] those whose name is x, [\"a.b\"] a key with dots. Where a step leads into text that holds YAML or JSON, the path goes on inside it. The last part is added where it is missing."`
	Add       bool   `yaml:"add" desc:"Make what is missing on the way to the field. Otherwise a path that leads nowhere is no match, and one that leads to some elements of a list and not to others is an error."`
	Pattern   string `yaml:"pattern" format:"pattern" desc:"A regular expression (RE2) with one group: only what the group matches in the field's text is replaced. It must match."`
	Bindings  string `yaml:"bindings" enum:"carry,leave" desc:"As in env."`
}

// EmbeddedTarget picks one field of text inside an object.
type EmbeddedTarget struct {
	Kind      string `yaml:"kind" required:"true" format:"kind" desc:"The kind, such as ConfigMap."`
	Name      string `yaml:"name" required:"true" format:"objectName" desc:"The object's name. * and ? match as in a shell."`
	Namespace string `yaml:"namespace" format:"namespace" desc:"The object's namespace. Default: any."`
	Key       string `yaml:"key" required:"true" format:"plainText" desc:"The key under data or binaryData (ConfigMap), or under data or stringData (Secret), that holds the text; for other kinds, the path of the text."`
	Path      string `yaml:"path" format:"fieldPath" desc:"The field inside the text, as in field. In INI, the first part is the section; in properties, the parts joined by dots are the key. The last part is added where it is missing."`
	Format    string `yaml:"format" enum:"yaml,json,toml,ini,properties" desc:"What the text is. Default: what the ending of its key says, such as .toml, else YAML or JSON."`
	Add       bool   `yaml:"add" desc:"Make what is missing on the way to the field."`
	Pattern   string `yaml:"pattern" format:"pattern" desc:"A regular expression (RE2) with one group: only what the group matches is replaced, in the field's text, or without path in the whole text. It must match."`
	Bindings  string `yaml:"bindings" enum:"carry,leave" desc:"As in env. Where the field is known to name the service account of pods that need their Role, as Flink's and Spark's are, the default is carry."`
}

// Permission is one action on one resource that a role must allow.
type Permission struct {
	Action   string `yaml:"action" required:"true" format:"action" desc:"The action, such as s3:GetObject."`
	Resource string `yaml:"resource" required:"true" format:"resource" desc:"The resource's ARN, or *."`
}

// Migrate drops what older ways of giving pods a role left behind.
type Migrate struct {
	Kiam     bool `yaml:"kiam" desc:"Drop kiam's annotations from the pods of the service accounts here."`
	Kube2iam bool `yaml:"kube2iam" desc:"Drop kube2iam's annotations from the pods of the service accounts here."`
}

// String names the object.
func (r Reference) String() string { return r.Kind + "/" + r.Name }
