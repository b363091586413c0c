// Package excerpt reads documents without a kind, which people paste when they ask for help:
// Helm values, pieces of a pod, lists of variables. What such a document is, nobody says, so
// each reading here is a guess from names and shapes. It says what the document speaks of, as
// values, and judges nothing; whether it is asked at all is decided by package verify.
package excerpt
