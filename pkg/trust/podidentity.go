package trust

import (
	"maps"
	"slices"
	"strings"
)

// PodIdentity is an association of EKS Pod Identity, as far as its requests have it. What
// is empty is not known.
type PodIdentity struct {
	// ClusterARN is the cluster's, whose parts are the AWS account and the region.
	ClusterARN, ClusterName   string
	Namespace, ServiceAccount string
	// RoleARN is the role of the association, and RoleTags its tags; nil where they were
	// not read.
	RoleARN  string
	RoleTags map[string]string
	// NoTags: the association's session tags are disabled.
	NoTags bool
	// ExternalID is what the association gives to its target role's trust policy.
	ExternalID string
}

// The session tags that EKS Pod Identity adds
// (https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html#pod-id-abac-tags).
// It "can't add additional custom tags".
const (
	tagClusterARN     = "eks-cluster-arn"
	tagClusterName    = "eks-cluster-name"
	tagNamespace      = "kubernetes-namespace"
	tagServiceAccount = "kubernetes-service-account"
	tagPodName        = "kubernetes-pod-name"
	tagPodUID         = "kubernetes-pod-uid"
)

// clusterResource is how the resource in a cluster's ARN begins.
const clusterResource = "cluster/"

var podIdentityTags = []string{tagClusterARN, tagClusterName, tagNamespace, tagServiceAccount, tagPodName, tagPodUID}

// tags are the values of the session tags that are known.
func (p PodIdentity) tags() map[string]string {
	out := map[string]string{
		tagClusterARN: p.ClusterARN, tagClusterName: p.ClusterName, tagNamespace: p.Namespace, tagServiceAccount: p.ServiceAccount,
	}
	for key, value := range out {
		if value == "" {
			delete(out, key)
		}
	}
	return out
}

// actions are what the trust policy of a role must allow: "EKS Pod Identity uses TagSession
// to include session tags" (https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html).
func (p PodIdentity) actions() []string {
	if p.NoTags {
		return []string{ActionAssumeRole}
	}
	return []string{ActionAssumeRole, ActionTagSession}
}

