package cli

import (
	"strconv"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

// The part of SARIF 2.1.0 that code scanning reads
// (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html;
// https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning).

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool    sarifTool     `json:"tool"`
	Results []sarifResult `json:"results"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name    string      `json:"name"`
	Version string      `json:"version"`
	Rules   []sarifRule `json:"rules"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifRule struct {
	ID               string    `json:"id"`
	ShortDescription sarifText `json:"shortDescription"`
	FullDescription  sarifText `json:"fullDescription"`
	Help             sarifText `json:"help"`
}

type sarifResult struct {
	RuleID    string          `json:"ruleId"`
	Level     string          `json:"level"`
	Message   sarifText       `json:"message"`
	Locations []sarifLocation `json:"locations"`
}

type sarifLocation struct {
	Physical sarifPhysical  `json:"physicalLocation"`
	Logical  []sarifLogical `json:"logicalLocations,omitempty"`
}

type sarifPhysical struct {
	Artifact struct {
		URI string `json:"uri"`
	} `json:"artifactLocation"`
	Region *sarifRegion `json:"region,omitempty"`
}

type sarifRegion struct {
	StartLine int `json:"startLine"`
}

type sarifLogical struct {
	Name string `json:"fullyQualifiedName"`
}

// sarifLevels: SARIF calls what is worth knowing a note.
var sarifLevels = map[verify.Severity]string{verify.Error: "error", verify.Warning: "warning", verify.Info: "note"}

// sarifOf has every code as a rule, and every finding as a result.
func sarifOf(r *verify.Report, version string) sarifLog {
	driver := sarifDriver{Name: program, Version: version, Rules: []sarifRule{}}
	for _, c := range verify.Codes() {
		driver.Rules = append(driver.Rules, sarifRule{c.Code, sarifText{c.Title}, sarifText{c.Looks + " " + c.Why}, sarifText{c.Repair}})
	}
	results := []sarifResult{}
	for _, f := range r.Findings {
		text := f.Subject + ": " + f.Message
		if f.Fix != "" {
			text += "\nRepair: " + f.Fix
		}
		results = append(results, sarifResult{f.Code, sarifLevels[f.Severity], sarifText{text}, []sarifLocation{sarifPlace(f)}})
	}
	return sarifLog{
		Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0",
		Runs: []sarifRun{{sarifTool{driver}, results}},
	}
}

// sarifPlace is where a finding stands. Code scanning takes no result without a file, so
// what has none stands in irsa.yaml.
func sarifPlace(f verify.Finding) sarifLocation {
	l := sarifLocation{Logical: []sarifLogical{{f.Subject}}}
	l.Physical.Artifact.URI = "irsa.yaml"
	if f.Where == "" {
		return l
	}
	l.Physical.Artifact.URI = f.Where
	if i := strings.LastIndexByte(f.Where, ':'); i > 0 {
		if line, err := strconv.Atoi(f.Where[i+1:]); err == nil && line > 0 {
			l.Physical.Artifact.URI, l.Physical.Region = f.Where[:i], &sarifRegion{line}
		}
	}
	return l
}
