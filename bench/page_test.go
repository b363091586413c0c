package main

import (
	"strings"
	"testing"
	"time"

	"github.com/helm-irsa/helm-irsa/bench/results"
)

// The results say what was measured on, and neither a host nor a path.
func TestMarkdown(t *testing.T) {
	t.Parallel()
	s, err := loadStreams("")
	if err != nil {
		t.Fatal(err)
	}
	got := page{
		Date: time.Date(2026, 2, 3, 0, 0, 0, 0, time.UTC), Streams: s, Machine: results.Machine{CPU: "a CPU", Memory: "4 GB", System: "linux/amd64", Go: "go1.26", Cores: 2},
		Rows: []results.Row{{Work: "a"}}, AWSCLI: "aws-cli/1.2.3",
	}.markdown()
	for _, want := range []string{"2026-02-03", "| a ", "a CPU, 2 cores", "4 GB", "go1.26", "synthetic, 110 KB", kustomizeVersion, helmVersion, "aws-cli/1.2.3", "50.0 ms", "20.0 ms"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "%!") {
		t.Errorf("a verb without a value:\n%s", got)
	}
}
