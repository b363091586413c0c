package awsiam

import (
	"cmp"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// Offer is something that AWS has already, for who is asked which one is meant.
type Offer struct {
	// Value is what a parameter of the catalogue takes, Name how people call it; empty where that
	// is the value.
	Value, Name string
}

// Two requests without parameters are all that is asked of these services. Their SDKs would make
// every command larger and later.

// Buckets are the S3 buckets of the AWS account of the current credentials, as ListBuckets gives
// them (https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html).
func Buckets(ctx context.Context, region string) ([]Offer, error) {
	var answer struct {
		Buckets []struct{ Name string } `xml:"Buckets>Bucket"`
	}
	at := func(region string) (string, string) {
		return "https://s3." + region + "." + spec.DNSSuffix(region), region
	}
	if err := ask(ctx, region, asked{"S3", "s3", "s3:ListAllMyBuckets", "/", at}, &answer); err != nil {
		return nil, err
	}
	out := make([]Offer, len(answer.Buckets))
	for i, b := range answer.Buckets {
		out[i].Value = b.Name
	}
	return out, nil
}

// HostedZones are the first hundred hosted zones of Route 53 in the AWS account of the current
// credentials, as ListHostedZones gives them
// (https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListHostedZones.html).
func HostedZones(ctx context.Context, region string) ([]Offer, error) {
	var answer struct {
		Zones []struct {
			ID   string `xml:"Id"`
			Name string
		} `xml:"HostedZones>HostedZone"`
	}
	if err := ask(ctx, region, asked{"Route 53", "route53", "route53:ListHostedZones", "/2013-04-01/hostedzone", route53}, &answer); err != nil {
		return nil, err
	}
	out := make([]Offer, len(answer.Zones))
	for i, z := range answer.Zones {
		out[i] = Offer{z.ID[strings.LastIndexByte(z.ID, '/')+1:], strings.TrimSuffix(z.Name, ".")}
	}
	return out, nil
}

// route53 is where Route 53 answers, and the region that its requests are signed for
// (https://docs.aws.amazon.com/general/latest/gr/r53.html).
func route53(region string) (endpoint, signed string) {
	switch spec.PartitionOf(region) {
	case "aws":
		return "https://route53.amazonaws.com", "us-east-1"
	case "aws-cn":
		return "https://route53.amazonaws.com.cn", "cn-northwest-1"
	case "aws-us-gov":
		return "https://route53.us-gov.amazonaws.com", "us-gov-west-1"
	}
	return "", ""
}

// asked is one request: the service as AWS_ENDPOINT_URL_… calls it and as requests are signed for
// it, the permission that it needs, its path, and where it answers.
type asked struct {
	id, service, permission, path string
	at                            func(region string) (endpoint, signed string)
}

// offerTime is how long somebody at a terminal is made to wait.
const offerTime = 5 * time.Second

// mostOffer bounds an answer; 10,000 buckets have about 2 MiB.
const mostOffer = 8 << 20

// ask sends a request, and reads the answer.
func ask(ctx context.Context, region string, a asked, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, offerTime)
	defer cancel()
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(region))
	if err != nil {
		return err
	}
	endpoint, signed := a.at(cfg.Region)
	if endpoint = cmp.Or(configured(ctx, cfg, a.id), endpoint); endpoint == "" || cfg.Region == "" || cfg.Credentials == nil {
		return fmt.Errorf("nobody knows where %s answers", a.id)
	}
	keys, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return noCredentials(err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(endpoint, "/")+a.path, nil)
	if err != nil {
		return err
	}
	// The hash of a body that is empty, which S3 wants as a header
	// (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html).
	const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	r.Header.Set("X-Amz-Content-Sha256", empty)
	if err := v4.NewSigner().SignHTTP(ctx, keys, r, empty, a.service, signed, time.Now()); err != nil {
		return err
	}
	client := cfg.HTTPClient
	if client == nil {
		client = awshttp.NewBuildableClient()
	}
	got, err := client.Do(r)
	if err != nil {
		return rootOf(err)
	}
	defer got.Body.Close()
	if got.StatusCode == http.StatusForbidden {
		return fmt.Errorf("%s: not allowed", a.permission)
	}
	if got.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: HTTP %d", a.permission, got.StatusCode)
	}
	if err := xml.NewDecoder(io.LimitReader(got.Body, mostOffer)).Decode(answer); err != nil {
		return fmt.Errorf("%s: the answer cannot be read", a.permission)
	}
	return nil
}

// configured is the endpoint that somebody set for a service, or for all; empty where nobody did
// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html).
func configured(ctx context.Context, cfg aws.Config, id string) string {
	for _, source := range cfg.ConfigSources {
		if s, ok := source.(interface {
			GetServiceBaseEndpoint(context.Context, string) (string, bool, error)
		}); ok {
			if url, found, err := s.GetServiceBaseEndpoint(ctx, id); found && err == nil {
				return url
			}
		}
	}
	return aws.ToString(cfg.BaseEndpoint)
}
