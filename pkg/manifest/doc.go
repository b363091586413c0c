// Package manifest is what this program knows of Kubernetes' objects. It has the one table of
// kinds: where each keeps its pods, their service accounts and their annotations. And it reads
// streams of manifests and live objects as plain values, each document without a panic and
// within bounds. pkg/manifest/stream cuts streams and pkg/manifest/yamldoc parses YAML, for
// rendering too, which works on bytes and nodes.
package manifest
