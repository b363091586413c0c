// Package webhook gives pods what they get on EKS: the token, the mount and the
// environment of the role that their ServiceAccount is annotated with, or of its EKS
// Pod Identity association. It stands in for the webhook of the EKS control plane,
// amazon-eks-pod-identity-webhook (https://github.com/aws/amazon-eks-pod-identity-webhook
// at 3bf80a34), and is held against what that one was recorded to answer.
//
// It is written apart from pkg/verify/webhook, which predicts the same: the end-to-end
// tests hold the one against the other.
package webhook
