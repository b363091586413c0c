package awsiam

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// The steps on customer managed policies.

type createPolicy struct {
	want  wantedPolicy
	owner Owner
}

func (a createPolicy) run(ctx context.Context, x *executor) error {
	in := &iam.CreatePolicyInput{
		PolicyName: &a.want.Name, Path: &a.want.Path, PolicyDocument: aws.String(a.want.Document.Text()), Tags: tagList(a.want.Tags),
	}
	in.Description = aws.String(a.description())
	_, err := x.client.iam.CreatePolicy(ctx, in)
	if isCode(err, "EntityAlreadyExists") {
		return a.takeExisting(ctx, x)
	}
	return explain(err, subject{"creating policy " + a.want.Name, x.client.account, a.want.ARN})
}

// description is what the policy is made with: the user's words, and whose it is.
func (a createPolicy) description() string { return a.owner.described(a.want.Description) }

// takeExisting goes on where the policy that is there is exactly what this step makes: see
// createRole.
func (a createPolicy) takeExisting(ctx context.Context, x *executor) error {
	doing := "creating policy " + a.want.Name
	about := subject{"looking at policy " + a.want.Name, x.client.account, a.want.ARN}
	var policy *types.Policy
	err := x.Session.settle(ctx, func() error {
		out, err := x.client.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &a.want.ARN})
		if err == nil {
			policy = out.Policy
		}
		return err
	}, "NoSuchEntity")
	if isMissing(err) { // a name is taken whatever its path
		return meanwhile(doing, "policy %s came to be, with another path", a.want.Name)
	}
	if err != nil {
		return explain(err, about)
	}
	versions, err := policyVersions(ctx, x, a.want.ARN)
	if err != nil {
		return explain(err, about)
	}
	seen := &seenPolicy{
		Name: a.want.Name, ARN: a.want.ARN, Description: aws.ToString(policy.Description), Tags: tagMap(policy.Tags),
	}
	for _, v := range versions {
		seen.Versions = append(seen.Versions, policyVersion{aws.ToString(v.VersionId), v.IsDefaultVersion, aws.ToTime(v.CreateDate).Unix()})
	}
	out, err := x.client.iam.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: &a.want.ARN, VersionId: policy.DefaultVersionId})
	if err != nil {
		return explain(err, about)
	}
	seen.document = aws.ToString(out.PolicyVersion.Document)
	if a.joins(seen) {
		return tagPolicy{a.want.ARN, map[string]string{sharedKey(a.owner): sharedValue(a.owner)}}.run(ctx, x)
	}
	if what := a.differs(seen); what != "" {
		return meanwhile(doing, "policy %s came to be, and is not what was planned: %s", a.want.Name, what)
	}
	return nil
}

// differs says in what a policy is not what this step makes; empty where it is.
func (a createPolicy) differs(p *seenPolicy) string {
	switch {
	case p.ARN != a.want.ARN:
		return "its ARN is " + p.ARN
	case p.Tags != nil && !maps.Equal(p.Tags, a.want.Tags): // unread where nothing about it is in doubt: see tagsMatter
		return "it has other tags"
	case p.Description != a.description():
		return "it has another description"
	case len(p.Versions) != 1:
		return "it has several versions"
	case !trust.Equal(p.Document(), a.want.Document):
		return "it says something else"
	}
	return ""
}

type newPolicyVersion struct {
	arn string
	doc trust.Document
}

// mostVersions are as many as a policy has.
const mostVersions = 5

// run makes a version and the default of it. A policy has at most five
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html), so the
// oldest that is not the default goes first where there is no room.
func (a newPolicyVersion) run(ctx context.Context, x *executor) error {
	about := subject{"writing policy " + nameOfARN(a.arn), x.client.account, a.arn}
	versions, err := policyVersions(ctx, x, a.arn)
	if err != nil {
		return explain(err, about)
	}
	if was := x.now.Accounts[x.client.account].policyByARN(a.arn); was != nil && !isDefault(versions, was.defaultVersion()) {
		return a.unlessThere(ctx, x, versions)
	}
	for ; len(versions) >= mostVersions; versions = versions[1:] {
		if err := deleteVersion(ctx, x, a.arn, versions[0]); err != nil {
			return err
		}
	}
	_, err = x.client.iam.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: &a.arn, PolicyDocument: aws.String(a.doc.Text()), SetAsDefault: true})
	if isCode(err, "LimitExceeded") {
		// There was room, and an attempt before this one may have used it: its answer was
		// lost on the way.
		if versions, failed := policyVersions(ctx, x, a.arn); failed == nil && len(versions) > 0 {
			if there, failed := a.there(ctx, x, versions[len(versions)-1].VersionId); there && failed == nil {
				return nil
			}
		}
	}
	return explain(err, about)
}

