package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/internal/voice"
)

// driftJUnit has a case for each file and release. Drift has failed; a file that is broken or
// could not be judged is an error: the comparison could not be made.
func driftJUnit(r *driftReport) junitSuites {
	out := junitSuites{Name: voice.Program + " drift"}
	suite := junitSuite{Name: "drift"}
	times := map[string]int{}
	for _, row := range r.Files {
		c := junitCase{Name: row.name(), Class: row.File}
		if times[c.Class+"\x00"+c.Name]++; times[c.Class+"\x00"+c.Name] > 1 { // of two of one name, readers keep one
			c.Name += fmt.Sprintf(" (%d)", times[c.Class+"\x00"+c.Name])
		}
		what := &junitFailure{Message: driftSentence(row), Type: string(row.State), Text: driftDetails(row)}
		switch row.State {
		case driftFound, driftBlocked:
			c.Failure = what
		case driftBroken, driftUnknown:
			c.Error = what
		default:
			c.Out = what.Text
		}
		suite.Cases = append(suite.Cases, c)
		suite.count(c)
		out.count(c)
	}
	out.Suites = []junitSuite{suite}
	return out
}

// driftSentence says in one line what a row comes to.
func driftSentence(row driftRow) string {
	text := driftWords[row.State]
	if len(row.Changes) > 0 {
		text += ": " + changesWords(row)
	}
	if len(row.Errors) > 0 {
		text += ": " + row.Errors[0].Message
		if n := len(row.Errors) - 1; n > 0 {
			text += fmt.Sprintf(", and %d more", n)
		}
	}
	return safe.Text(text)
}

// driftDetails are all that is to be said of a row, line by line.
func driftDetails(row driftRow) string {
	var b strings.Builder
	for _, c := range row.Changes {
		fmt.Fprintln(&b, safe.Text(changeWords(c)))
	}
	for _, w := range row.Warnings {
		fmt.Fprintln(&b, safe.Text("! "+w))
	}
	for _, e := range row.Errors {
		fmt.Fprintln(&b, safe.Text(e.at(row.File)+e.Message))
		if e.Hint != "" {
			fmt.Fprintln(&b, safe.Text("  "+e.Hint))
		}
	}
	if len(row.Changes) > 0 {
		fmt.Fprintln(&b, row.plan())
	}
	return b.String()
}

// driftRules are the rules of SARIF; levels are those of code scanning.
var driftRules = []struct {
	state                     driftState
	id, level, title, details string
}{
	{driftFound, "drift", "warning", "AWS is not as irsa.yaml says", "helm irsa plan shows what differs; helm irsa apply makes AWS what the file says."},
	{driftBlocked, "drift-blocked", "error", "AWS is not as irsa.yaml says, and something stands in the way of an apply", "The message says what it is, and what to do."},
	{driftBroken, "irsa-yaml-broken", "error", "irsa.yaml has faults", "helm irsa validate shows all of them."},
	{driftUnknown, "drift-unknown", "error", "The file could not be compared with AWS", "The message says what could not be read, and what to do."},
}

// driftSARIF has a result for each row that is not in sync; of a file with faults, for each fault.
func driftSARIF(r *driftReport, version string) sarifLog {
	driver := sarifDriver{Name: voice.Program, Version: version, Rules: []sarifRule{}}
	for _, rule := range driftRules {
		one := sarifRule{ID: rule.id, ShortDescription: sarifText{rule.title}, FullDescription: sarifText{rule.title + "."}, Help: sarifText{rule.details}}
		one.Default.Level = rule.level
		driver.Rules = append(driver.Rules, one)
	}
	results, seen := []sarifResult{}, map[string]int{}
	add := func(row driftRow, line int, message string) {
		for i, rule := range driftRules {
			if rule.state != row.State {
				continue
			}
			sum := sha256.Sum256([]byte(rule.id + "\x00" + row.File + "\x00" + row.name()))
			print := hex.EncodeToString(sum[:8])
			seen[print]++
			results = append(results, sarifResult{
				rule.id, i, rule.level, sarifText{safe.Lines(message)}, []sarifLocation{driftPlace(row, line)},
				map[string]string{"primaryLocationLineHash": fmt.Sprintf("%s:%d", print, seen[print])},
			})
		}
	}
	for _, row := range r.Files {
		switch {
		case row.State == driftBroken && len(row.Errors) > 0:
			for _, e := range row.Errors {
				add(row, e.Line, strings.TrimSuffix(e.Message+"\n"+e.Hint, "\n"))
			}
		default:
			add(row, 1, row.name()+": "+driftSentence(row)+"\n"+driftDetails(row))
		}
	}
	return sarifLog{
		Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0",
		Runs: []sarifRun{{sarifTool{driver}, results}},
	}
}

func driftPlace(row driftRow, line int) sarifLocation {
	l := sarifLocation{Logical: []sarifLogical{{row.name()}}}
	l.Physical.Artifact.URI, l.Physical.Region.StartLine = sarifFiles{}.uri(row.File), max(line, 1)
	return l
}
