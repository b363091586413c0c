// Package fleet tells of whole clusters and AWS accounts: which service account can assume which
// role, what that may do, what is broken, too wide, or left over. It is a function from what was
// read to a model; pkg/verify judges each service account, and each role.
package fleet
