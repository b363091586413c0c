// Package webhook predicts what the EKS pod identity webhook
// (github.com/aws/amazon-eks-pod-identity-webhook) does with a pod: which service account
// gives it a role, which containers get which variables, the volume, the mount, the
// token's audience and expiration, and what is left alone and why. It is pure: objects
// come as decoded JSON or YAML, and nothing is read or changed.
//
// The rules are those of the webhook's source as of 2026-08-11 (commit 3bf80a3). Each
// names its file there; handler.go is pkg/handler/handler.go, cache.go is
// pkg/cache/cache.go. What the API server does before and after is not the webhook's:
// Admitted does what comes before, and notes tell what would come after.
//
// The webhook is asked when a pod is created and never again (deploy/mutatingwebhook.yaml,
// operations: CREATE), so a prediction is about a pod made now: one that is older than
// its service account's annotation has what the service account said then.
package webhook
