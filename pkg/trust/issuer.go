package trust

import "strings"

// ProviderName is what IAM calls an issuer in ARNs and condition keys: its URL
// without https://. What follows the host, a slash at the end included, belongs to
// the name (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html).
func ProviderName(issuer string) string { return strings.TrimPrefix(issuer, "https://") }

// ProviderARN is the ARN of the OIDC provider for an issuer in an AWS account. The
// partition is aws, aws-cn or aws-us-gov.
func ProviderARN(partition, account, issuer string) string {
	return "arn:" + partition + ":iam::" + account + ":oidc-provider/" + ProviderName(issuer)
}
