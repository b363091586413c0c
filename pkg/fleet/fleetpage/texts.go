package fleetpage

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/helm-irsa/helm-irsa/pkg/fleet"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

// CSV writes a line for each service account and each role that it has or can assume, and one for
// each role that none can.
func CSV(w io.Writer, r *fleet.Report) error {
	out := csv.NewWriter(w)
	write := func(fields ...string) error {
		for i, f := range fields {
			fields[i] = cell(f)
		}
		return out.Write(fields)
	}
	if err := write("cluster", "namespace", "serviceAccount", "release", "roleARN", "named", "allowed", "status", "may", "administrator", "boundary", "lastUsed", "owner", "staticKeys", "nodeRole", "findings"); err != nil {
		return err
	}
	roles, edges, had := map[string]fleet.Role{}, map[[3]string][]fleet.Edge{}, map[string]bool{}
	for _, role := range r.Roles {
		roles[role.ARN] = role
	}
	for _, e := range r.Edges {
		k := [3]string{e.Cluster, e.Namespace, e.ServiceAccount}
		edges[k] = append(edges[k], e)
		had[e.RoleARN] = true
	}
	line := func(a fleet.ServiceAccount, e fleet.Edge, role fleet.Role, codes []string) error {
		named := ""
		if e.RoleARN != "" {
			named = strconv.FormatBool(e.Named)
		}
		return write(a.Cluster, a.Namespace, a.Name, a.ReleaseName(), role.ARN, named, string(e.Allowed), string(a.Status), mayText(role), role.Administrator, role.Boundary, role.LastUsed, role.Owner,
			strings.Join(a.StaticKeys, "; "), strings.Join(a.NodeRole, "; "), strings.Join(codes, " "))
	}
	for _, a := range r.ServiceAccounts {
		of := edges[[3]string{a.Cluster, a.Namespace, a.Name}]
		if len(of) == 0 {
			of = []fleet.Edge{{}}
		}
		for _, e := range of {
			if err := line(a, e, roles[e.RoleARN], a.Findings); err != nil {
				return err
			}
		}
	}
	for _, role := range r.Roles {
		if !had[role.ARN] {
			if err := line(fleet.ServiceAccount{}, fleet.Edge{}, role, role.Findings); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

func mayText(r fleet.Role) string {
	if r.ARN == "" || !r.Exists {
		return ""
	}
	return strings.Join(r.May(), "; ")
}

// cell keeps a spreadsheet from taking a text for a formula
// (https://owasp.org/www-community/attacks/CSV_Injection).
func cell(text string) string {
	if first, _ := utf8.DecodeRuneInString(text); text != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + text
	}
	return text
}

// DOT writes the graph for Graphviz: service accounts in a box a namespace, roles, policies.
func DOT(w io.Writer, r *fleet.Report) {
	fmt.Fprint(w, "digraph report {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n")
	last, inside := [2]string{}, false
	seen := map[string]bool{}
	for _, e := range r.Edges {
		if k := [2]string{e.Cluster, e.Namespace}; k != last || !inside {
			if inside {
				fmt.Fprint(w, "  }\n")
			}
			fmt.Fprintf(w, "  subgraph %s {\n    label=%s;\n", quoted("cluster "+e.Cluster+" "+e.Namespace), quoted(e.Cluster+": "+e.Namespace))
			last, inside = k, true
		}
		if id := accountID(e); !seen[id] {
			seen[id] = true
			fmt.Fprintf(w, "    %s [label=%s];\n", quoted(id), quoted(e.ServiceAccount))
		}
	}
	if inside {
		fmt.Fprint(w, "  }\n")
	}
	for _, role := range r.Roles {
		style := ""
		if role.Everything || role.Administrator != "" {
			style = ", color=red, penwidth=2"
		}
		fmt.Fprintf(w, "  %s [label=%s, style=rounded%s];\n", quoted(role.ARN), quoted(role.Name), style)
		for _, p := range role.Policies {
			id := role.ARN + " " + p.Name
			if p.ARN != "" {
				id = p.ARN
			}
			if !seen[id] {
				seen[id] = true
				fmt.Fprintf(w, "  %s [label=%s, shape=note];\n", quoted(id), quoted(p.Name))
			}
			fmt.Fprintf(w, "  %s -> %s;\n", quoted(role.ARN), quoted(id))
		}
	}
	for _, e := range r.Edges {
		fmt.Fprintf(w, "  %s -> %s [%s];\n", quoted(accountID(e)), quoted(e.RoleARN), lineStyle(e))
	}
	fmt.Fprint(w, "}\n")
}

func accountID(e fleet.Edge) string { return e.Cluster + ": " + e.Namespace + "/" + e.ServiceAccount }

func lineStyle(e fleet.Edge) string {
	switch state(e) {
	case "ok":
		return "color=darkgreen"
	case "broken":
		return "color=red, style=dotted, label=broken"
	case "unknown":
		return "style=dashed, label=unknown"
	}
	return "style=dotted, label=\"by trust alone\""
}

// quoted is a text as an ID of DOT (https://graphviz.org/doc/info/lang.html). A backslash is
// doubled, since labels read what follows it.
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", " ").Replace(text) + `"`
}

// mostMarkdown is how many findings a summary has.
const mostMarkdown = 20

// Markdown writes a summary for pull requests and chats: what is missing, the numbers, and the
// worst findings.
func Markdown(w io.Writer, r *fleet.Report) {
	s := r.Summary
	fmt.Fprint(w, "## Which service account can assume which role\n\n")
	for i, m := range r.Missing {
		if i == 0 {
			fmt.Fprint(w, "**Missing from this report:**\n\n")
		}
		fmt.Fprintf(w, "- %s: %s\n", plain(m.What), plain(m.Why))
	}
	if len(r.Missing) > 0 {
		fmt.Fprintln(w)
	}
	fmt.Fprint(w, "| Clusters | AWS accounts | With a role | Ok | Broken | Unknown | Roles |\n| ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	fmt.Fprintf(w, "| %d | %d | %d | %d | %d | %d | %d |\n", s.Clusters, s.AWSAccounts, s.WithRole, s.OK, s.Broken, s.Unknown, s.Roles)
	n := 0
	for _, f := range r.Findings {
		if f.Severity == verify.Info || f.Under != "" {
			continue
		}
		if n++; n > mostMarkdown {
			continue
		}
		if n == 1 {
			fmt.Fprint(w, "\n| | Finding | Where | What |\n| --- | --- | --- | --- |\n")
		}
		where := f.Subject
		if place := f.Place(); place != "" {
			where += ", " + place
		}
		fmt.Fprintf(w, "| %s | %s | %s | %s |\n", f.Severity, plain(f.Code), plain(where), plain(f.Message))
	}
	if n > mostMarkdown {
		fmt.Fprintf(w, "\n%d more.\n", n-mostMarkdown)
	}
}

// plain is a text in a table of Markdown that means nothing but itself: what Markdown or HTML would
// read is escaped (https://spec.commonmark.org/0.31.2/#backslash-escapes).
func plain(text string) string {
	var out strings.Builder
	for _, r := range strings.Join(strings.Fields(text), " ") {
		switch {
		case r == '<':
			out.WriteString("&lt;")
		case r == '>':
			out.WriteString("&gt;")
		case r == '&':
			out.WriteString("&amp;")
		case r == '@': // nobody is called by what somebody else wrote
			out.WriteString("&#64;")
		case strings.ContainsRune("\\`*_{}[]()#+!|~", r):
			out.WriteRune('\\')
			out.WriteRune(r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}
