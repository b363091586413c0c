// Package docs holds the tests of README.md and docs/: what their console blocks
// show is what the commands print, generated pages are what is generated, and the
// Go code compiles and runs.
package docs
