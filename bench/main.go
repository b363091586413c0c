// Command bench measures the rows of the speed table and writes
// its section of bench/RESULTS.md: `make bench`. What is compared is run in turn, in one process,
// and reported as a ratio of medians, so that a slow machine slows both sides.
package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/helm-irsa/helm-irsa/bench/results"
)

func main() {
	work := run
	switch {
	case isApart():
		work = func(_, progress io.Writer) error { return runApart(os.Args[1:], progress) }
	case len(os.Args) > 1: // whoever asks for help does not want to wait ten minutes for a page
		fmt.Fprintln(os.Stderr, "usage: go run ./bench, which takes no arguments, and writes bench/RESULTS.md in about ten minutes")
		os.Exit(2)
	}
	if err := work(os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench: error:", err)
		os.Exit(1)
	}
}

// run measures everything. A target that is missed is a result, not an error.
func run(out, progress io.Writer) error {
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "helm-irsa-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	t, err := buildTools(root, tmp, progress)
	if err != nil {
		return err
	}
	s, err := loadStreams(os.Getenv("IRSA_MANIFESTS"))
	if err != nil {
		return err
	}
	var rows []results.Row
	for _, measure := range []func(tools, streams, string) ([]results.Row, error){measureSmall, measureLarge, measureIdentities, measureScenario, measureUpgrade, measureSizes, measureReport} {
		more, err := measure(t, s, tmp)
		if err != nil {
			return err
		}
		rows = append(rows, more...)
	}
	p := page{Date: time.Now().UTC(), Machine: results.ThisMachine(t.goVersion), Streams: s, Rows: rows, AWSCLI: awsVersion()}
	fmt.Fprint(out, results.Table(rows))
	return results.Write(results.File(root), results.Section{Title: "make bench", Text: p.markdown()})
}
