package awsiam

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// The steps that take tags off what stays.

type untagProvider struct {
	arn  string
	keys []string
}

func (a untagProvider) run(ctx context.Context, x *executor) error {
	_, err := x.client.iam.UntagOpenIDConnectProvider(ctx, &iam.UntagOpenIDConnectProviderInput{OpenIDConnectProviderArn: &a.arn, TagKeys: a.keys})
	return gone(err, subject{"taking tags off OIDC provider " + nameOfProvider(a.arn), x.client.account, a.arn})
}

type untagAssociation struct {
	arn, name string
	keys      []string
}

func (a untagAssociation) run(ctx context.Context, x *executor) error {
	client, err := x.eks(ctx)
	if err != nil {
		return err
	}
	_, err = client.UntagResource(ctx, &eks.UntagResourceInput{ResourceArn: &a.arn, TagKeys: a.keys})
	if isCode(err, "NotFoundException") { // as this call spells it
		return nil
	}
	return gone(err, x.associationSubject("taking tags off", a.name))
}
