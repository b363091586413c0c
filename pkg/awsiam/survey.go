package awsiam

import (
	"context"
	"errors"
	"maps"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// Access is how an AWS account is reached where no irsa.yaml says it; the zero value is the
// credentials that the AWS CLI would take.
type Access struct {
	// Profile is one of the AWS configuration, AssumeRoleARN a role that is assumed first.
	Profile, AssumeRoleARN string
	// Region is for where the AWS configuration names none.
	Region string
}

// OpenAccount is Open without an irsa.yaml, for Survey.
func OpenAccount(ctx context.Context, a Access, o Options) (*Session, error) {
	if a.Region != "" {
		o.Load = append(slices.Clone(o.Load), config.WithDefaultRegion(a.Region))
	}
	if a.Profile != "" {
		o.Load = append(slices.Clone(o.Load), config.WithSharedConfigProfile(a.Profile))
	}
	if a.AssumeRoleARN != "" {
		first, err := loadAs(ctx, o)
		if err != nil {
			return nil, err
		}
		o.Load = append(slices.Clone(o.Load), config.WithCredentialsProvider(aws.NewCredentialsCache(
			stscreds.NewAssumeRoleProvider(sts.NewFromConfig(first), a.AssumeRoleARN, func(o *stscreds.AssumeRoleOptions) { o.RoleSessionName = "helm-irsa" }))))
	}
	s, err := Open(ctx, Release{File: &spec.File{}}, o)
	var f *Fault
	if errors.As(err, &f) && f.Message == noRegion {
		return nil, fault("set AWS_REGION", "%s", noRegion)
	}
	return s, err
}

// loadAs reads the SDK's own configuration, for credentials that assume a role.
func loadAs(ctx context.Context, o Options) (aws.Config, error) {
	cfg, err := config.LoadDefaultConfig(ctx, o.Load...)
	if err != nil {
		return cfg, &Fault{Message: "reading the AWS configuration: " + oneLine(err), hint: "aws configure list shows what is used", cause: err}
	}
	return cfg, nil
}

// SurveyOptions say what Survey reads beside the AWS account itself.
type SurveyOptions struct {
	// Associations reports whether those of a cluster are read; nil reads those of none.
	Associations func(awsstate.Cluster) bool
	// Regions are asked for clusters, beside the session's own and those that issuers name.
	Regions []string
	// LastAccessed reports whether it is read which services a role has used; nil reads it of
	// none. It takes IAM a few seconds for each role.
	LastAccessed func(awsstate.Role) bool
}

// Survey is an AWS account as a whole: Snapshot, but of everything, whoever made it. All roles
// and policies come with one paged GetAccountAuthorizationDetails. Of the clusters of EKS it has
// those of the regions that were asked.
func Survey(ctx context.Context, s *Session, o SurveyOptions) (*Snapshot, error) {
	v := &survey{s: s, c: newCompletion(s, &desired{Facts: s.facts}, newObserved()), out: &awsstate.State{Account: s.facts.CallerAccount, Region: s.facts.Region}}
	v.a = newObservedAccount(s.facts.CallerAccount)
	var err error
	if v.client, err = s.in(ctx, v.a.ID); err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context, SurveyOptions) error{v.readIAM, v.readProviders, v.readClusters, v.readAssociations, v.readUse} {
		if err := step(ctx, o); err != nil {
			return nil, err
		}
	}
	return &Snapshot{State: v.out, Unread: v.c.unread}, nil
}

// survey is one Survey.
type survey struct {
	s      *Session
	c      *completion // collects what could not be read
	client *client
	a      *seenAccount
	out    *awsstate.State
}

// unless notes what could not be read, whatever the reason: the rest of an AWS account is worth
// telling of. Only the end of the context is an error.
func (v *survey) unless(ctx context.Context, err error) error {
	if err != nil && ctx.Err() == nil {
		v.c.note(err)
	}
	return ctx.Err()
}

// readIAM reads roles and policies, the longest sessions of roles, and quotas.
func (v *survey) readIAM(ctx context.Context, _ SurveyOptions) error {
	err := v.s.run(ctx, []func() error{
		func() error { return v.unless(ctx, v.client.readDetails(ctx, v.a, true)) },
		func() error { return v.unless(ctx, v.client.listRoles(ctx, "/", v.a)) },
		func() error { return v.unless(ctx, v.client.readSummary(ctx, v.a)) },
	})
	if err != nil {
		return err
	}
	for name, n := range v.a.Summary {
		if v.out.Summary == nil {
			v.out.Summary = map[string]int{}
		}
		v.out.Summary[name] = int(n)
	}
	if !v.a.details {
		return nil
	}
	v.a.setSettings()
	v.out.Roles.Read, v.out.Policies.Read = true, true
	for _, key := range sortedKeys(v.a.Roles) {
		v.out.Roles.List = append(v.out.Roles.List, wholeRole(v.a.Roles[key]))
	}
	for _, policies := range []map[string]*seenPolicy{v.a.Policies, v.a.ByAWS} {
		for _, key := range sortedKeys(policies) {
			v.out.Policies.List = append(v.out.Policies.List, wholePolicy(policies[key]))
		}
	}
	return nil
}

