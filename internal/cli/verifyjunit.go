package cli

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

// JUnit's XML as CI systems read it
// (https://github.com/testmoapp/junitxml): an account is a suite, a link a case; what is
// broken has failed, what is unknown was skipped.

type junitSuites struct {
	XMLName xml.Name     `xml:"testsuites"`
	Suites  []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Failure *junitMessage `xml:"failure"`
	Skipped *junitMessage `xml:"skipped"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

func printJUnit(w io.Writer, r *verify.Report) error {
	out := junitSuites{}
	for _, a := range r.ServiceAccounts {
		out.Suites = append(out.Suites, junitOf(a))
	}
	text, err := xml.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s%s\n", xml.Header, text)
	return err
}

func junitOf(a verify.AccountReport) junitSuite {
	s := junitSuite{Name: strings.TrimPrefix(a.Namespace+"/"+a.Name, "/"), Tests: len(a.Links)}
	for _, l := range a.Links {
		c := junitCase{Name: string(l.Name), Class: s.Name}
		switch l.Status {
		case verify.Broken:
			s.Failures++
			c.Failure = junitFailure(a, l)
		case verify.Unknown:
			s.Skipped++
			c.Skipped = &junitMessage{Message: l.Why}
		}
		s.Cases = append(s.Cases, c)
	}
	return s
}

func junitFailure(a verify.AccountReport, l verify.LinkStatus) *junitMessage {
	m := &junitMessage{Message: l.Why}
	for _, f := range a.Findings {
		if f.Link == l.Name && f.Severity == verify.Error {
			if m.Text == "" {
				m.Message = f.Code
			}
			m.Text += fmt.Sprintf("%s: %s: %s\n%s\n%s\n", f.Code, f.Subject, f.Message, f.Why, f.Fix)
		}
	}
	return m
}
