package e2e

import (
	"encoding/json"
	"slices"
	"strings"
)

// report is what `helm irsa verify -o json` prints, as far as the scenarios look at it.
type report struct {
	ServiceAccounts []accountReport
	Findings        []finding
}

type accountReport struct {
	Namespace, Name, RoleARN, Status string
	Links                            []struct{ Name, Status string }
	Findings                         []finding
}

type finding struct{ Code, Severity, Subject, Message, Fix string }

// verify runs `helm irsa verify --live`, and gives its report and exit code.
func (w *world) verify(release string, more ...string) (report, result) {
	w.Helper()
	r := w.run(append([]string{"irsa", "verify", release, "--namespace", w.namespace, "--live", "-o", "json"}, more...)...)
	var out report
	if err := json.Unmarshal([]byte(r.stdout), &out); err != nil {
		w.Fatalf("helm irsa verify %s: %v: %s", release, err, r)
	}
	return out, r
}

// agrees: verify finds every link of every service account ok, and no error or warning.
func (w *world) agrees(release string, want identities, more ...string) {
	w.Helper()
	got, r := w.verify(release, more...)
	seen := identities{}
	for _, a := range got.ServiceAccounts {
		if a.Status == "ok" {
			seen[a.Namespace+"/"+a.Name] = a.RoleARN
		}
	}
	for account, role := range want {
		if seen[account] != role {
			w.Errorf("verify does not find that %s can assume %s: %s", account, role, r)
		}
	}
	if r.code != 0 {
		w.Errorf("verify ends with %d: %s", r.code, r)
	}
}

// names: verify finds the service account broken, with one of these codes first.
func (w *world) names(release, account string, codes ...string) {
	w.Helper()
	got, r := w.verify(release)
	if r.code != 2 {
		w.Errorf("verify ends with %d, although %s is broken: %s", r.code, account, r)
	}
	for _, a := range got.ServiceAccounts {
		if a.Namespace+"/"+a.Name != account {
			continue
		}
		if a.Status != "broken" || len(a.Findings) == 0 || !slices.Contains(codes, a.Findings[0].Code) {
			w.Errorf("verify does not say %s of %s first: %s", strings.Join(codes, " or "), account, r)
		}
		return
	}
	w.Errorf("verify says nothing of %s: %s", account, r)
}
