package render_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/helm-irsa/helm-irsa/internal/golden"
	"github.com/helm-irsa/helm-irsa/pkg/catalog"
	"github.com/helm-irsa/helm-irsa/pkg/manifest/stream"
	"github.com/helm-irsa/helm-irsa/pkg/render"
	"github.com/helm-irsa/helm-irsa/pkg/render/filter"
	"github.com/helm-irsa/helm-irsa/pkg/render/internal/helmview"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const goldenFolder = "../../testdata/golden/render"

// TestGolden renders every case of testdata/golden/render and compares bytes. A
// case is a folder with
//
//	irsa.yaml      what to render with; its first line is a comment that says what the case shows
//	input.yaml     the stream, or
//	chart          the folder of a chart, from the repository's root
//	values.yaml    values of the chart (optional)
//	namespace      --namespace (of a stream: not given unless there; of a chart: ns1)
//	release        --release (of a stream: not given unless there; of a chart: rel)
//	expected.yaml  the rendered stream; of a chart, what `helm template` of Helm 3 prints
//	error.txt      or else what the filter says on stderr
//	report.json    the report
//
// Every case goes through the program, through Run and through Stream, which must
// agree; what was rendered is rendered again, and must stay as it is.
func TestGolden(t *testing.T) {
	t.Parallel()
	cases, err := readCases(goldenFolder, *update)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			got := c.render(t)
			if *update {
				c.rewrite(t, got)
				return
			}
			if err := c.compare(got); err != nil {
				t.Errorf("%v\n(go test ./pkg/render -run TestGolden -update rewrites it)", err)
			}
		})
	}
}

// goldenCase is one folder, read.
type goldenCase struct{ *golden.Case }

var (
	goldenInputs  = []string{"irsa.yaml", "input.yaml", "chart", "values.yaml", "namespace", "release"}
	goldenOutputs = []string{"expected.yaml", "error.txt", "report.json"}
)

// readCases reads a folder of cases. When the outputs are about to be rewritten, they may
// be missing.
func readCases(folder string, rewriting bool) ([]goldenCase, error) {
	return golden.Read(folder, func(read *golden.Case) (goldenCase, error) {
		c := goldenCase{read}
		return c, c.check(rewriting)
	})
}

func (c goldenCase) check(rewriting bool) error {
	for name := range c.Files {
		if !slices.Contains(goldenInputs, name) && !slices.Contains(goldenOutputs, name) {
			return fmt.Errorf("%s is no file of a case", name)
		}
	}
	switch {
	case !c.Has("irsa.yaml"):
		return errors.New("irsa.yaml is missing")
	case !bytes.HasPrefix(c.Files["irsa.yaml"], []byte("# ")):
		return errors.New("the first line of irsa.yaml does not say what the case shows")
	case c.Has("input.yaml") == c.Has("chart"):
		return errors.New("want one of input.yaml and chart")
	case c.Has("values.yaml") && !c.Has("chart"):
		return errors.New("values.yaml without chart")
	case rewriting:
		return nil
	case c.Has("expected.yaml") == c.Has("error.txt"):
		return errors.New("want one of expected.yaml and error.txt")
	case !c.Has("report.json"):
		return errors.New("report.json is missing")
	}
	return nil
}

// line is a file of one line; otherwise where there is none.
func (c *goldenCase) line(name, otherwise string) string {
	if !c.Has(name) {
		return otherwise
	}
	return strings.TrimSpace(string(c.Files[name]))
}

// compare holds what came out against the case's files, byte for byte.
func (c *goldenCase) compare(got map[string][]byte) error {
	var faults []error
	for _, name := range goldenOutputs {
		want, wanted := c.Files[name]
		text, ok := got[name]
		switch {
		case wanted && !ok:
			faults = append(faults, fmt.Errorf("no %s came out", name))
		case ok && !wanted:
			faults = append(faults, fmt.Errorf("%s came out instead:\n%s", name, text))
		case !bytes.Equal(text, want):
			faults = append(faults, fmt.Errorf("%s: %s", name, firstDifference(text, want)))
		}
	}
	return errors.Join(faults...)
}

