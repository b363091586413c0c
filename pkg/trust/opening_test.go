package trust_test

import (
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// openings are patterns under keys that say who asks or from where. Each is cut to where it
// names somebody and, a character before, where it does not yet.
var openings = []struct{ key, value string }{
	{"aws:PrincipalOrgID", "o-abcdefghij"},
	{"aws:PrincipalAccount", "111122223333"},
	{"aws:SourceVpc", "vpc-01234567"},
	{"aws:SourceVpce", "vpce-01234567"},
	{"aws:VpceAccount", "111122223333"},
	{"aws:VpceOrgID", "o-abcdefghij"},
	{"aws:VpceOrgPaths", "o-abcdefghij/"},
	{"aws:PrincipalOrgPaths", "o-abcdefghij/"},
	{"aws:userid", "AROAABCDEFGHIJKLMNOPQ:"},
	{"aws:PrincipalArn", "arn:aws:iam::111122223333:"},
	{"aws:SourceVpcArn", "arn:aws:ec2:eu-west-3:111122223333:"},
}

// TestOpenPatterns: how much of a value a pattern must fix before nobody else has it.
func TestOpenPatterns(t *testing.T) {
	t.Parallel()
	for _, o := range openings {
		fixed := len(o.value)
		if o.key == "aws:userid" {
			fixed = 20 // a role's ID alone is enough
		}
		for i := 1; i <= len(o.value); i++ {
			all, _ := entrants(t, st("Allow", `{"AWS":"*"}`, `"sts:AssumeRole"`, `"StringLike":{"`+o.key+`":"`+o.value[:i]+`*"}`))
			if want := i < fixed; len(all) != 1 || all[0].Open != want {
				t.Errorf("%s like %s*: open is %v, want %v", o.key, o.value[:i], !want, want)
			}
		}
		all, _ := entrants(t, st("Allow", `{"AWS":"*"}`, `"sts:AssumeRole"`, `"StringLike":{"`+o.key+`":"`+o.value+`x"}`))
		if all[0].Open {
			t.Errorf("%s like %sx: open", o.key, o.value)
		}
	}
	for cidr, want := range map[string]bool{
		"10.0.0.0/8": false, "10.0.0.0/7": true, "2001:db8::/32": false, "2001:db8::/31": true, "10.0.0.1": false, "::/0": true, "x": false,
	} {
		for _, key := range []string{"aws:SourceIp", "aws:VpcSourceIp"} {
			all, _ := entrants(t, st("Allow", `{"AWS":"*"}`, `"sts:AssumeRole"`, `"IpAddress":{"`+key+`":"`+cidr+`"}`))
			if got := all[0].Open; got != want && cidr != "x" {
				t.Errorf("%s in %s: open is %v, want %v", key, cidr, got, want)
			}
		}
	}
}

// TestAlwaysThere: IfExists opens a policy where a request may be without the key, and does
// no harm where none is.
func TestAlwaysThere(t *testing.T) {
	t.Parallel()
	const all, other, token = `{"AWS":"*"}`, `{"AWS":"999999999999"}`, `{"Federated":"` + providerARN + `"}`
	for _, c := range []struct {
		principal, key, value string
		open                  bool
	}{
		{all, "aws:PrincipalArn", roleARN, false}, {all, "aws:PrincipalAccount", "111122223333", false},
		{all, "aws:userid", "AROAABCDEFGHIJKLMNOPQ:x", false}, {all, "aws:PrincipalIsAWSService", "true", false}, {all, "aws:ViaAWSService", "true", false},
		{all, "aws:PrincipalOrgID", "o-abcdefghij", true}, {all, "aws:PrincipalOrgPaths", "o-abcdefghij/r-ab12/", true},
		{all, "aws:SourceVpc", "vpc-0123456789abcdef0", true}, {all, "aws:SourceVpce", "vpce-0123456789abcdef0", true}, {all, "aws:SourceIp", "198.51.100.7", true},
		{all, "aws:VpceAccount", "111122223333", true}, {all, "aws:VpceOrgID", "o-abcdefghij", true}, {all, "aws:VpceOrgPaths", "o-abcdefghij/r-ab12/", true},
		{all, "aws:VpcSourceIp", "10.0.0.1", true}, {all, "aws:SourceVpcArn", "arn:aws:ec2:eu-west-3:111122223333:vpc/vpc-0123456789abcdef0", true},
		{other, "aws:PrincipalArn", "arn:aws:iam::999999999999:role/ci", false}, {other, "aws:userid", "AROAABCDEFGHIJKLMNOPQ:x", false},
		{other, "aws:PrincipalIsAWSService", "true", false}, {other, "aws:ViaAWSService", "true", false},
		{other, "sts:ExternalId", "x", true}, {other, "aws:PrincipalTag/team", "x", true}, {other, "aws:RequestTag/team", "x", true},
		{other, "aws:MultiFactorAuthPresent", "true", true}, {other, "aws:SourceIp", "198.51.100.7", true},
		{token, providerName + ":sub", "system:serviceaccount:a:b", false}, {token, "aws:ViaAWSService", "true", false},
		{token, providerName + ":email", "a@example.com", true}, {token, "aws:SourceIp", "198.51.100.7", true},
	} {
		action := `"sts:AssumeRole"`
		if c.principal == token {
			action = `"sts:AssumeRoleWithWebIdentity"`
		}
		for operator, want := range map[string]bool{"StringEquals": false, "StringEqualsIfExists": c.open} {
			got, _ := entrants(t, st("Allow", c.principal, action, `"`+operator+`":{"`+c.key+`":"`+c.value+`"}`))
			if len(got) != 1 || got[0].Open != want {
				t.Errorf("%s, %s %s: open is %v, want %v", c.principal, operator, c.key, !want, want)
			}
		}
	}
}

// TestOfServices: only calls of AWS services have these keys, so a condition on one keeps
// out whoever is none, and one that asks for its absence does not.
func TestOfServices(t *testing.T) {
	t.Parallel()
	for _, key := range []string{
		"aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID", "aws:SourceOrgPaths", "aws:SourceOwner", "aws:PrincipalServiceName", "aws:PrincipalServiceNamesList",
	} {
		for _, principal := range []string{`{"AWS":"*"}`, `{"AWS":"999999999999"}`} {
			for condition, want := range map[string]bool{
				`"StringLike":{"` + key + `":"*"}`: false, `"Null":{"` + key + `":"true"}`: true, `"StringNotEquals":{"` + key + `":"x"}`: true,
			} {
				all, _ := entrants(t, st("Allow", principal, `"sts:AssumeRole"`, condition))
				if all[0].Open != want {
					t.Errorf("%s, %s: open is %v", principal, condition, all[0].Open)
				}
			}
		}
	}
}

// TestConditionsOfTokens: which conditions are told of a token's entrant beside its subject:
// all but an audience, and of one subject only the first.
func TestConditionsOfTokens(t *testing.T) {
	t.Parallel()
	for condition, want := range map[string]string{
		`"StringEquals":{"I:sub":"system:serviceaccount:a:b","I:aud":"x"}`:                                        "",
		`"StringEquals":{"I:sub":"system:serviceaccount:a:b","I:amr":"x"}`:                                        "StringEquals I:amr",
		`"StringEquals":{"I:sub":"system:serviceaccount:a:b","other.example:aud":"x"}`:                            "StringEquals other.example:aud",
		`"StringEquals":{"I:sub":"system:serviceaccount:a:b","I:aud":["x","y"]}`:                                  "",
		`"StringEquals":{"I:sub":"system:serviceaccount:a:b"},"StringNotEquals":{"I:aud":"x"}`:                    "StringNotEquals I:aud",
		`"StringEquals":{"I:sub":"system:serviceaccount:a:b"},"StringEqualsIfExists":{"I:aud":"x"}`:               "StringEqualsIfExists I:aud",
		`"StringEquals":{"I:sub":"system:serviceaccount:a:b"},"ForAllValues:StringEquals":{"I:aud":"x"}`:          "ForAllValues:StringEquals I:aud",
		`"StringEquals":{"I:sub":"system:serviceaccount:a:b"},"ForAnyValue:StringEquals":{"I:aud":"x"}`:           "",
		`"StringEquals":{"I:sub":"system:serviceaccount:a:b"},"StringLike":{"I:sub":"system:serviceaccount:a:*"}`: "StringLike I:sub",
		`"StringEquals":{"I:sub":"system:serviceaccount:a:b"},"ArnLike":{"I:sub":"arn:aws:iam::1:x"}`:             "ArnLike I:sub",
		`"ArnLike":{"I:sub":"system:serviceaccount:a:b"}`:                                                         "ArnLike I:sub",
		`"StringEquals":{"I:sub":["system:serviceaccount:a:b","system:serviceaccount:a:c"]}`:                      "",
	} {
		all, _ := entrants(t, st("Allow", `{"Federated":"`+providerARN+`"}`, `"sts:AssumeRoleWithWebIdentity"`, strings.ReplaceAll(condition, "I:", providerName+":")))
		for _, e := range all {
			var got []string
			for _, c := range e.Conditions {
				got = append(got, c.Operator+" "+strings.ReplaceAll(c.Key, providerName+":", "I:"))
			}
			if strings.Join(got, ", ") != want {
				t.Errorf("%s: told beside %q: %q, want %q", condition, e.Subject, got, want)
			}
		}
	}
}

// TestSessionKeys: what a role's session says of itself does not bound what it may do; what
// is said of the action's object does.
func TestSessionKeys(t *testing.T) {
	t.Parallel()
	session := []string{
		"aws:PrincipalArn", "aws:PrincipalAccount", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:PrincipalTag/team", "aws:PrincipalType",
		"aws:userid", "aws:username", "aws:FederatedProvider", "aws:TokenIssueTime", "aws:SourceIdentity", "aws:RoleSessionName",
		"aws:SourceIp", "aws:VpcSourceIp", "aws:SourceVpc", "aws:SourceVpce", "aws:SourceVpcArn", "aws:VpceAccount", "aws:VpceOrgID", "aws:VpceOrgPaths",
		"aws:SecureTransport", "aws:UserAgent", "aws:Referer", "aws:CurrentTime", "aws:EpochTime", "aws:RequestedRegion",
		"aws:ResourceAccount", "aws:ResourceOrgID", "aws:ResourceOrgPaths",
	}
	permissions := func(action, key string) trust.Document {
		d, err := trust.ParsePermissions(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"` + action + `","Resource":"*","Condition":{"StringEquals":{"` + key + `":"x"}}}}`)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, key := range session {
		if trust.Administrator(permissions("iam:PutRolePolicy", key)) == "" {
			t.Errorf("%s bounds what a session may do", key)
		}
	}
	for _, key := range []string{"iam:ResourceTag/team", "aws:ResourceTag/team", "aws:RequestTag/team", "aws:TagKeys", "sts:ExternalId"} {
		if got := trust.Administrator(permissions("iam:PutRolePolicy", key)); got != "" {
			t.Errorf("%s does not bound it: %s", key, got)
		}
	}
	for _, key := range []string{"aws:RequestTag/team", "aws:TagKeys", "sts:ExternalId", "sts:RoleSessionName"} {
		if trust.Administrator(permissions("sts:AssumeRole", key)) == "" {
			t.Errorf("%s bounds which roles it may assume", key)
		}
	}
}

// TestPowersByResource: of which resources a statement is about every role.
func TestPowersByResource(t *testing.T) {
	t.Parallel()
	for resource, want := range map[string]bool{
		"*": true, "arn:*": true, "arn:aws:*": true, "arn:aws:iam::*": true, "arn:aws:iam::*:*": true, "arn:aws:iam::*:role/*": true,
		"arn:aws:iam::111122223333:role/*": true, "arn:aws:iam::111122223333:role/?*": true, "arn:aws:iam::111122223333:role/*?": true, "arn:aws-cn:iam::111122223333:*": true,
		"arn:aws:iam::111122223333:role/a*": false, "arn:aws:iam::1*": false, "arn:aws-cn": false, "arn:aws:s3:::*": false, "arn:aws:iam::111122223333:user/*": false,
	} {
		d, err := trust.ParsePermissions(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:PutRolePolicy","Resource":"` + resource + `"}}`)
		if err != nil {
			t.Fatal(err)
		}
		if got := trust.Administrator(d) != ""; got != want {
			t.Errorf("%s is every role: %v, want %v", resource, got, want)
		}
	}
}

