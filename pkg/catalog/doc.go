// Package catalog holds what is known of well-known charts: which service accounts they make,
// which of their values drive those, and the IAM policy that they need, as data with typed
// parameters.
//
// Each entry is a file in entries, written from what the publisher says; the file names the
// page. Presets, files in presets, are targets of irsa.yaml with a name: where the generations
// of a chart say which service account something runs as. Build makes the policy of one entry, Expand those of an irsa.yaml. Both are pure: no
// AWS, no cluster, no clock. make check-catalog holds every document against the data of what
// IAM knows.
package catalog
