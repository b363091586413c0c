package cli

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/golden/chains"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

// goldenReports are the reports of all golden cases of verify, by the case's name, and
// some that no case has.
func goldenReports(t *testing.T) map[string]*verify.Report {
	t.Helper()
	cases, err := chains.Read("../..")
	if err != nil || len(cases) < 100 {
		t.Fatalf("%d cases: %v", len(cases), err)
	}
	out := map[string]*verify.Report{
		"nothing": {Status: verify.Unknown},
		"odd characters": {ServiceAccounts: []verify.ServiceAccountReport{odd("a"), odd("a"), odd("")}, Findings: []verify.Finding{
			{Code: "role-missing", Severity: verify.Error, Subject: "\x1b[31mrole\x00\ufffe", Message: "a\r\n\t<&>\"'\xff", Fix: "]]>", Where: "C:\\a b.yaml:0", Link: verify.LinkTrust},
			{Code: "role-missing", Severity: verify.Info, Subject: "role", Message: "b", Where: "/elsewhere/ü%.yaml:7", Link: verify.LinkTrust},
			{Code: "role-missing", Severity: verify.Warning, Subject: "role", Message: "c", Where: "helm get manifest web:3", ServiceAccounts: []string{"a/b", "c/d"}, Link: verify.LinkTrust},
		}},
	}
	for _, c := range cases {
		if c.Err == nil {
			out[c.Name] = verify.Verify(c.Input)
		}
	}
	return out
}

// odd is a service account whose findings hold what XML 1.0 does not.
func odd(name string) verify.ServiceAccountReport {
	f := verify.Finding{Code: "annotation-malformed", Severity: verify.Error, Subject: "\x07", Message: "\x0b\ufffe", Why: "\x00", Fix: "\xff", Link: verify.LinkAnnotation}
	return verify.ServiceAccountReport{Name: name, Status: verify.Broken, Findings: []verify.Finding{f}, Links: []verify.LinkStatus{
		{Name: verify.LinkAnnotation, Status: verify.Broken, Why: "\x0c"}, {Name: verify.LinkTrust, Status: verify.Unknown, Why: "\x01"},
	}}
}

// TestSARIF holds the output against the SARIF 2.1.0 standard
// (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html; § are of that) and
// against what code scanning demands beyond it
// (https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning).
func TestSARIF(t *testing.T) {
	t.Parallel()
	for name, r := range goldenReports(t) {
		text, err := json.Marshal(sarifOf(r, "0.0.0", sarifFiles{[]string{"manifests.yaml", "C:\\a b.yaml", "/elsewhere/ü%.yaml"}, "/here"}))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if faults := sarifFaults(text, r); faults != nil {
			t.Errorf("%s: %v", name, errors.Join(faults...))
		}
	}
}

