// Package awsstate is an AWS account as values: roles, policies, OIDC providers, Pod Identity
// associations and the cluster. pkg/awsiam fills it, the planner and pkg/verify read it, and
// its JSON is the snapshot. What was not read stays apart from what is empty.
package awsstate
