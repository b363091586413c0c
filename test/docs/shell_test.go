package docs

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// notRunHere are the commands of pages that TestConsole does not run, by how they begin, and why.
var notRunHere = map[string]string{
	// Installing.
	"helm plugin install ":          "release-check does it as users of four Helms do, from servers on the same machine",
	"curl -fsSLO https://github.c":  "it needs a release on the internet; release-check makes one with a key that is thrown away",
	"gpg --dearmor < helm-irsa.asc": "as above",
	"kubectl krew install ":         "release-check does it with an archive",
	"ln -s \"$(helm env ":           "it writes into a folder of the system's; a script of internal/cli runs the program under that name",
	// A cluster.
	"helm repo add external-dns ":                         "it needs the internet; TestNewcomer of test/e2e types README's commands with a repository of its own",
	"helm irsa init external-dns external-dns/":           "as above",
	"helm irsa plan external-dns -n ":                     "as above",
	"helm irsa upgrade --install external-dns ":           "as above",
	"helm irsa verify external-dns ":                      "as above",
	"helm irsa upgrade --install epinio epinio/epinio -n": "it needs the internet and a cluster; test/e2e has the same with charts of this repository",
	"helm irsa upgrade epinio epinio/epinio ":             "as above",
	"helm upgrade epinio epinio/epinio ":                  "as above",
	"helm diff upgrade epinio epinio/epinio ":             "it needs the internet, a cluster and the plugin helm-diff",
	"helm irsa verify epinio -n epinio --live":            "it needs a cluster; test/e2e has --live",
	"helm irsa gc ":      "it needs clusters; TestGone of test/e2e",
	"helm irsa restore ": "as above",
	"kubectl get ":       "it needs a cluster",
	"(cat live.yaml; echo ---; cat webhooks.yaml) |": "its files are from a cluster; scripts of internal/cli give verify such files",
	"aws iam get-account-authorization-details ":     "it needs an AWS account; golden cases of verify have such files",
	"helm irsa report --manifests ":                  "its files are from a cluster and an AWS account; report.txtar of internal/cli has the flags",
	// Other tools.
	"HELM_IRSA_YES=true helmfile ": "it needs helmfile, and a cluster",
	"helmfile ":                    "as above",
	"helm irsa plan epinio --namespace epinio --irsa-file irsa.yaml": "the page's helmfile is the reader's; other pages run plan",
	"mkdir want flux":         "the check needs yq and kustomize; test/engines holds Flux's own code against the post-renderer",
	"yq '.spec.":              "as above",
	"helm template cinchy ":   "as above",
	"irsa-post-renderer --na": "as above",
	"echo '{resources: [all.": "as above",
	"sed '/^  namespace: /d'": "as above",
	"kustomize build ":        "as above",
	// Charts of the reader.
	"helm irsa template ":    "the chart is the reader's; other pages run template",
	"helm irsa values shop ": "the chart is the reader's; test/helm runs values",
}

// TestShell: a command of a page that TestConsole does not run is listed above with the reason, and
// one of ours is one that the program takes; a target of make is there.
func TestShell(t *testing.T) {
	t.Parallel()
	makefile := read(t, "Makefile")
	used := map[string]bool{}
	for _, page := range append(pages(t), "CONTRIBUTING.md", "SECURITY.md") {
		for _, line := range shellLines(read(t, page)) {
			if target, ok := strings.CutPrefix(line, "make "); ok {
				if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(strings.Fields(target)[0]) + `:`).MatchString(makefile) {
					t.Errorf("%s: the Makefile has no such target: %s", page, line)
				}
				continue
			}
			found := false
			for begin := range notRunHere {
				if strings.HasPrefix(line, begin) {
					found, used[begin] = true, true
				}
			}
			if !found {
				t.Errorf("%s: this is run nowhere, and notRunHere does not say why: %s", page, line)
			}
		}
	}
	for begin := range notRunHere {
		if !used[begin] {
			t.Errorf("no page has this any more: %s", begin)
		}
	}
}

// ours is a command of ours in a line.
var ours = regexp.MustCompile(`\bhelm irsa ([a-z][^|<>#\n]*)`)

// TestShellIsParsed: the program takes the flags of each command that a page shows and does not run.
func TestShellIsParsed(t *testing.T) {
	t.Parallel()
	if os.Getenv(helmVariable) == "" {
		t.Skipf("no Helm 3 to run the pages with: %s is not set (make test sets it)", helmVariable)
	}
	dir, err := home()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "plugins", "irsa", "bin", "helm-irsa")
	empty := t.TempDir()
	for _, page := range append(pages(t), "CONTRIBUTING.md", "SECURITY.md") {
		for _, line := range shellLines(read(t, page)) {
			for _, m := range ours.FindAllStringSubmatch(line, -1) {
				// Where help is asked for, the flags before it are read, and nothing is done.
				cmd := exec.Command(program, append(strings.Fields(m[1]), "--help")...)
				cmd.Dir, cmd.Env = empty, []string{"HOME=" + empty, "PATH=/nowhere"}
				if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "Usage:") {
					t.Errorf("%s: %s: %v\n%s", page, m[0], err, out)
				}
			}
		}
	}
}

// shellLines are the commands of the blocks that are fenced as sh: without comments, and with the
// lines that they go on in.
func shellLines(text string) []string {
	var out []string
	inside, more := false, false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case !inside:
			inside = line == "```sh"
			continue
		case strings.HasPrefix(line, "```"):
			inside, more = false, false
			continue
		case line == "" || strings.HasPrefix(line, "#"):
			continue
		}
		if code, _, ok := strings.Cut(line, "  #"); ok {
			line = strings.TrimSpace(code)
		}
		goesOn := strings.HasSuffix(line, `\`) || strings.HasSuffix(line, "|")
		line = strings.TrimSpace(strings.TrimSuffix(line, `\`))
		if more {
			out[len(out)-1] += " " + line
		} else {
			out = append(out, line)
		}
		more = goesOn
	}
	return out
}
