// Package invariants holds the fuzz target of the whole rendering. It stands apart
// from pkg/render's own tests because those link Helm, and go test -fuzz instruments
// all that a test links.
package invariants
