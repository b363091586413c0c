package spec

import (
	"errors"
	"strings"
	"testing"
)

func TestParseRoleARN(t *testing.T) {
	t.Parallel()
	good := map[string]RoleARN{
		"arn:aws:iam::111122223333:role/app":              {"aws", "111122223333", "/", "app"},
		"arn:aws-cn:iam::012345678901:role/a/b/my_App@+=": {"aws-cn", "012345678901", "/a/b/", "my_App@+="},
		"arn:aws-iso-b:iam::111122223333:role/x:y/app":    {"aws-iso-b", "111122223333", "/x:y/", "app"},
	}
	for in, want := range good {
		got, err := ParseRoleARN(in)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", in, got, err)
		}
		if got.String() != in {
			t.Errorf("%s comes back as %s", in, got)
		}
	}
	bad := []struct {
		in    string
		fault ARNFault
		words string
	}{
		{"epinio-server-role", ARNBareName, "write arn:aws:iam::ACCOUNT:role/NAME or use role.name"},
		{"", ARNMalformed, "does not begin with arn:"},
		{"role/app", ARNMalformed, "does not begin with arn:"},
		{"arn:aws:iam::111122223333", ARNMalformed, "too few parts"},
		{"arn:aws:iam::111122223333:policy/app", ARNOfPolicy, "is the ARN of a policy"},
		{"arn:aws:iam::aws:policy/ReadOnlyAccess", ARNOfPolicy, "is the ARN of a policy"},
		{"arn:aws:iam::111122223333:user/me", ARNOfOther, "is the ARN of a user"},
		{"arn:aws:iam::111122223333:instance-profile/me", ARNOfOther, "is the ARN of an instance profile"},
		{"arn:aws:iam::111122223333:oidc-provider/x", ARNOfOther, "is the ARN of an oidc provider"},
		{"arn:aws:sts::111122223333:assumed-role/app/me", ARNOfOther, "a session of a role"},
		{"arn:aws:eks:eu-west-3:111122223333:cluster/x", ARNOfOther, "a resource of eks"},
		{"arn:aws:sts::111122223333:role/app", ARNOfOther, "a resource of sts"},
		{"arn:aws::::", ARNOfOther, "another resource"},
		{"arn:aws:iam::aws:role/app", ARNMalformed, "12 digits"},
		{"arn:aws:iam::111122223333:role", ARNMalformed, "must be a path and a name"},
		{"arn:aws:iam::111122223333:role:app", ARNMalformed, "must be a path and a name"},
		{"arn:aws:iam::111122223333:role//app", ARNMalformed, "must be a path and a name"},
		{"arn:aws:iam::111122223333:role/a b", ARNMalformed, "characters that IAM refuses"},
		{"arn:aws:iam::111122223333:role/" + strings.Repeat("p", 511) + "/app", ARNMalformed, "must be a path and a name"},
		{"arn:aws-x:iam::111122223333:role/app", ARNMalformed, `no partition "aws-x"`},
	}
	for _, c := range bad {
		_, err := ParseRoleARN(c.in)
		var a *ARNError
		if !errors.As(err, &a) || a.Fault != c.fault || !strings.Contains(err.Error(), c.words) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v (%+v)", c.in, err, a)
		}
	}
}

func TestParsePolicyARN(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][2]string{
		"arn:aws:iam::aws:policy/service-role/A":  {"aws", "aws"},
		"arn:aws-cn:iam::111122223333:policy/A.b": {"aws-cn", "111122223333"},
	} {
		partition, account, err := ParsePolicyARN(in)
		if err != nil || partition != want[0] || account != want[1] {
			t.Errorf("%s: %s %s %v", in, partition, account, err)
		}
	}
	_, _, err := ParsePolicyARN("arn:aws:iam::111122223333:role/A")
	var a *ARNError
	if !errors.As(err, &a) || a.Fault != ARNOfRole {
		t.Errorf("%v", err)
	}
}

func TestPartitionOf(t *testing.T) {
	t.Parallel()
	for region, want := range map[string]string{
		"": "", "eu-west-3": "aws", "mx-central-1": "aws", "us-east-1": "aws", "cn-northwest-1": "aws-cn",
		"us-gov-west-1": "aws-us-gov", "us-iso-east-1": "aws-iso", "us-isob-east-1": "aws-iso-b",
		"eu-isoe-west-1": "aws-iso-e", "us-isof-south-1": "aws-iso-f", "eusc-de-east-1": "aws-eusc",
	} {
		if got := PartitionOf(region); got != want {
			t.Errorf("%s: %s, want %s", region, got, want)
		}
	}
	if got := strings.Join(partitionIDs(), "|"); got != iamPartitions {
		t.Errorf("the pattern knows %s, the table %s", iamPartitions, got)
	}
}