// Requests are those by which EKS takes the association's role: one an action that its
// trust policy must allow.
func (p PodIdentity) Requests() []Request {
	return p.requests(Request{
		Principal: Principal{"Service", PodIdentityService},
		Context:   map[string][]string{"aws:PrincipalIsAWSService": {"true"}, "aws:PrincipalServiceName": {PodIdentityService}},
		// MFA is of users: a service has none, and may have the key as false.
		Perhaps: map[string][]string{"aws:MultiFactorAuthPresent": {"false"}},
		Unknown: []string{"aws:*", "sts:*"},
		// A service is in no AWS account and no organization, and has no tags. The external
		// ID is for target roles (pod-id-assign-target-role.html).
		Absent: []string{"sts:ExternalId", "aws:MultiFactorAuthAge", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:PrincipalTag/*", "aws:username"},
	}, p.source)
}

// source puts in what EKS says of itself: the AWS account and the cluster it acts for
// (https://docs.aws.amazon.com/eks/latest/userguide/cross-service-confused-deputy-prevention.html).
func (p PodIdentity) source(r *Request) {
	if a, ok := parseARN(p.ClusterARN); ok {
		r.Context["aws:SourceArn"] = []string{p.ClusterARN}
		r.Context["aws:SourceAccount"] = []string{a.account}
	}
}

// TargetRequests are those by which the association's role takes the target role
// (https://docs.aws.amazon.com/eks/latest/userguide/pod-id-assign-target-role.html). The
// session tags are transitive, so they are in that request too.
func (p PodIdentity) TargetRequests() []Request {
	return p.requests(Request{
		Principal: Principal{"AWS", p.RoleARN},
		Context:   map[string][]string{"aws:PrincipalArn": {p.RoleARN}, "aws:PrincipalIsAWSService": {"false"}},
		Perhaps:   map[string][]string{"aws:MultiFactorAuthPresent": {"false"}},
		Unknown:   []string{"aws:*", "sts:*"},
		Absent:    append(slices.Clone(byServicesOnly), "aws:MultiFactorAuthAge", "aws:username"),
	}, p.principal)
}

// principal puts in what is known of the association's role.
func (p PodIdentity) principal(r *Request) {
	if a, ok := parseARN(p.RoleARN); ok {
		r.Context["aws:PrincipalAccount"] = []string{a.account}
	}
	context, absent, unknown := p.principalTags()
	maps.Copy(r.Context, context)
	r.Absent, r.Unknown = append(r.Absent, absent...), append(r.Unknown, unknown...)
	// EKS "also sets the sts:ExternalId" where session tags are disabled; whether it does
	// so with them is not documented.
	switch id := p.externalID(); {
	case id == "":
	case p.NoTags:
		r.Context["sts:ExternalId"] = []string{id}
	default:
		r.Perhaps["sts:ExternalId"] = []string{id}
	}
}

// principalTags are the tags of whoever has the role's credentials, as keys of a request: the role's
// own and those of the session, which are known as far as the association is.
func (p PodIdentity) principalTags() (context map[string][]string, absent, unknown []string) {
	const key = "aws:PrincipalTag/"
	context = map[string][]string{}
	if p.RoleTags != nil {
		absent = append(absent, key+"*")
		for tag, value := range p.RoleTags {
			context[key+tag] = []string{value}
		}
	}
	// "Tags added to the session … take precedence" (pod-id-abac.html#pod-id-abac-custom-tags).
	if !p.NoTags {
		for _, tag := range podIdentityTags {
			delete(context, key+tag)
			unknown = append(unknown, key+tag)
		}
		for tag, value := range p.tags() {
			context[key+tag] = []string{value}
		}
	}
	return context, absent, unknown
}

// externalID is the association's, which is region/account/cluster/namespace/service account
// (pod-id-assign-target-role.html).
func (p PodIdentity) externalID() string {
	parts := strings.SplitN(p.ClusterARN, ":", 6)
	if p.ExternalID != "" || len(parts) < 6 || p.Namespace == "" || p.ServiceAccount == "" {
		return p.ExternalID
	}
	cluster, ok := strings.CutPrefix(parts[5], clusterResource)
	if p.ClusterName != "" {
		cluster, ok = p.ClusterName, true
	}
	if !ok {
		return ""
	}
	return strings.Join([]string{parts[3], parts[4], cluster, p.Namespace, p.ServiceAccount}, "/")
}

// requests makes one request an action, each with the session tags.
func (p PodIdentity) requests(r Request, more func(*Request)) []Request {
	if p.NoTags {
		r.Absent = append(r.Absent, "aws:RequestTag/*", "aws:TagKeys", "sts:TransitiveTagKeys")
	} else {
		r.Absent = append(r.Absent, "aws:RequestTag/*")
		r.Context["aws:TagKeys"] = slices.Clone(podIdentityTags)
		for _, key := range podIdentityTags {
			r.Unknown = append(r.Unknown, "aws:RequestTag/"+key)
		}
		for key, value := range p.tags() {
			r.Context["aws:RequestTag/"+key] = []string{value}
		}
	}
	more(&r)
	var out []Request
	for _, action := range p.actions() {
		r.Action = action
		out = append(out, r)
	}
	return out
}

// Amended gives the statement with each of its conditions as change gives it, and without
// those for which it gives false.
func (s Statement) Amended(change func(Condition) (Condition, bool)) Statement {
	var operators []member
	for _, c := range s.conditions {
		c, keep := change(c)
		if !keep {
			continue
		}
		i := slices.IndexFunc(operators, func(m member) bool { return m.key == c.Operator })
		if i < 0 {
			i, operators = len(operators), append(operators, pair(c.Operator, objectNode()))
		}
		operators[i].value.members = append(operators[i].value.members, pair(c.Key, textsNode(c.Values)))
	}
	n := node{kind: objectKind}
	for _, m := range s.root.members {
		if m.key != "Condition" {
			n.members = append(n.members, m)
		}
	}
	if len(operators) > 0 {
		n.members = append(n.members, pair("Condition", node{kind: objectKind, members: operators}))
	}
	out, err := newStatement(n)
	if err != nil { // it was read before, so it is read again
		return s
	}
	return out
}
