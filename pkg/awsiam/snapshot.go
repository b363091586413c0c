package awsiam

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// Snapshot is what verifying needs to know of AWS, in the form of one file. A key that
// is absent (nil here) was not looked at. One that is present is complete: what it lacks
// is missing in AWS.
//
// So RoleDetailList has every role of every AWS account that irsa.yaml has a role in, and
// OpenIDConnectProviders every provider. But only what matters to the release is looked
// into, so that the file stays small and tells nothing of others:
//
//   - All is told of roles that the file names, that the release owns, that an
//     association of the release has, as its role or its target role, and of the nodes'
//     roles. Of others with a trust that lets tokens or EKS Pod Identity in, their trust;
//     of the rest, their names.
//   - Clients and thumbprints are told of the providers of the file's issuers, and of
//     those that the trust of a role of the first kind names.
//   - Policies has those that a role of the first kind has, attached or as its boundary,
//     AWS's own as well: each with its default version only.
//   - podIdentityAssociations has all of the cluster; the role is told of those in the
//     release's namespaces.
//
// What is not told of an object is absent from it, and so it was not looked at either.
// There are no secrets in it: no values of the environment, no tokens, no keys.
type Snapshot struct {
	Account string          `json:"account"`
	Region  string          `json:"region"`
	Cluster SnapshotCluster `json:"cluster"`
	// The names are those that the AWS CLI prints: of get-account-authorization-details
	// (MaxSessionDuration: of list-roles), get-open-id-connect-provider, and
	// describe-pod-identity-association.
	RoleDetailList          []SnapshotRole        `json:"RoleDetailList,omitzero"`
	Policies                []SnapshotPolicy      `json:"Policies,omitzero"`
	OpenIDConnectProviders  []SnapshotProvider    `json:"OpenIDConnectProviders,omitzero"`
	PodIdentityAssociations []SnapshotAssociation `json:"podIdentityAssociations,omitzero"`

	// Unread are the reasons why keys are absent, or less is told than above.
	Unread []*Fault `json:"-"`
}

// SnapshotCluster is the cluster. Issuer and Version are EKS's; where EKS has no such
// cluster, Issuer is what irsa.yaml says.
type SnapshotCluster struct {
	Name    string `json:"name,omitempty"`
	Issuer  string `json:"issuer,omitempty"`
	Version string `json:"version,omitempty"`
	// CertificateAuthority is a bundle of PEM certificates in base64.
	CertificateAuthority string `json:"certificateAuthority,omitempty"`
}

// Snapshot reads what there is. It writes nothing. What the credentials may not read is
// left out, and named in Unread; all else that goes wrong is the error.
func (s *Session) Snapshot(ctx context.Context) (*Snapshot, error) {
	d, err := want(s.release, s.facts, true)
	if err != nil {
		return nil, err
	}
	t := &taking{
		Session: s, want: d, full: map[string]bool{}, issuers: map[string]bool{},
		out: &Snapshot{Account: s.facts.Account, Region: s.facts.Region},
	}
	for _, step := range []func(context.Context) error{t.cluster, t.nodes, t.associations, t.accounts} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return t.out, nil
}

// taking is a snapshot that is being taken.
type taking struct {
	Session *Session
	want    *Desired
	out     *Snapshot
	// full are the ARNs of roles that all is told of, beside the nodes'.
	full map[string]bool
	// issuers are those of the file, without https://.
	issuers map[string]bool

	mu sync.Mutex // guards out.Unread while several read
}

// unread notes what may not be read and reports true, or gives other errors back.
func (t *taking) unread(err error) (bool, error) {
	if !isCode(err, "AccessDenied", "AccessDeniedException", "UnauthorizedOperation") {
		return false, err
	}
	t.note(err)
	return true, nil
}

