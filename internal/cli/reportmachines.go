package cli

import (
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/fleet"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

// SARIF and JUnit of a report are those of verify, with the codes of the whole beside verify's own.

func (o *reportOptions) sarif(w io.Writer, r *fleet.Report) error {
	here, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("naming files from here: %w", err)
	}
	codes := slices.Clone(verify.Codes())
	for _, c := range fleet.Codes() {
		codes = append(codes, verify.Code{Code: c.Code, Severity: c.Severity, Title: c.Title, Looks: c.Looks, Why: c.Why, Repair: c.Repair})
	}
	var files []string
	for _, text := range o.manifests {
		files = append(files, clusterFileOf(text).value)
	}
	return printJSON(w, sarifWith(codes, verifyReportOf(r), currentVersion(o.sys.Version).Version, sarifFiles{files, here}))
}

// verifyReportOf is the report as verify has one: a service account is named with its cluster.
func verifyReportOf(r *fleet.Report) *verify.Report {
	out := &verify.Report{Status: r.Status()}
	for _, a := range r.ServiceAccounts {
		if a.Status != "" {
			out.ServiceAccounts = append(out.ServiceAccounts, verify.ServiceAccountReport{Namespace: a.Cluster + ": " + a.Namespace, Name: a.Name, RoleARN: a.RoleARN, Status: a.Status, Links: a.Links, Findings: a.Found})
		}
	}
	for _, f := range r.Findings {
		subject := f.Subject
		if place := f.Place(); place != "" {
			subject += ", " + place
		}
		out.Findings = append(out.Findings, verify.Finding{Code: f.Code, Severity: f.Severity, Subject: safe.Text(subject), Message: f.Message, Why: f.Why, Fix: f.Fix, Under: f.Under, Where: f.Where, ServiceAccounts: f.ServiceAccounts})
	}
	for _, m := range r.Missing {
		out.Findings = append(out.Findings, verify.Finding{Code: fleet.CodeNotRead, Severity: verify.Info, Subject: safe.Text(m.What), Message: safe.Text(m.Why), Fix: safe.Text(m.Hint)})
	}
	return out
}
