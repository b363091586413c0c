package cli

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/internal/upgrade"
	"github.com/helm-irsa/helm-irsa/internal/voice"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

// JUnit's XML as CI systems read it (https://github.com/testmoapp/junitxml; Jenkins:
// https://github.com/jenkinsci/junit-plugin, CaseResult and SuiteResult; GitLab:
// https://docs.gitlab.com/ci/testing/unit_test_reports/, which knows a case by classname
// and name): a service account is a suite, a link a case; what is broken has failed, what
// is unknown was skipped. Findings of no service account are a suite of their own.

type junitSuites struct {
	XMLName xml.Name `xml:"testsuites"`
	Name    string   `xml:"name,attr"`
	junitCounts
	Suites []junitSuite `xml:"testsuite"`
}

// junitCounts are of the cases below. An error, in JUnit's sense, is a test that could not be
// run: verify has none. Nothing takes time that would be worth a figure.
type junitCounts struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Errors   int `xml:"errors,attr"`
	Skipped  int `xml:"skipped,attr"`
	Time     int `xml:"time,attr"`
}

type junitSuite struct {
	Name string `xml:"name,attr"`
	junitCounts
	Cases []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Time    int           `xml:"time,attr"`
	Failure *junitFailure `xml:"failure"`
	Error   *junitFailure `xml:"error"`
	Skipped *junitSkipped `xml:"skipped"`
	Out     string        `xml:"system-out,omitempty"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

type junitSkipped struct {
	Message string `xml:"message,attr"`
}

// printJUnit writes what a command found; its name is that of the suites.
func printJUnit(w io.Writer, command string, r *verify.Report) error {
	return printXML(w, junitOf(command, r))
}

// printXML writes a document of XML.
func printXML(w io.Writer, v any) error {
	text, err := xml.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("writing JUnit's XML: %w", err)
	}
	_, err = fmt.Fprintf(w, "%s%s\n", xml.Header, text)
	return err
}

func junitOf(command string, r *verify.Report) junitSuites {
	out := junitSuites{Name: voice.Program + " " + command}
	names := map[string]int{}
	for _, a := range r.ServiceAccounts {
		s := junitAccount(a)
		if names[s.Name]++; names[s.Name] > 1 { // of two of one name, readers keep one
			s.rename(fmt.Sprintf("%s (%d)", s.Name, names[s.Name]))
		}
		out.Suites = append(out.Suites, s)
	}
	if rest := junitRest(r); len(rest.Cases) > 0 {
		out.Suites = append(out.Suites, rest)
	}
	for i := range out.Suites {
		s := &out.Suites[i]
		for _, c := range s.Cases {
			s.count(c)
			out.count(c)
		}
	}
	return out
}

func (n *junitCounts) count(c junitCase) {
	n.Tests++
	if c.Failure != nil {
		n.Failures++
	}
	if c.Error != nil {
		n.Errors++
	}
	if c.Skipped != nil {
		n.Skipped++
	}
}

func (s *junitSuite) rename(name string) {
	s.Name = name
	for i := range s.Cases {
		s.Cases[i].Class = name
	}
}

func junitAccount(a verify.ServiceAccountReport) junitSuite {
	s := junitSuite{Name: orWords(safe.Text(upgrade.AccountName(a)), "a service account of unknown name")}
	for _, l := range a.Links {
		c := junitCase{Name: string(l.Name), Class: s.Name}
		var errors, others []verify.Finding
		for _, f := range a.Findings {
			switch {
			case f.Link == l.Name && f.Severity == verify.Error:
				errors = append(errors, f)
			case f.Link == l.Name:
				others = append(others, f)
			}
		}
		switch l.Status {
		case verify.Broken:
			c.Failure = junitBroken(l.Why, errors)
		case verify.Unknown:
			c.Skipped = &junitSkipped{l.Why}
		}
		c.Out = junitText(others)
		s.Cases = append(s.Cases, c)
	}
	return s
}

// junitBroken says what broke a link: the first code, which is the root cause, and all
// that was found.
func junitBroken(why string, errors []verify.Finding) *junitFailure {
	f := &junitFailure{Message: why, Type: "broken", Text: junitText(errors)}
	if len(errors) > 0 {
		f.Message, f.Type = errors[0].Code+": "+errors[0].Message, errors[0].Code
	}
	return f
}

func junitText(findings []verify.Finding) string {
	var b strings.Builder
	for _, f := range findings {
		fmt.Fprintf(&b, "%s %s: %s: %s\n%s\n%s\n", f.Severity, f.Code, f.Subject, f.Message, f.Why, f.Fix)
	}
	return b.String()
}

// junitRest are findings of no service account. Where there is neither those nor a
// service account, one case says so: a file without cases is an error to some readers.
func junitRest(r *verify.Report) junitSuite {
	s := junitSuite{Name: "other findings"}
	of := map[string]bool{}
	for _, a := range r.ServiceAccounts {
		for _, f := range a.Findings {
			of[f.Code+"\x00"+f.Message] = true
		}
	}
	times := map[string]int{}
	for _, f := range r.Findings {
		if of[f.Code+"\x00"+f.Message] {
			continue
		}
		c := junitCase{Name: f.Code, Class: orWords(f.Subject, s.Name)}
		if times[c.Class+c.Name]++; times[c.Class+c.Name] > 1 {
			c.Name += fmt.Sprintf(" (%d)", times[c.Class+c.Name])
		}
		if f.Severity == verify.Error {
			c.Failure = junitBroken("", []verify.Finding{f})
		} else {
			c.Out = junitText([]verify.Finding{f})
		}
		s.Cases = append(s.Cases, c)
	}
	if len(s.Cases) == 0 && len(r.ServiceAccounts) == 0 {
		c := junitCase{Name: "service accounts", Class: s.Name, Out: noAccounts + "\n"}
		if r.Status != verify.OK {
			c.Skipped, c.Out = &junitSkipped{noAccounts}, ""
		}
		s.Cases = []junitCase{c}
	}
	return s
}

// noAccounts is said where there is nothing to verify.
const noAccounts = "No service account here has a role, or should have one."

func orWords(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
