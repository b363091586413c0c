package awsstate

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// The snapshot as a file. The names are those that the AWS CLI prints: of
// get-account-authorization-details (Description and MaxSessionDuration of a role: of list-roles; Description and Tags
// of a policy: of get-policy), get-open-id-connect-provider and
// describe-pod-identity-association. A key that is absent was not looked at, and one that is
// there is complete.

type snapshotFile struct {
	Account                 string            `json:"account"`
	Region                  string            `json:"region"`
	Cluster                 clusterFile       `json:"cluster"`
	RoleDetailList          []roleFile        `json:"RoleDetailList,omitzero"`
	Policies                []policyFile      `json:"Policies,omitzero"`
	OpenIDConnectProviders  []providerFile    `json:"OpenIDConnectProviders,omitzero"`
	PodIdentityAssociations []associationFile `json:"podIdentityAssociations,omitzero"`
	SummaryMap              map[string]int    `json:"SummaryMap,omitempty"`
	// Of which AWS accounts the lists have all, where one of several could not be read.
	Accounts map[string]coverageFile `json:"accounts,omitempty"`
	Clusters []clusterFile           `json:"clusters,omitzero"`
}

type clusterFile struct {
	Name                 string `json:"name,omitempty"`
	Issuer               string `json:"issuer,omitempty"`
	Version              string `json:"version,omitempty"`
	Region               string `json:"region,omitempty"`
	CertificateAuthority string `json:"certificateAuthority,omitempty"`
	AutoMode             bool   `json:"autoMode,omitempty"`
}

type coverageFile struct {
	Roles     bool `json:"roles"`
	Providers bool `json:"providers"`
}

type roleFile struct {
	Path                     string `json:",omitempty"`
	RoleName                 string
	RoleID                   string `json:"RoleId,omitempty"`
	Arn                      string
	CreateDate               string          `json:",omitempty"`
	Description              string          `json:",omitempty"`
	MaxSessionDuration       int             `json:",omitempty"`
	AssumeRolePolicyDocument *trust.Document `json:",omitempty"`
	InstanceProfileList      []profileFile   `json:",omitzero"`
	RolePolicyList           []inlineFile    `json:",omitzero"`
	AttachedManagedPolicies  []attachedFile  `json:",omitzero"`
	PermissionsBoundary      *boundaryFile   `json:",omitempty"`
	Tags                     []tagFile       `json:",omitzero"`
	RoleLastUsed             *lastUsedFile   `json:",omitempty"`
	ServicesLastAccessed     []serviceFile   `json:",omitzero"`
}

type serviceFile struct {
	ServiceName, ServiceNamespace string
	LastAuthenticated             string `json:",omitempty"`
}

type profileFile struct{ InstanceProfileName string }

type inlineFile struct {
	PolicyName     string
	PolicyDocument trust.Document
}

type attachedFile struct{ PolicyName, PolicyArn string }

type boundaryFile struct{ PermissionsBoundaryType, PermissionsBoundaryArn string }

type tagFile struct{ Key, Value string }

type lastUsedFile struct {
	LastUsedDate string
	Region       string `json:",omitempty"`
}

type policyFile struct {
	PolicyName        string `json:",omitempty"`
	PolicyID          string `json:"PolicyId,omitempty"`
	Arn               string
	Path              string        `json:",omitempty"`
	Description       string        `json:",omitempty"`
	DefaultVersionID  string        `json:"DefaultVersionId,omitempty"`
	PolicyVersionList []versionFile `json:",omitzero"`
	Tags              []tagFile     `json:",omitzero"`
}

type versionFile struct {
	Document         *trust.Document
	VersionID        string `json:"VersionId,omitempty"`
	IsDefaultVersion bool
	CreateDate       string `json:",omitempty"`
}

type providerFile struct {
	Arn            string
	URL            string    `json:"Url"`
	ClientIDList   []string  `json:",omitzero"`
	ThumbprintList []string  `json:",omitzero"`
	CreateDate     string    `json:",omitempty"`
	Tags           []tagFile `json:",omitzero"`
}

type associationFile struct {
	ClusterName    string            `json:"clusterName,omitempty"`
	Namespace      string            `json:"namespace"`
	ServiceAccount string            `json:"serviceAccount"`
	RoleARN        string            `json:"roleArn,omitempty"`
	TargetRoleARN  string            `json:"targetRoleArn,omitempty"`
	ExternalID     string            `json:"externalId,omitempty"`
	NoSessionTags  *bool             `json:"disableSessionTags,omitempty"`
	Policy         string            `json:"policy,omitempty"`
	AssociationARN string            `json:"associationArn,omitempty"`
	AssociationID  string            `json:"associationId,omitempty"`
	OwnerARN       string            `json:"ownerArn,omitempty"`
	Tags           map[string]string `json:"tags,omitzero"`
	CreatedAt      string            `json:"createdAt,omitempty"`
	ModifiedAt     string            `json:"modifiedAt,omitempty"`
}

