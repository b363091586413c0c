package main

import (
	"strings"
	"testing"
	"time"

	"github.com/helm-irsa/helm-irsa/bench/results"
	"github.com/helm-irsa/helm-irsa/internal/localaws"
)

func s(seconds int, calls, writes int) sample {
	return sample{time.Duration(seconds) * time.Second, calls, writes}
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	both := func(ours, plain int) comparison {
		return comparison{[]sample{s(ours, 14, 0)}, []time.Duration{time.Duration(plain) * time.Second}}
	}
	phases := profile{[]string{"load", "release", beside}, map[string][]time.Duration{"load": {7 * time.Millisecond}, "release": {time.Second}, beside: {123 * time.Millisecond}}}
	l := large{
		profile: phases,
		helm:    helm{major: "4"}, size: size{500, 100}, install: s(10, 225, 211), plain: 8 * time.Second,
		idle: both(11, 10), change: both(12, 10), bare: []time.Duration{9 * time.Second}, live: []sample{s(4, 207, 0)},
		idleAPI: apiCalls{100, 1818}, liveAPI: apiCalls{115, 4}, upgradePeak: 48e6,
	}
	got := report{
		Date: time.Date(2026, 2, 3, 0, 0, 0, 0, time.UTC), Options: options{size{500, 100}, 30, 5, ""}, Helms: []string{"v3.22", "v4.3"},
		Machine: results.Machine{CPU: "a CPU", Memory: "4 GB", System: "linux/amd64", Go: "go1.26", Cores: 2}, Load: "0.42",
		Large: []large{l},
		Many: many{
			helm: helm{major: "4"}, n: 30, profile: phases, lone: both(1, 1), among: both(3, 2),
			installs: comparison{[]sample{s(2, 18, 4), s(1, 17, 3), s(1, 19, 3)}, []time.Duration{time.Second, time.Second, time.Second}},
		},
	}.markdown()
	for _, want := range []string{
		"| beside them |", "| 123 ms ", "Helm 4, one of 30 releases",
		"2026-02-03, with Helm v3.22 and v4.3", "a CPU, 2 cores", "began: 0.42", "50.0 ms", "30 releases, with Helm 4",
		"1.1 times helm upgrade", "missed by 5 %", "1.5 times helm upgrade", "missed by 30 %",
		"| 100, and 1818 by Helm |", "| 48 MB ", "| unknown |", "| 4.0 s ", "| 17–19 ", "| 54 ",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "%!") {
		t.Errorf("a verb without a value:\n%s", got)
	}
	for line := range strings.Lines(got) {
		if strings.HasPrefix(line, "## ") || strings.HasPrefix(line, "# ") {
			t.Errorf("a heading of a section or of the page: %s", line)
		}
	}
}

func TestWrites(t *testing.T) {
	t.Parallel()
	var calls []localaws.Call
	for _, o := range []string{"GetRole", "ListRoles", "DescribeCluster", "AssumeRoleWithWebIdentity", "CreateRole", "TagRole", "DeletePolicy"} {
		calls = append(calls, localaws.Call{Operation: o})
	}
	if got := writes(calls); got != 3 {
		t.Errorf("%d", got)
	}
}