// sarifFaults are the rules that a log breaks. It is read untyped: a field of the wrong
// name must show.
func sarifFaults(text []byte, r *verify.Report) (faults []error) {
	var log any
	if err := json.Unmarshal(text, &log); err != nil {
		return []error{err}
	}
	rule := func(ok bool, section, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf("%s: %s", section, fmt.Sprintf(format, args...)))
		}
	}
	at := func(v any, path ...any) any {
		for _, p := range path {
			switch p := p.(type) {
			case string:
				m, _ := v.(map[string]any)
				v = m[p]
			case int:
				l, _ := v.([]any)
				if p >= len(l) {
					return nil
				}
				v = l[p]
			}
		}
		return v
	}
	items := func(v any) []any { l, _ := v.([]any); return l }
	said := func(v any) bool { s, ok := v.(string); return ok && s != "" }

	rule(at(log, "version") == "2.1.0", "§3.13.2", "version is %v", at(log, "version"))
	rule(len(items(at(log, "runs"))) == 1, "§3.13.4", "runs")
	run := at(log, "runs", 0)
	rule(said(at(run, "tool", "driver", "name")), "§3.19.8", "the driver has no name")
	rules := items(at(run, "tool", "driver", "rules"))
	ids := map[string]bool{}
	for i, d := range rules {
		id, _ := at(d, "id").(string)
		rule(id != "" && !ids[id], "§3.49.3", "rule %d has id %q", i, id)
		ids[id] = true
		for _, field := range []string{"shortDescription", "fullDescription", "help"} { // code scanning wants all three
			s, _ := at(d, field, "text").(string)
			rule(s != "" && len(s) <= 1024, "code scanning", "%s of rule %s", field, id)
		}
		rule(isLevel(at(d, "defaultConfiguration", "level")), "§3.50.3", "level of rule %s", id)
	}
	_, is := at(run, "results").([]any)
	results := items(at(run, "results"))
	rule(is && len(results) == len(r.Findings) && len(results) <= 25000, "§3.14.23", "%d results", len(results))
	prints := map[string]bool{}
	for i, res := range results {
		index, _ := at(res, "ruleIndex").(float64)
		rule(int(index) < len(rules) && said(at(res, "ruleId")) && at(rules, int(index), "id") == at(res, "ruleId"), "§3.27.6", "result %d: rule %v at %v", i, at(res, "ruleId"), at(res, "ruleIndex"))
		rule(isLevel(at(res, "level")), "§3.27.10", "result %d: level %v", i, at(res, "level"))
		rule(said(at(res, "message", "text")), "§3.11.8", "result %d has no message", i)
		locations := items(at(res, "locations"))
		rule(len(locations) == 1, "§3.27.12", "result %d: %d locations; code scanning shows the first", i, len(locations))
		place := at(res, "locations", 0, "physicalLocation")
		uri, _ := at(place, "artifactLocation", "uri").(string)
		u, err := url.Parse(uri)
		rule(err == nil && u.String() == uri && uri != "" && !strings.ContainsAny(uri, " \\\"") && isASCII(uri), "§3.4.3", "result %d: %q is no URI reference of RFC 3986", i, uri)
		rule(err != nil || u.Scheme == "" && !strings.HasPrefix(u.Path, "/") || u.Scheme == "file" && strings.HasPrefix(u.Path, "/"), "§3.4.4", "result %d: %q is neither relative nor a file", i, uri)
		line, _ := at(place, "region", "startLine").(float64)
		rule(line >= 1, "§3.30.5", "result %d begins at line %v", i, line)
		rule(said(at(res, "locations", 0, "logicalLocations", 0, "fullyQualifiedName")), "§3.33.5", "result %d is about nothing", i)
		print, _ := at(res, "partialFingerprints", "primaryLocationLineHash").(string)
		hash, nth, _ := strings.Cut(print, ":")
		_, err = strconv.Atoi(nth)
		rule(err == nil && len(hash) >= 16, "§3.27.17", "result %d: fingerprint %q", i, print)
		key := fmt.Sprint(at(res, "ruleId"), uri, print) // code scanning takes two of these for one alert
		rule(!prints[key], "code scanning", "result %d has the fingerprint of another", i)
		prints[key] = true
	}
	return faults
}

// isLevel: the levels of §3.27.10.
func isLevel(v any) bool {
	return slices.Contains([]any{"none", "note", "warning", "error"}, v)
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > 0x7e || r < 0x21 })
}

// TestSARIFPlaces: where a finding stands, as code scanning finds it.
func TestSARIFPlaces(t *testing.T) {
	t.Parallel()
	files := sarifFiles{[]string{"m.yaml", "./a/../b c.yaml", "/here/x.yaml", "/other/x.yaml", "a:b.yaml"}, "/here"}
	for where, want := range map[string]string{
		"m.yaml:7":             "m.yaml 7",
		"./a/../b c.yaml:1":    "b%20c.yaml 1",
		"/here/x.yaml:2":       "x.yaml 2",
		"/other/x.yaml:2":      "file:///other/x.yaml 2",
		"a:b.yaml:3":           "./a:b.yaml 3",
		"stdin:4":              "irsa.yaml 1",
		"cluster https://h:99": "irsa.yaml 1",
		"":                     "irsa.yaml 1",
	} {
		l := files.place(verify.Finding{Where: where})
		if got := fmt.Sprintf("%s %d", l.Physical.Artifact.URI, l.Physical.Region.StartLine); got != want {
			t.Errorf("%q stands at %s, want %s", where, got, want)
		}
	}
}

