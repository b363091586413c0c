package cli

import (
	"slices"
	"testing"
)

// TestArgsOf: under the name of the drop-in, it is one.
func TestArgsOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ argv, want []string }{
		{[]string{"/usr/bin/irsa-helm", "list", "-A"}, []string{"helm", "list", "-A"}},
		{[]string{"irsa-helm.exe"}, []string{"helm"}},
		{[]string{"bin/helm-irsa", "plan"}, []string{"plan"}},
		{[]string{"irsa"}, nil},
	} {
		if got := ArgsOf(c.argv); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.argv, got, c.want)
		}
	}
}

// TestCommandAt: the command is found among flags that stand before it.
func TestCommandAt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		argv []string
		want int
	}{
		{[]string{"list"}, 0},
		{[]string{"--kube-context", "upgrade", "list"}, 2},
		{[]string{"--kube-context=x", "--debug", "list"}, 2},
		{[]string{"-n", "upgrade", "list"}, 2},
		{[]string{"-nupgrade", "list"}, 1},
		{[]string{"--debug"}, -1},
		{[]string{"--", "list"}, -1},
		{[]string{"--namespace"}, -1},
	} {
		if got := commandAt(c.argv); got != c.want {
			t.Errorf("%q: %d, want %d", c.argv, got, c.want)
		}
	}
}
