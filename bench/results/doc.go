// Package results writes bench/RESULTS.md: tables of what was measured against what, and
// the sections of the page, each of which one program writes.
package results
