package hints

import "testing"

// The word that is looked for first takes nothing from what its pattern finds.
func TestHintWords(t *testing.T) {
	t.Parallel()
	texts := []string{
		"", "eks.amazonaws.com/role-arn", ` "eks.amazonaws.com/role-arn": x`, "eks.amazonaws.com/role-arn=x", "xeks.amazonaws.com/role-arn=x", "EKS.amazonaws.com/role-arn",
		"role", "roleArn", "ROLE_ARN", "awsRoleARN", "aws-iam-assume-role-arn", "assumeRole", "aws_assume_role", "rolearns", "RolE-aRN",
		"duration", "durationSeconds", "sessionDuration", "SESSION_DURATION_SECONDS", "durations",
		"serviceAccount", "SERVICE_ACCOUNT_NAME", "staging-service-account-name", "account", "serviceAccounts",
		"--role-arn=x", "-assume-role=x", "--sts.ASSUME-ROLE-ARN=x", "role-arn=x", "--role-arn=",
	}
	for name, c := range map[string]struct {
		quick func(string) bool
		whole func(string) bool
	}{
		"glued": {isGlued, glued.MatchString}, "role": {isRoleField, roleField.MatchString}, "duration": {isLongField, longField.MatchString},
		"account": {namesAccount, namesField.MatchString}, "flag": {isAssumeFlag, assumeFlag.MatchString},
	} {
		found := 0
		for _, s := range texts {
			if c.quick(s) != c.whole(s) {
				t.Errorf("%s: %q is %v, by the pattern %v", name, s, c.quick(s), c.whole(s))
			}
			if c.whole(s) {
				found++
			}
		}
		if found < 2 {
			t.Errorf("%s: only %d of the texts are one", name, found)
		}
	}
}
