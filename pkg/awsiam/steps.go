package awsiam

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// The steps on OIDC providers. IAM shows a provider at once to who made it, and a
// second creation is refused with EntityAlreadyExists
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html).

type createProvider struct{ want Provider }

func (a createProvider) run(ctx context.Context, x *executor) error {
	err := a.create(ctx, x, nil)
	if isCode(err, "OpenIdIdpCommunicationError") {
		// IAM cannot reach the issuer to get its thumbprint; perhaps we can.
		return &thumbprintWanted{a, err}
	}
	return err
}

func creating(want Provider, account string) subject {
	return subject{"creating OIDC provider " + nameOfProvider(want.ARN), account, want.ARN}
}

// create makes the provider, with thumbprints where IAM is to be told them.
func (a createProvider) create(ctx context.Context, x *executor, prints []string) error {
	in := &iam.CreateOpenIDConnectProviderInput{Url: &a.want.Issuer, ClientIDList: a.want.Audiences, Tags: tagList(a.want.Tags), ThumbprintList: prints}
	_, err := x.iam.CreateOpenIDConnectProvider(ctx, in)
	if isCode(err, "EntityAlreadyExists") {
		// Another release of the cluster was first, or a connection broke after IAM had
		// acted: either way it needs our audiences, and adding one twice is no error.
		for _, audience := range a.want.Audiences {
			if err := (addAudience{a.want.ARN, audience}).run(ctx, x); err != nil {
				return err
			}
		}
		return nil
	}
	return explain(err, creating(a.want, x.account))
}

type addAudience struct{ arn, audience string }

func (a addAudience) run(ctx context.Context, x *executor) error {
	_, err := x.iam.AddClientIDToOpenIDConnectProvider(ctx, &iam.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderArn: &a.arn, ClientID: &a.audience})
	return explain(err, subject{"adding audience " + a.audience + " to OIDC provider " + nameOfProvider(a.arn), x.account, a.arn})
}

type tagProvider struct {
	arn  string
	tags map[string]string
}

func (a tagProvider) run(ctx context.Context, x *executor) error {
	_, err := x.iam.TagOpenIDConnectProvider(ctx, &iam.TagOpenIDConnectProviderInput{OpenIDConnectProviderArn: &a.arn, Tags: tagList(a.tags)})
	return explain(err, subject{"tagging OIDC provider " + nameOfProvider(a.arn), x.account, a.arn})
}

type deleteProvider struct{ arn string }

func (a deleteProvider) run(ctx context.Context, x *executor) error {
	_, err := x.iam.DeleteOpenIDConnectProvider(ctx, &iam.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: &a.arn})
	return gone(err, subject{"deleting OIDC provider " + nameOfProvider(a.arn), x.account, a.arn})
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
