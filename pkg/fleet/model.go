package fleet

import "github.com/helm-irsa/helm-irsa/pkg/verify"

// APIVersion is that of the report as JSON. What is added later has new keys; a key that is here
// keeps its name and its meaning.
const APIVersion = "helm-irsa.dev/report/v1"

// Report is what Build gives. Its texts are data: who prints them escapes them.
type Report struct {
	APIVersion string `json:"apiVersion"`
	// Missing is what could not be read, and so what the rest says nothing of.
	Missing         []Missing        `json:"missing"`
	Summary         Summary          `json:"summary"`
	Clusters        []Cluster        `json:"clusters"`
	AWSAccounts     []AWSAccount     `json:"awsAccounts"`
	ServiceAccounts []ServiceAccount `json:"serviceAccounts"`
	Roles           []Role           `json:"roles"`
	Edges           []Edge           `json:"edges"`
	// Findings are all, the worst first.
	Findings []Finding `json:"findings"`
}

// Summary counts.
type Summary struct {
	Clusters        int `json:"clusters"`
	AWSAccounts     int `json:"awsAccounts"`
	Namespaces      int `json:"namespaces"`
	Releases        int `json:"releases"`
	ServiceAccounts int `json:"serviceAccounts"`
	// WithRole are the service accounts that something gives a role; OK, Broken and Unknown are
	// what verify says of them.
	WithRole int `json:"withRole"`
	OK       int `json:"ok"`
	Broken   int `json:"broken"`
	Unknown  int `json:"unknown"`
	// Roles are those that are for pods.
	Roles    int `json:"roles"`
	Errors   int `json:"errors"`
	Warnings int `json:"warnings"`
	Infos    int `json:"infos"`
}

// Cluster is a cluster.
type Cluster struct {
	Name            string `json:"name"`
	Context         string `json:"context,omitempty"`
	Issuer          string `json:"issuer,omitempty"`
	EKSName         string `json:"eksName,omitempty"`
	Region          string `json:"region,omitempty"`
	AWSAccount      string `json:"awsAccount,omitempty"`
	Version         string `json:"version,omitempty"`
	ServiceAccounts int    `json:"serviceAccounts"`
	WithRole        int    `json:"withRole"`
	Pods            int    `json:"pods"`
	// PodsWithoutRole run as service accounts without a role and have no access keys: what they
	// ask of AWS, they ask as the node, where its metadata can be reached.
	PodsWithoutRole int `json:"podsWithoutRole"`
}

// AWSAccount is an AWS account.
type AWSAccount struct {
	ID     string  `json:"id"`
	Roles  int     `json:"roles"`
	Quotas []Quota `json:"quotas"`
}

// Quota is a quota of IAM, and how much of it is used.
type Quota struct {
	Name  string `json:"name"`
	Used  int    `json:"used"`
	Limit int    `json:"limit"`
}

// Release is a Helm release.
type Release struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

// ServiceAccount is one that has a role, can assume one, or whose pods have other credentials.
type ServiceAccount struct {
	Cluster   string   `json:"cluster"`
	Namespace string   `json:"namespace"`
	Name      string   `json:"name"`
	Release   *Release `json:"release,omitempty"`
	Owner     string   `json:"owner,omitempty"`
	// GivenBy is what gives it its role: annotation, association, webhookConfigMap, pods, trust.
	GivenBy       verify.GivenBy `json:"givenBy,omitempty"`
	RoleARN       string         `json:"roleARN,omitempty"`
	TargetRoleARN string         `json:"targetRoleARN,omitempty"`
	// Status is verify's; empty where nothing gives it a role.
	Status     verify.Status       `json:"status,omitempty"`
	Links      []verify.LinkStatus `json:"links,omitempty"`
	Workloads  []string            `json:"workloads"`
	Pods       int                 `json:"pods"`
	StaticKeys []string            `json:"staticKeys"`
	// NodeRole are workloads that use AWS with the credentials of the node's role.
	NodeRole []string `json:"nodeRole"`
	// Findings are the codes of what was found.
	Findings []string `json:"findings"`
	// Found are those of verify's findings that are of its links; the report's list has them too.
	Found []verify.Finding `json:"-"`
}

