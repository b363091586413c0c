package awsiam

import (
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// desired is what irsa.yaml wants there to be in AWS.
type desired struct {
	Owner        Owner
	Facts        Facts
	Providers    []wantedProvider
	Policies     []wantedPolicy
	Roles        []wantedRole
	NodeRoles    []wantedNodeRole
	Associations []wantedAssociation
	Identities   []Identity
	Adopt        []string
	// Given are the ARNs of roles that the file names by ARN: somebody else's.
	Given []string
	// Path is the file's usual path.
	Path string
	// Nodes says that the file has a nodeRole, which is in the cluster's AWS account;
	// NodeName is the role's name where the file says it.
	Nodes    bool
	NodeName string
	// Look are AWS accounts that are looked at for leftovers only, where they can be
	// reached.
	Look []string
	// Former are the providers that may be in those.
	Former []wantedProvider
	// Guessed says that the release's name is that of resources which irsa.yaml names, and
	// was not given.
	Guessed bool
	// Typed is Release.Typed.
	Typed safe.Source
}

// wantedProvider is the OIDC provider of an issuer in an AWS account.
type wantedProvider struct {
	Account, Issuer, ARN string
	Audiences            []string
	Tags                 map[string]string
}

// wantedPolicy is a customer managed policy.
type wantedPolicy struct {
	Account, Name, Path, ARN, Description string
	Document                              trust.Document
	// Tags are those of a release that keeps the policy, with its consent to share it.
	Tags map[string]string
}

// wantedRole is a role that is made here.
type wantedRole struct {
	Account, Name, Path, ARN string
	Description, Boundary    string
	MaxSession               int32 // seconds
	Tags                     map[string]string
	// Trust is what the role ends with; TrustFirst what it is created with: IAM refuses
	// a principal that does not exist, so the role itself cannot be among them yet.
	Trust, TrustFirst []trust.Statement
	// Attached are the ARNs of managed policies.
	Attached []string
	Inline   map[string]trust.Document
	// For is the service account, as NAMESPACE/NAME.
	For string
	// SharedWith is role.sharedWith, and Derived says that irsa.yaml gives no name.
	SharedWith []string
	Derived    bool
}

// wantedNodeRole is a role of somebody else's that gets attachments.
type wantedNodeRole struct {
	Account, Name string
	Attached      []string
}

// wantedAssociation lets the pods of a service account have a role through EKS Pod Identity.
type wantedAssociation struct {
	Cluster, Namespace, ServiceAccount, RoleARN string
	associationSettings
	Tags map[string]string
	// TargetMade says that the file makes the target role too, and RoleMade the role.
	TargetMade, RoleMade bool
}

// accounts are the AWS accounts that have to be looked at; beside them, Look may be.
func (d *desired) accounts() []string {
	set := map[string]bool{}
	for _, p := range d.Providers {
		set[p.Account] = true
	}
	for _, p := range d.Policies {
		set[p.Account] = true
	}
	for _, r := range d.Roles {
		set[r.Account] = true
	}
	for _, r := range d.NodeRoles {
		set[r.Account] = true
	}
	if d.Nodes {
		set[d.Facts.Account] = true
	}
	return sortedKeys(set)
}

// want computes what irsa.yaml wants, from the file and the facts alone. All that is
// wrong is in one *spec.FaultList, with the places in irsa.yaml. A release that is
// leaving needs names, and neither documents nor an issuer, which may be gone.
func want(r Release, facts Facts, leaving bool) (*desired, error) {
	w := &wanting{file: r.File.InCluster(facts.Account, facts.Region), release: r, facts: facts, leaving: leaving}
	w.out = &desired{
		Facts: facts, Adopt: r.Adopt, Typed: r.Typed, Owner: ownerFor(r, facts), Path: r.File.Defaults.Path, Nodes: r.File.NodeRole != nil,
	}
	if r.File.NodeRole != nil {
		w.out.NodeName = r.File.NodeRole.Name
	}
	w.serviceAccounts()
	w.nodeRoles()
	w.policies() // after those that say which AWS accounts need them
	w.providers()
	w.look()
	if len(w.faults) > 0 {
		return nil, spec.Faults(r.File, w.faults)
	}
	return w.out, nil
}

// ownerFor is the owner that a release's resources get.
func ownerFor(r Release, facts Facts) Owner {
	cluster, scope := facts.Cluster, facts.Account+"/"+facts.Region
	if r.File.Cluster.Issuer != "" && (cluster == "" || r.File.Cluster.ByIssuer) {
		// An issuer is one cluster's, and its region is whichever the environment says. Whether
		// a kubeconfig that has a name for it is at hand changes nothing.
		cluster, scope = trust.ProviderName(r.File.Cluster.Issuer), facts.Account
	}
	return Owner{Cluster: cluster, Namespace: r.Namespace, Release: r.Name, Scope: scope}
}
