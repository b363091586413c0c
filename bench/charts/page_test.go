package main

import (
	"strings"
	"testing"
	"time"

	"github.com/helm-irsa/helm-irsa/bench/results"
	"github.com/helm-irsa/helm-irsa/pkg/discover"
)

// TestPage: what is counted, by hand, and what was not inspected.
func TestPage(t *testing.T) {
	t.Parallel()
	values := func(annotations, name string) discover.Values {
		var v discover.Values
		if annotations != "" {
			v.Annotations = []string{annotations}
		}
		if name != "" {
			v.Name = []string{name}
		}
		return v
	}
	got := page([]chart{
		{Folder: "one", Took: 2 * time.Second, Found: discover.Result{Chart: discover.Chart{Name: "one", Version: "1.2.3"}, Renders: 3, ServiceAccounts: []discover.ServiceAccount{
			{Name: "web", Values: values("sa.annotations", "sa.name")},
			{Name: "test", Hook: true, Values: values("", "")},
		}}},
		{Folder: "two", Set: true, Took: time.Second, Found: discover.Result{Chart: discover.Chart{Name: "two", Version: "4"}, Renders: 5, ServiceAccounts: []discover.ServiceAccount{
			{Name: "op", Values: values("", "name")},
		}}},
		{Folder: "three", Failure: "it makes none"},
	}, time.Date(2026, 2, 3, 0, 0, 0, 0, time.UTC), results.Machine{CPU: "a CPU", Go: "go1.26"})
	for _, want := range []string{
		"2026-02-03", "1 of 3, in 1 of 2 charts", "2 of 3", "by neither: 1", "median 5", "the longest: 2000 ms", "33.3 %",
		"| one | 1.2.3 | 2 | 1 | 1 | 3 | 2000 ms |", "| two * | 4 | 1 | 0 | 1 | 5 | 1000 ms |",
		"- three: it makes none", "- one: test (a hook)\n", "- two: op (named by name)\n", "a CPU",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "%!") {
		t.Errorf("a verb without a value:\n%s", got)
	}
}

// TestFirstLine: the message alone, as it is for who reads the page.
func TestFirstLine(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"helm-irsa: error: inspecting chart /a/b: the chart: nothing\nhelm-irsa: hint: x\n": "the chart: nothing",
		"helm-irsa: error: loading chart: it depends on b\n":                                "loading chart: it depends on b",
		"": "no message",
	} {
		if got := firstLine(said); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}