// readProviders reads the OIDC providers, each by itself: the list has only their ARNs.
func (v *survey) readProviders(ctx context.Context, _ SurveyOptions) error {
	all, err := v.client.listProviders(ctx)
	if err != nil {
		return v.unless(ctx, err)
	}
	v.out.Providers.Read = true
	var jobs []func() error
	for _, p := range all {
		v.a.AllProviders = append(v.a.AllProviders, p.ARN)
		jobs = append(jobs, func() error { return v.unless(ctx, v.client.readProvider(ctx, p, v.a)) })
	}
	if err := v.s.run(ctx, jobs); err != nil {
		return err
	}
	v.out.Providers.List = providersIn(v.a)
	return nil
}

// issuerRegion is the region in the name of an issuer of EKS.
var issuerRegion = regexp.MustCompile(`^oidc\.eks\.([a-z0-9-]+)\.`)

// readClusters reads the clusters of EKS of the regions that something names.
func (v *survey) readClusters(ctx context.Context, o SurveyOptions) error {
	regions := map[string]bool{v.s.facts.Region: true}
	for _, r := range o.Regions {
		regions[r] = true
	}
	for _, p := range v.out.Providers.List {
		if m := issuerRegion.FindStringSubmatch(p.Issuer); m != nil {
			regions[m[1]] = true
		}
	}
	v.out.Clusters.Read = true
	for _, region := range slices.Sorted(maps.Keys(regions)) {
		if region == "" || spec.PartitionOf(region) != v.s.facts.Partition {
			continue
		}
		if err := v.readRegion(ctx, region); err != nil {
			return err
		}
	}
	return nil
}

// readRegion reads the clusters of one region. Where they cannot be read, Clusters has not all.
func (v *survey) readRegion(ctx context.Context, region string) error {
	about := subject{"listing the EKS clusters of " + region, v.a.ID, "*"}
	client := v.eks(region)
	var names []string
	pages := eks.NewListClustersPaginator(client, &eks.ListClustersInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			v.out.Clusters.Read = false
			return v.unless(ctx, explain(err, about))
		}
		names = append(names, page.Clusters...)
	}
	found := make([]awsstate.Cluster, len(names))
	err := first(each(ctx, v.s, indexes(names), func(i int) error {
		found[i] = awsstate.Cluster{Name: names[i], Region: region}
		out, err := client.DescribeCluster(ctx, &eks.DescribeClusterInput{Name: &names[i]})
		if err != nil {
			return v.unless(ctx, explain(err, subject{"looking up cluster " + names[i], v.a.ID, clusterARN(v.s, v.a.ID, region, names[i])}))
		}
		described(&found[i], out.Cluster)
		return nil
	}))
	v.out.Clusters.List = append(v.out.Clusters.List, found...)
	return err
}

func (v *survey) eks(region string) *eks.Client {
	return eks.NewFromConfig(v.client.config, func(o *eks.Options) { o.Region = region })
}

// readAssociations reads those of the clusters that are wanted, with all that they say. Where
// those of one cannot be read, none are told of: what a cluster lacks would be missing in AWS.
func (v *survey) readAssociations(ctx context.Context, o SurveyOptions) error {
	v.out.Associations.Read = o.Associations != nil
	for _, cluster := range v.out.Clusters.List {
		if o.Associations == nil || !o.Associations(cluster) {
			continue
		}
		all, err := associationsOf(v.s, ctx, v.a.ID, cluster.Region, cluster.Name)
		if err != nil {
			v.out.Associations = awsstate.Known[awsstate.Association]{}
			return v.unless(ctx, err)
		}
		for _, a := range all {
			v.out.Associations.List = append(v.out.Associations.List, a.state(cluster.Name))
		}
	}
	return nil
}

// state is the association as pkg/awsstate has it.
func (a seenAssociation) state(cluster string) awsstate.Association {
	return awsstate.Association{
		Cluster: cluster, Namespace: a.Namespace, ServiceAccount: a.ServiceAccount, ARN: a.ARN, ID: a.ID, Owner: a.Owner,
		RoleARN: a.RoleARN, TargetRoleARN: a.TargetRoleARN, ExternalID: a.ExternalID, NoSessionTags: a.NoTags, Policy: a.Policy,
		Created: a.Created, Modified: a.Modified, Tags: a.Tags,
	}
}
