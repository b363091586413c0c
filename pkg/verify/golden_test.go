package verify_test

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/golden/chains"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

var update = flag.Bool("update", false, "rewrite expected.txt of the golden cases, and testdata/golden/repairs.txt, reasons.txt and trials.txt")

// readCases reads the golden cases once for all tests: Verify changes nothing of what it is given.
var readCases = sync.OnceValues(func() ([]chains.Case, error) { return chains.Read("../..") })

func goldenCases(t *testing.T) []chains.Case {
	t.Helper()
	cases, err := readCases()
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

// TestGolden: a folder a case, named CODE--WHAT for one whose first finding has the code,
// ok--WHAT for one without an error, and error--WHAT for inputs that cannot be read.
// manifests.yaml begins with a comment that says what it shows; package chains says what else
// there may be. A case with a file whole.txt, which may be empty before -update, holds also
// reasons and repairs.
func TestGolden(t *testing.T) {
	t.Parallel()
	cases := map[string]int{}
	for _, c := range goldenCases(t) {
		code, _, ok := strings.Cut(c.Name, "--")
		if _, known := verify.CodeOf(code); !ok || !known && code != "ok" && code != "error" {
			t.Errorf("%s: want a name of the form CODE--WHAT", c.Name)
			continue
		}
		cases[code]++
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			runGolden(t, c, code)
		})
	}
	for _, c := range verify.Codes() {
		if cases[c.Code] < 2 {
			t.Errorf("%s has %d cases: want 2", c.Code, cases[c.Code])
		}
	}
	if cases["ok"] == 0 || cases["error"] == 0 {
		t.Errorf("%d healthy cases, %d that cannot be read", cases["ok"], cases["error"])
	}
}

func runGolden(t *testing.T, c chains.Case, code string) {
	if (c.Err != nil) != (code == "error") {
		t.Fatalf("its inputs: %v", c.Err)
	}
	name, got := "error.txt", []byte(fmt.Sprint(c.Err, "\n"))
	if c.Err == nil {
		report := verify.Verify(c.Input)
		checkFirst(t, report, code)
		name, got = "expected.txt", told(report)
	}
	same(t, filepath.Join(c.Dir, name), got)
	if c.Has("whole.txt") {
		same(t, filepath.Join(c.Dir, "whole.txt"), whole(verify.Verify(c.Input)))
	}
}

// whole is what a case with a file whole.txt holds beside: the status of all, why each link has its status, and
// where each finding was made, why it is one, and how it is mended.
func whole(r *verify.Report) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s in all\n", r.Status)
	for _, a := range r.ServiceAccounts {
		fmt.Fprintf(&b, "%s/%s\n", a.Namespace, a.Name)
		for _, l := range a.Links {
			fmt.Fprintf(&b, "  %s: %s\n", l.Name, l.Why)
		}
	}
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%s of %s, %s: %s\n    %s\n", f.Code, f.Subject, f.Where, f.Why, strings.ReplaceAll(f.Fix, "\n", "\n    "))
	}
	return b.Bytes()
}

// same holds a text against a file, or rewrites that.
func same(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is off; got:\n%s", file, got)
	}
}

// checkFirst holds also while files are rewritten.
func checkFirst(t *testing.T, r *verify.Report, code string) {
	t.Helper()
	for _, f := range r.Findings {
		if f.Message == "" || f.Why == "" || f.Fix == "" || f.Subject == "" {
			t.Errorf("%s lacks a part: %+v", f.Code, f)
		}
		if f.Severity == verify.Error && code == "ok" {
			t.Errorf("healthy, and has %s: %s", f.Code, f.Message)
		}
	}
	if code != "ok" && (len(r.Findings) == 0 || r.Findings[0].Code != code) {
		t.Errorf("first is not %s: %s", code, told(r))
	}
	if code == "ok" && r.Status == verify.Broken {
		t.Error("healthy, and broken")
	}
}

// told is what a case holds: of each service account its status and that of its links, of each
// finding its code, severity, link and message. Repairs are held once, by TestRepairs, and so is
// why a link has its status, by TestReasons.
func told(r *verify.Report) []byte {
	var b bytes.Buffer
	if len(r.ServiceAccounts) == 0 {
		fmt.Fprintf(&b, "no service account, %s\n", r.Status)
	}
	for _, a := range r.ServiceAccounts {
		fmt.Fprintf(&b, "%s/%s %s %s\n", a.Namespace, a.Name, a.Status, a.RoleARN)
		for _, l := range a.Links {
			fmt.Fprintf(&b, "  %s %s\n", l.Name, l.Status)
		}
		for _, p := range a.Permissions {
			fmt.Fprintf(&b, "  %s %s %s\n", p.Verdict, p.Action, p.Resource)
		}
	}
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%s %s, %s", f.Severity, f.Code, f.Link)
		if f.Under != "" {
			fmt.Fprintf(&b, ", under %s", f.Under)
		}
		if len(f.ServiceAccounts) > 0 {
			fmt.Fprintf(&b, ", of %s", strings.Join(f.ServiceAccounts, " and "))
		}
		fmt.Fprintf(&b, "\n  %s: %s\n", f.Subject, f.Message)
	}
	return b.Bytes()
}

