// Package depcheck holds the rules of who may import whom, as tests. The rules
// are those of the design: see rules in depcheck_test.go.
package depcheck
