package main

import (
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestListen has a command that is silent in its middle, and at its end.
func TestListen(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"in its middle": "echo a; sleep 0.4; echo b; sleep 0.1",
		"at its end":    "echo a; sleep 0.1; echo b >&2; sleep 0.4",
		"at its start":  "sleep 0.4; echo a",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, err := listen(exec.Command("sh", "-c", script))
			if err != nil {
				t.Fatal(err)
			}
			if h.silent < 350*time.Millisecond || h.took < h.silent {
				t.Errorf("silent for %s of %s", h.silent, h.took)
			}
		})
	}
}

// TestListenFails has a command that fails: the error has what it said.
func TestListenFails(t *testing.T) {
	t.Parallel()
	_, err := listen(exec.Command("sh", "-c", "echo no such target; exit 2"))
	if err == nil || !strings.Contains(err.Error(), "no such target") {
		t.Errorf("the error is %v", err)
	}
}

// TestRows has the worst of two rounds in its rows.
func TestRows(t *testing.T) {
	t.Parallel()
	rows := rowsOf("demo", 100, []heard{{90 * time.Second, 3 * time.Second}, {110 * time.Second, 2 * time.Second}})
	if got := rows[0].Ours + " " + rows[0].Met(); got != "90 s, 110 s missed by 10 %" {
		t.Error(got)
	}
	if got := rows[1].Ours + " " + rows[1].Met(); got != "3.0 s, 2.0 s yes" {
		t.Error(got)
	}
}

// TestEnvironment has nothing that leads to a cache.
func TestEnvironment(t *testing.T) {
	t.Setenv("GOMODCACHE", "/x")
	t.Setenv("HELM_IRSA_CACHE", "/x")
	for _, v := range environment("/home/new") {
		if strings.HasSuffix(v, "=/x") {
			t.Error(v)
		}
	}
}
