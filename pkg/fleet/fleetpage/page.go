package fleetpage

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/helm-irsa/helm-irsa/pkg/fleet"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

//go:embed page.html
var source string

//go:embed page.css
var style string

//go:embed page.js
var script string

// Options are what a page says beside the report.
type Options struct {
	// Made is when the report was made; the zero time is left out.
	Made time.Time
	// Version is that of the program.
	Version string
}

// HTML writes the page.
func HTML(w io.Writer, r *fleet.Report, o Options) error {
	t, err := template.New("page").Parse(source)
	if err != nil {
		return fmt.Errorf("reading the template of the page: %w", err)
	}
	var out bytes.Buffer // so that half a page is never written
	if err := t.Execute(&out, viewOf(r, o)); err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	_, err = w.Write(out.Bytes())
	return err
}

// view is what the template gets.
type view struct {
	*fleet.Report
	Made, Version string
	Style         template.CSS
	Script        template.JS
	// Policy lets nothing run or be fetched but our style and our script, by their hashes
	// (https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Security-Policy).
	Policy   string
	Groups   []group
	Accounts []accountRow
	Holders  []roleRow
	Graphs   []clusterGraph
	Names    []string // of the clusters, for the filter
}

// group are the findings of a code.
type group struct {
	Code     string
	Severity verify.Severity
	Title    string
	Open     bool
	Findings []findingRow
}

type findingRow struct {
	fleet.Finding
	ID string
	// Role is the ID of its role's row; empty where it has none.
	Role string
}

type accountRow struct {
	fleet.ServiceAccount
	ID, Role string
	State    string
	Links    []verify.LinkStatus
}

type roleRow struct {
	fleet.Role
	ID    string
	State string
	By    []string
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func viewOf(r *fleet.Report, o Options) view {
	v := view{
		Report: r, Version: o.Version, Style: template.CSS(style), Script: template.JS(script),
		Policy: "default-src 'none'; base-uri 'none'; form-action 'none'; style-src " + hash(style) + "; script-src " + hash(script),
	}
	if !o.Made.IsZero() {
		v.Made = o.Made.UTC().Format("2006-01-02 15:04 UTC")
	}
	roles := map[string]string{}
	for i, role := range r.Roles {
		roles[role.ARN] = fmt.Sprintf("role-%d", i)
	}
	v.rows(r, roles)
	v.Groups = groupsOf(r.Findings, roles)
	v.Graphs = graphsOf(r, roles)
	for _, c := range r.Clusters {
		v.Names = append(v.Names, c.Name)
	}
	return v
}

func (v *view) rows(r *fleet.Report, roles map[string]string) {
	by := map[string][]string{}
	for _, e := range r.Edges {
		if e.Allowed == fleet.Yes {
			by[e.RoleARN] = append(by[e.RoleARN], e.Cluster+": "+e.Namespace+"/"+e.ServiceAccount)
		}
	}
	for i, a := range r.ServiceAccounts {
		row := accountRow{ServiceAccount: a, ID: fmt.Sprintf("sa-%d", i), Role: roles[a.RoleARN], State: string(a.Status)}
		if row.State == "" {
			row.State = "none"
		}
		for _, l := range a.Links {
			if l.Status != verify.OK {
				row.Links = append(row.Links, l)
			}
		}
		v.Accounts = append(v.Accounts, row)
	}
	for i, role := range r.Roles {
		row := roleRow{Role: role, ID: fmt.Sprintf("role-%d", i), State: "ok", By: by[role.ARN]}
		switch {
		case !role.Read:
			row.State = "unknown"
		case !role.Exists:
			row.State = "broken"
		case role.Everything || role.Administrator != "":
			row.State = "wide"
		}
		v.Holders = append(v.Holders, row)
	}
}

// few is how many findings of a code are shown at once without being asked for.
const few = 10

func groupsOf(all []fleet.Finding, roles map[string]string) []group {
	var out []group
	at := map[string]int{}
	for i, f := range all {
		key := f.Code + string(f.Severity)
		j, had := at[key]
		if !had {
			j, at[key] = len(out), len(out)
			out = append(out, group{Code: f.Code, Severity: f.Severity, Title: title(f.Code)})
		}
		out[j].Findings = append(out[j].Findings, findingRow{f, fmt.Sprintf("finding-%d", i), roles[f.RoleARN]})
	}
	for i := range out {
		out[i].Open = out[i].Severity == verify.Error && len(out[i].Findings) <= few
	}
	slices.SortStableFunc(out, func(a, b group) int { return rank(a.Severity) - rank(b.Severity) })
	return out
}

func rank(s verify.Severity) int {
	return slices.Index([]verify.Severity{verify.Error, verify.Warning, verify.Info}, s)
}

// title is what a code means, in a line.
func title(code string) string {
	if c, ok := fleet.CodeOf(code); ok {
		return c.Title
	}
	c, _ := verify.CodeOf(code)
	return c.Title
}

// short is a text of at most n letters, with an ellipsis where it was longer.
func short(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}

// May is what a role may do, as one text.
func (r roleRow) MayText() string { return strings.Join(r.May(), "; ") }
