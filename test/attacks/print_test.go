package attacks

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/helm-irsa/helm-irsa/internal/cli"
	"github.com/helm-irsa/helm-irsa/internal/safe"
)

// Values of somebody else reach a terminal, a log, a pipeline's report and, by copy and paste,
// a shell. These tests put hostile ones wherever a value can come from, run the commands, and
// look at all that is printed: nothing drives a terminal, no line is somebody else's, and
// every command that is printed is, for a shell, one command with the value as one word.

// fake begins what a value pretends to be a line of ours with.
const fake = "FAKE"

// hostile are the values.
var hostile = []string{
	"\x1b[2J\x1b[H\x1b[8m", "\x1b]0;title\a", "\x1b]8;;http://evil.example\x1b\\link", "\u009b2J", "\x9b2J\xff", "\x00\x7f\b",
	"\u202e\u2066\u200f\u061c", "\u200b\ufeff\u00ad\U000e0041",
	"x\n" + fake + " line", "x\r\nhelm-irsa: " + fake, "x\u2028" + fake + "\u0085" + fake, "\nhelm-irsa: error: " + fake + "\n\n0 to create, 0 to update, 0 to delete\n",
	";touch PWNED", "$(touch PWNED)", "`touch PWNED`", "x'; touch PWNED; '", `x"; touch PWNED; "`, `\'; touch PWNED; \'`, "$(touch${IFS}PWNED)", "|touch PWNED", "&touch PWNED", ">PWNED",
	"x\ntouch PWNED", "x # \ntouch PWNED", "-x", "--help", "--kubeconfig=/etc/passwd", "*", "~root", "!!", "{a,b}", "", " ", "a b", `\`, "file:///etc/passwd", "'", `"`, "%s%n", "]]>&lt;<x>",
	"日本", strings.Repeat("long'", 3000),
}

// result is what one run printed.
type result struct {
	name           string
	code           int
	stdout, stderr string
}

// runHere runs a command in this process.
func runHere(stdin string, env map[string]string, args ...string) result {
	var stdout, stderr bytes.Buffer
	code := cli.Main(&cli.System{
		Args: args, Stdin: strings.NewReader(stdin), Stdout: &stdout, Stderr: &stderr,
		Getenv: func(name string) string { return env[name] }, Environ: func() []string { return nil },
		Executable: func() (string, error) { return cmp.Or(env["PLUGIN"], "/none") + "/bin/helm-irsa", nil }, Version: "v9.9.9",
	})
	return result{fmt.Sprintf("%q", args), code, stdout.String(), stderr.String()}
}

// drives is the first character of a text that a terminal acts on, or does not show; it
// knows nothing of how the program looks for them.
func drives(text string) (rune, bool) {
	for i, r := range text {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd"), r < ' ' && r != '\n' && r != '\t', r >= 0x7f && r < 0xa0,
			unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp), r >= 0xe0000 && r < 0xe1000:
			return r, true
		}
	}
	return 0, false
}

var fakeLine = regexp.MustCompile(`(?m)^\s*(helm-irsa: )?(error: |warning: |hint: )?` + fake)

// check looks at what a run printed.
func (r result) check(t *testing.T) {
	t.Helper()
	for name, text := range map[string]string{"stdout": r.stdout, "stderr": r.stderr} {
		if c, bad := drives(text); bad {
			t.Errorf("%s: %s has %U: %.2000q", r.name, name, c, text)
		}
		if at := fakeLine.FindStringIndex(text); at != nil {
			t.Errorf("%s: %s has a line that is not ours: %.300q", r.name, name, text[at[0]:])
		}
	}
	for line := range strings.Lines(r.stderr) {
		if !strings.HasPrefix(line, "helm-irsa: ") {
			t.Errorf("%s: stderr has a line that does not begin as ours do: %.300q", r.name, line)
		}
	}
}

// printed are commands that runs printed, each once: lines that are commands, and what
// hints say to type, which goes on in words.
type printed struct {
	mu           sync.Mutex
	lines, hints map[string]string // and the run
}

