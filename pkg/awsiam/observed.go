package awsiam

import (
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// observation is what there is in AWS, as far as it matters.
type observation struct {
	// Accounts by ID.
	Accounts map[string]*seenAccount
	// Associations are those of the cluster that are wanted, or may be the release's.
	Associations []seenAssociation
	// Nodegroups are the ARNs of the roles of the cluster's managed node groups, where
	// something depends on them and they could be asked for.
	Nodegroups []string
	// Foreign says of managed policies that are not in the AWS accounts' own lists, by ARN,
	// whether they exist; those that nobody had to ask for are absent.
	Foreign map[string]bool

	// Unseen are AWS accounts that could not be looked at for leftovers, and why.
	Unseen map[string]error
	// Listed are all associations of the cluster, where isListed.
	Listed   []listedAssociation
	isListed bool
	// Others are associations in the release's namespaces that the plan does not look at.
	Others []seenAssociation

	mu sync.Mutex // guards Foreign and Unseen while they are read
}

// listedAssociation is an association as a list has it.
type listedAssociation struct{ ID, ARN, Namespace, ServiceAccount, Owner string }

// seenAccount is what there is in one AWS account. Names are not told apart by case
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html), so the
// keys are names in lower case.
type seenAccount struct {
	ID       string
	Roles    map[string]*seenRole
	Policies map[string]*seenPolicy
	// Providers by ARN; only those that were asked for.
	Providers map[string]*seenProvider
	// Asked are the ARNs of providers that were asked for, whether they are there or not.
	Asked map[string]bool
	// AllProviders are the ARNs of all, where hasProviders says that they were listed.
	AllProviders []string
	hasProviders bool
	// ByAWS are AWS's own policies that roles of the AWS account have, by ARN, where they
	// were read.
	ByAWS map[string]*seenPolicy
	// details says that roles and policies were read.
	details bool
	// Summary are the AWS account's numbers and quotas
	// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html).
	Summary map[string]int32

	mu       sync.Mutex            // guards Providers, Asked and ByAWS while they are read
	settings map[string]types.Role // by ARN, until they are joined with Roles
}

func (a *seenAccount) role(name string) *seenRole { return a.Roles[strings.ToLower(name)] }

func (a *seenAccount) policy(name string) *seenPolicy {
	return a.Policies[strings.ToLower(name)]
}

func (a *seenAccount) policyByARN(arn string) *seenPolicy {
	p := a.policy(nameOfARN(arn))
	if p == nil || p.ARN != arn {
		return nil
	}
	return p
}

// nameOfARN is what stands behind the last slash.
func nameOfARN(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

// seenRole is a role as IAM has it.
type seenRole struct {
	Name, Path, ARN, Boundary string
	// ID is another one for a role that is deleted and made again
	// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids).
	ID string
	// Description and MaxSession are known only where Settings is true.
	Description string
	MaxSession  int32
	Settings    bool
	Tags        map[string]string
	Attached    []string
	// Created is when the role was made, lastUsed when it was used, as the AWS CLI prints it.
	Created  string
	lastUsed *awsstate.LastUse
	// Profiles are the names of the instance profiles that hold it.
	Profiles []string
	// trust and inline are texts as IAM gave them; most are never read.
	trust  string
	inline map[string]string
}

// Trust reads the role's trust policy.
func (r *seenRole) Trust() (trust.Document, error) {
	d, err := trust.Parse(r.trust)
	if err != nil {
		return d, fault("", "reading the trust of role %s: %v", r.Name, err)
	}
	return d, nil
}

// Inline reads an inline policy; the zero Document where it cannot be read.
func (r *seenRole) Inline(name string) trust.Document {
	d, _ := trust.ParsePermissions(r.inline[name]) // one that cannot be read equals none that is wanted, so it is written anew
	return d
}

// seenPolicy is a customer managed policy as IAM has it.
type seenPolicy struct {
	Name, Path, ARN, Description string
	// ID is as a role's.
	ID       string
	Versions []policyVersion
	// Attached and Boundaries count who has it.
	Attached, Boundaries int
	// Tags are nil where they were not read.
	Tags     map[string]string
	document string
}

// policyVersion is one version of a policy.
type policyVersion struct {
	ID      string
	Default bool
	Created int64 // seconds since 1970
}

// created is when the version was made, as the AWS CLI prints it.
func (v policyVersion) created() string {
	if v.Created <= 0 {
		return ""
	}
	return isoTime(aws.Time(time.Unix(v.Created, 0)))
}

// Document reads the default version; the zero Document where it cannot be read.
func (p *seenPolicy) Document() trust.Document {
	d, _ := trust.ParsePermissions(p.document) // as with Inline
	return d
}

// seenProvider is an OIDC provider as IAM has it.
type seenProvider struct {
	ARN, Issuer, Created   string
	Audiences, Thumbprints []string
	// isFetched says that the thumbprints are those that IAM has: it may get some itself.
	isFetched bool
	Tags      map[string]string
}

// seenAssociation is an EKS Pod Identity association.
type seenAssociation struct {
	ID, ARN, Namespace, ServiceAccount, RoleARN string
	associationSettings
	ExternalID, Owner, Created, Modified string
	Tags                                 map[string]string
}

// associationSettings are what an association says beside its role.
type associationSettings struct {
	// TargetRoleARN is the role that EKS assumes with the association's; empty where there
	// is none.
	TargetRoleARN string
	// NoTags: the session tags are disabled.
	NoTags bool
	// Policy is the JSON of the session policy; empty where there is none.
	Policy string
}

// same reports whether two mean the same.
func (s associationSettings) same(t associationSettings) bool {
	return s.TargetRoleARN == t.TargetRoleARN && s.NoTags == t.NoTags && samePolicy(s.Policy, t.Policy)
}

// samePolicy compares session policies. One that cannot be read is the same as itself alone.
func samePolicy(a, b string) bool {
	before, err := trust.ParsePermissions(a)
	after, afterErr := trust.ParsePermissions(b)
	return a == b || a != "" && b != "" && err == nil && afterErr == nil && trust.Equal(before, after)
}
