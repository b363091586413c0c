// Package manifest reads streams of manifests and live objects: it cuts them into documents,
// parses each without a panic and within bounds, and gives them as plain values. pkg/verify
// and pkg/awsstate read with it.
package manifest
