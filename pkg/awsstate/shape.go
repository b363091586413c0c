package awsstate

import (
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// snapshotKeys are the keys of a snapshot. Others that the AWS CLI prints beside them
// are let be; one that is nearly one of these is an error, since it would be lost.
var snapshotKeys = []string{"account", "region", "cluster", "RoleDetailList", "Policies", "OpenIDConnectProviders", "podIdentityAssociations", "SummaryMap", "accounts", "clusters"}

// besides are what get-account-authorization-details prints beside roles and policies
// (https://docs.aws.amazon.com/cli/latest/reference/iam/get-account-authorization-details.html).
var besides = []string{"UserDetailList", "GroupDetailList", "IsTruncated", "Marker", "NextToken"}

func (s *shaper) snapshot(root any) *State {
	if root == nil {
		s.fail("", "empty: want a snapshot, such as `helm irsa snapshot` writes")
		return nil
	}
	m := s.object("", root)
	for _, key := range manifest.SortedKeys(m) {
		if near, ok := spec.Nearest(key, snapshotKeys); ok && !slices.Contains(snapshotKeys, key) && !slices.Contains(besides, key) {
			s.fail(key, "no key of a snapshot: want %s", near)
		}
	}
	if m != nil && !slices.ContainsFunc(snapshotKeys, func(k string) bool { _, ok := m[k]; return ok }) && len(m) > 0 {
		s.fail("", "not a snapshot: it has none of %s", strings.Join(snapshotKeys, ", "))
	}
	if kind := m["kind"]; kind != nil { // such as irsa.yaml, which has keys of a snapshot, too
		s.fail("", "not a snapshot: it is an object of the kind %v", kind)
	}
	out := &State{Account: s.text("", m, "account"), Region: s.text("", m, "region")}
	if c, ok := m["cluster"]; ok && c != nil {
		o := s.object("cluster", c)
		out.Cluster = s.cluster("cluster", o)
	}
	out.Roles.Read = s.each("", m, "RoleDetailList", func(path string, m map[string]any) {
		out.Roles.List = append(out.Roles.List, s.role(path, m))
	})
	out.Policies.Read = s.each("", m, "Policies", func(path string, m map[string]any) {
		out.Policies.List = append(out.Policies.List, s.policy(path, m))
	})
	out.Providers.Read = s.each("", m, "OpenIDConnectProviders", func(path string, m map[string]any) {
		out.Providers.List = append(out.Providers.List, s.provider(path, m))
	})
	out.Associations.Read = s.each("", m, "podIdentityAssociations", func(path string, m map[string]any) {
		if of := s.text(path, m, "clusterName"); of != "" && out.Cluster.Name != "" && of != out.Cluster.Name {
			return // of another cluster of the same AWS account, whose pods are not looked at
		}
		out.Associations.List = append(out.Associations.List, s.association(path, m))
	})
	out.Summary, out.Accounts = s.numbers(m, "SummaryMap"), s.coverage(m, "accounts")
	out.Clusters.Read = s.each("", m, "clusters", func(path string, m map[string]any) {
		out.Clusters.List = append(out.Clusters.List, s.cluster(path, m))
	})
	return out
}

// cluster reads what a snapshot says of a cluster.
func (s *shaper) cluster(path string, m map[string]any) Cluster {
	return Cluster{
		Name: s.text(path, m, "name"), Issuer: s.text(path, m, "issuer"), Version: version(m), Region: s.text(path, m, "region"), CertificateAuthority: authority(s, m), AutoMode: autoMode(m),
	}
}

// numbers reads a mapping of numbers; nil where there is none.
func (s *shaper) numbers(m map[string]any, key string) map[string]int {
	if m[key] == nil {
		return nil
	}
	out := map[string]int{}
	o := s.object(key, m[key])
	for _, name := range manifest.SortedKeys(o) {
		out[name] = s.number(key, o, name, "")
	}
	return out
}

// coverage reads which lists have all of which AWS accounts.
func (s *shaper) coverage(m map[string]any, key string) map[string]Coverage {
	if m[key] == nil {
		return nil
	}
	out := map[string]Coverage{}
	all := s.object(key, m[key])
	for _, id := range manifest.SortedKeys(all) {
		at := key + "." + id
		o := s.object(at, all[id])
		out[id] = Coverage{Roles: s.truth(at, o, "roles"), Providers: s.truth(at, o, "providers")}
	}
	return out
}

func (s *shaper) association(path string, m map[string]any) Association {
	out := Association{
		Namespace: s.text(path, m, "namespace"), ServiceAccount: s.text(path, m, "serviceAccount"),
		RoleARN: s.text(path, m, "roleArn"), TargetRoleARN: s.text(path, m, "targetRoleArn"),
		ARN: s.text(path, m, "associationArn"), ID: s.text(path, m, "associationId"),
		ExternalID: s.text(path, m, "externalId"), NoSessionTags: s.truth(path, m, "disableSessionTags"),
		Cluster: s.text(path, m, "clusterName"), Owner: s.text(path, m, "ownerArn"), Policy: s.text(path, m, "policy"),
		Created: s.plain(m, "createdAt"), Modified: s.plain(m, "modifiedAt"),
	}
	if tags, ok := m["tags"]; ok && tags != nil {
		out.Tags = map[string]string{}
		o := s.object(path+".tags", tags)
		for _, key := range manifest.SortedKeys(o) {
			out.Tags[key] = s.text(path+".tags", o, key)
		}
	}
	return out
}

// tags reads a list of Key and Value; nil where there is none.
func (s *shaper) tags(path string, m map[string]any) map[string]string {
	tags := map[string]string{}
	if !s.each(path, m, "Tags", func(path string, m map[string]any) { tags[s.text(path, m, "Key")] = s.text(path, m, "Value") }) {
		return nil
	}
	return tags
}

// plain is a text that nothing depends on, such as a time, which YAML and older versions of
// the AWS CLI write as a number.
func (s *shaper) plain(m map[string]any, key string) string {
	v, _ := manifest.Plain(m[key])
	return v
}

// authority is the cluster's certificate authority: the text itself, or as DescribeCluster has it.
func authority(s *shaper, cluster map[string]any) string {
	if data := manifest.Text(cluster, "certificateAuthority", "data"); data != "" {
		return data
	}
	return s.text("cluster", cluster, "certificateAuthority")
}

// autoMode is true where the snapshot, or DescribeCluster in it, says so.
func autoMode(cluster map[string]any) bool {
	said, _ := cluster["autoMode"].(bool)
	described, _ := manifest.Dig(cluster, "computeConfig", "enabled").(bool)
	return said || described
}

// version is a text such as 1.31, which YAML reads as a number.
func version(cluster map[string]any) string {
	v, _ := manifest.Plain(cluster["version"])
	return v
}

func (s *shaper) role(path string, m map[string]any) Role {
	r := Role{
		ARN: s.text(path, m, "Arn"), Name: s.text(path, m, "RoleName"), Path: s.text(path, m, "Path"), ID: s.text(path, m, "RoleId"),
		Created: s.plain(m, "CreateDate"), Description: s.text(path, m, "Description"), MaxSession: s.number(path, m, "MaxSessionDuration", " of seconds"),
	}
	switch {
	case r.ARN == "":
		s.fail(path, "the role has no Arn")
	case r.Name == "":
		r.Name = r.ARN[strings.LastIndexByte(r.ARN, '/')+1:]
	}
	r.Trust = s.document(path+" ("+r.Name+").AssumeRolePolicyDocument", m["AssumeRolePolicyDocument"], trust.Parse)
	r.Inline.Read = s.each(path, m, "RolePolicyList", func(path string, m map[string]any) {
		n := s.text(path, m, "PolicyName")
		d := s.document(path+" ("+n+").PolicyDocument", m["PolicyDocument"], trust.ParsePermissions)
		if d == nil {
			s.fail(path, "the policy %s has no PolicyDocument", n)
			return
		}
		r.Inline.List = append(r.Inline.List, NamedDocument{n, *d})
	})
	r.Attached.Read = s.each(path, m, "AttachedManagedPolicies", func(path string, m map[string]any) {
		r.Attached.List = append(r.Attached.List, s.text(path, m, "PolicyArn"))
	})
	r.InstanceProfiles.Read = s.each(path, m, "InstanceProfileList", func(path string, m map[string]any) {
		r.InstanceProfiles.List = append(r.InstanceProfiles.List, s.text(path, m, "InstanceProfileName"))
	})
	if used, ok := m["RoleLastUsed"]; ok && used != nil {
		o := s.object(path+".RoleLastUsed", used)
		if date := s.plain(o, "LastUsedDate"); date != "" {
			r.LastUsed = &LastUse{date, s.text(path+".RoleLastUsed", o, "Region")}
		}
	}
	r.Services.Read = s.each(path, m, "ServicesLastAccessed", func(path string, m map[string]any) {
		r.Services.List = append(r.Services.List, ServiceUse{s.text(path, m, "ServiceName"), s.text(path, m, "ServiceNamespace"), s.plain(m, "LastAuthenticated")})
	})
	r.Tags = s.tags(path, m)
	if b, ok := m["PermissionsBoundary"]; ok && b != nil {
		r.Boundary = s.text(path, s.object(path+".PermissionsBoundary", b), "PermissionsBoundaryArn")
	}
	return r
}

func (s *shaper) policy(path string, m map[string]any) Policy {
	p := Policy{
		ARN: s.text(path, m, "Arn"), Name: s.text(path, m, "PolicyName"), Path: s.text(path, m, "Path"), ID: s.text(path, m, "PolicyId"),
		Description: s.text(path, m, "Description"), Version: s.text(path, m, "DefaultVersionId"), Tags: s.tags(path, m),
	}
	if p.ARN == "" {
		s.fail(path, "the policy has no Arn")
	}
	wanted := p.Version
	s.each(path, m, "PolicyVersionList", func(path string, m map[string]any) {
		isDefault, _ := m["IsDefaultVersion"].(bool)
		if !isDefault && (wanted == "" || s.text(path, m, "VersionId") != wanted) {
			return
		}
		p.Version, p.VersionCreated = s.text(path, m, "VersionId"), s.plain(m, "CreateDate")
		p.Document = s.document(path+".Document", m["Document"], trust.ParsePermissions)
	})
	return p
}

func (s *shaper) provider(path string, m map[string]any) Provider {
	p := Provider{
		ARN: s.text(path, m, "Arn"), Issuer: trust.ProviderName(s.text(path, m, "Url")), Created: s.plain(m, "CreateDate"), Tags: s.tags(path, m),
	}
	if p.ARN == "" && p.Issuer == "" {
		s.fail(path, "the provider has neither Arn nor Url")
	}
	if p.Issuer == "" {
		_, p.Issuer, _ = strings.Cut(p.ARN, ":oidc-provider/")
	}
	p.ClientIDs, p.Thumbprints = s.texts(path, m, "ClientIDList"), s.texts(path, m, "ThumbprintList")
	return p
}