func (t *taking) note(err error) {
	f := &Fault{Message: err.Error(), cause: err}
	if hinted, ok := err.(interface{ Hint() string }); ok {
		f.hint = strings.Replace(hinted.Hint(), "helm irsa permissions prints", "helm irsa permissions --verify prints", 1)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !slices.ContainsFunc(t.out.Unread, func(had *Fault) bool { return had.Message == f.Message }) {
		t.out.Unread = append(t.out.Unread, f)
	}
}

// cluster asks EKS for the issuer and the version.
func (t *taking) cluster(ctx context.Context) error {
	c := t.Session.release.File.Cluster
	t.out.Cluster = SnapshotCluster{Name: c.Name, Issuer: c.Issuer}
	t.trusts(c.Issuer)
	for _, more := range c.Additional {
		issuer, err := issuerOf(t.Session, ctx, more)
		if _, err = t.unread(err); err != nil {
			return err
		}
		t.trusts(issuer)
	}
	if c.Name == "" {
		return nil
	}
	client, err := t.Session.eksIn(ctx, t.Session.facts.Account, t.Session.facts.Region)
	if err != nil {
		return err
	}
	out, err := client.DescribeCluster(ctx, &eks.DescribeClusterInput{Name: &c.Name})
	switch {
	case isMissing(err) && c.Issuer != "": // a cluster that is not EKS
		t.out.PodIdentityAssociations = []SnapshotAssociation{}
		return nil
	case isMissing(err):
		return noCluster(t.Session, ctx, client, c.Name, t.Session.facts.Account, t.Session.facts.Region)
	}
	t.out.Cluster.Issuer = ""
	if denied, err := t.unread(explain(err, subject{"looking up cluster " + c.Name, t.Session.facts.Account, clusterARN(t.Session, t.Session.facts.Account, t.Session.facts.Region, c.Name)})); denied || err != nil {
		return err
	}
	t.out.Cluster.Version = aws.ToString(out.Cluster.Version)
	if ca := out.Cluster.CertificateAuthority; ca != nil {
		t.out.Cluster.CertificateAuthority = aws.ToString(ca.Data)
	}
	if out.Cluster.Identity != nil && out.Cluster.Identity.Oidc != nil {
		t.out.Cluster.Issuer = aws.ToString(out.Cluster.Identity.Oidc.Issuer)
		t.trusts(t.out.Cluster.Issuer)
	}
	return nil
}

func (t *taking) trusts(issuer string) {
	if issuer != "" {
		t.issuers[strings.TrimPrefix(issuer, "https://")] = true
	}
}

// nodes finds the nodes' roles.
func (t *taking) nodes(ctx context.Context) error {
	_, err := t.unread(findNodeRoles(t.Session, ctx))
	return err
}

// accounts reads the AWS accounts that the file has roles in. What may not be read in one
// of them is not complete, and so it is absent.
func (t *taking) accounts(ctx context.Context) error {
	ids := map[string]bool{t.Session.facts.Account: true}
	for _, identity := range t.want.Identities {
		t.full[identity.RoleARN] = true
		role, err := spec.ParseRoleARN(identity.RoleARN)
		if err != nil {
			return err
		}
		ids[role.AccountID] = true
	}
	for _, a := range t.out.PodIdentityAssociations { // a target role's where it can be reached
		if role, err := spec.ParseRoleARN(a.TargetRoleARN); err == nil && t.reaches(role.AccountID) {
			ids[role.AccountID] = true
		}
	}
	read := make([]*takenAccount, 0, len(ids))
	var jobs []func() error
	for _, id := range sortedKeys(ids) {
		a := &takenAccount{taking: t, id: id}
		read = append(read, a)
		jobs = append(jobs, func() error { return a.read(ctx) })
	}
	if err := t.Session.run(ctx, jobs); err != nil {
		return err
	}
	t.out.join(read)
	return nil
}

// reaches reports whether irsa.yaml says how an AWS account is reached.
func (t *taking) reaches(id string) bool {
	_, said := t.Session.release.File.Accounts[id]
	return said
}

// join puts the AWS accounts into one.
func (s *Snapshot) join(accounts []*takenAccount) {
	roles, policies, providers := true, true, true
	for _, a := range accounts {
		roles, policies, providers = roles && a.roles != nil, policies && a.policies != nil, providers && a.providers != nil
	}
	known := map[string]bool{}
	for _, a := range accounts {
		if roles {
			s.RoleDetailList = append(s.RoleDetailList, a.roles...)
		}
		if providers {
			s.OpenIDConnectProviders = append(s.OpenIDConnectProviders, a.providers...)
		}
		for _, p := range a.policies {
			if policies && !known[p.Arn] { // AWS's own are in every AWS account
				known[p.Arn] = true
				s.Policies = append(s.Policies, p)
			}
		}
	}
	if roles {
		s.RoleDetailList = append([]SnapshotRole{}, s.RoleDetailList...) // not nil, which is absent
	}
	if policies {
		s.Policies = append([]SnapshotPolicy{}, s.Policies...)
	}
	if providers {
		s.OpenIDConnectProviders = append([]SnapshotProvider{}, s.OpenIDConnectProviders...)
	}
}
