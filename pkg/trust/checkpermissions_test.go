package trust_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// permit is a permission policy of one statement.
func permit(members string) string {
	return `{"Version":"2012-10-17","Statement":[{` + members + `}]}`
}

const getAll = `"Effect":"Allow","Action":"s3:GetObject","Resource":"*"`

// permitted are permission policies that IAM stores, with the page or the report that says so.
var permitted = []string{
	// reference_policies_grammar.html
	permit(getAll),
	permit(getAll + `,"Sid":""`),
	permit(getAll + `,"Sid":"Abc123"`),
	permit(`"Effect":"Deny","NotAction":["iam:*"],"NotResource":["arn:aws:s3:::a","arn:aws:s3:::a/*"],"Condition":{"Bool":{"aws:SecureTransport":false}}`),
	`{"Statement":{` + getAll + `},"Version":"2012-10-17"}`,
	`{"Version":"2012-10-17","Statement":[{"Sid":"",` + getAll + `},{"Sid":"",` + getAll + `},{` + getAll + `}]}`,
	`{"Version":"2012-10-17","Id":"any text","Statement":{` + getAll + `}}`,
	permit("\n\t" + getAll + "\r\n"),
	permit(getAll + `,"Condition":{"StringEquals":{"aws:PrincipalTag/Name":"é"}}`),
	// reference_policies_elements_action.html
	permit(`"Effect":"Allow","Action":"*","Resource":"*"`),
	permit(`"Effect":"Allow","Action":["S3:getobject","s3:*","s3:Get*","ec2:Describe?","execute-api:Invoke","a4b.x:Y"],"Resource":"*"`),
	// reference_policies_elements_resource.html
	permit(`"Effect":"Allow","Action":"sqs:*","Resource":["arn:aws:sqs:us-east-2:111122223333:queue1","arn:aws:sqs:*:*:q?"]`),
	permit(`"Effect":"Allow","Action":"iam:*","Resource":["arn:aws:iam::111122223333:user/Bob","arn:aws:iam::*:user/accounting/*","arn:aws:iam::aws:policy/X","arn:aws:iam::111122223333:*","arn:aws:iam::111122223333:root","*"]`),
	permit(`"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::b/*/test/*","arn:aws-cn:s3:::b","arn:aws-us-gov:s3:::b","arn:aws-iso-b:s3:::b","arn:*:s3:::b"]`),
	permit(`"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:eu-west-3:111122223333:accesspoint/a","arn:aws:s3::111122223333:accesspoint/a.mrap","arn:aws:s3:*:*:job/*"]`),
	permit(`"Effect":"Allow","Action":"rds:*","Resource":["arn:aws:rds:eu-west-3:111122223333:db:a:b","arn:aws:codebuild:*","arn:aws:logs:eu-west-3:*"]`),
	// reference_policies_variables.html
	permit(`"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::b/${aws:username}/*","arn:aws:s3:::${aws:PrincipalTag/team, 'none'}","arn:aws:s3:::b/${*}"]`),
	permit(`"Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam::111122223333:user/${aws:username}"`),
	// reference_policies_elements_condition_operators.html
	permit(getAll + `,"Condition":{}`),
	permit(getAll + `,"Condition":{"StringIs":{}}`),
	permit(getAll + `,"Condition":{"Null":{"aws:TokenIssueTime":"true"},"ForAllValues:StringLikeIfExists":{"aws:TagKeys":["a","b*"]},"ArnNotLike":{"k":"arn:*"}}`),
	permit(getAll + `,"Condition":{"NumericLessThan":{"s3:max-keys":["10",3.5,"-1e3"]},"IpAddress":{"aws:SourceIp":"203.0.113.0/24"},"BinaryEquals":{"k":"QmFy"}}`),
	permit(getAll + `,"Condition":{"DateGreaterThan":{"aws:CurrentTime":["2020-04-01T00:00:00Z","2020-04","1585699200",1585699200,"2020-04-01T00:00:00.5+02:00"]}}`),
	permit(getAll + `,"Condition":{"StringEquals":{"aws:ResourceTag/aws:cloudformation:stack-name":"a"}}`),
}

func TestPermitted(t *testing.T) {
	t.Parallel()
	for _, text := range permitted {
		if err := parsePermissions(t, text).CheckPermissions(); err != nil {
			t.Errorf("%s:\n%v", text, err)
		}
	}
}