// unlessThere: another version came to be in force than the plan saw. Where it says what
// is wanted, somebody did the same; else what it says was in no plan.
func (a newPolicyVersion) unlessThere(ctx context.Context, x *executor, versions []types.PolicyVersion) error {
	doing := "writing policy " + nameOfARN(a.arn)
	if len(versions) > 0 {
		there, err := a.there(ctx, x, versions[len(versions)-1].VersionId)
		if err != nil {
			return explain(err, subject{doing, x.client.account, a.arn})
		}
		if there {
			return nil
		}
	}
	return meanwhile(doing, "policy %s changed", nameOfARN(a.arn))
}

// isDefault reports whether that is the version in force. A policy that is deleted and made
// again begins anew with v1, so the time counts as well.
func isDefault(versions []types.PolicyVersion, was policyVersion) bool {
	return slices.ContainsFunc(versions, func(v types.PolicyVersion) bool {
		return v.IsDefaultVersion && aws.ToString(v.VersionId) == was.ID && aws.ToTime(v.CreateDate).Unix() == was.Created
	})
}

// there reports whether a version of the policy has the document.
func (a newPolicyVersion) there(ctx context.Context, x *executor, id *string) (bool, error) {
	out, err := x.client.iam.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: &a.arn, VersionId: id})
	if err != nil {
		return false, err
	}
	doc, err := trust.ParsePermissions(aws.ToString(out.PolicyVersion.Document))
	return err == nil && trust.Equal(doc, a.doc), nil
}

// policyVersions are the versions of a policy, oldest first, the default one last.
func policyVersions(ctx context.Context, x *executor, arn string) ([]types.PolicyVersion, error) {
	var out []types.PolicyVersion
	pages := iam.NewListPolicyVersionsPaginator(x.client.iam, &iam.ListPolicyVersionsInput{PolicyArn: &arn})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		out = append(out, page.Versions...)
	}
	slices.SortStableFunc(out, func(a, b types.PolicyVersion) int {
		if a.IsDefaultVersion != b.IsDefaultVersion {
			return map[bool]int{false: -1, true: 1}[a.IsDefaultVersion]
		}
		return cmp.Or(aws.ToTime(a.CreateDate).Compare(aws.ToTime(b.CreateDate)), versionNumber(a)-versionNumber(b))
	})
	return out, nil
}

// versionNumber is the 12 of v12.
func versionNumber(v types.PolicyVersion) (n int) {
	_, _ = fmt.Sscanf(aws.ToString(v.VersionId), "v%d", &n) // 0 for an ID of another form
	return n
}

func deleteVersion(ctx context.Context, x *executor, arn string, v types.PolicyVersion) error {
	_, err := x.client.iam.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: &arn, VersionId: v.VersionId})
	return gone(err, subject{"deleting version " + aws.ToString(v.VersionId) + " of policy " + nameOfARN(arn), x.client.account, arn})
}

type tagPolicy struct {
	arn  string
	tags map[string]string
}

func (a tagPolicy) run(ctx context.Context, x *executor) error {
	_, err := x.client.iam.TagPolicy(ctx, &iam.TagPolicyInput{PolicyArn: &a.arn, Tags: tagList(a.tags)})
	return explain(err, subject{"tagging policy " + nameOfARN(a.arn), x.client.account, a.arn})
}

type untagPolicy struct {
	arn  string
	keys []string
}

func (a untagPolicy) run(ctx context.Context, x *executor) error {
	_, err := x.client.iam.UntagPolicy(ctx, &iam.UntagPolicyInput{PolicyArn: &a.arn, TagKeys: a.keys})
	return gone(err, subject{"taking tags off policy " + nameOfARN(a.arn), x.client.account, a.arn})
}

// deletePolicy removes a policy with its versions: IAM wants the others gone before the
// default one goes with the policy
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html).
type deletePolicy struct{ arn string }

func (a deletePolicy) run(ctx context.Context, x *executor) error {
	about := subject{"deleting policy " + nameOfARN(a.arn), x.client.account, a.arn}
	versions, err := policyVersions(ctx, x, a.arn)
	if err != nil {
		return gone(err, about)
	}
	if was := x.now.Accounts[x.client.account].policyByARN(a.arn); was != nil && !isDefault(versions, was.defaultVersion()) {
		return meanwhile(about.doing, "policy %s changed, or was deleted and made again", nameOfARN(a.arn))
	}
	for _, v := range versions {
		if v.IsDefaultVersion {
			continue
		}
		if err := deleteVersion(ctx, x, a.arn, v); err != nil {
			return err
		}
	}
	// A detachment of a moment ago may not have reached everywhere.
	err = x.Session.settle(ctx, func() error {
		_, err := x.client.iam.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: &a.arn})
		return err
	}, "DeleteConflict")
	return gone(err, about)
}
