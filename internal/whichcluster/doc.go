// Package whichcluster finds out which cluster a command is for, and whether that is the one
// that Helm changes. It reads no file and calls nobody: what irsa.yaml, flags, the environment
// and the kubeconfig say comes in as values, and so does what EKS answered.
//
// Find gives name, region, AWS account and issuer, each with where it came from. Compare holds
// them against the cluster behind the kubeconfig.
package whichcluster
