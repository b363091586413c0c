package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/helm-irsa/helm-irsa/bench/results"
	"github.com/helm-irsa/helm-irsa/pkg/discover"
)

// The target of the share that a value annotates, in percent: what an experiment with 73 public
// charts came to, which tried by hand what inspect tries.
const target = 80

// counts is what the charts come to.
type counts struct {
	charts, accounts, hooks, annotated, named, neither int
	// with are charts that have an annotation path for a service account.
	with    int
	renders []int
	took    []time.Duration
}

func count(seen []chart) counts {
	var n counts
	for i := range seen {
		c := &seen[i]
		if c.Failure != "" {
			continue
		}
		n.charts++
		n.renders, n.took = append(n.renders, c.Found.Renders), append(n.took, c.Took)
		before := n.annotated
		for j := range c.Found.ServiceAccounts {
			a := &c.Found.ServiceAccounts[j]
			n.accounts++
			if a.Hook {
				n.hooks++
			}
			if annotated(a) {
				n.annotated++
			}
			if len(a.Values.Name) > 0 {
				n.named++
			}
			if !annotated(a) && len(a.Values.Name) == 0 {
				n.neither++
			}
		}
		if n.annotated > before {
			n.with++
		}
	}
	slices.Sort(n.renders)
	return n
}

func annotated(a *discover.ServiceAccount) bool {
	return len(a.Values.Annotations)+len(a.Values.RoleARN) > 0
}

func page(seen []chart, date time.Time, machine results.Machine) string {
	n := count(seen)
	var b strings.Builder
	fmt.Fprintf(&b, "Written on %s.\n\n", date.Format("2006-01-02"))
	rows := []results.Row{{
		Work: "service accounts that a value annotates", Ours: fmt.Sprintf("%d of %d, in %d of %d charts", n.annotated, n.accounts, n.with, n.charts),
		Theirs: "by hand, in 73 public charts: 82 of 102", Value: 100 * float64(n.annotated) / float64(max(n.accounts, 1)), Target: target, Sense: results.AtLeast, Unit: " %",
	}, {
		Work: "service accounts that a value names", Ours: fmt.Sprintf("%d of %d", n.named, n.accounts), Theirs: fmt.Sprintf("by neither: %d", n.neither),
		Value: 100 * float64(n.named) / float64(max(n.accounts, 1)), Unit: " %",
	}}
	if n.charts > 0 {
		median := n.renders[len(n.renders)/2]
		rows = append(rows, results.Row{
			Work: "renders a chart", Ours: fmt.Sprintf("median %d", median), Theirs: fmt.Sprintf("the most: %d", n.renders[len(n.renders)-1]),
			Value: float64(median),
		}, results.Row{
			Work: "time a chart, the whole process", Ours: "median " + results.Durations(n.took), Theirs: "the longest: " + results.Millis(slices.Max(n.took)),
			Value: results.Median(n.took).Seconds(), Target: 1, Sense: results.AtMost, Unit: " s",
		})
	}
	b.WriteString(results.Table(rows))
	fmt.Fprintf(&b, method, rounds, n.hooks)
	b.WriteString("\n### Charts\n\n| chart | version | service accounts | annotated | named | renders | time |\n| --- | --- | --- | --- | --- | --- | --- |\n")
	for i := range seen {
		if c := &seen[i]; c.Failure == "" {
			one := count(seen[i : i+1])
			fmt.Fprintf(&b, "| %s%s | %s | %d | %d | %d | %d | %s |\n", c.Folder, star(c.Set), c.Found.Chart.Version, one.accounts, one.annotated, one.named, c.Found.Renders, results.Millis(c.Took))
		}
	}
	b.WriteString("\nNot inspected:\n\n")
	for i := range seen {
		if c := &seen[i]; c.Failure != "" {
			fmt.Fprintf(&b, "- %s%s: %s\n", c.Folder, star(c.Set), c.Failure)
		}
	}
	b.WriteString("\n### Without an annotation path\n\n")
	for i := range seen {
		for j := range seen[i].Found.ServiceAccounts {
			if a := &seen[i].Found.ServiceAccounts[j]; !annotated(a) {
				fmt.Fprintf(&b, "- %s: %s%s\n", seen[i].Folder, a.Name, about(a))
			}
		}
	}
	fmt.Fprintf(&b, "\n### Machine of make bench-charts\n\n%s", machine.List())
	return b.String()
}

func star(set bool) string {
	if set {
		return " *"
	}
	return ""
}

// about says what else there is to a service account that no value annotates.
func about(a *discover.ServiceAccount) string {
	var out []string
	if a.Hook {
		out = append(out, "a hook")
	}
	if len(a.Values.Name) > 0 {
		out = append(out, "named by "+strings.Join(a.Values.Name, ", "))
	}
	if len(out) == 0 {
		return ""
	}
	return " (" + strings.Join(out, "; ") + ")"
}

const method = `
### Method of make bench-charts

- Every folder of IRSA_CHARTS that has a Chart.yaml goes through ` + "`helm-irsa inspect`" + `, %[1]d times; the time is the median, from the start of the process to its end. A chart with a star was given the values that it needs to render, or to make a service account.
- An annotation path is a value of which a render proved that it annotates this service account, or gives it its role's ARN, and nothing but service accounts. A value that annotates every object of a release is none.
- Of the service accounts, %[2]d are hooks, which no role is for as a rule; they count all the same.
- Whether each value does what was found is asked of Helm itself by ` + "`IRSA_CHARTS=FOLDER go test -run TestCharts ./pkg/discover/probe`" + `.
`