// TestRepairs holds the repairs of the golden cases: of each code every one that reads
// differently, but for names and numbers in it, with the first case that has it.
func TestRepairs(t *testing.T) {
	t.Parallel()
	type repair struct{ of, text string }
	repairs, had := map[string][]repair{}, map[string]bool{}
	for _, c := range goldenCases(t) {
		if c.Err != nil {
			continue
		}
		for _, f := range verify.Verify(c.Input).Findings {
			if form := f.Code + shape(f.Fix); !had[form] {
				had[form] = true
				repairs[f.Code] = append(repairs[f.Code], repair{c.Name, f.Fix})
			}
		}
	}
	var b bytes.Buffer
	for _, code := range verify.Codes() {
		fmt.Fprintf(&b, "# %s\n", code.Code)
		for _, r := range repairs[code.Code] {
			fmt.Fprintf(&b, "\n%s:\n    %s\n", r.of, strings.ReplaceAll(r.text, "\n", "\n    "))
		}
		b.WriteByte('\n')
	}
	same(t, "../../testdata/golden/repairs.txt", b.Bytes())
}

// shape is a repair without the words that are names of a case: of each line its first words.
func shape(fix string) string {
	var out []string
	for line := range strings.Lines(fix) {
		words := strings.Fields(line)
		if strings.HasPrefix(line, `{"Effect"`) || strings.HasPrefix(line, `{"Action"`) {
			words = []string{fmt.Sprintf("a statement of %d subjects", strings.Count(line, "system:serviceaccount:"))}
		}
		out = append(out, strings.Join(words[:min(3, len(words))], " "))
	}
	return strings.Join(out, "\n")
}

// TestReasons holds why links have their status: of each link and status every reason that reads
// differently, but for names in it, with the first case that has it.
func TestReasons(t *testing.T) {
	t.Parallel()
	had := map[string]bool{}
	lines := map[string][]string{}
	add := func(of, why, name string) {
		if form := of + ": " + reasonShape(why); !had[form] {
			had[form] = true
			lines[of] = append(lines[of], fmt.Sprintf("%s:\n    %s\n", name, strings.ReplaceAll(why, "\n", "\n    ")))
		}
	}
	for _, c := range goldenCases(t) {
		if c.Err != nil {
			continue
		}
		for _, a := range verify.Verify(c.Input).ServiceAccounts {
			for _, l := range a.Links {
				if l.Status != verify.Broken { // that is the message of a finding
					add(fmt.Sprintf("%s %s", l.Name, l.Status), l.Why, c.Name)
				}
			}
			for _, p := range a.Permissions {
				add("permission "+p.Verdict, p.Why, c.Name)
			}
		}
	}
	var b bytes.Buffer
	for _, of := range slices.Sorted(maps.Keys(lines)) {
		fmt.Fprintf(&b, "# %s\n\n%s\n", of, strings.Join(lines[of], ""))
	}
	same(t, "../../testdata/golden/reasons.txt", b.Bytes())
}

// reasonShape is a reason without the words that may be names of a case.
func reasonShape(why string) string {
	return strings.Join(slices.DeleteFunc(strings.Fields(why), func(word string) bool {
		return strings.ContainsAny(strings.TrimRight(word, ":,;"), "0123456789/:.-")
	}), " ")
}

// TestTrials holds what of the golden cases would be tried at STS, and whose certificates the
// trials that are in them leave in doubt.
func TestTrials(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	for _, c := range goldenCases(t) {
		if c.Err != nil {
			continue
		}
		fmt.Fprintf(&b, "%s:\n", c.Name)
		for _, trial := range verify.Trials(c.Input) {
			fmt.Fprintf(&b, "    %s/%s %s, audience %q, region %q, expected: %t", trial.Namespace, trial.Name, trial.RoleARN, trial.Audience, trial.Region, trial.Expected)
			if trial.Pod != "" {
				fmt.Fprintf(&b, ", of pod %s", trial.Pod)
			}
			b.WriteByte('\n')
		}
		for _, issuer := range verify.DoubtedIssuers(c.Input) {
			fmt.Fprintf(&b, "    doubted: %s\n", issuer)
		}
	}
	same(t, "../../testdata/golden/trials.txt", b.Bytes())
}
