// Package awsiam gives a release its roles in AWS, and takes them away again: the
// OIDC provider, customer managed policies, roles with their trust, attachments and
// inline policies, what irsa.yaml puts on the nodes' role, and the associations of
// EKS Pod Identity.
//
// It works in three steps. Open finds credentials and what irsa.yaml leaves to AWS
// (AWS accounts, the issuer, the nodes' roles). Session.Plan reads what is there and
// compares it with what irsa.yaml wants; the comparison itself is pure. Session.Apply
// reads and compares once more, and stops where the plan would be another now (Meanwhile);
// then it makes the calls of the plan, side by side, in stages, and may be run again after
// any interruption.
//
// What it makes carries tags that say for which release (Owner), and a proof of it that
// nobody who may only tag can forge: a role's trust policy, a policy's description (see
// proof.go). What does not carry both is never changed or deleted, unless Release.Adopt
// names it. A trust policy may be shared with the keeper's consent (share.go): only
// statements with the release's own Sids are touched (pkg/trust).
//
// Pages that rules are taken from, below https://docs.aws.amazon.com/:
//
//	IAM/latest/APIReference/                           what each call takes, gives and refuses
//	IAM/latest/UserGuide/reference_iam-quotas.html     limits
//	IAM/latest/UserGuide/troubleshoot_general.html     changes are visible after a while ("eventually consistent")
//	eks/latest/APIReference/                           clusters, node groups, Pod Identity associations
//	service-authorization/latest/reference/            which permission a call needs
package awsiam
