package main

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/helm-irsa/helm-irsa/bench/results"
	"github.com/helm-irsa/helm-irsa/internal/sizes"
)

const (
	// sizeLarge is how many of each there are; half as many show whether twice takes twice.
	sizeLarge = 20_000
	// largeDocument is the least that "a large document" has, in bytes.
	largeDocument = 13_000_000
)

// measureSizes measures each shape of internal/sizes at its size and at half of it, whole
// processes, once each: the rows are of seconds.
func measureSizes(t tools, _ streams, tmp string) ([]results.Row, error) {
	dir, err := subfolder(tmp, "sizes")
	if err != nil {
		return nil, err
	}
	var rows []results.Row
	for _, c := range sizes.VerifyCases() {
		row, err := sizeRow("verify: "+c.Name, 15, func(n int) (outcome, error) { return verifySize(t, dir, c.Make(n)) })
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	for _, c := range sizes.RenderCases() {
		row, err := sizeRow("post-render: "+c.Name, 5, func(n int) (outcome, error) { return renderSize(t, dir, c.Make(n)) })
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	memory, err := documentRows(t, dir)
	return append(rows, memory...), err
}

// sizeRow is one shape: seconds at the whole size against a target in seconds.
func sizeRow(name string, target float64, run func(n int) (outcome, error)) (results.Row, error) {
	half, err := run(sizeLarge / 2)
	if err != nil {
		return results.Row{}, fmt.Errorf("%s: %w", name, err)
	}
	whole, err := run(sizeLarge)
	if err != nil {
		return results.Row{}, fmt.Errorf("%s: %w", name, err)
	}
	return results.Row{
		Work: fmt.Sprintf("%s, %d", name, sizeLarge), Ours: fmt.Sprintf("%s, %.0f MB", results.Millis(whole.took), float64(whole.peak)/1e6),
		Theirs: fmt.Sprintf("half as many: %s, %.0f MB", results.Millis(half.took), float64(half.peak)/1e6),
		Value:  whole.took.Seconds(), Target: target, Sense: results.AtMost, Unit: " s",
	}, nil
}

// verifySize runs helm-irsa verify on files. What it finds is not looked at here: the
// tests of pkg/verify do.
func verifySize(t tools, dir string, in sizes.Verify) (outcome, error) {
	args := []string{"verify", "-n", "ns1", "-o", "json"}
	for name, file := range map[string]struct{ flag, text string }{
		"m.yaml": {"--manifests", in.Manifests}, "s.json": {"--snapshot", in.Snapshot}, "irsa.yaml": {"-f", in.IRSA},
	} {
		if file.text == "" {
			continue
		}
		path, err := writeFile(dir, name, file.text)
		if err != nil {
			return outcome{}, err
		}
		args = append(args, file.flag, path)
	}
	return tolerant(nil, t.helmIRSA, args, 0, 2, 3)
}

func renderSize(t tools, dir string, in sizes.Render) (outcome, error) {
	path, err := writeFile(dir, "render.yaml", in.IRSA)
	if err != nil {
		return outcome{}, err
	}
	return tolerant([]byte(in.Stream), t.ours, []string{"-f", path, "-n", "ns1"}, 0, 1)
}

// tolerant runs a program that may end with any of some exit codes.
func tolerant(stdin []byte, path string, args []string, codes ...int) (outcome, error) {
	o, exit, err := apart(stdin, path, args)
	if err != nil {
		return outcome{}, fmt.Errorf("running %s: %w", filepath.Base(path), err)
	}
	if !slices.Contains(codes, exit) {
		return outcome{}, fmt.Errorf("running %s: it ended with %d", filepath.Base(path), exit)
	}
	return o, nil
}

// counted counts what is written to it.
type counted int64

func (c *counted) Write(b []byte) (int, error) {
	*c += counted(len(b))
	return len(b), nil
}

// documentRows are the memory of one large document that is changed, and of one that is not.
func documentRows(t tools, dir string) ([]results.Row, error) {
	var rows []results.Row
	for _, c := range sizes.DocumentCases() {
		o, err := renderSize(t, dir, c.Make(largeDocument))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name, err)
		}
		rows = append(rows, results.Row{
			Work: "post-render one document: " + c.Name, Ours: results.Millis(o.took), Theirs: fmt.Sprintf("the document: %.0f MB", largeDocument/1e6),
			Value: float64(o.peak) / 1e6, Target: 300, Sense: results.AtMost, Unit: " MB",
		})
	}
	return rows, nil
}