// MarshalJSON writes the snapshot, which Read reads.
func (s *State) MarshalJSON() ([]byte, error) {
	return json.Marshal(snapshotFile{
		Account: s.Account, Region: s.Region, Cluster: clusterFile(s.Cluster),
		RoleDetailList: written(s.Roles, Role.file), Policies: written(s.Policies, Policy.file),
		OpenIDConnectProviders: written(s.Providers, Provider.file), PodIdentityAssociations: written(s.Associations, Association.file),
		SummaryMap: s.Summary, Accounts: coverage(s.Accounts), Clusters: written(s.Clusters, func(c Cluster) clusterFile { return clusterFile(c) }),
	})
}

func coverage(accounts map[string]Coverage) map[string]coverageFile {
	out := map[string]coverageFile{}
	for id, c := range accounts {
		out[id] = coverageFile(c)
	}
	return out
}

// written is nil for what was not read, which is left out, and empty for what there is none of.
func written[A, B any](known Known[A], file func(A) B) []B {
	if !known.Read {
		return nil
	}
	out := make([]B, 0, len(known.List))
	for _, item := range known.List {
		out = append(out, file(item))
	}
	return out
}

func same(text string) string { return text }

func tagsFile(tags map[string]string) []tagFile {
	if tags == nil {
		return nil
	}
	out := make([]tagFile, 0, len(tags))
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, tagFile{key, tags[key]})
	}
	return out
}

// baseName is what stands behind the last slash of an ARN.
func baseName(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

func (r Role) file() roleFile {
	out := roleFile{
		Path: r.Path, RoleName: r.Name, RoleID: r.ID, Arn: r.ARN, CreateDate: r.Created, Description: r.Description, MaxSessionDuration: r.MaxSession,
		AssumeRolePolicyDocument: r.Trust, Tags: tagsFile(r.Tags),
		InstanceProfileList:     written(r.InstanceProfiles, func(name string) profileFile { return profileFile{name} }),
		RolePolicyList:          written(r.Inline, func(d NamedDocument) inlineFile { return inlineFile{d.Name, d.Document} }),
		AttachedManagedPolicies: written(r.Attached, func(arn string) attachedFile { return attachedFile{baseName(arn), arn} }),
	}
	out.ServicesLastAccessed = written(r.Services, func(u ServiceUse) serviceFile { return serviceFile{u.Name, u.Namespace, u.Last} })
	if r.Boundary != "" { // the one type (https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachedPermissionsBoundary.html)
		out.PermissionsBoundary = &boundaryFile{"PermissionsBoundaryPolicy", r.Boundary}
	}
	if r.LastUsed != nil {
		out.RoleLastUsed = &lastUsedFile{r.LastUsed.Date, r.LastUsed.Region}
	}
	return out
}

func (p Policy) file() policyFile {
	out := policyFile{
		PolicyName: p.Name, PolicyID: p.ID, Arn: p.ARN, Path: p.Path, Description: p.Description, DefaultVersionID: p.Version, Tags: tagsFile(p.Tags),
	}
	if p.Document != nil {
		out.PolicyVersionList = []versionFile{{p.Document, p.Version, true, p.VersionCreated}}
	}
	return out
}

func (p Provider) file() providerFile {
	return providerFile{
		Arn: p.ARN, URL: p.Issuer, ClientIDList: written(p.ClientIDs, same), ThumbprintList: written(p.Thumbprints, same), CreateDate: p.Created, Tags: tagsFile(p.Tags),
	}
}

func (a Association) file() associationFile {
	out := associationFile{
		ClusterName: a.Cluster, Namespace: a.Namespace, ServiceAccount: a.ServiceAccount, RoleARN: a.RoleARN, TargetRoleARN: a.TargetRoleARN,
		ExternalID: a.ExternalID, Policy: a.Policy, AssociationARN: a.ARN, AssociationID: a.ID, OwnerARN: a.Owner, Tags: a.Tags,
		CreatedAt: a.Created, ModifiedAt: a.Modified,
	}
	if a.RoleARN != "" { // it was described
		out.NoSessionTags = &a.NoSessionTags
	}
	return out
}
