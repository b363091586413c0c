package awsiam

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// pageSize is the most that IAM gives at once.
const pageSize = 1000

// observe reads what there is. One paged GetAccountAuthorizationDetails an AWS account has
// the roles with their trust, tags, attachments and inline policies, and the policies
// with their documents, however many they are. It lacks a role's description and
// longest session, which ListRoles has, and a policy's tags, which are read for those
// policies only that tagsMatter names; all of the file's where the release is leaving.
func observe(s *Session, ctx context.Context, d *desired, leaving bool) (*observation, error) {
	o := newObserved()
	var jobs []func() error
	for _, id := range d.accounts() {
		c, err := s.in(ctx, id)
		if err != nil {
			return nil, err
		}
		a := newObservedAccount(id)
		o.Accounts[id] = a
		jobs = append(jobs,
			func() error { return c.readDetails(ctx, a, s.opts.WillVerify && d.hasPoliciesOfAWS(id)) },
			func() error { return c.readSettings(ctx, d, a) },
		)
		if s.quotas || !s.opts.WillVerify {
			jobs = append(jobs, func() error { return c.readSummary(ctx, a) })
		}
		for _, p := range d.Providers {
			if p.Account == id {
				jobs = append(jobs, func() error { return c.readProvider(ctx, p, a) })
			}
		}
	}
	jobs = append(jobs, leftoverJobs(s, ctx, d, o, leaving)...)
	jobs = append(jobs, func() error { return tryAssociations(s, ctx, d, o) })
	if err := s.run(ctx, jobs); err != nil {
		return nil, err
	}
	for id := range o.Unseen {
		delete(o.Accounts, id)
	}
	for _, a := range o.Accounts {
		a.setSettings()
	}
	jobs = nil
	for id, a := range o.Accounts {
		c, _ := s.in(ctx, id) // it was there above
		for _, p := range a.tagsMatter(d, leaving) {
			jobs = append(jobs, func() error { return c.readPolicy(ctx, p) })
		}
	}
	if !leaving {
		jobs = append(jobs, foreignJobs(s, ctx, d, o)...)
	}
	var found []listedAssociation
	list := func() (err error) {
		found, err = listAssociations(s, ctx, d, o, leaving)
		return err
	}
	jobs = append(jobs, list, func() error { return readNodegroups(s, ctx, d, o) })
	if err := s.run(ctx, jobs); err != nil {
		return o, err
	}
	var err error
	if o.Associations, err = describeAssociations(s, ctx, d, found); err != nil && (ctx.Err() != nil || o.needsAssociations(d)) {
		return o, err
	}
	if s.opts.WillVerify && !leaving && o.isListed {
		if err := describeOthers(s, ctx, d, o); ctx.Err() != nil { // else State asks again
			return o, err
		}
	}
	return o, nil
}

// hasPoliciesOfAWS reports whether a role that irsa.yaml names in an AWS account may have a
// policy of AWS's own, as far as irsa.yaml says it.
func (d *desired) hasPoliciesOfAWS(account string) bool {
	of := func(id string, arns ...string) bool { return id == account && slices.ContainsFunc(arns, isOfAWS) }
	return slices.ContainsFunc(d.Roles, func(r wantedRole) bool { return of(r.Account, append(slices.Clone(r.Attached), r.Boundary)...) }) ||
		slices.ContainsFunc(d.NodeRoles, func(r wantedNodeRole) bool { return r.Account == account }) ||
		slices.ContainsFunc(d.Given, func(arn string) bool { return strings.Contains(arn, "::"+account+":") })
}

// leftoverJobs read AWS accounts that nothing is wanted in. That one cannot be read is no
// error: nothing stands in the way of what is wanted.
func leftoverJobs(s *Session, ctx context.Context, d *desired, o *observation, leaving bool) []func() error {
	var jobs []func() error
	for _, id := range d.Look {
		c, err := s.in(ctx, id)
		if err != nil {
			o.Unseen[id] = err
			continue
		}
		a := newObservedAccount(id)
		o.Accounts[id] = a
		jobs = append(jobs, func() error {
			err := c.readDetails(ctx, a, false)
			for _, p := range d.Former {
				if err == nil && leaving && p.Account == id {
					err = c.readProvider(ctx, p, a)
				}
			}
			if err != nil {
				o.mu.Lock()
				defer o.mu.Unlock()
				o.Unseen[id] = err
			}
			return ctx.Err()
		})
	}
	return jobs
}

// run makes the calls side by side and gives the first error.
func (s *Session) run(ctx context.Context, jobs []func() error) error {
	return first(each(ctx, s, jobs, func(job func() error) error { return job() }))
}

func newObservedAccount(id string) *seenAccount {
	return &seenAccount{
		ID: id, Roles: map[string]*seenRole{}, Policies: map[string]*seenPolicy{}, ByAWS: map[string]*seenPolicy{},
		Providers: map[string]*seenProvider{}, Asked: map[string]bool{}, Summary: map[string]int32{}, settings: map[string]types.Role{},
	}
}

func newObserved() *observation {
	return &observation{Accounts: map[string]*seenAccount{}, Foreign: map[string]bool{}, Unseen: map[string]error{}}
}

