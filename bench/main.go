// Command bench measures the rows of the speed table and writes
// bench/RESULTS.md: `make bench`. What is compared is run in turn, in one process,
// and reported as a ratio of medians, so that a slow machine slows both sides.
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

func main() {
	if err := run(os.Stdout, os.Stderr); err != nil {
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
	var rows []row
	for _, measure := range []func(tools, streams, string) ([]row, error){measureSmall, measureLarge, measureIdentities, measureScenario, measureUpgrade} {
		more, err := measure(t, s, tmp)
		if err != nil {
			return err
		}
		rows = append(rows, more...)
	}
	r := results{Date: time.Now().UTC(), Machine: describeMachine(t.goVersion), Streams: s, Rows: rows, AWSCLI: awsVersion()}
	fmt.Fprint(out, table(rows))
	return os.WriteFile(filepath.Join(root, "bench", "RESULTS.md"), []byte(r.markdown()), 0o644)
}