// firstDifference says where two texts part.
func firstDifference(got, want []byte) string {
	a, b := bytes.SplitAfter(got, []byte("\n")), bytes.SplitAfter(want, []byte("\n"))
	for i := 0; i < len(a) || i < len(b); i++ {
		var x, y []byte
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if !bytes.Equal(x, y) {
			return fmt.Sprintf("line %d is %q, want %q\ngot:\n%s", i+1, x, y, got)
		}
	}
	return "equal"
}

func (c *goldenCase) rewrite(t *testing.T, got map[string][]byte) {
	t.Helper()
	for _, name := range goldenOutputs {
		path := filepath.Join(c.Dir, name)
		text, ok := got[name]
		var err error
		switch {
		case ok && !(c.Has(name) && bytes.Equal(text, c.Files[name])):
			err = os.WriteFile(path, text, 0o644)
		case !ok && c.Has(name):
			err = os.Remove(path)
		}
		if err != nil {
			t.Error(err)
		}
	}
}

// render gives the files that the case should have beside its inputs.
func (c *goldenCase) render(t *testing.T) map[string][]byte {
	t.Helper()
	opts := render.Options{Namespace: c.line("namespace", ""), Release: c.line("release", "")}
	if c.Has("chart") {
		opts.Namespace, opts.Release = c.line("namespace", "ns1"), c.line("release", "rel")
	}
	file, err := spec.Parse("irsa.yaml", c.Files["irsa.yaml"])
	if err != nil {
		return c.program(t, c.Files["input.yaml"], opts)
	}
	file, unknown := catalog.WithPresets(file)
	if unknown != nil {
		return c.program(t, c.Files["input.yaml"], opts)
	}
	opts.Spec = file
	r, err := render.New(opts)
	if err != nil {
		return c.program(t, c.Files["input.yaml"], opts)
	}
	in := c.Files["input.yaml"]
	var printed []byte
	if c.Has("chart") {
		in, printed = c.template(t, opts, r)
	}
	got := c.program(t, in, opts)
	sameThroughAll(t, r, in, got)
	if out, ok := got["expected.yaml"]; ok {
		asHelmReads(t, in, out, got["report.json"])
		again, err := r.Run(bytes.NewBuffer(out))
		if err != nil {
			t.Errorf("rendering the result again: %v", err)
		} else if !bytes.Equal(again.Bytes(), out) {
			t.Errorf("rendering the result again changes it: %s", firstDifference(again.Bytes(), out))
		}
		if c.Has("chart") {
			got["expected.yaml"] = printed
		}
	}
	return got
}

// asHelmReads holds every document of a result against what came in, as Helm reads both.
func asHelmReads(t *testing.T, in, out, text []byte) {
	t.Helper()
	var report render.Report
	if err := json.Unmarshal(text, &report); err != nil {
		t.Fatal(err)
	}
	changes := map[int][]render.Change{}
	for _, c := range report.Changes {
		changes[c.Object.Document] = append(changes[c.Object.Document], c)
	}
	before, after := withObjects(in), withObjects(out)
	after = slices.DeleteFunc(after, func(d []byte) bool {
		return bytes.Contains(d, []byte("helm-irsa.dev/added")) && !slices.ContainsFunc(before, func(b []byte) bool { return bytes.Equal(b, d) })
	})
	if len(before) != len(after) {
		t.Fatalf("%d documents came in and %d left", len(before), len(after))
	}
	for i := range before {
		if err := helmview.Check(before[i], after[i], changes[i+1]); err != nil {
			t.Errorf("document %d: %v", i+1, err)
		}
	}
}

// withObjects are the documents of a stream that are not empty, as Helm has them.
func withObjects(data []byte) [][]byte {
	var out [][]byte
	for _, d := range stream.Scan(data) {
		if !d.Empty() && !d.Behind {
			out = append(out, bytes.TrimPrefix(bytes.TrimPrefix(d.Bytes, []byte(stream.ByteOrderMark)), []byte("---\n")))
		}
	}
	return out
}

