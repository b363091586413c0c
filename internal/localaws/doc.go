// Package localaws answers the calls of IAM, STS and EKS that provisioning makes, and the
// one call of EKS Auth that the agent of EKS Pod Identity makes, and no more, on loopback
// over real HTTP: the AWS Query protocol with XML for IAM and STS, REST with JSON for
// EKS. It is for tests, for demonstrations and for trying things out without an AWS
// account; nothing it hands out opens anything.
//
// What it checks, refuses and says follows the API references of the services,
// with IAM's own error codes, quotas, pages and URL-encoded documents:
//
//	https://docs.aws.amazon.com/IAM/latest/APIReference/
//	https://docs.aws.amazon.com/STS/latest/APIReference/
//	https://docs.aws.amazon.com/eks/latest/APIReference/
//	https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
//
// It trusts whoever calls: signatures are not checked, and every caller may do
// everything in the AWS account that its access key ID belongs to, but for what
// Faults.Deny names. Only the trust policies of roles are evaluated, and of the sessions
// that EKS Auth gives, their session policies, and the policies by which a role assumes a
// target role. Access key IDs that nobody registered belong to the default AWS account.
//
// The conformance suite in test/conformance holds it against an independent emulator.
package localaws
