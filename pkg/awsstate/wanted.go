package awsstate

import (
	"slices"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// Wanted is all that irsa.yaml wants there to be in AWS, as a plan would make it where there
// is nothing yet. The lists are sorted and say nothing twice, so that what is made of them is
// the same whenever irsa.yaml is.
type Wanted struct {
	// Account is the cluster's AWS account, Cluster its name; empty where only the issuer
	// is known.
	Partition, Region, Account, Cluster string
	// Release is the release in words.
	Release      string
	Providers    []WantedProvider
	Policies     []WantedPolicy
	Roles        []WantedRole
	NodeRoles    []WantedAttachments
	Associations []WantedAssociation
}

// In is the part of what is wanted that is in one AWS account. Associations are in the cluster's.
func (w Wanted) In(account string) *Wanted {
	w.Providers = within(w.Providers, func(p WantedProvider) bool { return p.Account == account })
	w.Policies = within(w.Policies, func(p WantedPolicy) bool { return p.Account == account })
	w.Roles = within(w.Roles, func(r WantedRole) bool { return r.Account == account })
	w.NodeRoles = within(w.NodeRoles, func(n WantedAttachments) bool { return n.Account == account })
	if account != w.Account {
		w.Associations = nil
	}
	return &w
}

func within[T any](all []T, is func(T) bool) []T {
	return slices.DeleteFunc(slices.Clone(all), func(one T) bool { return !is(one) })
}

// WantedProvider is the OIDC provider of an issuer in an AWS account.
type WantedProvider struct {
	Account, ARN, Issuer string
	Audiences            []string
	Tags                 map[string]string
}

// WantedPolicy is a customer managed policy.
type WantedPolicy struct {
	Account, ARN, Name, Path, Description string
	Document                              trust.Document
	Tags                                  map[string]string
}

// WantedRole is a role with all that is on it.
type WantedRole struct {
	Account, ARN, Name, Path, Description, Boundary string
	// MaxSession is in seconds.
	MaxSession int32
	// Trust is the trust policy. TrustFirst is what the role can be created with: IAM refuses
	// a principal that does not exist, and Trust may name this role or others that are new.
	Trust, TrustFirst trust.Document
	Attached          []string
	Inline            map[string]trust.Document
	Tags              map[string]string
	// SharedWith are the releases that may write further statements into Trust.
	SharedWith []string
	// Namespace and ServiceAccount are those that the role is for.
	Namespace, ServiceAccount string
}

// NamesNew reports whether Trust names a role that may not exist when the role is created.
func (r WantedRole) NamesNew() bool { return r.Trust.Text() != r.TrustFirst.Text() }

// WantedAttachments are managed policies on a role of somebody else's.
type WantedAttachments struct {
	Account, Role string
	Attached      []string
}

// WantedAssociation is an EKS Pod Identity association.
type WantedAssociation struct {
	Cluster, Namespace, ServiceAccount, RoleARN, TargetRoleARN string
	DisableSessionTags                                         bool
	// Policy is the session policy's text; empty where there is none.
	Policy string
	Tags   map[string]string
}
