// Package manifest is what streams of manifests and live objects are to all of the program:
// how a stream is cut into documents, how a document is parsed without a panic and without
// bounds being passed, and where each kind keeps its pods and service accounts.
package manifest