// TestSARIFFingerprint: the same fault is the same alert where its line and its words are
// others.
func TestSARIFFingerprint(t *testing.T) {
	t.Parallel()
	f := verify.Finding{Code: "role-missing", Subject: "role a", Message: "one", Where: "m.yaml:1"}
	moved := f
	moved.Where, moved.Message = "m.yaml:9", "two"
	other := f
	other.Subject = "role b"
	if sarifFingerprint(f) != sarifFingerprint(moved) || sarifFingerprint(f) == sarifFingerprint(other) {
		t.Error("fingerprints do not follow the fault")
	}
}

// TestJUnit holds the output against what CI systems read: counts that are those of the
// cases, cases that can be told apart, and characters of XML 1.0
// (https://www.w3.org/TR/xml/#charsets).
func TestJUnit(t *testing.T) {
	t.Parallel()
	for name, r := range goldenReports(t) {
		var b bytes.Buffer
		if err := printJUnit(&b, "verify", r); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if faults := junitFaults(b.Bytes(), r); faults != nil {
			t.Errorf("%s: %v\n%s", name, errors.Join(faults...), b.String())
		}
	}
}

// junitElement is an element of any name, so that all that is there is looked at.
type junitElement struct {
	XMLName  xml.Name
	Attrs    []xml.Attr     `xml:",any,attr"`
	Children []junitElement `xml:",any"`
	Text     string         `xml:",chardata"`
}

func (e junitElement) attr(name string) string {
	for _, a := range e.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func (e junitElement) all(name string) []junitElement {
	var out []junitElement
	for _, c := range e.Children {
		if c.XMLName.Local == name {
			out = append(out, c)
		}
		out = append(out, c.all(name)...)
	}
	return out
}

func junitFaults(text []byte, r *verify.Report) (faults []error) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	for d := xml.NewDecoder(bytes.NewReader(text)); ; { // the decoder refuses what XML 1.0 has not
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			return []error{err}
		}
	}
	var root junitElement
	if err := xml.Unmarshal(text, &root); err != nil {
		return []error{err}
	}
	if root.XMLName.Local != "testsuites" {
		fault("the root is %s", root.XMLName.Local)
	}
	seen, failed := map[string]bool{}, 0
	for _, e := range append([]junitElement{root}, root.Children...) {
		cases := e.all("testcase")
		counts := map[string]int{"tests": len(cases), "failures": len(e.all("failure")), "errors": len(e.all("error")), "skipped": len(e.all("skipped"))}
		for name, n := range counts {
			if e.attr(name) != strconv.Itoa(n) {
				fault("%s %q has %s=%q, and %d of them", e.XMLName.Local, e.attr("name"), name, e.attr(name), n)
			}
		}
		if e.attr("name") == "" || len(cases) == 0 { // Jenkins takes a file without cases for an error
			fault("%s %q has %d cases", e.XMLName.Local, e.attr("name"), len(cases))
		}
	}
	for _, s := range root.Children {
		for _, c := range s.Children {
			key := c.attr("classname") + "\x00" + c.attr("name") // by which GitLab tells cases apart
			if c.XMLName.Local != "testcase" || c.attr("classname") == "" || c.attr("name") == "" || seen[key] {
				fault("%s %q of %q", c.XMLName.Local, c.attr("name"), c.attr("classname"))
			}
			seen[key] = true
			for _, f := range c.all("failure") {
				failed++
				if f.attr("message") == "" || f.attr("type") == "" || len(c.all("skipped")) > 0 {
					fault("failure of %q: %v", c.attr("name"), f.Attrs)
				}
			}
		}
	}
	if broken := slices.ContainsFunc(r.Findings, func(f verify.Finding) bool { return f.Severity == verify.Error }); broken && failed == 0 {
		fault("there are errors, and no case failed")
	}
	return faults
}
