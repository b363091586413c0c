package localaws

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

const (
	testRegion = "eu-west-3"
	trustEC2   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	readBucket = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::epinio/*"}]}`
)

// clock is a time that only tests move.
type clock struct{ at time.Time }

func newClock() *clock { return &clock{time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }

func (c *clock) now() time.Time          { return c.at }
func (c *clock) advance(d time.Duration) { c.at = c.at.Add(d) }

// start serves until the test ends.
func start(t *testing.T, o Options) *Server {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// clients call the server with credentials of one access key ID. They never retry,
// so that a test counts calls.
type clients struct {
	iam *iam.Client
	sts *sts.Client
	eks *eks.Client
}

func (s *Server) clients(accessKeyID string) clients {
	return s.clientsIn(testRegion, accessKeyID)
}

func (s *Server) clientsIn(region, accessKeyID string) clients {
	cfg := aws.Config{
		Region: region, BaseEndpoint: aws.String(s.URL()),
		Credentials: credentials.NewStaticCredentialsProvider(accessKeyID, "secret", ""),
		Retryer:     func() aws.Retryer { return aws.NopRetryer{} },
	}
	return clients{iam.NewFromConfig(cfg), sts.NewFromConfig(cfg), eks.NewFromConfig(cfg)}
}

// code is the error code of AWS; empty for success, and the error's text for one of another kind.
func code(err error) string {
	var known smithy.APIError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &known):
		return known.ErrorCode()
	}
	return err.Error()
}

func want(t *testing.T, what string, err error, wanted string) {
	t.Helper()
	if got := code(err); got != wanted {
		t.Errorf("%s: got %q, want %q (%v)", what, got, wanted, err)
	}
}

func (c clients) createRole(t *testing.T, name, document string) (string, error) {
	t.Helper()
	out, err := c.iam.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &document})
	if err != nil {
		return "", err
	}
	return *out.Role.Arn, nil
}

func (c clients) getRole(t *testing.T, name string) error {
	t.Helper()
	_, err := c.iam.GetRole(t.Context(), &iam.GetRoleInput{RoleName: &name})
	return err
}
