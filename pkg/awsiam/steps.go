package awsiam

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// The steps on OIDC providers. IAM shows a provider at once to who made it, and a
// second creation is refused with EntityAlreadyExists
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html).

type createProvider struct{ want wantedProvider }

func (a createProvider) run(ctx context.Context, x *executor) error {
	err := a.create(ctx, x, nil)
	if isCode(err, "OpenIdIdpCommunicationError") {
		// IAM cannot reach the issuer to get its thumbprint; perhaps we can.
		return &thumbprintWanted{a, err}
	}
	return err
}

func creating(want wantedProvider, account string) subject {
	return subject{"creating OIDC provider " + nameOfProvider(want.ARN), account, want.ARN}
}

// create makes the provider, with thumbprints where IAM is to be told them.
func (a createProvider) create(ctx context.Context, x *executor, prints []string) error {
	in := &iam.CreateOpenIDConnectProviderInput{Url: &a.want.Issuer, ClientIDList: a.want.Audiences, Tags: tagList(a.want.Tags), ThumbprintList: prints}
	_, err := x.client.iam.CreateOpenIDConnectProvider(ctx, in)
	if isCode(err, "EntityAlreadyExists") {
		return a.takeExisting(ctx, x)
	}
	return explain(err, creating(a.want, x.client.account))
}

// takeExisting goes on where the provider has our audiences: another release of the cluster
// was first, or a connection broke after IAM had acted. To give it more was not planned.
func (a createProvider) takeExisting(ctx context.Context, x *executor) error {
	name := nameOfProvider(a.want.ARN)
	var there []string
	err := x.Session.settle(ctx, func() error {
		out, err := x.client.iam.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: &a.want.ARN})
		if err == nil {
			there = out.ClientIDList
		}
		return err
	}, "NoSuchEntity")
	if err != nil {
		return explain(err, subject{"reading OIDC provider " + name, x.client.account, a.want.ARN})
	}
	if lacks := missing(there, a.want.Audiences); len(lacks) > 0 {
		return meanwhile("creating OIDC provider "+name, "it came to be, without the audience %s", strings.Join(lacks, ", "))
	}
	return nil
}

type addAudience struct{ arn, audience string }

func (a addAudience) run(ctx context.Context, x *executor) error {
	_, err := x.client.iam.AddClientIDToOpenIDConnectProvider(ctx, &iam.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderArn: &a.arn, ClientID: &a.audience})
	return explain(err, subject{"adding audience " + a.audience + " to OIDC provider " + nameOfProvider(a.arn), x.client.account, a.arn})
}

type tagProvider struct {
	arn  string
	tags map[string]string
}

func (a tagProvider) run(ctx context.Context, x *executor) error {
	_, err := x.client.iam.TagOpenIDConnectProvider(ctx, &iam.TagOpenIDConnectProviderInput{OpenIDConnectProviderArn: &a.arn, Tags: tagList(a.tags)})
	return explain(err, subject{"tagging OIDC provider " + nameOfProvider(a.arn), x.client.account, a.arn})
}

type deleteProvider struct{ arn string }

func (a deleteProvider) run(ctx context.Context, x *executor) error {
	_, err := x.client.iam.DeleteOpenIDConnectProvider(ctx, &iam.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: &a.arn})
	return gone(err, subject{"deleting OIDC provider " + nameOfProvider(a.arn), x.client.account, a.arn})
}

// gone is explain for a removal: what is not there any more is removed.
func gone(err error, s subject) error {
	if isMissing(err) {
		return nil
	}
	return explain(err, s)
}

func tagList(tags map[string]string) []types.Tag {
	out := make([]types.Tag, 0, len(tags))
	for _, k := range sortedKeys(tags) {
		out = append(out, types.Tag{Key: aws.String(k), Value: aws.String(tags[k])})
	}
	return out
}
