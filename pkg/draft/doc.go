// Package draft writes the first irsa.yaml of a release: the shortest that says which service
// accounts get which role, with comments. It is pure; what a chart makes, what exists already and
// what somebody answered comes in as values.
package draft
