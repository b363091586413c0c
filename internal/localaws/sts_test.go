package localaws

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func trustingAWS(principal, condition string) string {
	if condition != "" {
		condition = `,"Condition":` + condition
	}
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + principal + `"},"Action":"sts:AssumeRole"` + condition + `}]}`
}

func TestAssumeRole(t *testing.T) {
	t.Parallel()
	now := newClock()
	s := start(t, Options{Clock: now.now})
	s.AddCredential("AKIAOTHER", Credential{Account: "444455556666", User: "alice"})
	mine, other := s.clients("AKIATEST"), s.clients("AKIAOTHER")
	roles := map[string]string{}
	for name, document := range map[string]string{
		"anyone":   trustingAWS("111122223333", ""),
		"alice":    trustingAWS("arn:aws:iam::444455556666:user/alice", ""),
		"external": trustingAWS("arn:aws:iam::111122223333:root", `{"StringEquals":{"sts:ExternalId":"ex-1"}}`),
		"named":    trustingAWS("111122223333", `{"StringLike":{"sts:RoleSessionName":"ci-*"}}`),
	} {
		arn, err := other.createRole(t, name, document)
		want(t, "creating "+name, err, "")
		roles[name] = arn
	}
	for what, c := range map[string]struct {
		who  clients
		in   sts.AssumeRoleInput
		code string
	}{
		"account":              {mine, sts.AssumeRoleInput{RoleArn: ptr(roles["anyone"])}, ""},
		"other account":        {other, sts.AssumeRoleInput{RoleArn: ptr(roles["anyone"])}, "AccessDenied"},
		"user":                 {other, sts.AssumeRoleInput{RoleArn: ptr(roles["alice"])}, ""},
		"not the user":         {mine, sts.AssumeRoleInput{RoleArn: ptr(roles["alice"])}, "AccessDenied"},
		"external ID":          {mine, sts.AssumeRoleInput{RoleArn: ptr(roles["external"]), ExternalId: ptr("xx")}, "AccessDenied"},
		"right external ID":    {mine, sts.AssumeRoleInput{RoleArn: ptr(roles["external"]), ExternalId: ptr("ex-1")}, ""},
		"session name":         {mine, sts.AssumeRoleInput{RoleArn: ptr(roles["named"]), RoleSessionName: ptr("ci-1")}, ""},
		"other session name":   {mine, sts.AssumeRoleInput{RoleArn: ptr(roles["named"])}, "AccessDenied"},
		"missing role":         {mine, sts.AssumeRoleInput{RoleArn: ptr("arn:aws:iam::444455556666:role/none")}, "AccessDenied"},
		"missing account":      {mine, sts.AssumeRoleInput{RoleArn: ptr("arn:aws:iam::999999999999:role/none")}, "AccessDenied"},
		"no ARN":               {mine, sts.AssumeRoleInput{RoleArn: ptr("this is no ARN at all")}, "ValidationError"},
		"odd session name":     {mine, sts.AssumeRoleInput{RoleArn: ptr(roles["anyone"]), RoleSessionName: ptr("a b")}, "ValidationError"},
		"short":                {mine, sts.AssumeRoleInput{RoleArn: ptr(roles["anyone"]), DurationSeconds: ptr(int32(60))}, "ValidationError"},
		"longer than the role": {mine, sts.AssumeRoleInput{RoleArn: ptr(roles["anyone"]), DurationSeconds: ptr(int32(7200))}, "ValidationError"},
	} {
		if c.in.RoleSessionName == nil {
			c.in.RoleSessionName = ptr("session")
		}
		_, err := c.who.sts.AssumeRole(t.Context(), &c.in)
		want(t, what, err, c.code)
	}
}

// A session acts in the role's AWS account, may chain for an hour, and ends.
func TestSession(t *testing.T) {
	t.Parallel()
	now := newClock()
	s := start(t, Options{Clock: now.now})
	s.AddCredential("AKIAOTHER", Credential{Account: "444455556666"})
	first, err := s.clients("AKIAOTHER").createRole(t, "first", trustingAWS("111122223333", ""))
	want(t, "creating", err, "")
	out, err := s.clients("AKIATEST").sts.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: &first, RoleSessionName: ptr("s1")})
	if err != nil {
		t.Fatal(err)
	}
	session := s.clients(*out.Credentials.AccessKeyId)
	second, err := session.iam.CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: ptr("second"), AssumeRolePolicyDocument: ptr(trustingAWS(first, "")), MaxSessionDuration: ptr(int32(7200)),
	})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(*second.Role.Arn, "arn:aws:iam::444455556666:") {
		t.Errorf("made in the wrong account: %s", *second.Role.Arn)
	}
	chain := &sts.AssumeRoleInput{RoleArn: second.Role.Arn, RoleSessionName: ptr("s2"), DurationSeconds: ptr(int32(7200))}
	_, err = session.sts.AssumeRole(t.Context(), chain)
	want(t, "chaining for two hours", err, "ValidationError")
	chain.DurationSeconds = nil
	_, err = session.sts.AssumeRole(t.Context(), chain)
	want(t, "chaining", err, "")
	now.advance(time.Hour)
	want(t, "after its end", session.getRole(t, "second"), "ExpiredToken")
}

func TestPartitions(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	for region, wanted := range map[string]string{
		"eu-west-3": "arn:aws:iam::111122223333:role/r-eu-west-3", "cn-north-1": "arn:aws-cn:iam::111122223333:role/r-cn-north-1",
		"us-gov-west-1": "arn:aws-us-gov:iam::111122223333:role/r-us-gov-west-1",
	} {
		got, err := s.clientsIn(region, "AKIATEST").createRole(t, "r-"+region, trustEC2)
		if err != nil || got != wanted {
			t.Errorf("%s: got %s (%v), want %s", region, got, err, wanted)
		}
	}
}