// readDetails reads roles and policies, where wanted also those of AWS that roles have.
func (c *client) readDetails(ctx context.Context, a *seenAccount, withAWS bool) error {
	filter := []types.EntityType{types.EntityTypeRole, types.EntityTypeLocalManagedPolicy}
	if withAWS {
		filter = append(filter, types.EntityTypeAWSManagedPolicy)
	}
	pages := iam.NewGetAccountAuthorizationDetailsPaginator(c.iam, &iam.GetAccountAuthorizationDetailsInput{Filter: filter, MaxItems: aws.Int32(pageSize)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return explain(err, subject{"reading roles and policies", c.account, "*"})
		}
		for _, r := range page.RoleDetailList {
			a.addRole(r)
		}
		for _, p := range page.Policies {
			a.addPolicy(p)
		}
	}
	a.details = true
	return nil
}

func (c *client) readSummary(ctx context.Context, a *seenAccount) error {
	out, err := c.iam.GetAccountSummary(ctx, &iam.GetAccountSummaryInput{})
	if err != nil {
		return explain(err, subject{"reading quotas", c.account, "*"})
	}
	a.Summary = out.SummaryMap
	return nil
}

// readSettings reads the roles below the path that all roles of the file have in common.
func (c *client) readSettings(ctx context.Context, d *desired, a *seenAccount) error {
	prefix, any := commonPath(d, c.account)
	if !any {
		return nil
	}
	return c.listRoles(ctx, prefix, a)
}

func (c *client) listRoles(ctx context.Context, prefix string, a *seenAccount) error {
	pages := iam.NewListRolesPaginator(c.iam, &iam.ListRolesInput{PathPrefix: &prefix, MaxItems: aws.Int32(pageSize)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return explain(err, subject{"listing roles", c.account, c.roleResource(prefix + "*")})
		}
		for _, r := range page.Roles {
			a.settings[aws.ToString(r.Arn)] = r
		}
	}
	return nil
}

// commonPath is the longest path that the paths of all roles in an AWS account begin with.
func commonPath(d *desired, account string) (prefix string, any bool) {
	for _, r := range d.Roles {
		if r.Account != account {
			continue
		}
		if !any {
			prefix, any = r.Path, true
		}
		for len(prefix) > len(r.Path) || r.Path[:len(prefix)] != prefix {
			prefix = prefix[:strings.LastIndexByte(prefix[:len(prefix)-1], '/')+1]
		}
	}
	return prefix, any
}

func (c *client) readProvider(ctx context.Context, p wantedProvider, a *seenAccount) error {
	out, err := c.iam.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: &p.ARN})
	if err != nil && !isMissing(err) {
		return explain(err, subject{"reading OIDC provider " + nameOfProvider(p.ARN), c.account, p.ARN})
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.Asked[p.ARN] = true
	delete(a.Providers, p.ARN)
	if err == nil {
		a.Providers[p.ARN] = &seenProvider{
			ARN: p.ARN, Issuer: p.Issuer, Created: isoTime(out.CreateDate), Audiences: out.ClientIDList, Thumbprints: out.ThumbprintList, isFetched: true, Tags: tagMap(out.Tags),
		}
	}
	return nil
}

// readPolicy reads the tags of a policy and its description, in one call: "This element is
// included in the response to the GetPolicy operation. It is not included in the response to
// the ListPolicies operation."
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_Policy.html, Description).
func (c *client) readPolicy(ctx context.Context, p *seenPolicy) error {
	out, err := c.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &p.ARN})
	if isMissing(err) { // deleted since
		return nil
	}
	if err != nil {
		return explain(err, subject{"reading policy " + p.Name, c.account, p.ARN})
	}
	p.Description, p.Tags = aws.ToString(out.Policy.Description), tagMap(out.Policy.Tags)
	return nil
}

// foreignJobs look whether policies of others exist that are to be attached and are not
// attached to anything of ours yet: better to find a typo now than halfway through.
func foreignJobs(s *Session, ctx context.Context, d *desired, o *observation) []func() error {
	var jobs []func() error
	asked := map[string]bool{}
	ask := func(account string, arns []string, attached []string) {
		a := o.Accounts[account]
		c, _ := s.in(ctx, account) // it was there before
		for _, arn := range arns {
			if asked[account+arn] || a.policyByARN(arn) != nil || slices.Contains(attached, arn) || d.wantsPolicy(arn) {
				continue
			}
			asked[account+arn] = true
			jobs = append(jobs, func() error { return c.readForeign(ctx, arn, o) })
		}
	}
	for _, r := range d.Roles {
		var attached []string
		boundary := ""
		if seen := o.Accounts[r.Account].role(r.Name); seen != nil {
			attached, boundary = seen.Attached, seen.Boundary
		}
		ask(r.Account, r.Attached, attached)
		if r.Boundary != "" && r.Boundary != boundary {
			ask(r.Account, []string{r.Boundary}, nil)
		}
	}
	for _, r := range d.NodeRoles {
		if seen := o.Accounts[r.Account].role(r.Name); seen != nil {
			ask(r.Account, r.Attached, seen.Attached)
		}
	}
	return jobs
}

func (d *desired) wantsPolicy(arn string) bool {
	return slices.ContainsFunc(d.Policies, func(p wantedPolicy) bool { return p.ARN == arn })
}

func (c *client) readForeign(ctx context.Context, arn string, o *observation) error {
	_, err := c.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &arn})
	if err != nil && !isMissing(err) {
		return explain(err, subject{"looking up policy " + arn, c.account, arn})
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.Foreign[arn] = err == nil
	return nil
}

func (c *client) roleResource(pathAndName string) string {
	return "arn:" + spec.PartitionOf(c.config.Region) + ":iam::" + c.account + ":role" + pathAndName
}

func tagMap(tags []types.Tag) map[string]string {
	out := make(map[string]string, len(tags))
	for _, t := range tags {
		out[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return out
}
