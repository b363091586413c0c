package awsiam

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

func (a *seenAccount) addRole(r types.RoleDetail) {
	role := &seenRole{
		Name: aws.ToString(r.RoleName), Path: aws.ToString(r.Path), ARN: aws.ToString(r.Arn), ID: aws.ToString(r.RoleId),
		Tags: tagMap(r.Tags), trust: aws.ToString(r.AssumeRolePolicyDocument), inline: map[string]string{},
	}
	if r.PermissionsBoundary != nil {
		role.Boundary = aws.ToString(r.PermissionsBoundary.PermissionsBoundaryArn)
	}
	for _, p := range r.AttachedManagedPolicies {
		role.Attached = append(role.Attached, aws.ToString(p.PolicyArn))
	}
	slices.Sort(role.Attached)
	role.Created = isoTime(r.CreateDate)
	if used := r.RoleLastUsed; used != nil && used.LastUsedDate != nil {
		role.lastUsed = &awsstate.LastUse{Date: isoTime(used.LastUsedDate), Region: aws.ToString(used.Region)}
	}
	for _, p := range r.InstanceProfileList {
		role.Profiles = append(role.Profiles, aws.ToString(p.InstanceProfileName))
	}
	for _, p := range r.RolePolicyList {
		role.inline[aws.ToString(p.PolicyName)] = aws.ToString(p.PolicyDocument)
	}
	a.Roles[strings.ToLower(role.Name)] = role
}

// addPolicy takes the name from the ARN, which always ends in it: moto leaves it out.
func (a *seenAccount) addPolicy(p types.ManagedPolicyDetail) {
	policy := &seenPolicy{
		Name: nameOfARN(aws.ToString(p.Arn)), Path: aws.ToString(p.Path), ARN: aws.ToString(p.Arn), Description: aws.ToString(p.Description),
		ID:       aws.ToString(p.PolicyId),
		Attached: int(aws.ToInt32(p.AttachmentCount)), Boundaries: int(aws.ToInt32(p.PermissionsBoundaryUsageCount)),
	}
	for _, v := range p.PolicyVersionList {
		policy.Versions = append(policy.Versions, policyVersion{aws.ToString(v.VersionId), v.IsDefaultVersion, aws.ToTime(v.CreateDate).Unix()})
		if v.IsDefaultVersion {
			policy.document = aws.ToString(v.Document)
		}
	}
	if isOfAWS(policy.ARN) {
		a.ByAWS[policy.ARN] = policy
		return
	}
	a.Policies[strings.ToLower(policy.Name)] = policy
}

// isOfAWS reports whether a policy is one of AWS's own.
func isOfAWS(arn string) bool {
	parts := strings.SplitN(arn, ":", 6)
	return len(parts) == 6 && parts[4] == "aws"
}

// isoTime is a time as version 2 of the AWS CLI prints it
// (https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html, cli_timestamp_format).
func isoTime(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05-07:00")
}

// setSettings gives the roles what ListRoles said of them.
func (a *seenAccount) setSettings() {
	for _, role := range a.Roles {
		if r, ok := a.settings[role.ARN]; ok {
			role.Description, role.MaxSession, role.Settings = aws.ToString(r.Description), aws.ToInt32(r.MaxSessionDuration), true
		}
	}
	a.settings = map[string]types.Role{}
}

// tagsMatter are the policies whose tags decide something.
//
// One of the file: unless it says what is wanted and all its roles are there with the
// tags that are wanted. A policy is made, and its tags are written, before the roles
// that use it; so then its tags are right as well.
//
// Another: where it may be a leftover of the release. Either a role of the release has
// it, or it is under a path of the file, and nobody has it, as an apply or destroy that
// was interrupted leaves one, or a role that may be the nodes'.
func (a *seenAccount) tagsMatter(d *desired, all bool) []*seenPolicy {
	wanted, paths, ours, nodes := map[string]bool{}, map[string]bool{d.Path: true}, map[string]bool{}, map[string]bool{}
	for _, role := range a.Roles {
		nodeRole := assumedByEC2(role)
		keeps := len(role.Tags) > 0 && d.Owner.keepsOrMay(role)
		for _, arn := range role.Attached {
			ours[arn] = ours[arn] || keeps
			nodes[arn] = nodes[arn] || nodeRole
		}
	}
	var out []*seenPolicy
	for _, p := range d.Policies {
		paths[p.Path] = true
		if p.Account != a.ID {
			continue
		}
		seen := a.policy(p.Name)
		if seen == nil {
			continue
		}
		wanted[seen.ARN] = true
		if all || !a.settled(d, p, seen) {
			out = append(out, seen)
		}
	}
	for _, r := range d.Roles {
		paths[r.Path] = true
	}
	for _, key := range sortedKeys(a.Policies) {
		p := a.Policies[key]
		unused := p.Attached == 0 && p.Boundaries == 0
		if !wanted[p.ARN] && (ours[p.ARN] || paths[p.Path] && (unused || nodes[p.ARN])) {
			out = append(out, p)
		}
	}
	return out
}

// settled: the policy says what is wanted, and so do the tags of every role that uses
// it. Whether it is on the nodes' role, or to be, and who may share it, only its own tags say.
func (a *seenAccount) settled(d *desired, p wantedPolicy, seen *seenPolicy) bool {
	onNodes := func(r wantedNodeRole) bool { return r.Account == a.ID && slices.Contains(r.Attached, p.ARN) }
	if slices.ContainsFunc(d.NodeRoles, onNodes) {
		return false
	}
	if p.Tags[tagSharedWith] != "" {
		return false
	}
	users := 0
	for _, r := range d.Roles {
		if r.Account != a.ID || !slices.Contains(r.Attached, p.ARN) {
			continue
		}
		users++
		role := a.role(r.Name)
		if role == nil || !slices.Contains(role.Attached, p.ARN) || !d.Owner.keeps(role) || len(tagChanges(role.Tags, r.Tags)) > 0 {
			return false
		}
	}
	return users > 0 && users == seen.Attached && seen.ARN == p.ARN && trust.Equal(seen.Document(), p.Document)
}
