package cli

import (
	"bytes"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/fleet"
	"github.com/helm-irsa/helm-irsa/pkg/fleet/fleetpage"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

func (o *reportOptions) print(r *fleet.Report) error {
	var out bytes.Buffer
	if err := o.write(&out, r); err != nil {
		return err
	}
	text := out.Bytes()
	if o.redact {
		text = redacted(text)
	}
	_, err := o.sys.Stdout.Write(text)
	return err
}

func (o *reportOptions) write(out *bytes.Buffer, r *fleet.Report) error {
	switch o.format {
	case "json":
		return printJSON(out, r)
	case "markdown":
		fleetpage.Markdown(out, r)
		return nil
	case "csv":
		return fleetpage.CSV(out, r)
	case "dot":
		fleetpage.DOT(out, r)
		return nil
	case "sarif":
		return o.sarif(out, r)
	case "junit":
		return printJUnit(out, "report", verifyReportOf(r))
	case "html":
		return fleetpage.HTML(out, r, fleetpage.Options{Made: o.now(), Version: currentVersion(o.sys.Version).Version})
	}
	v := reportView{planView{w: out, colour: coloured(o.sys, o.sys.Stdout)}}
	v.print(r)
	return nil
}

// reportView prints a report for people.
type reportView struct{ planView }

func (v reportView) print(r *fleet.Report) {
	v.missing(r.Missing)
	v.summary(r)
	v.serviceAccounts(r.ServiceAccounts)
	v.roles(r.Roles)
	for _, f := range r.Findings {
		v.finding(f)
	}
}

func (v reportView) missing(all []fleet.Missing) {
	if len(all) == 0 {
		return
	}
	v.line(yellow, "Missing from this report:")
	for _, m := range all {
		v.line(yellow, fmt.Sprintf("? %s: %s", safe.Text(m.What), safe.Text(m.Why)))
		if m.Hint != "" {
			fmt.Fprintln(v.w, "    "+safe.Text(m.Hint))
		}
	}
	fmt.Fprintln(v.w)
}

func (v reportView) summary(r *fleet.Report) {
	s := r.Summary
	fmt.Fprintf(v.w, "%s, %s: %s with a role, %d ok, %d broken, %d unknown; %s\n",
		counted(s.Clusters, "cluster"), counted(s.AWSAccounts, "AWS account"), counted(s.WithRole, "service account"), s.OK, s.Broken, s.Unknown, counted(s.Roles, "role"))
	fmt.Fprintf(v.w, "%s, %s, %d infos\n\n", counted(s.Errors, "error"), counted(s.Warnings, "warning"), s.Infos)
	if len(r.Clusters) == 0 {
		return
	}
	w := tabwriter.NewWriter(v.w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "CLUSTER\tAWS ACCOUNT\tSERVICE ACCOUNTS\tWITH ROLE\tPODS\tWITHOUT ROLE")
	for _, c := range r.Clusters {
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%d\n", safe.Value(c.Name), orDash(c.AWSAccount), c.ServiceAccounts, c.WithRole, c.Pods, c.PodsWithoutRole)
	}
	_ = w.Flush() // to memory
}

func (v reportView) serviceAccounts(all []fleet.ServiceAccount) {
	if len(all) == 0 {
		return
	}
	fmt.Fprintln(v.w)
	w := tabwriter.NewWriter(v.w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SERVICE ACCOUNT\tSTATUS\tRELEASE\tROLE\tBESIDE IT")
	for _, a := range all {
		fmt.Fprintf(w, "%s: %s/%s\t%s\t%s\t%s\t%s\n", safe.Text(a.Cluster), safe.Text(a.Namespace), safe.Text(a.Name), orDash(string(a.Status)), orDash(safe.Text(a.ReleaseName())), orDash(safe.Text(a.RoleARN)), orDash(strings.Join(a.Beside(), ", ")))
	}
	_ = w.Flush() // to memory
}

func (v reportView) roles(all []fleet.Role) {
	for _, r := range all {
		fmt.Fprintln(v.w)
		v.line("", "role "+safe.Value(r.ARN))
		switch {
		case !r.Read:
			v.line(yellow, "    its AWS account was not read")
			continue
		case !r.Exists:
			v.line(red, "    it does not exist")
			continue
		}
		v.row("may", strings.Join(r.May(), "; "))
		v.row("boundary", r.Boundary)
		v.row("others may assume it", strings.Join(r.Others, "; "))
		v.row("service accounts that can", fmt.Sprint(r.Reached))
		v.row("last used", r.Used())
		v.row("never used", strings.Join(r.UnusedServices, ", "))
		v.row("owner", r.Owner)
	}
}

func (v reportView) row(name, text string) {
	if text != "" {
		v.line("", "    "+name+": "+safe.Text(text))
	}
}

func (v reportView) finding(f fleet.Finding) {
	view := verifyView(v)
	subject := f.Subject
	if place := f.Place(); place != "" {
		subject += ", " + place
	}
	view.finding(verify.Finding{Code: f.Code, Severity: f.Severity, Subject: safe.Text(subject), Message: f.Message, Why: f.Why, Fix: f.Fix, Under: f.Under, Where: f.Where, ServiceAccounts: f.ServiceAccounts})
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// counted is "1 role" or "2 roles".
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
