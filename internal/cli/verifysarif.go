package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/internal/voice"
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
	Default          struct {
		Level string `json:"level"`
	} `json:"defaultConfiguration"`
}

type sarifResult struct {
	RuleID    string          `json:"ruleId"`
	RuleIndex int             `json:"ruleIndex"`
	Level     string          `json:"level"`
	Message   sarifText       `json:"message"`
	Locations []sarifLocation `json:"locations"`
	// Fingerprints tell code scanning which alerts of two runs are the same.
	Fingerprints map[string]string `json:"partialFingerprints"`
}

type sarifLocation struct {
	Physical sarifPhysical  `json:"physicalLocation"`
	Logical  []sarifLogical `json:"logicalLocations"`
}

type sarifPhysical struct {
	Artifact struct {
		URI string `json:"uri"`
	} `json:"artifactLocation"`
	Region struct {
		StartLine int `json:"startLine"`
	} `json:"region"`
}

type sarifLogical struct {
	Name string `json:"fullyQualifiedName"`
}

// sarifLevels: SARIF calls what is worth knowing a note.
var sarifLevels = map[verify.Severity]string{verify.Error: "error", verify.Warning: "warning", verify.Info: "note"}

// sarifFiles are the inputs that are files, and the folder that they are named from. What
// was read from a cluster, a release or stdin is none that code scanning could show.
type sarifFiles struct {
	names []string
	base  string
}

// sarifOf has every code as a rule, and every finding as a result.
func sarifOf(r *verify.Report, version string, files sarifFiles) sarifLog {
	return sarifWith(verify.Codes(), r, version, files)
}

// sarifWith is sarifOf with the codes that there are.
func sarifWith(codes []verify.Code, r *verify.Report, version string, files sarifFiles) sarifLog {
	driver, index := sarifDriver{Name: voice.Program, Version: version, Rules: []sarifRule{}}, map[string]int{}
	for i, c := range codes {
		rule := sarifRule{ID: c.Code, ShortDescription: sarifText{c.Title}, FullDescription: sarifText{c.Looks + " " + c.Why}, Help: sarifText{c.Repair}}
		rule.Default.Level = sarifLevels[c.Severity]
		driver.Rules, index[c.Code] = append(driver.Rules, rule), i
	}
	results, seen := []sarifResult{}, map[string]int{}
	for _, f := range r.Findings {
		print := sarifFingerprint(f)
		seen[print]++
		results = append(results, sarifResult{
			f.Code, index[f.Code], sarifLevels[f.Severity], sarifText{sarifMessage(f)}, []sarifLocation{files.place(f)},
			map[string]string{"primaryLocationLineHash": fmt.Sprintf("%s:%d", print, seen[print])},
		})
	}
	return sarifLog{
		Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0",
		Runs: []sarifRun{{sarifTool{driver}, results}},
	}
}

// sarifFingerprint stays where lines move and where a message says more than before.
// Code scanning hashes lines of source under this name, and adds the rule and the file.
func sarifFingerprint(f verify.Finding) string {
	sum := sha256.Sum256([]byte(f.Code + "\x00" + f.Subject))
	return hex.EncodeToString(sum[:8])
}

// sarifMessage is all that is said of a finding: code scanning shows no other field of it.
func sarifMessage(f verify.Finding) string {
	lines := []string{f.Subject + ": " + f.Message}
	if len(f.ServiceAccounts) > 0 {
		lines = append(lines, "Service accounts: "+strings.Join(f.ServiceAccounts, ", "))
	}
	switch {
	case f.Under != "":
		lines = append(lines, "Goes away with: "+f.Under)
	case f.Fix != "":
		lines = append(lines, "Repair: "+f.Fix)
	}
	return strings.Join(lines, "\n")
}

// place is where a finding stands. Code scanning takes no result without a line of a
// file, so what has none stands at the top of irsa.yaml.
func (s sarifFiles) place(f verify.Finding) sarifLocation {
	l := sarifLocation{Logical: []sarifLogical{{f.Subject}}}
	l.Physical.Artifact.URI, l.Physical.Region.StartLine = "irsa.yaml", 1
	i := strings.LastIndexByte(f.Where, ':')
	file := slices.IndexFunc(s.names, func(name string) bool { return i >= 0 && safe.Text(name) == f.Where[:i] })
	if file < 0 {
		return l
	}
	l.Physical.Artifact.URI = s.uri(s.names[file])
	if line, err := strconv.Atoi(f.Where[i+1:]); err == nil && line > 0 {
		l.Physical.Region.StartLine = line
	}
	return l
}

// uri is a file's, from the folder where it lies below that: code scanning wants paths
// from the top of the repository.
func (s sarifFiles) uri(name string) string {
	if filepath.IsAbs(name) {
		if below, err := filepath.Rel(s.base, name); err == nil && filepath.IsLocal(below) {
			name = below
		}
	}
	out := url.URL{Path: filepath.ToSlash(filepath.Clean(name))}
	if filepath.IsAbs(name) {
		out.Scheme, out.Path = "file", "/"+strings.TrimPrefix(out.Path, "/") // a drive has no slash before it
	}
	return out.String()
}
