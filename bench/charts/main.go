// Command charts measures what helm-irsa inspect finds in a folder of charts, and writes its
// section of bench/RESULTS.md: `make bench-charts IRSA_CHARTS=FOLDER`.
package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/helm-irsa/helm-irsa/bench/results"
	"github.com/helm-irsa/helm-irsa/pkg/discover"
)

// rounds is how often each chart is inspected; the median counts.
const rounds = 3

func main() {
	if err := run(os.Getenv("IRSA_CHARTS"), os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "charts: error:", err)
		os.Exit(1)
	}
}

func run(folder string, out, progress io.Writer) error {
	if folder == "" {
		return errors.New("set IRSA_CHARTS to a folder of charts; NAME.values.yaml beside a chart's folder NAME has the values that it needs")
	}
	file, err := results.GoEnv("GOMOD")
	if err != nil {
		return err
	}
	root := filepath.Dir(file)
	tmp, err := os.MkdirTemp("", "helm-irsa-charts-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	// inspect starts irsa-charts, which stands beside it.
	build := exec.Command("go", "build", "-trimpath", "-o", tmp+string(filepath.Separator), "./cmd/helm-irsa", "./cmd/irsa-charts")
	build.Dir, build.Stderr = root, progress
	if err := build.Run(); err != nil {
		return fmt.Errorf("building: %w", err)
	}
	seen, err := inspectAll(filepath.Join(tmp, "helm-irsa"), folder, tmp, progress)
	if err != nil {
		return err
	}
	version, err := results.GoEnv("GOVERSION")
	if err != nil {
		return err
	}
	text := page(seen, time.Now().UTC(), results.ThisMachine(version))
	fmt.Fprint(out, text)
	return results.Write(results.File(root), results.Section{Title: "make bench-charts", Text: text})
}

// chart is what was seen of one.
type chart struct {
	// Folder is its folder's name, and Set is true where it was given values.
	Folder string
	Set    bool
	// Failure is the error in one line; empty where the chart was inspected.
	Failure string
	Found   discover.Result
	Took    time.Duration
}

// inspectAll inspects each folder of a folder, with a HOME of its own.
func inspectAll(program, folder, home string, progress io.Writer) ([]chart, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var out []chart
	for _, entry := range entries {
		at := filepath.Join(folder, entry.Name())
		if _, err := os.Stat(filepath.Join(at, "Chart.yaml")); err != nil {
			continue
		}
		fmt.Fprintln(progress, entry.Name())
		c := chart{Folder: entry.Name()}
		args := []string{"inspect", at, "-o", "json"}
		if _, err := os.Stat(at + ".values.yaml"); err == nil {
			c.Set = true
			args = append(args, "-f", at+".values.yaml")
		}
		if err := c.inspect(program, args, home); err != nil {
			return nil, fmt.Errorf("%s: %w", c.Folder, err)
		}
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s has no folder with a Chart.yaml", folder)
	}
	return out, nil
}

func (c *chart) inspect(program string, args []string, home string) error {
	var took []time.Duration
	for range rounds {
		cmd := exec.Command(program, args...)
		cmd.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH")}
		var said, printed bytes.Buffer
		cmd.Stdout, cmd.Stderr = &printed, &said
		start := time.Now()
		err := cmd.Run()
		took = append(took, time.Since(start))
		var exit *exec.ExitError
		if errors.As(err, &exit) && exit.ExitCode() == 1 {
			c.Failure = firstLine(said.String())
			return nil
		}
		if err != nil {
			return err
		}
		c.Found = discover.Result{}
		if err := json.Unmarshal(printed.Bytes(), &c.Found); err != nil {
			return fmt.Errorf("reading what inspect printed: %w", err)
		}
	}
	c.Took = results.Median(took)
	return nil
}

// firstLine is the message, without whose it is and which chart it is of.
func firstLine(said string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(said), "\n")
	line = strings.TrimPrefix(line, "helm-irsa: error: ")
	if _, after, ok := strings.Cut(line, "inspecting chart "); ok {
		_, line, _ = strings.Cut(after, ": ")
	}
	return cmp.Or(line, "no message")
}
