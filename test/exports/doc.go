// Package exports holds what is exported against what others know of the targets: npm packages
// with the arguments that Terraform's AWS provider takes, and with the properties that
// CloudFormation takes.
//
// make check-exports installs the packages and runs it.
package exports