func newPrinted() *printed { return &printed{lines: map[string]string{}, hints: map[string]string{}} }

var (
	commandLine = regexp.MustCompile(`^(# or, with the Pod Identity agent: )?((?:kubectl|aws|helm|curl) .*)$`)
	commandIn   = regexp.MustCompile(`\b(?:kubectl|aws|helm|curl) [a-z-].*$`)
)

func (p *printed) collect(r result) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for line := range strings.Lines(r.stdout) {
		if m := commandLine.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
			p.lines[m[2]] = r.name
		}
	}
	for line := range strings.Lines(r.stderr) {
		hint, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "helm-irsa: hint: ")
		for rest := hint; ok && rest != ""; {
			at := commandIn.FindStringIndex(rest)
			if at == nil {
				break
			}
			p.hints[rest[at[0]:]] = r.name
			rest = rest[at[0]+1:]
		}
	}
}

// tools are functions in place of the programs: each call becomes a record in $RECORD.
const tools = `record() { { printf 'CALL\0'; for word; do printf '%s\0' "$word"; done; } >>"$RECORD"; }
for tool in kubectl aws helm curl; do eval "$tool() { record $tool \"\$@\"; }"; done
`

// paste gives the commands to a shell, as somebody does who pastes them.
func (p *printed) paste(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	record := filepath.Join(dir, "record")
	var script strings.Builder
	script.WriteString(tools)
	lines := slices.Sorted(func(yield func(string) bool) {
		for line := range p.lines {
			if !yield(line) {
				return
			}
		}
	})
	for _, line := range lines {
		script.WriteString(line + "\nprintf 'LINE\\0' >>\"$RECORD\"\n")
	}
	sh := func(text string) ([]byte, error) {
		cmd := exec.Command("sh", "-s")
		cmd.Dir, cmd.Env, cmd.Stdin = dir, []string{"PATH=" + os.Getenv("PATH"), "RECORD=" + record}, strings.NewReader(text)
		return cmd.CombinedOutput()
	}
	if out, err := sh(script.String()); err != nil {
		t.Errorf("a shell does not take the commands: %v: %s", err, out)
	}
	calls, _ := os.ReadFile(record) // none where there is no command
	parts := strings.Split(string(calls), "LINE\x00")
	if len(parts) != len(lines)+1 {
		t.Fatalf("%d commands were printed, a shell saw %d", len(lines), len(parts)-1)
	}
	for i, line := range lines {
		checkCalls(t, p.lines[line], line, parts[i])
	}
	for hint, name := range p.hints {
		_, _ = sh(tools + hint + "\n") // what follows a command in words may be none
		if pwned(dir) {
			t.Fatalf("%s: this hint runs what is in a value: %s", name, hint)
		}
	}
	if pwned(dir) {
		t.Error("one of the commands runs what is in a value")
	}
}

func pwned(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, "PWNED"))
	return err == nil
}

// checkCalls holds the calls that a line came to against it: one, with words that are
// written as the line has them. What we join by ourselves is two.
func checkCalls(t *testing.T, name, line, calls string) {
	t.Helper()
	all := strings.Split(calls, "CALL\x00")[1:]
	for i, call := range all {
		words := strings.Split(strings.TrimSuffix(call, "\x00"), "\x00")
		text, ok := safe.Command(words...)
		switch rest, is := strings.CutPrefix(line, text); {
		case !ok || !is:
			t.Errorf("%s: a shell reads %s as %q", name, line, words)
			return
		case rest == "" || strings.HasPrefix(rest, "   # ") || rest == " | grep -n -A4 -i serviceaccount":
			if i != len(all)-1 {
				t.Errorf("%s: a shell reads %s as %d commands", name, line, len(all))
			}
			return
		default:
			line = strings.TrimPrefix(rest, " && ")
		}
	}
	t.Errorf("%s: a shell makes only %d commands of it, and leaves %s", name, len(all), line)
}
