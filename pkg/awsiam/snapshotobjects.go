package awsiam

import (
	"encoding/json"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ekstypes "github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// SnapshotRole is a role, as get-account-authorization-details prints it. RolePolicyList
// and AttachedManagedPolicies are nil where the role was not looked into, and empty
// where it has none.
type SnapshotRole struct {
	Path                     string                `json:"Path"`
	RoleName                 string                `json:"RoleName"`
	RoleID                   string                `json:"RoleId,omitempty"`
	Arn                      string                `json:"Arn"`
	CreateDate               string                `json:"CreateDate,omitempty"`
	MaxSessionDuration       int32                 `json:"MaxSessionDuration,omitempty"`
	AssumeRolePolicyDocument json.RawMessage       `json:"AssumeRolePolicyDocument,omitempty"`
	RolePolicyList           []SnapshotInline      `json:"RolePolicyList,omitzero"`
	AttachedManagedPolicies  []SnapshotAttached    `json:"AttachedManagedPolicies,omitzero"`
	PermissionsBoundary      *SnapshotRoleBoundary `json:"PermissionsBoundary,omitempty"`
	Tags                     []SnapshotTag         `json:"Tags,omitzero"`
}

// SnapshotInline is an inline policy of a role.
type SnapshotInline struct {
	PolicyName     string
	PolicyDocument json.RawMessage
}

// SnapshotAttached is a managed policy on a role.
type SnapshotAttached struct{ PolicyName, PolicyArn string }

// SnapshotRoleBoundary is the permissions boundary of a role.
type SnapshotRoleBoundary struct{ PermissionsBoundaryType, PermissionsBoundaryArn string }

// SnapshotTag is a tag of a role.
type SnapshotTag struct{ Key, Value string }

// SnapshotPolicy is a managed policy with its default version.
type SnapshotPolicy struct {
	PolicyName        string
	PolicyID          string `json:"PolicyId"`
	Arn               string
	Path              string
	DefaultVersionID  string `json:"DefaultVersionId"`
	PolicyVersionList []SnapshotVersion
}

// SnapshotVersion is a version of a managed policy.
type SnapshotVersion struct {
	Document         json.RawMessage
	VersionID        string `json:"VersionId"`
	IsDefaultVersion bool
	CreateDate       string `json:",omitempty"`
}

// SnapshotProvider is an OIDC provider: its ARN, as list-open-id-connect-providers
// prints it, and what get-open-id-connect-provider does. Url has no https://. The lists
// are nil where it was not looked into.
type SnapshotProvider struct {
	Arn            string
	URL            string   `json:"Url"`
	ClientIDList   []string `json:",omitzero"`
	ThumbprintList []string `json:",omitzero"`
	CreateDate     string   `json:",omitempty"`
}

// SnapshotAssociation is an association of EKS Pod Identity. RoleARN is empty where it
// was not looked into.
type SnapshotAssociation struct {
	ClusterName    string            `json:"clusterName"`
	Namespace      string            `json:"namespace"`
	ServiceAccount string            `json:"serviceAccount"`
	RoleARN        string            `json:"roleArn,omitempty"`
	TargetRoleARN  string            `json:"targetRoleArn,omitempty"`
	ExternalID     string            `json:"externalId,omitempty"`
	NoSessionTags  *bool             `json:"disableSessionTags,omitempty"`
	Policy         string            `json:"policy,omitempty"`
	AssociationARN string            `json:"associationArn"`
	AssociationID  string            `json:"associationId"`
	OwnerARN       string            `json:"ownerArn,omitempty"`
	Tags           map[string]string `json:"tags,omitzero"`
	CreatedAt      string            `json:"createdAt,omitempty"`
	ModifiedAt     string            `json:"modifiedAt,omitempty"`
}

// documentOf is a policy document as an object: IAM gives it percent-encoded
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_RoleDetail.html). What is no
// JSON stays a text.
func documentOf(encoded *string) json.RawMessage {
	text, err := url.PathUnescape(aws.ToString(encoded))
	if err != nil {
		text = aws.ToString(encoded)
	}
	if json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	quoted, _ := json.Marshal(text) // a text always encodes
	return quoted
}