// prohibited are permission policies that IAM refuses, with the faults that are named.
var prohibited = map[string]string{
	// reference_policies_grammar.html
	`{"Version":"2012-10-17","Statement":[]}`:                                    "line 1, column 37: a permission policy needs at least one statement",
	`{"Version":"2012-10-17","Foo":1,"Statement":{` + getAll + `}}`:              "line 1, column 25: Foo is no element of a policy: remove it",
	`{"Version":"2012-10-17","Id":1,"Statement":{` + getAll + `}}`:               "line 1, column 30: Id is 1: want a string",
	permit(getAll + `,"Foo":1`):                                                  "line 1, column 95: a permission policy takes no Foo: remove it",
	permit(`"Effect":"Allow","Resource":"*"`):                                    "line 1, column 38: a statement has no Action",
	permit(`"Effect":"Allow","Action":"s3:*"`):                                   "line 1, column 38: a statement has no Resource",
	permit(`"Effect":"Allow"`):                                                   "line 1, column 38: a statement has no Action\nline 1, column 38: a statement has no Resource",
	permit(`"Effect":"Allow","Action":"s3:*","NotAction":"s3:*","Resource":"*"`): "line 1, column 38: a statement has both Action and NotAction: keep one",
	permit(`"Effect":"Allow","Action":"s3:*","NotResource":"*","Resource":"*"`):  "line 1, column 38: a statement has both Resource and NotResource: keep one",
	// reference_policies_elements_version.html
	`{"Statement":{` + getAll + `}}`:                        `line 1, column 1: the policy has no Version: want "2012-10-17", without which IAM takes it for one of 2008`,
	`{"Version":"2008-10-17","Statement":{` + getAll + `}}`: `line 1, column 12: Version is "2008-10-17": want "2012-10-17"`,
	`{"Version":"2012-10-18","Statement":{` + getAll + `}}`: `line 1, column 12: Version is "2012-10-18": want "2012-10-17"`,
	// reference_policies_elements_principal.html
	permit(getAll + `,"Principal":"*"`):                      "line 1, column 95: a permission policy takes no Principal: remove it",
	permit(getAll + `,"Principal":{"AWS":["111122223333"]}`): "line 1, column 95: a permission policy takes no Principal: remove it",
	permit(getAll + `,"NotPrincipal":[{"b":1,"a":[null]}]`):  "line 1, column 95: a permission policy takes no NotPrincipal: remove it",
	// reference_policies_elements_sid.html
	permit(getAll + `,"Sid":"a-b"`): `line 1, column 101: Sid "a-b": want letters and digits only`,
	permit(getAll + `,"Sid":"é"`):   `line 1, column 101: Sid "é": want letters and digits only`,
	`{"Version":"2012-10-17","Statement":[{"Sid":"A",` + getAll + `},{"Sid":"A",` + getAll + `}]}`: "line 1, column 106: two statements have the Sid A: give each its own",
	// reference_iam-quotas.html, "IAM name requirements"
	permit(getAll + `,"Condition":{"StringEquals":{"k":"→"}}`): "line 1, column 129: '→' is a character that IAM does not take in a policy: want U+0020 to U+00FF",
	permit(getAll + `,"Condition":{"StringEquals":{"é":"Ā"}}`): "line 1, column 129: 'Ā' is a character that IAM does not take in a policy: want U+0020 to U+00FF",
	// reference_policies_elements_action.html
	permit(`"Effect":"Allow","Action":"GetObject","Resource":"*"`):             `line 1, column 65: action "GetObject" names no service: want SERVICE:ACTION, such as s3:GetObject, or *`,
	permit(`"Effect":"Allow","Action":["s3:*","GetObject",""],"Resource":"*"`): "line 1, column 73: action \"GetObject\" names no service: want SERVICE:ACTION, such as s3:GetObject, or *\nline 1, column 85: action \"\" names no service: want SERVICE:ACTION, such as s3:GetObject, or *",
	permit(`"Effect":"Allow","NotAction":["**"],"Resource":"*"`):               `line 1, column 69: action "**" names no service: want SERVICE:ACTION, such as s3:GetObject, or *`,
	permit(`"Effect":"Allow","Action":"ec2:ec2:CreateImage","Resource":"*"`):   `line 1, column 65: action "ec2:ec2:CreateImage" has more than one colon: want SERVICE:ACTION, such as s3:GetObject`,
	permit(`"Effect":"Allow","Action":"s3*:GetObject","Resource":"*"`):         `line 1, column 65: action "s3*:GetObject": the service must be named, of letters, digits, - and ., such as s3; * alone is every action`,
	permit(`"Effect":"Allow","Action":"*:*","Resource":"*"`):                   `line 1, column 65: action "*:*": the service must be named, of letters, digits, - and ., such as s3; * alone is every action`,
	permit(`"Effect":"Allow","Action":"a b:GetObject","Resource":"*"`):         `line 1, column 65: action "a b:GetObject": the service must be named, of letters, digits, - and ., such as s3; * alone is every action`,
	permit(`"Effect":"Allow","Action":":GetObject","Resource":"*"`):            `line 1, column 65: action ":GetObject": the service must be named, of letters, digits, - and ., such as s3; * alone is every action`,
	permit(`"Effect":"Allow","Action":"s3:","Resource":"*"`):                   `line 1, column 65: action "s3:" names no action: want one behind the colon, or *`,
	permit(`"Effect":"Allow","Action":"${aws:username}","Resource":"*"`):       `line 1, column 65: action "${aws:username}": the service must be named, of letters, digits, - and ., such as s3; * alone is every action`,
	// reference_policies_elements_resource.html
	permit(`"Effect":"Allow","Action":"s3:*","Resource":""`):                                                   `line 1, column 83: resource "" is no ARN: want one such as arn:aws:s3:::bucket/*, or *`,
	permit(`"Effect":"Allow","Action":"s3:*","Resource":"bucket"`):                                             `line 1, column 83: resource "bucket" is no ARN: want one such as arn:aws:s3:::bucket/*, or *`,
	permit(`"Effect":"Allow","Action":"s3:*","Resource":["*","**","s3:::bucket"]`):                             "line 1, column 88: resource \"**\" is no ARN: want one such as arn:aws:s3:::bucket/*, or *\nline 1, column 93: resource \"s3:::bucket\" is no ARN: want one such as arn:aws:s3:::bucket/*, or *",
	permit(`"Effect":"Allow","Action":"s3:*","Resource":"ARN:aws:s3:::bucket"`):                                `line 1, column 83: resource "ARN:aws:s3:::bucket" is no ARN: want one such as arn:aws:s3:::bucket/*, or *`,
	permit(`"Effect":"Allow","Action":"s3:*","Resource":"arn"`):                                                `line 1, column 83: resource "arn" names no service: want it in the third part, without * and ?`,
	permit(`"Effect":"Allow","Action":"s3:*","Resource":"arn:aws"`):                                            `line 1, column 83: resource "arn:aws" names no service: want it in the third part, without * and ?`,
	permit(`"Effect":"Allow","Action":"s3:*","Resource":"arn:*"`):                                              `line 1, column 83: resource "arn:*" names no service: want it in the third part, without * and ?`,
	permit(`"Effect":"Allow","Action":"s3:*","Resource":"arn::s3:::bucket"`):                                   `line 1, column 83: resource "arn::s3:::bucket" has no partition of AWS in its second part: want aws, aws-cn, aws-us-gov or *`,
	permit(`"Effect":"Allow","Action":"s3:*","Resource":"arn:aw:s3:::bucket"`):                                 `line 1, column 83: resource "arn:aw:s3:::bucket" has no partition of AWS in its second part: want aws, aws-cn, aws-us-gov or *`,
	permit(`"Effect":"Allow","Action":"s3:*","Resource":"arn:aws*:s3:::bucket"`):                               `line 1, column 83: resource "arn:aws*:s3:::bucket" has no partition of AWS in its second part: want aws, aws-cn, aws-us-gov or *`,
	permit(`"Effect":"Allow","Action":"s3:*","Resource":"arn:aws::::bucket"`):                                  `line 1, column 83: resource "arn:aws::::bucket" names no service: want it in the third part, without * and ?`,
	permit(`"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:*:*:*:*prod*"`):                               `line 1, column 83: resource "arn:aws:*:*:*:*prod*" names no service: want it in the third part, without * and ?`,
	permit(`"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s?:::bucket"`):                                `line 1, column 83: resource "arn:aws:s?:::bucket" names no service: want it in the third part, without * and ?`,
	permit(`"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3::bucket"`):                                 `line 1, column 83: resource "arn:aws:s3::bucket" has too few parts: want arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE, empty parts between their colons`,
	permit(`"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3::*"`):                                      `line 1, column 83: resource "arn:aws:s3::*" has too few parts: want arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE, empty parts between their colons`,
	permit(`"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:bucket"`):                                  `line 1, column 83: resource "arn:aws:s3:bucket" has too few parts: want arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE, empty parts between their colons`,
	permit(`"Effect":"Allow","Action":"s3:*","NotResource":["arn:aws:s3:::b","arn:aws:s3:eu-west-3::bucket"]`): `line 1, column 104: resource "arn:aws:s3:eu-west-3::bucket" has a region: a bucket's ARN has none, want arn:aws:s3:::BUCKET`,
	permit(`"Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam:eu-west-3:111122223333:role/a"`):         `line 1, column 84: resource "arn:aws:iam:eu-west-3:111122223333:role/a" has a region: IAM has none, want nothing between the third and the fourth colon`,
	permit(`"Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam::111122223333:*/*"`):                     `line 1, column 84: resource "arn:aws:iam::111122223333:*/*" names no kind of IAM resource: want one such as role/NAME, or *`,
	permit(`"Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam::111122223333:myrole"`):                  `line 1, column 84: resource "arn:aws:iam::111122223333:myrole" names no kind of IAM resource: want one such as role/NAME, or *`,
	permit(`"Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam::111122223333:"`):                        `line 1, column 84: resource "arn:aws:iam::111122223333:" names no kind of IAM resource: want one such as role/NAME, or *`,
	// reference_policies_variables.html
	permit(`"Effect":"Allow","Action":"s3:*","Resource":"${aws:username}"`):                          `line 1, column 83: resource "${aws:username}" is no ARN: want one such as arn:aws:s3:::bucket/*, or *`,
	permit(`"Effect":"Allow","Action":"s3:*","Resource":"arn:${Partition}:s3:::bucket"`):             `line 1, column 83: resource "arn:${Partition}:s3:::bucket" has a policy variable too early: want it behind the fifth colon`,
	permit(`"Effect":"Allow","Action":"sqs:*","Resource":"arn:aws:sqs:*:${aws:PrincipalAccount}:q"`): `line 1, column 84: resource "arn:aws:sqs:*:${aws:PrincipalAccount}:q" has a policy variable too early: want it behind the fifth colon`,
	// reference_policies_elements_condition_operators.html
	permit(getAll + `,"Condition":{"StringIs":{"k":"v"}}`):                                  "line 1, column 108: StringIs is no condition operator of IAM",
	permit(getAll + `,"Condition":{"NullIfExists":{"k":"true"},"stringequals":{"k":"v"}}`):  "line 1, column 108: NullIfExists is no condition operator of IAM\nline 1, column 136: stringequals is no condition operator of IAM",
	permit(getAll + `,"Condition":{"ForSomeValue:StringLike":{"k":"v","l":"w"}}`):           "line 1, column 108: ForSomeValue:StringLike is no condition operator of IAM",
	permit(getAll + `,"Condition":{"NumericEquals":{"s3:max-keys":["1","ten"]}}`):           `line 1, column 144: NumericEquals s3:max-keys has "ten": want a number`,
	permit(getAll + `,"Condition":{"DateLessThanIfExists":{"aws:CurrentTime":"tomorrow"}}`): `line 1, column 150: DateLessThanIfExists aws:CurrentTime has "tomorrow": want a date such as 2026-01-31T00:00:00Z`,
	permit(getAll + `,"Condition":{"NumericLessThan":{"s3:max-keys":"${aws:x}"}}`):          `line 1, column 141: NumericLessThan s3:max-keys has "${aws:x}": want a number`,
	permit(getAll + `,"Condition":{"ForAnyValue:DateEquals":{"k":[true,""]}}`):              "line 1, column 139: ForAnyValue:DateEquals k has true: want a date such as 2026-01-31T00:00:00Z\nline 1, column 144: ForAnyValue:DateEquals k has \"\": want a date such as 2026-01-31T00:00:00Z",
	// all at once, on lines
	"{\n \"Version\": \"2012-10-17\",\n \"Statement\": [\n  {\"Sid\": \"a b\", \"Effect\": \"Allow\",\n   \"Action\": [\"s3:GetObject\",\n    \"Put\"],\n   \"Resource\": [\"é\", \"x\"]}]}": "line 4, column 11: Sid \"a b\": want letters and digits only\nline 6, column 5: action \"Put\" names no service: want SERVICE:ACTION, such as s3:GetObject, or *\nline 7, column 17: resource \"é\" is no ARN: want one such as arn:aws:s3:::bucket/*, or *\nline 7, column 22: resource \"x\" is no ARN: want one such as arn:aws:s3:::bucket/*, or *",
}

