package main

import (
	"fmt"

	"github.com/helm-irsa/helm-irsa/bench/results"
	"github.com/helm-irsa/helm-irsa/internal/sizes"
)

// The fleet of the report's rows.
const (
	fleetReleases = 100
	fleetRoles    = 1000
)

// measureReport measures a report over releases and roles from files, whole processes, as each of
// two formats. What the report says is not looked at here: the tests of internal/cli do.
func measureReport(t tools, _ streams, tmp string) ([]results.Row, error) {
	dir, err := subfolder(tmp, "report")
	if err != nil {
		return nil, err
	}
	in := sizes.Fleet(fleetReleases, fleetRoles)
	manifests, err := writeFile(dir, "m.yaml", in.Manifests)
	if err != nil {
		return nil, err
	}
	snapshot, err := writeFile(dir, "s.json", in.Snapshot)
	if err != nil {
		return nil, err
	}
	var rows []results.Row
	for _, format := range []string{"json", "html"} {
		o, err := tolerant(nil, t.helmIRSA, []string{"report", "--manifests", "prod=" + manifests, "--snapshot", snapshot, "-o", format}, 2)
		if err != nil {
			return nil, fmt.Errorf("a report as %s: %w", format, err)
		}
		rows = append(rows, results.Row{
			Work: fmt.Sprintf("report -o %s, %d releases and %d roles from files", format, fleetReleases, fleetRoles),
			Ours: fmt.Sprintf("%s, %.0f MB", results.Millis(o.took), float64(o.peak)/1e6), Theirs: fmt.Sprintf("%.1f MB out", float64(o.out)/1e6),
			Value: o.took.Seconds(), Target: 2, Sense: results.AtMost, Unit: " s",
		})
	}
	return rows, nil
}