// TestDenyThatDepends: a Deny whose condition the session itself decides takes nothing away.
func TestDenyThatDepends(t *testing.T) {
	t.Parallel()
	for condition, want := range map[string]bool{
		`"StringEquals":{"aws:PrincipalTag/team":"x"}`:    true,
		`"StringNotEquals":{"aws:PrincipalTag/team":"x"}`: true,
		`"StringEquals":{"iam:ResourceTag/team":"x"}`:     true,
		`"Null":{"aws:MultiFactorAuthPresent":"true"}`:    false,
	} {
		d, err := trust.ParsePermissions(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:PutRolePolicy","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{` + condition + `}}]}`)
		if err != nil {
			t.Fatal(err)
		}
		if got := trust.Administrator(d) != ""; got != want {
			t.Errorf("denied if %s: still given is %v, want %v", condition, got, want)
		}
	}
}

// TestWhoCannotBeTold: a statement that cannot be taken apart is named by its number.
func TestWhoCannotBeTold(t *testing.T) {
	t.Parallel()
	_, got := entrants(t, st("Allow", `{"AWS":"999999999999"}`, `"sts:AssumeRole"`, "")+`,{"Effect":"Allow","NotPrincipal":{"AWS":"1"},"Action":"sts:AssumeRole"}`)
	if all := strings.Join(got, "\n"); !strings.Contains(all, "whom statement 2 means, which cannot be taken apart") {
		t.Error(all)
	}
}
