// Package verify proves that each pod of a release can assume its AWS role, or names
// the broken link and its repair.
//
// It is a pure function of what was read: Objects (manifests, and live objects where
// there are any), a Snapshot of AWS, and, where there is one, irsa.yaml. Who reads them
// is not known here: files, a cluster and AWS all end in the same values. What was not
// read is unknown, and never becomes ok.
//
// Each service account has a chain of links: workload, service account, annotation, webhook, issuer,
// provider, trust, permissions. Verify goes along it, and says what it saw as Findings.
// Codes has the table of all that it can find, from which docs/findings.md is made.
package verify
