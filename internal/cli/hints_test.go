package cli

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/helm-irsa/helm-irsa/internal/helm"
)

// hintsFile is where the programs of the scripts leave the hints that they print.
const hintsFile = "HELM_IRSA_TEST_HINTS"

// noting is stderr, of which each hint is noted for TestScripts to read.
func noting(w *os.File) io.Writer {
	path := os.Getenv(hintsFile)
	if path == "" || isTerminal(w) {
		return w
	}
	return &noted{w: w, path: path}
}

type noted struct {
	w    io.Writer
	path string
	rest []byte
}

func (n *noted) Write(b []byte) (int, error) {
	n.rest = append(n.rest, b...)
	for {
		line, rest, ok := bytes.Cut(n.rest, []byte("\n"))
		if !ok {
			break
		}
		n.rest = rest
		if hint, ok := bytes.CutPrefix(line, []byte("helm-irsa: hint: ")); ok {
			f, err := os.OpenFile(n.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
			if err != nil {
				panic(err)
			}
			_, _ = f.Write(append(bytes.Clone(hint), '\n'))
			_ = f.Close()
		}
	}
	return n.w.Write(b)
}

var ourCommand = regexp.MustCompile(`helm irsa ([a-z-]+)((?: +(?:--?[A-Za-z][A-Za-z-]*(?:=\S+)?|[A-Z]{2,}[A-Z/]*|[a-z0-9./][a-z0-9./_-]*|'[^']*'))*)`)

// ours are the commands of ours in a hint, as words. What comes behind them in a sentence is cut
// off where it cannot be a word of a command.
func ours(hint string) [][]string {
	var out [][]string
	for _, m := range ourCommand.FindAllStringSubmatch(hint, -1) {
		words := []string{m[1]}
		positional, value := 0, false
		for _, w := range strings.Fields(m[2]) {
			switch {
			case strings.HasPrefix(w, "-"):
				value = !strings.Contains(w, "=") && slices.Contains([]string{"-n", "-f", "--namespace", "--irsa-file", "--adopt", "--explain", "--kube-context", "-o", "--grant", "--file", "--set", "--repo", "--version", "--set-string"}, w)
			case value:
				value = false
			case positional < 2 && !slices.Contains([]string{"with", "prints", "lists", "shows", "says", "has", "and", "or", "for", "then", "to", "where", "reads", "does"}, w):
				positional++
			default:
				goto done
			}
			words = append(words, w)
		}
	done:
		out = append(out, words)
	}
	return out
}

// parses reports why a command of ours would be refused, by its flags and arguments alone.
func parses(words []string) error {
	sys := &System{Getenv: func(string) string { return "" }, Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard}
	root := newRoot(sys)
	cmd, rest, err := root.Find(words)
	if err != nil {
		return err
	}
	if cmd.DisableFlagParsing {
		args, err := helm.ParseArgs(cmd.Name(), rest, own())
		if err != nil {
			return err
		}
		return readOwn(newWrapperOptions(sys, args), args.Own)
	}
	if err := cmd.ParseFlags(rest); err != nil && !errors.Is(err, pflag.ErrHelp) {
		return err
	}
	if cmd.Args == nil {
		return nil
	}
	return cmd.Args(cmd, cmd.Flags().Args())
}

// hintsParse holds every command of ours that the scripts were told to type against the program
// itself: it takes the command, its flags and as many arguments.
func hintsParse(t *testing.T, path string) {
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // there is none where nobody was told anything
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for hint := range strings.Lines(string(text)) {
		for _, words := range ours(hint) {
			line := strings.Join(words, " ")
			if seen[line] {
				continue
			}
			seen[line] = true
			if err := parses(words); err != nil {
				t.Errorf("the hint %q names a command that is refused: helm irsa %s: %v", strings.TrimSpace(hint), line, err)
			}
		}
	}
	if only := flag.Lookup("test.run").Value.String(); only == "" && len(seen) < 15 {
		t.Errorf("only %d commands were found in hints", len(seen))
	}
}

// TestOurs: commands are found in sentences, and what is none is refused.
func TestOurs(t *testing.T) {
	t.Parallel()
	for hint, want := range map[string]string{
		"to take it away: helm irsa apply web -n apps -f ./irsa.yaml":                                       "apply web -n apps -f ./irsa.yaml",
		"allow it; helm irsa permissions prints the whole policy":                                           "permissions",
		"to go back: helm irsa apply web -n apps with the irsa.yaml of before; else: helm irsa destroy web": "apply web -n apps|destroy web",
	} {
		var got []string
		for _, words := range ours(hint) {
			got = append(got, strings.Join(words, " "))
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%q: %q, want %q", hint, got, want)
		}
	}
	for _, line := range []string{"aply web", "apply web --irsa-adopt", "plan web other", "upgrade web chart --irsa-nonsense"} {
		if parses(strings.Fields(line)) == nil {
			t.Errorf("%s is taken", line)
		}
	}
}

// hintsPath is a file for the hints of a test.
func hintsPath(t *testing.T) string { return filepath.Join(t.TempDir(), "hints") }