func TestProhibited(t *testing.T) {
	t.Parallel()
	if n := len(permitted) + len(prohibited); n < 60 {
		t.Errorf("only %d cases", n)
	}
	for text, want := range prohibited {
		err := parsePermissions(t, text).CheckPermissions()
		var list trust.Faults
		if !errors.As(err, &list) || err.Error() != want {
			t.Errorf("%s:\n%v\nwant\n%s", text, err, want)
		}
	}
}

// TestCheckOfTheOtherKind: each check reads the policy as its own kind first.
func TestCheckOfTheOtherKind(t *testing.T) {
	t.Parallel()
	if err := parse(t, allowAll).CheckPermissions(); err == nil || !strings.Contains(err.Error(), "takes no Principal") || !strings.Contains(err.Error(), "no Resource") {
		t.Errorf("a trust policy as permissions: %v", err)
	}
	if err := parsePermissions(t, permit(getAll)).Check(); err == nil || !strings.Contains(err.Error(), "no Principal") {
		t.Errorf("permissions as a trust policy: %v", err)
	}
	if err := parsePermissions(t, allowAll).Check(); err != nil {
		t.Errorf("a trust policy that was read as permissions: %v", err)
	}
	if err := (trust.Document{}).CheckPermissions(); err == nil || err.Error() != "line 1, column 1: a permission policy needs at least one statement" {
		t.Errorf("the zero document: %v", err)
	}
}
