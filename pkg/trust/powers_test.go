package trust_test

import (
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

func TestAdministrator(t *testing.T) {
	t.Parallel()
	allow := func(what string) string { return `{"Effect":"Allow",` + what + `}` }
	deny := func(what string) string { return `,{"Effect":"Deny",` + what + `}` }
	const everywhere = `,"Resource":"*"`
	full := allow(`"Action":"*","Resource":"*"`)
	for name, c := range map[string]struct{ statements, want string }{
		"all":                          {full, "every action on every resource"},
		"all, in two stars":            {allow(`"Action":"*:*","Resource":"**"`), "every action on every resource"},
		"all of every kind of ARN":     {allow(`"Action":["s3:*","*"],"Resource":["arn:aws:s3:::x","*"]`), "every action on every resource"},
		"all but one":                  {allow(`"NotAction":"aws-portal:*"` + everywhere), "all that IAM can give and sts:AssumeRole on every role"},
		"all but IAM":                  {allow(`"NotAction":["iam:*","organizations:*"]` + everywhere), "sts:AssumeRole on every role"},
		"all but IAM and STS":          {allow(`"NotAction":["iam:*","sts:*"]` + everywhere), ""},
		"on all but one":               {allow(`"Action":"*","NotResource":"arn:aws:s3:::x"`), "all that IAM can give and sts:AssumeRole on every role"},
		"on all but roles":             {allow(`"Action":"iam:*Role*","NotResource":"arn:aws:iam::*:role/*"`), ""},
		"IAM":                          {allow(`"Action":"iam:*"` + everywhere), "all that IAM can give"},
		"IAM in capitals":              {allow(`"Action":"IAM:*"` + everywhere), "all that IAM can give"},
		"IAM of an AWS account":        {allow(`"Action":"iam:*","Resource":"arn:aws:iam::111122223333:*"`), "all that IAM can give"},
		"IAM by kinds":                 {allow(`"Action":"iam:*","Resource":["arn:aws:iam::111122223333:role/*","arn:aws:iam::111122223333:policy/*"]`), "iam:PutRolePolicy on every role, iam:AttachRolePolicy on every role and more of that kind"},
		"one action":                   {allow(`"Action":"iam:PutRolePolicy"` + everywhere), "iam:PutRolePolicy on every role"},
		"by a pattern":                 {allow(`"Action":"iam:p*rolep*"` + everywhere), "iam:PutRolePolicy on every role"},
		"passing roles":                {allow(`"Action":"iam:PassRole"` + everywhere), "iam:PassRole on every role"},
		"passing roles to a service":   {allow(`"Action":"iam:PassRole"` + everywhere + `,"Condition":{"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}}`), ""},
		"the same, if exists":          {allow(`"Action":"iam:PassRole"` + everywhere + `,"Condition":{"StringEqualsIfExists":{"iam:PassedToService":"ec2.amazonaws.com"}}`), ""},
		"passing roles to any service": {allow(`"Action":"iam:PassRole"` + everywhere + `,"Condition":{"StringLike":{"iam:PassedToService":"*.amazonaws.com"}}`), "iam:PassRole on every role"},
		"passing roles of a path":      {allow(`"Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role/karpenter/*"`), ""},
		"passing one role":             {allow(`"Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role/x"`), ""},
		"assuming roles":               {allow(`"Action":"sts:AssumeRole"` + everywhere), "sts:AssumeRole on every role"},
		"assuming all roles":           {allow(`"Action":"sts:Assume*","Resource":"arn:aws:iam::*:role/?*"`), "sts:AssumeRole on every role"},
		"assuming with an external ID": {allow(`"Action":"sts:AssumeRole"` + everywhere + `,"Condition":{"StringEquals":{"sts:ExternalId":"x"}}`), "sts:AssumeRole on every role"},
		"assuming roles with a tag":    {allow(`"Action":"sts:AssumeRole"` + everywhere + `,"Condition":{"StringEquals":{"aws:ResourceTag/team":"x"}}`), ""},
		"assuming roles without a tag": {allow(`"Action":"sts:AssumeRole"` + everywhere + `,"Condition":{"StringNotEquals":{"aws:ResourceTag/team":"x"}}`), "sts:AssumeRole on every role"},
		"of the own team":              {allow(`"Action":"sts:AssumeRole"` + everywhere + `,"Condition":{"StringEquals":{"aws:ResourceTag/team":"${aws:PrincipalTag/team}"}}`), ""},
		"over TLS":                     {allow(`"Action":"*"` + everywhere + `,"Condition":{"Bool":{"aws:SecureTransport":"true"}}`), "every action on every resource"},
		"with MFA, which no pod has":   {allow(`"Action":"*"` + everywhere + `,"Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`), ""},
		"with MFA, if exists":          {allow(`"Action":"*"` + everywhere + `,"Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}}`), "every action on every resource"},
		"with a boundary":              {allow(`"Action":"iam:PutRolePolicy"` + everywhere + `,"Condition":{"StringEquals":{"iam:PermissionsBoundary":"arn:aws:iam::111122223333:policy/b"}}`), ""},
		"attaching one policy":         {allow(`"Action":"iam:AttachRolePolicy"` + everywhere + `,"Condition":{"ArnEquals":{"iam:PolicyARN":"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}}`), ""},
		"attaching those of AWS":       {allow(`"Action":"iam:AttachRolePolicy"` + everywhere + `,"Condition":{"ArnLike":{"iam:PolicyARN":"arn:aws:iam::aws:policy/*"}}`), "iam:AttachRolePolicy on every role"},
		"attaching all but one":        {allow(`"Action":"iam:AttachRolePolicy"` + everywhere + `,"Condition":{"ArnNotEquals":{"iam:PolicyARN":"arn:aws:iam::aws:policy/AdministratorAccess"}}`), "iam:AttachRolePolicy on every role"},
		"not for a service":            {allow(`"Action":"*"` + everywhere + `,"Condition":{"Bool":{"aws:ViaAWSService":"false"}}`), "every action on every resource"},
		"for a service alone":          {allow(`"Action":"*"` + everywhere + `,"Condition":{"Bool":{"aws:ViaAWSService":"true"}}`), ""},
		"denied to all but services":   {full + deny(`"Action":["iam:*","sts:*"]`+everywhere+`,"Condition":{"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}`), ""},
		"denied":                       {full + deny(`"Action":["iam:*","sts:*"]`+everywhere), ""},
		"denied in part":               {full + deny(`"Action":"iam:*"`+everywhere), "sts:AssumeRole on every role"},
		"denied for one role":          {allow(`"Action":"iam:PassRole"`+everywhere) + deny(`"Action":"iam:*","Resource":"arn:aws:iam::111122223333:role/admin"`), "iam:PassRole on every role"},
		"denied without TLS":           {allow(`"Action":"iam:PassRole"`+everywhere) + deny(`"Action":"*"`+everywhere+`,"Condition":{"Bool":{"aws:SecureTransport":"false"}}`), "iam:PassRole on every role"},
		"denied without MFA":           {full + deny(`"Action":"*"`+everywhere+`,"Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}`), ""},
		"denied but for some":          {full + deny(`"NotAction":"s3:*"`+everywhere), ""},
		"ordinary":                     {allow(`"Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::x/*"`), ""},
		"all of a service":             {allow(`"Action":"s3:*"` + everywhere), ""},
		"reading IAM":                  {allow(`"Action":["iam:Get*","iam:List*"]` + everywhere), ""},
		"nothing but a Deny":           {allow(`"Action":"s3:*"`+everywhere) + deny(`"Action":"*"`+everywhere), ""},
	} {
		d, err := trust.ParsePermissions(`{"Version":"2012-10-17","Statement":[` + c.statements + `]}`)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := trust.Administrator(d); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if got, want := trust.Unbounded(d), c.want == "every action on every resource"; got != want {
			t.Errorf("%s: as a boundary it bounds nothing: %v, want %v", name, got, want)
		}
	}
}

// TestAdministratorTogether: a Deny of one policy holds for all of the role.
func TestAdministratorTogether(t *testing.T) {
	t.Parallel()
	var documents []trust.Document
	for _, s := range []string{`"Effect":"Allow","Action":"*"`, `"Effect":"Deny","NotAction":"s3:*"`} {
		d, err := trust.ParsePermissions(`{"Version":"2012-10-17","Statement":{` + s + `,"Resource":"*"}}`)
		if err != nil {
			t.Fatal(err)
		}
		documents = append(documents, d)
	}
	if got := trust.Administrator(documents...); got != "" {
		t.Errorf("%q", got)
	}
	if got := trust.Administrator(documents[0]); got == "" {
		t.Error("nothing")
	}
	if got := trust.Administrator(); got != "" {
		t.Errorf("%q", got)
	}
}

func TestAWSManaged(t *testing.T) {
	t.Parallel()
	for arn, want := range map[string]string{
		"arn:aws:iam::aws:policy/AdministratorAccess":              "every action",
		"arn:aws-us-gov:iam::aws:policy/AdministratorAccess":       "every action",
		"arn:aws:iam::aws:policy/IAMFullAccess":                    "all that IAM",
		"arn:aws:iam::aws:policy/PowerUserAccess":                  "sts:AssumeRole",
		"arn:aws:iam::aws:policy/AmazonS3FullAccess":               "",
		"arn:aws:iam::aws:policy/ReadOnlyAccess":                   "",
		"arn:aws:iam::111122223333:policy/AdministratorAccess":     "",
		"arn:aws:iam::aws:policy/job-function/AdministratorAccess": "",
		"AdministratorAccess":                                      "",
	} {
		got := trust.AWSManagedAdministrator(arn)
		if !strings.HasPrefix(got, want) || (got == "") != (want == "") {
			t.Errorf("%s: %q, want %q", arn, got, want)
		}
		if unbounded := want == "every action"; trust.AWSManagedUnbounded(arn) != unbounded {
			t.Errorf("%s: bounds nothing: %v", arn, !unbounded)
		}
	}
}

// TestAdministratorOfItself: who may change what the role itself is allowed needs no other
// role that is an administrator.
func TestAdministratorOfItself(t *testing.T) {
	t.Parallel()
	const role, policy = "arn:aws:iam::111122223333:role/helm-irsa/app", "arn:aws:iam::111122223333:policy/helm-irsa/app-policy"
	bearer := trust.Bearer{ARN: role, Policies: []string{policy, policy, "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}}
	for statements, want := range map[string]string{
		`{"Effect":"Allow","Action":"iam:PutRolePolicy","Resource":"` + role + `"}`:                                                                                                                                                        "iam:PutRolePolicy on the role itself",
		`{"Effect":"Allow","Action":"iam:AttachRolePolicy","Resource":"arn:aws:iam::*:role/helm-irsa/*"}`:                                                                                                                                  "iam:AttachRolePolicy on the role itself",
		`{"Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam::111122223333:policy/helm-irsa/*"}`:                                                                                                                                    "iam:CreatePolicyVersion on its own policy app-policy",
		`{"Effect":"Allow","Action":"iam:PutRolePolicy","Resource":"*"}`:                                                                                                                                                                   "iam:PutRolePolicy on every role",
		`{"Effect":"Allow","Action":"*","Resource":"*"}`:                                                                                                                                                                                   "every action on every resource",
		`{"Effect":"Allow","Action":"iam:PutRolePolicy","Resource":"arn:aws:iam::111122223333:role/helm-irsa/other"}`:                                                                                                                      "",
		`{"Effect":"Allow","Action":"iam:PutRolePolicy","Resource":"arn:aws:iam::999999999999:role/helm-irsa/app"}`:                                                                                                                        "",
		`{"Effect":"Allow","Action":"iam:PassRole","Resource":"` + role + `"}`:                                                                                                                                                             "",
		`{"Effect":"Allow","Action":"iam:AttachRolePolicy","Resource":"` + role + `","Condition":{"ArnEquals":{"iam:PolicyARN":"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}}}`:                                                        "",
		`{"Effect":"Allow","Action":"iam:PutRolePolicy","Resource":"` + role + `"},{"Effect":"Deny","Action":"iam:*","Resource":"arn:aws:iam::*:role/helm-irsa/*"}`:                                                                        "",
		`{"Effect":"Allow","Action":"iam:PutRolePolicy","NotResource":"arn:aws:iam::*:role/admin/*"},{"Effect":"Deny","Action":"iam:PutRolePolicy","NotResource":"` + role + `"}`:                                                          "iam:PutRolePolicy on the role itself",
		`{"Effect":"Allow","Action":"iam:PutRolePolicy","Resource":"` + role + `","Condition":{"StringEquals":{"aws:PrincipalAccount":"111122223333"}}},{"Effect":"Allow","Action":"iam:CreatePolicyVersion","Resource":"` + policy + `"}`: "iam:PutRolePolicy on the role itself and iam:CreatePolicyVersion on its own policy app-policy",
	} {
		d, err := trust.ParsePermissions(`{"Version":"2012-10-17","Statement":[` + statements + `]}`)
		if err != nil {
			t.Fatalf("%s: %v", statements, err)
		}
		if got := bearer.Administrator(d); got != want {
			t.Errorf("%s: %q, want %q", statements, got, want)
		}
	}
	boundary, err := trust.ParsePermissions(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam::*:role/helm-irsa/*"}}`)
	if err != nil {
		t.Fatal(err)
	}
	all, err := trust.ParsePermissions(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := trust.PowersInWords(bearer.Within(boundary, all), all), "iam:PutRolePolicy on the role itself and iam:AttachRolePolicy on the role itself"; got != want {
		t.Errorf("within a boundary: %q, want %q", got, want)
	}
}
