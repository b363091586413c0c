package awsiam

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/config"
)

// DefaultRegion is the region that calls go to where irsa.yaml names none: that of the
// environment, or of the profile. It is empty where there is none, or where the configuration
// cannot be read, which Open says in its own words. Nothing is asked of AWS.
func DefaultRegion(ctx context.Context) string {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return ""
	}
	return cfg.Region
}

// RegionOfProfile is the region in which the AWS CLI works with a profile: that of the
// environment, or of the profile. It is empty where there is none, or the profile cannot be
// read. Nothing is asked of AWS.
func RegionOfProfile(ctx context.Context, profile string) string {
	cfg, err := config.LoadDefaultConfig(ctx, config.WithSharedConfigProfile(profile))
	if err != nil {
		return ""
	}
	return cfg.Region
}
