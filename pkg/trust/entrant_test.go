package trust_test

import (
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// entrants describes who a policy of these statements lets assume roleARN.
func entrants(t *testing.T, statements string) ([]trust.Entrant, []string) {
	t.Helper()
	all := trust.Entrants(parse(t, `{"Version":"2012-10-17","Statement":[`+statements+`]}`))
	return all, trust.Describe(all, roleARN, func(issuer string) string {
		if issuer == providerName {
			return "cluster demo"
		}
		return ""
	})
}

const providerName = "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"

// TestOpen: whether somebody gets in whom nobody named, by the conditions alone.
func TestOpen(t *testing.T) {
	t.Parallel()
	aws := func(principal, condition string) string {
		return st("Allow", `{"AWS":`+principal+`}`, `"sts:AssumeRole"`, condition)
	}
	web := func(condition string) string {
		return st("Allow", `{"Federated":"`+providerARN+`"}`, `"sts:AssumeRoleWithWebIdentity"`, strings.ReplaceAll(condition, "I:", providerName+":"))
	}
	shared := func(issuer, condition string) string {
		return st("Allow", `{"Federated":"arn:aws:iam::111122223333:oidc-provider/`+issuer+`"}`, `"sts:AssumeRoleWithWebIdentity"`, strings.ReplaceAll(condition, "I:", issuer+":"))
	}
	deny := func(action, condition string) string { return "," + st("Deny", `"*"`, `"`+action+`"`, condition) }
	const all, other = `"*"`, `"999999999999"`
	for name, c := range map[string]struct {
		statements string
		open       bool
	}{
		"any AWS account":                            {aws(all, ``), true},
		"of an organization":                         {aws(all, `"StringEquals":{"aws:PrincipalOrgID":"o-abcdefghij"}`), false},
		"of its own organization":                    {aws(all, `"StringEquals":{"aws:PrincipalOrgID":"${aws:ResourceOrgID}"}`), false},
		"of an organization, if it is in one":        {aws(all, `"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-abcdefghij"}`), true},
		"of an organization, in another case":        {aws(all, `"StringEquals":{"AWS:principalorgid":"o-abcdefghij"}`), false},
		"of any organization":                        {aws(all, `"StringLike":{"aws:PrincipalOrgID":"o-*"}`), true},
		"of organizations that begin so":             {aws(all, `"StringLike":{"aws:PrincipalOrgID":"o-a*"}`), true},
		"a star that is none":                        {aws(all, `"StringEquals":{"aws:PrincipalOrgID":"*"}`), false},
		"of no organization":                         {aws(all, `"Null":{"aws:PrincipalOrgID":"true"}`), true},
		"of some organization":                       {aws(all, `"Null":{"aws:PrincipalOrgID":"false"}`), true},
		"not of an organization":                     {aws(all, `"StringNotEquals":{"aws:PrincipalOrgID":"o-abcdefghij"}`), true},
		"of a path of an organization":               {aws(all, `"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-abcdefghij/r-ab12/*"}`), false},
		"of a path, or of none":                      {aws(all, `"ForAllValues:StringLike":{"aws:PrincipalOrgPaths":"o-abcdefghij/r-ab12/*"}`), true},
		"of any path":                                {aws(all, `"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-*"}`), true},
		"any ARN":                                    {aws(all, `"StringLike":{"aws:PrincipalArn":"*"}`), true},
		"any ARN of IAM":                             {aws(all, `"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/*"}`), true},
		"roles of a name, of any AWS account":        {aws(all, `"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/deploy"}`), true},
		"AWS accounts that begin so":                 {aws(all, `"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::1111*:root"}`), true},
		"roles of one AWS account":                   {aws(all, `"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/*"}`), false},
		"roles of one AWS account, in any partition": {aws(all, `"ArnLike":{"aws:PrincipalArn":"arn:*:iam::111122223333:role/x"}`), false},
		"the same as text, which a path can hold":    {aws(all, `"StringLike":{"aws:PrincipalArn":"arn:*:iam::111122223333:role/x"}`), true},
		"an ARN, and IfExists does no harm":          {aws(all, `"ArnEqualsIfExists":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/x"}`), false},
		"one of two ARNs is open":                    {aws(all, `"ArnLike":{"aws:PrincipalArn":["arn:aws:iam::111122223333:role/x","arn:aws:iam::*:role/y"]}`), true},
		"not one ARN":                                {aws(all, `"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::999999999999:*"}`), true},
		"its own ARN":                                {aws(all, `"StringEquals":{"aws:PrincipalArn":"${aws:PrincipalArn}"}`), true},
		"an AWS account by its ID":                   {aws(all, `"StringEquals":{"aws:PrincipalAccount":"111122223333"}`), false},
		"the role's AWS account":                     {aws(all, `"StringEquals":{"aws:PrincipalAccount":"${aws:ResourceAccount}"}`), false},
		"AWS accounts by a pattern":                  {aws(all, `"StringLike":{"aws:PrincipalAccount":"11112222333?"}`), true},
		"an external ID":                             {aws(all, `"StringEquals":{"sts:ExternalId":"secret"}`), true},
		"a session name":                             {aws(all, `"StringLike":{"sts:RoleSessionName":"ci-*"}`), true},
		"a source identity":                          {aws(all, `"StringEquals":{"sts:SourceIdentity":"ci"}`), true},
		"a session tag":                              {aws(all, `"StringEquals":{"aws:RequestTag/team":"ci"}`), true},
		"a tag of the caller":                        {aws(all, `"StringEquals":{"aws:PrincipalTag/team":"ci"}`), true},
		"MFA":                                        {aws(all, `"Bool":{"aws:MultiFactorAuthPresent":"true"}`), true},
		"a time":                                     {aws(all, `"DateLessThan":{"aws:CurrentTime":"2030-01-01T00:00:00Z"}`), true},
		"one address":                                {aws(all, `"IpAddress":{"aws:SourceIp":"198.51.100.7"}`), false},
		"a narrow range":                             {aws(all, `"IpAddress":{"aws:SourceIp":"198.51.100.0/24"}`), false},
		"every address":                              {aws(all, `"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}`), true},
		"half of all addresses":                      {aws(all, `"IpAddress":{"aws:SourceIp":["198.51.100.0/24","128.0.0.0/1"]}`), true},
		"all but an address":                         {aws(all, `"NotIpAddress":{"aws:SourceIp":"198.51.100.7"}`), true},
		"a VPC endpoint":                             {aws(all, `"StringEquals":{"aws:SourceVpce":"vpce-0123456789abcdef0"}`), false},
		"a key of services":                          {aws(all, `"StringEquals":{"aws:SourceAccount":"111122223333"}`), false},
		"a key of services, if exists":               {aws(all, `"StringEqualsIfExists":{"aws:SourceAccount":"111122223333"}`), true},
		"a role's ID":                                {aws(all, `"StringLike":{"aws:userid":"AROAABCDEFGHIJKLMNOPQ:*"}`), false},
		"a session's name in the ID":                 {aws(all, `"StringLike":{"aws:userid":"*:ci"}`), true},
		"a Deny of all others":                       {aws(all, ``) + deny("*", `"StringNotEquals":{"aws:PrincipalOrgID":"o-abcdefghij"}`), false},
		"a Deny of some":                             {aws(all, ``) + deny("*", `"StringEquals":{"aws:PrincipalOrgID":"o-abcdefghij"}`), true},
		"a Deny of all others, if it has the key":    {aws(all, ``) + deny("*", `"StringNotEquals":{"aws:PrincipalOrgID":"o-abcdefghij"},"Null":{"aws:PrincipalOrgID":"false"}`), true},
		"a Deny without MFA":                         {aws(all, ``) + deny("*", `"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}`), true},
		"a Deny of another action":                   {aws(all, ``) + deny("sts:TagSession", `"StringNotEquals":{"aws:PrincipalOrgID":"o-abcdefghij"}`), true},
		"Principal *":                                {st("Allow", all, `"sts:AssumeRole"`, ""), true},
		"Principal * of an organization":             {st("Allow", all, `"sts:AssumeRole"`, `"StringEquals":{"aws:PrincipalOrgID":"o-abcdefghij"}`), false},
		"Principal * with tokens":                    {st("Allow", all, `"sts:*"`, `"StringEquals":{"aws:PrincipalOrgID":"o-abcdefghij"}`), true},
		"everybody but one":                          {`{"Effect":"Allow","NotPrincipal":{"AWS":"1"},"Action":"sts:AssumeRole"}`, true},
		"an AWS account":                             {aws(other, ``), true},
		"an AWS account with an external ID":         {aws(other, `"StringEquals":{"sts:ExternalId":"secret"}`), false},
		"an AWS account with any external ID":        {aws(other, `"StringLike":{"sts:ExternalId":"*"}`), true},
		"an AWS account with MFA":                    {aws(other, `"Bool":{"aws:MultiFactorAuthPresent":"true"}`), false},
		"an AWS account with MFA, if it has the key": {aws(other, `"BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}`), true},
		"an AWS account's role":                      {aws(other, `"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::999999999999:role/ci-*"}`), false},
		"an AWS account's roles":                     {aws(other, `"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::999999999999:role/*"}`), true},
		"a role":                                     {aws(`"`+roleARN+`"`, ``), false},
		"a service":                                  {st("Allow", `{"Service":"s3.amazonaws.com"}`, `"sts:AssumeRole"`, ""), false},
		"a token":                                    {web(``), true},
		"a token for an audience":                    {web(`"StringEquals":{"I:aud":"sts.amazonaws.com"}`), true},
		"a service account":                          {web(`"StringEquals":{"I:sub":"system:serviceaccount:a:b"}`), false},
		"a service account, in any case":             {web(`"StringEqualsIgnoreCase":{"I:SUB":"system:serviceaccount:a:b"}`), false},
		"a service account, if exists":               {web(`"StringEqualsIfExists":{"I:sub":"system:serviceaccount:a:b"}`), false},
		"a service account under the other key":      {web(`"StringEquals":{"I:aud":"system:serviceaccount:a:b"}`), true},
		"a service account of another issuer":        {web(`"StringEquals":{"other.example:sub":"system:serviceaccount:a:b"}`), false},
		"of another issuer, if exists":               {web(`"StringEqualsIfExists":{"other.example:sub":"system:serviceaccount:a:b"}`), true},
		"of another issuer, all of none":             {web(`"ForAllValues:StringEquals":{"other.example:sub":"system:serviceaccount:a:b"}`), true},
		"any subject":                                {web(`"StringLike":{"I:sub":"*"}`), true},
		"any service account":                        {web(`"StringLike":{"I:sub":"system:serviceaccount:*:*"}`), true},
		"a namespace":                                {web(`"StringLike":{"I:sub":"system:serviceaccount:a:*"}`), false},
		"a service account, and any":                 {web(`"StringLike":{"I:sub":"*"},"StringEquals":{"I:sub":"system:serviceaccount:a:b"}`), false},
		"a service account or any":                   {web(`"StringLike":{"I:sub":["system:serviceaccount:a:b","*"]}`), true},
		"all but a service account":                  {web(`"StringNotEquals":{"I:sub":"system:serviceaccount:a:b"}`), true},
		"all but a namespace":                        {web(`"StringNotLike":{"I:sub":"system:serviceaccount:kube-system:*"}`), true},
		"a subject, whichever":                       {web(`"Null":{"I:sub":"false"}`), true},
		"no subject":                                 {web(`"Null":{"I:sub":"true"}`), false},
		"a token and who has credentials":            {web(`"StringEquals":{"aws:PrincipalOrgID":"o-abcdefghij"}`), false},
		"a token and an external ID":                 {web(`"StringEquals":{"sts:ExternalId":"x"}`), false},
		"a token and a session name":                 {web(`"StringEquals":{"sts:RoleSessionName":"x"}`), true},
		"a token, others denied":                     {web(``) + deny("sts:AssumeRoleWithWebIdentity", `"StringNotEquals":{"`+providerName+`:sub":"system:serviceaccount:a:b"}`), false},
		"whom Google signs in":                       {st("Allow", `{"Federated":"accounts.google.com"}`, `"sts:AssumeRoleWithWebIdentity"`, ""), true},
		"whom Google signs in for an application":    {st("Allow", `{"Federated":"accounts.google.com"}`, `"sts:AssumeRoleWithWebIdentity"`, `"StringEquals":{"accounts.google.com:aud":"66677788899900"}`), false},
		"repositories of an owner":                   {st("Allow", `{"Federated":"arn:aws:iam::111122223333:oidc-provider/ci.example"}`, `"sts:AssumeRoleWithWebIdentity"`, `"StringLike":{"ci.example:sub":"repo:owner/*"}`), false},
		"repositories of every owner":                {st("Allow", `{"Federated":"arn:aws:iam::111122223333:oidc-provider/ci.example"}`, `"sts:AssumeRoleWithWebIdentity"`, `"StringLike":{"ci.example:sub":"repo:*"}`), true},
		"an owner whose name begins so":              {shared("token.actions.githubusercontent.com", `"StringLike":{"I:sub":"repo:octo*"}`), true},
		"a repository of owners that begin so":       {shared("token.actions.githubusercontent.com", `"StringLike":{"I:sub":"repo:octo*/app:ref:refs/heads/main"}`), true},
		"a kind that begins so":                      {shared("token.actions.githubusercontent.com", `"StringLike":{"I:sub":"r*"}`), true},
		"repositories of an owner, shared":           {shared("token.actions.githubusercontent.com", `"StringLike":{"I:sub":"repo:octo-org/*"}`), false},
		"branches of one repository":                 {shared("token.actions.githubusercontent.com", `"StringLike":{"I:sub":"repo:octo-org@123456/app@456789:*"}`), false},
		"projects of a group":                        {shared("gitlab.com", `"StringLike":{"I:sub":"project_path:group/*:ref_type:branch:ref:main"}`), false},
		"groups that begin so":                       {shared("gitlab.com", `"StringLike":{"I:sub":"project_path:group*"}`), true},
		"runs of a workspace":                        {shared("app.terraform.io", `"StringLike":{"I:sub":"organization:acme:project:p:workspace:w:run_phase:*"}`), false},
		"organizations that begin so, shared":        {shared("app.terraform.io", `"StringLike":{"I:sub":"organization:acme*:workspace:w:run_phase:*"}`), true},
		"an audience that is the owner":              {shared("api.pulumi.com/oidc", `"StringEquals":{"I:aud":"aws:acme"}`), false},
		"an audience that anybody asks for":          {shared("gitlab.com", `"StringEquals":{"I:aud":"sts.amazonaws.com"}`), true},
		"whom any pool of Cognito signs in":          {st("Allow", `{"Federated":"cognito-identity.amazonaws.com"}`, `"sts:AssumeRoleWithWebIdentity"`, `"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"authenticated"}`), true},
		"whom a pool of Cognito signs in":            {st("Allow", `{"Federated":"cognito-identity.amazonaws.com"}`, `"sts:AssumeRoleWithWebIdentity"`, `"StringEquals":{"cognito-identity.amazonaws.com:aud":"us-east-1:1"},"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"authenticated"}`), false},
		"others denied, but services":                {aws(all, ``) + deny("sts:AssumeRole", `"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-abcdefghij"},"BoolIfExists":{"aws:PrincipalIsAWSService":"false","aws:ViaAWSService":"false"}`), false},
		"services of others denied":                  {aws(all, ``) + deny("sts:AssumeRole", `"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-abcdefghij"},"Bool":{"aws:PrincipalIsAWSService":"true"}`), true},
		"not by a service":                           {aws(all, `"Bool":{"aws:ViaAWSService":"false"}`), true},
	} {
		all, words := entrants(t, c.statements)
		if len(all) != 1 && !strings.Contains(name, " or ") && name != "one of two ARNs is open" && name != "half of all addresses" {
			t.Errorf("%s: %d entrants: %q", name, len(all), words)
		}
		open := false
		for _, e := range all {
			open = open || e.Open
		}
		if open != c.open {
			t.Errorf("%s: open %v, want %v: %q", name, open, c.open, words)
		}
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	web := func(subjects string) string {
		return st("Allow", `{"Federated":"`+providerARN+`"}`, `"sts:AssumeRoleWithWebIdentity"`,
			`"StringEquals":{"`+providerName+`:aud":"sts.amazonaws.com"},"StringLike":{"`+providerName+`:sub":`+subjects+`}`)
	}
	for _, c := range []struct{ statements, want string }{
		{web(`"system:serviceaccount:a:b"`), "service account a/b of cluster demo"},
		{web(`["system:serviceaccount:a:b","system:serviceaccount:a:c"]`), "service accounts a/b and a/c of cluster demo"},
		{web(`"system:serviceaccount:z*:*"`), "the service accounts z*:* of cluster demo"},
		{web(`"system:serviceaccount:*"`), "EVERY service account of cluster demo, by the pattern system:serviceaccount:*"},
		{st("Allow", `{"Federated":"`+providerARN+`"}`, `"sts:AssumeRoleWithWebIdentity"`, ""), "EVERY service account of cluster demo, whatever its subject is"},
		{st("Allow", `{"Federated":"arn:aws:iam::111122223333:oidc-provider/evil.example/x"}`, `"sts:AssumeRoleWithWebIdentity"`, `"StringEquals":{"evil.example/x:sub":"system:serviceaccount:a:b"}`),
			"service account a/b of issuer https://evil.example/x"},
		{st("Allow", `{"AWS":["`+roleARN+`","111122223333","999999999999"]}`, `["sts:AssumeRole","sts:TagSession"]`, `"StringEquals":{"sts:ExternalId":"x"}`),
			`the role itself, if StringEquals sts:ExternalId "x"; every user and role of its own AWS account 111122223333, if StringEquals sts:ExternalId "x"; ` +
				`every user and role of AWS account 999999999999, if StringEquals sts:ExternalId "x"`},
		{st("Allow", `{"AWS":"arn:aws:iam::999999999999:role/x"}`, `"sts:*"`, ""), "arn:aws:iam::999999999999:role/x of AWS account 999999999999, with every action of STS"},
		{st("Allow", `{"AWS":"arn:aws:iam::111122223333:role/helm-irsa/sync"}`, `"sts:AssumeRole"`, ""), "role/helm-irsa/sync of its own AWS account"},
		{st("Allow", `{"AWS":"*"}`, `"sts:AssumeRole"`, `"StringEquals":{"aws:PrincipalOrgID":"o-abcdefghij"}`), `users and roles of any AWS account, if StringEquals aws:PrincipalOrgID "o-abcdefghij"`},
		{st("Allow", `{"AWS":"*"}`, `"sts:AssumeRole"`, ""), "EVERYBODY: every user and role of every AWS account"},
		{st("Allow", `{"Service":["s3.amazonaws.com","pods.eks.amazonaws.com"]}`, `"sts:AssumeRole"`, ""), "the AWS service s3.amazonaws.com; pods with an EKS Pod Identity association in its AWS account"},
		{st("Allow", `{"AWS":"999999999999"}`, `"sts:TagSession"`, ""), ""},
		{st("Allow", `{"Federated":"`+providerARN+`"}`, `"sts:AssumeRole"`, ""), ""},
	} {
		if _, words := entrants(t, c.statements); strings.Join(words, "; ") != c.want {
			t.Errorf("%s\n%s\nwant\n%s", c.statements, strings.Join(words, "; "), c.want)
		}
	}
}

func TestAnySubject(t *testing.T) {
	t.Parallel()
	const sa = "system:serviceaccount:"
	for pattern, want := range map[string]bool{
		"*": true, "system:*": true, sa + "*": true, "system:serviceaccount*": true, "s*": true, "??????:*": true, "*:*": true, "*:*:*:*": true,
		sa + "*:*": true, sa + "?*:*": true, sa + "*:?*": true, sa + "*e*:*": true, sa + "*:*-*": true, sa + "*-a:*b": true, sa + "*app": true, sa + "?": false,
		sa + "???": true, sa + "?*": true, "*:?*": true, "*" + sa + "*": true,
		sa + "z*:*": false, sa + "*:app": false, sa + "*:app*": false, sa + "team-*": false, sa + "team-*:*": false, sa + "a:b": false, sa + "?:app": false,
		"*:app": false, "": false, "repo:*": true, "repo:owner/*": false, "r*": false, "*:ref:x": false, "*:a:b:c": true,
	} {
		if got := trust.AnySubject(pattern); got != want {
			t.Errorf("%s: %v, want %v", pattern, got, want)
		}
	}
}

// TestDescribeMany: ten service accounts are named, of more how many there are.
func TestDescribeMany(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{
		9:  "service accounts a/a, a/b, a/c, a/d, a/e, a/f, a/g, a/h and a/i of cluster demo",
		10: "service accounts a/a, a/b, a/c, a/d, a/e, a/f, a/g, a/h, a/i and a/j of cluster demo",
		11: "service accounts a/a, a/b, a/c, a/d, a/e, a/f, a/g, a/h, a/i, a/j and others, 11 in all of cluster demo",
		12: "service accounts a/a, a/b, a/c, a/d, a/e, a/f, a/g, a/h, a/i, a/j and others, 12 in all of cluster demo",
	} {
		var subjects []string
		for i := range n {
			subjects = append(subjects, `"system:serviceaccount:a:`+string(rune('a'+i))+`"`)
		}
		_, words := entrants(t, st("Allow", `{"Federated":"`+providerARN+`"}`, `"sts:AssumeRoleWithWebIdentity"`,
			`"StringEquals":{"`+providerName+`:sub":[`+strings.Join(subjects, ",")+`]}`))
		if got := strings.Join(words, "; "); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