// program runs the filter as a program, but for its process.
func (c *goldenCase) program(t *testing.T, in []byte, opts render.Options) map[string][]byte {
	t.Helper()
	file, report := filepath.Join(c.Dir, "irsa.yaml"), filepath.Join(t.TempDir(), "report.json")
	args := []string{"-f", file, "--report", report}
	if opts.Namespace != "" {
		args = append(args, "--namespace", opts.Namespace)
	}
	if opts.Release != "" {
		args = append(args, "--release", opts.Release)
	}
	var stdout, stderr bytes.Buffer
	code := filter.Program{
		Name: "irsa-post-renderer", Getenv: func(string) string { return "" },
		Stdin: bytes.NewReader(in), Stdout: &stdout, Stderr: &stderr,
	}.Main(args)
	data, err := os.ReadFile(report)
	if err != nil {
		t.Fatalf("the report: %v\nstderr:\n%s", err, stderr.Bytes())
	}
	stable := func(text []byte) []byte { return bytes.ReplaceAll(text, []byte(file), []byte("irsa.yaml")) }
	got := map[string][]byte{"report.json": stable(data)}
	said := stable(stderr.Bytes())
	switch code {
	case 0:
		got["expected.yaml"] = append([]byte{}, stdout.Bytes()...)
		if want := warnings(t, stable(data)); string(said) != want {
			t.Errorf("stderr is %q, want the report's warnings %q", said, want)
		}
	case 1:
		got["error.txt"] = said
		if stdout.Len() > 0 {
			t.Errorf("an error, and yet stdout holds %q", stdout.Bytes())
		}
	default:
		t.Errorf("exit code %d, want 0 or 1", code)
	}
	return got
}

// warnings are a report's warnings as the filter says them.
func warnings(t *testing.T, report []byte) string {
	t.Helper()
	var r render.Report
	if err := json.Unmarshal(report, &r); err != nil {
		t.Fatal(err)
	}
	return voice("warning", r.Warnings)
}

func voice(what string, messages []render.Message) string {
	var b strings.Builder
	for _, m := range messages {
		fmt.Fprintf(&b, "helm-irsa: %s: %s\n", what, m.Message)
		if m.Hint != "" {
			fmt.Fprintf(&b, "helm-irsa: hint: %s\n", m.Hint)
		}
	}
	return b.String()
}

// sameThroughAll holds Run and Stream against what the program did.
func sameThroughAll(t *testing.T, r *render.Renderer, in []byte, got map[string][]byte) {
	t.Helper()
	expected, ok := got["expected.yaml"]
	out, err := r.Run(bytes.NewBuffer(slices.Clone(in)))
	switch {
	case ok && err != nil:
		t.Errorf("Run: %v, and the program did it", err)
	case ok && !bytes.Equal(out.Bytes(), expected):
		t.Errorf("Run: %s", firstDifference(out.Bytes(), expected))
	case !ok && err == nil:
		t.Error("Run: no error, and the program has one")
	case !ok && voice("error", render.Messages(err)) != string(got["error.txt"]):
		t.Errorf("Run: error %q, the program says %q", voice("error", render.Messages(err)), got["error.txt"])
	case !ok && out != nil:
		t.Errorf("Run: an error, and yet output %q", out)
	}
	for name, reader := range map[string]io.Reader{"at once": bytes.NewReader(in), "byte by byte": iotest.OneByteReader(bytes.NewReader(in))} {
		var stream bytes.Buffer
		report, err := r.Stream(reader, &stream)
		if ok != (err == nil) || !bytes.Equal(stream.Bytes(), expected) {
			t.Errorf("Stream %s: error %v, output: %s", name, err, firstDifference(stream.Bytes(), expected))
		}
		data, err := json.MarshalIndent(report, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if data = append(data, '\n'); !bytes.Equal(data, got["report.json"]) {
			t.Errorf("Stream %s: report: %s", name, firstDifference(data, got["report.json"]))
		}
	}
}