// Role is a role that is for pods: it trusts their tokens or EKS Pod Identity, or a service
// account names it.
type Role struct {
	ARN        string `json:"arn"`
	Name       string `json:"name"`
	AWSAccount string `json:"awsAccount"`
	// Exists is false for one that a service account names and its AWS account lacks; Read is
	// false where that AWS account was not read.
	Exists bool `json:"exists"`
	Read   bool `json:"read"`
	// Owner is who made it, by its tags; empty where none says.
	Owner    string `json:"owner,omitempty"`
	Created  string `json:"created,omitempty"`
	LastUsed string `json:"lastUsed,omitempty"`
	// UnusedDays count from the last use, or from when it was made; -1 where that is not known.
	UnusedDays int `json:"unusedDays"`
	// UnusedServices are AWS services that its policies allow and it never used, as far back as
	// AWS tracks; nil where that was not asked.
	UnusedServices []string `json:"unusedServices,omitempty"`
	// PoliciesRead is false where it is not known which policies it has.
	PoliciesRead bool          `json:"policiesRead"`
	Policies     []PolicyGrant `json:"policies"`
	// Everything: one of its policies allows every action on every resource.
	Everything bool `json:"everything"`
	// Administrator says what makes it as good as an administrator; empty where nothing does.
	Administrator string `json:"administrator,omitempty"`
	Boundary      string `json:"boundary,omitempty"`
	// Others say who may assume it beside the service accounts of the clusters that were read.
	Others []string `json:"others"`
	// Reached counts the service accounts that can assume it.
	Reached  int      `json:"reached"`
	Findings []string `json:"findings"`
}

// PolicyGrant is a policy of a role, and what it allows by service.
type PolicyGrant struct {
	Name string `json:"name"`
	ARN  string `json:"arn,omitempty"`
	// Kind is inline, managed, or aws for one of AWS's own.
	Kind string `json:"kind"`
	// Read is false where its document was not read.
	Read   bool    `json:"read"`
	Grants []Grant `json:"grants"`
	// Denies: it has statements that take something away.
	Denies bool `json:"denies,omitempty"`
}

// Grant is what a policy allows of one service.
type Grant struct {
	// Service is such as s3, or * for all.
	Service string `json:"service"`
	// Access are read, write and admin: who may do what with a resource.
	Access []Level `json:"access"`
	// Resources are those of its statements; * is every one.
	Resources []string `json:"resources"`
	// Conditional: every statement that gives it has conditions.
	Conditional bool `json:"conditional,omitempty"`
	// AllBut: it is everything but some actions or resources.
	AllBut bool `json:"allBut,omitempty"`
}

// Edge is a service account and a role.
type Edge struct {
	Cluster        string `json:"cluster"`
	Namespace      string `json:"namespace"`
	ServiceAccount string `json:"serviceAccount"`
	RoleARN        string `json:"roleARN"`
	// Named: the service account's pods get this role. Otherwise only the trust policy lets its
	// tokens in.
	Named bool `json:"named"`
	// Allowed is yes where STS gives the role's credentials, no where it refuses them, and unknown.
	Allowed Answer `json:"allowed"`
	// Status is verify's for a pair that is named.
	Status verify.Status `json:"status,omitempty"`
}

// Answer is yes, no, or unknown.
type Answer string

// The answers.
const (
	Yes     Answer = "yes"
	No      Answer = "no"
	Unknown Answer = "unknown"
)

// Finding is one of verify's, or one of the whole.
type Finding struct {
	Code     string          `json:"code"`
	Severity verify.Severity `json:"severity"`
	// Cluster and AWSAccount say where; empty where it is of none, or of several.
	Cluster    string `json:"cluster,omitempty"`
	AWSAccount string `json:"awsAccount,omitempty"`
	RoleARN    string `json:"roleARN,omitempty"`
	Subject    string `json:"subject"`
	Message    string `json:"message"`
	Why        string `json:"why,omitempty"`
	Fix        string `json:"fix,omitempty"`
	// Under is the code of the finding that explains this one.
	Under string `json:"under,omitempty"`
	Where string `json:"where,omitempty"`
	// ServiceAccounts are those that it concerns, as NAMESPACE/NAME, or CLUSTER: NAMESPACE/NAME
	// where they are of several clusters.
	ServiceAccounts []string `json:"serviceAccounts,omitempty"`
}
