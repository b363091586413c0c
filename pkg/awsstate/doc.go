// Package awsstate is an AWS account as values: roles, policies, OIDC providers, Pod Identity
// associations and the cluster. It reads the snapshot that pkg/awsiam writes, for pkg/verify.
// What was not read stays apart from what is empty.
package awsstate
