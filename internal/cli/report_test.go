package cli

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/helm"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// TestReportLost: what a post-renderer left that could not say how it went.
func TestReportLost(t *testing.T) {
	t.Parallel()
	failed := errors.New("helm failed")
	for _, tt := range []struct {
		name, report string
		kept         bool
		failed       error
		want         string // "" where nothing is to be said
	}{
		{"never called", notCalled, false, nil, "warning: Helm ended well without calling our post-renderer"},
		{"Helm failed before", notCalled, false, failed, ""},
		{"killed", notCalled, true, failed, "error: our post-renderer was ended from outside"},
		{"cut off", `{"result": "o`, true, nil, "is cut off, as where the disk is full\nhelm-irsa: hint: make room there"},
		{"empty", "", true, failed, "is cut off, as where the disk is full\nhelm-irsa: hint: make room there"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			report := filepath.Join(dir, "report.json")
			if err := os.WriteFile(report, []byte(tt.report), 0o600); err != nil {
				t.Fatal(err)
			}
			var said strings.Builder
			sayReport(voice{&said}, leftBehind{report, tt.kept, 4}, true, tt.failed)
			if got := said.String(); !strings.Contains(got, tt.want) || (got == "") != (tt.want == "") {
				t.Errorf("said %q", got)
			}
		})
	}
}

// TestNotVerifiedNotTakenAway: nothing that pods may use goes on the word of an AWS that
// could not be read.
func TestNotVerifiedNotTakenAway(t *testing.T) {
	t.Parallel()
	args, err := helm.ParseArgs("upgrade", []string{"web", "chart"}, own())
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	o := newWrapperOptions(&System{Stderr: &said}, args)
	err = provisioned{later: &awsiam.Plan{}}.takeAway(o, nil, "apps", unread)
	if err == nil || err.Error() != "taking away what irsa.yaml no longer wants: the new roles were not verified" {
		t.Errorf("got %v", err)
	}
	if !strings.Contains(said.String(), "\nhelm-irsa: hint: to take it away: helm irsa apply web -n apps\n") {
		t.Errorf("said %q", said.String())
	}
}

// TestNextCommand: a hint can be pasted, and where a name is none that Helm or Kubernetes
// takes there is no command in it.
func TestNextCommand(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		`helm irsa apply web -n apps -f '/a b/it'\''s'`: irsaCommand("apply", "web", "apps", "/a b/it's"),
		`helm irsa plan -f '$(touch x)'`:                irsaCommand("plan", "", "", "$(touch x)"),
		`helm irsa plan -f=-x`:                          irsaCommand("plan", "", "", "-x"),
		safe.NoCommand + `: "-x" is no name of a release that Helm takes: correct that first`:               irsaCommand("apply", "-x", "apps", ""),
		safe.NoCommand + `: "a\x1b[2J" is no name of a namespace that Kubernetes takes: correct that first`: irsaCommand("apply", "web", "a\x1b[2J", ""),
		safe.NoCommand + `: "f\n.yaml" has characters that a terminal does not show: correct that first`:    irsaCommand("apply", "web", "apps", "f\n.yaml"),
	} {
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
