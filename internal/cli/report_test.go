package cli

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helm-irsa/helm-irsa/internal/golden"
	"github.com/helm-irsa/helm-irsa/internal/sizes"
	"github.com/helm-irsa/helm-irsa/pkg/fleet"
)

var update = flag.Bool("update", false, "write the golden files of testdata/golden/report anew")

// reportCase is a folder of testdata/golden/report: clusters and AWS accounts in, the report as
// JSON and as text out.
type reportCase struct {
	*golden.Case
	args []string
}

const reportCases = "../../testdata/golden/report"

func readReportCases(t *testing.T) []reportCase {
	t.Helper()
	cases, err := golden.Read(reportCases, func(c *golden.Case) (reportCase, error) {
		out := reportCase{Case: c}
		for _, name := range slices.Sorted(maps.Keys(c.Files)) {
			path := filepath.Join(c.Dir, name)
			switch {
			case strings.HasPrefix(name, "cluster-"):
				out.args = append(out.args, "--manifests", strings.TrimSuffix(strings.TrimPrefix(name, "cluster-"), ".yaml")+"="+path)
			case strings.HasPrefix(name, "aws-"):
				out.args = append(out.args, "--snapshot", path)
			}
		}
		if !slices.Contains(out.args, "--manifests") {
			out.args = append(out.args, "--no-cluster")
		}
		return out, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

// reportOf runs helm irsa report at a time of its own.
func reportOf(t *testing.T, args ...string) (stdout string, err error) {
	t.Helper()
	var out, said bytes.Buffer
	sys := &System{Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &said, Getenv: func(string) string { return "" }}
	cmd := newReport(sys, func(o *reportOptions) error {
		o.now = func() time.Time { return time.Date(2026, 6, 15, 0, 0, 0, 0, time.UTC) }
		return runReport(o)
	})
	cmd.SetArgs(args)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err = cmd.Execute()
	return out.String(), err
}

func TestReportGolden(t *testing.T) {
	t.Parallel()
	for _, c := range readReportCases(t) {
		for _, format := range []string{"json", "text"} {
			t.Run(c.Name+"/"+format, func(t *testing.T) {
				t.Parallel()
				got, err := reportOf(t, append(slices.Clone(c.args), "-o", format)...)
				if err != nil && !isExited(err) {
					t.Fatal(err)
				}
				got = strings.ReplaceAll(got, c.Dir+"/", "")
				name := filepath.Join(c.Dir, "report."+map[string]string{"json": "json", "text": "txt"}[format])
				if *update {
					if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
					return
				}
				if want := string(c.Files[filepath.Base(name)]); got != want {
					t.Errorf("got:\n%s\nwant:\n%s", got, want)
				}
			})
		}
	}
}

// TestReportLarge: 100 releases with 1,000 roles are told whole. How long that takes is the
// benchmark's affair, and the browser's, make check-report's.
func TestReportLarge(t *testing.T) {
	t.Parallel()
	in, dir := sizes.Fleet(100, 1000), t.TempDir()
	for name, text := range map[string]string{"m.yaml": in.Manifests, "s.json": in.Snapshot} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"--manifests", "prod=" + filepath.Join(dir, "m.yaml"), "--snapshot", filepath.Join(dir, "s.json")}
	got, err := reportOf(t, append(args, "-o", "json")...)
	if !isExited(err) {
		t.Fatal(err)
	}
	var r fleet.Report
	if err := json.Unmarshal([]byte(got), &r); err != nil {
		t.Fatal(err)
	}
	if s := r.Summary; s.WithRole != 900 || s.Broken != 100 || s.Unknown != 0 || s.Roles != 1000 || s.Releases != 100 || len(r.Edges) != 900 {
		t.Errorf("%+v, %d edges", s, len(r.Edges))
	}
	page, err := reportOf(t, append(args, "-o", "html")...)
	if !isExited(err) {
		t.Fatal(err)
	}
	if n := strings.Count(page, "<tr id="); n != 1900 {
		t.Errorf("%d rows", n)
	}
	if to := os.Getenv("HELM_IRSA_REPORT_PAGES"); to != "" {
		if err := os.WriteFile(filepath.Join(to, "large.html"), []byte(page), 0o600); err != nil {
			t.Error(err)
		}
	}
}

// TestReportJUnitOnce: a finding of a service account stands in that one's suite and not among the rest
// as well, where CI would count it twice; the counts are those of the cases.
func TestReportJUnitOnce(t *testing.T) {
	t.Parallel()
	for _, c := range readReportCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			said, err := reportOf(t, append(slices.Clone(c.args), "-o", "json")...)
			if err != nil && !isExited(err) {
				t.Fatal(err)
			}
			var r fleet.Report
			if err := json.Unmarshal([]byte(said), &r); err != nil {
				t.Fatal(err)
			}
			text, err := reportOf(t, append(slices.Clone(c.args), "-o", "junit")...)
			if err != nil && !isExited(err) {
				t.Fatal(err)
			}
			var all junitSuites
			if err := xml.Unmarshal([]byte(text), &all); err != nil {
				t.Fatal(err)
			}
			if all.Name != "helm-irsa report" {
				t.Errorf("the suites are called %q", all.Name)
			}
			// An error that breaks a link is one failure, of the service account's suite.
			failures, times := 0, map[string][2]int{}
			for _, f := range r.Findings {
				times[f.Message] = [2]int{}
			}
			for _, s := range all.Suites {
				for _, one := range s.Cases {
					said, at := one.Out, 0
					if one.Failure != nil {
						failures++
						said += one.Failure.Text
					}
					if s.Name == "other findings" {
						at = 1
					}
					for message, n := range times {
						n[at] += strings.Count(said, ": "+message+"\n")
						times[message] = n
					}
				}
			}
			for message, n := range times {
				if n[0] == 0 && n[1] == 0 || n[0] > 0 && n[1] > 0 {
					t.Errorf("said %d times of a service account, and %d times among the rest: %s", n[0], n[1], message)
				}
			}
			if failures != all.Failures {
				t.Errorf("%d failures are counted, and there are %d", all.Failures, failures)
			}
		})
	}
}