// isoTime is a time as version 2 of the AWS CLI prints it
// (https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html, cli_timestamp_format).
func isoTime(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05-07:00")
}

// nameOf is a role by name alone.
func nameOf(r types.RoleDetail) SnapshotRole {
	return SnapshotRole{Path: aws.ToString(r.Path), RoleName: aws.ToString(r.RoleName), Arn: aws.ToString(r.Arn)}
}

func wholeRole(r types.RoleDetail) SnapshotRole {
	out := nameOf(r)
	out.RoleID, out.CreateDate, out.AssumeRolePolicyDocument = aws.ToString(r.RoleId), isoTime(r.CreateDate), documentOf(r.AssumeRolePolicyDocument)
	out.RolePolicyList, out.AttachedManagedPolicies, out.Tags = []SnapshotInline{}, []SnapshotAttached{}, []SnapshotTag{}
	for _, p := range r.RolePolicyList {
		out.RolePolicyList = append(out.RolePolicyList, SnapshotInline{aws.ToString(p.PolicyName), documentOf(p.PolicyDocument)})
	}
	for _, p := range r.AttachedManagedPolicies {
		out.AttachedManagedPolicies = append(out.AttachedManagedPolicies, SnapshotAttached{aws.ToString(p.PolicyName), aws.ToString(p.PolicyArn)})
	}
	if b := r.PermissionsBoundary; b != nil {
		out.PermissionsBoundary = &SnapshotRoleBoundary{string(b.PermissionsBoundaryType), aws.ToString(b.PermissionsBoundaryArn)}
	}
	for _, tag := range r.Tags {
		out.Tags = append(out.Tags, SnapshotTag{aws.ToString(tag.Key), aws.ToString(tag.Value)})
	}
	return out
}

func wholePolicy(p types.ManagedPolicyDetail) SnapshotPolicy {
	out := SnapshotPolicy{
		PolicyName: aws.ToString(p.PolicyName), PolicyID: aws.ToString(p.PolicyId), Arn: aws.ToString(p.Arn),
		Path: aws.ToString(p.Path), DefaultVersionID: aws.ToString(p.DefaultVersionId),
	}
	for _, v := range p.PolicyVersionList {
		if v.IsDefaultVersion {
			out.PolicyVersionList = append(out.PolicyVersionList, version(v))
		}
	}
	return out
}

func version(v types.PolicyVersion) SnapshotVersion {
	return SnapshotVersion{documentOf(v.Document), aws.ToString(v.VersionId), v.IsDefaultVersion, isoTime(v.CreateDate)}
}

func listedAssociation(a ekstypes.PodIdentityAssociationSummary) SnapshotAssociation {
	return SnapshotAssociation{
		ClusterName: aws.ToString(a.ClusterName), Namespace: aws.ToString(a.Namespace), ServiceAccount: aws.ToString(a.ServiceAccount),
		AssociationARN: aws.ToString(a.AssociationArn), AssociationID: aws.ToString(a.AssociationId), OwnerARN: aws.ToString(a.OwnerArn),
	}
}

// described adds what describe-pod-identity-association says.
func (s *SnapshotAssociation) described(a *ekstypes.PodIdentityAssociation) {
	s.RoleARN, s.TargetRoleARN, s.Tags = aws.ToString(a.RoleArn), aws.ToString(a.TargetRoleArn), a.Tags
	s.ExternalID, s.NoSessionTags, s.Policy = aws.ToString(a.ExternalId), a.DisableSessionTags, aws.ToString(a.Policy)
	s.CreatedAt, s.ModifiedAt = isoTime(a.CreatedAt), isoTime(a.ModifiedAt)
}
