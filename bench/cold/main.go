// Command cold measures how long a target of the Makefile takes whoever has nothing yet, and for how
// long it says nothing meanwhile, and writes its section of bench/RESULTS.md: `make bench-cold`.
package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/helm-irsa/helm-irsa/bench/results"
)

// rounds is how often each target is run; all times are shown.
const rounds = 2

// limits are the most seconds that a target may take, and that it may be silent.
var limits = []struct {
	target  string
	seconds float64
}{{"demo", 240}, {"test", 360}}

const mostSilent = 10

func main() {
	if err := run(os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "cold: error:", err)
		os.Exit(1)
	}
}

func run(out, progress io.Writer) error {
	root, err := results.GoEnv("GOMOD")
	if err != nil {
		return err
	}
	root = filepath.Dir(root)
	version, err := results.GoEnv("GOVERSION")
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "helm-irsa-cold-")
	if err != nil {
		return err
	}
	defer removeAll(tmp)
	var rows []results.Row
	for _, l := range limits {
		var seen []heard
		for range rounds {
			fmt.Fprintf(progress, "cold: make %s ...\n", l.target)
			h, err := fromNothing(root, tmp, l.target)
			if err != nil {
				return err
			}
			fmt.Fprintf(progress, "cold: make %s took %.0f s, and was silent for %.1f s at most\n", l.target, h.took.Seconds(), h.silent.Seconds())
			seen = append(seen, h)
		}
		rows = append(rows, rowsOf(l.target, l.seconds, seen)...)
	}
	text := fmt.Sprintf(page, time.Now().UTC().Format(time.DateOnly), results.Table(rows), rounds, results.ThisMachine(version).List())
	fmt.Fprint(out, text)
	return results.Write(results.File(root), results.Section{Title: "make bench-cold", Text: text})
}

const page = `Written on %s.

%s
### Method of make bench-cold

- Each target is run %d times in a new clone, with an empty HOME and no cache: Go's modules are fetched and everything is built. Go and git are there. All rounds are shown; the worst counts.
- Silent: the longest time without a byte on stdout and stderr.

### Machine of make bench-cold

%s`

// rowsOf are the two rows of a target.
func rowsOf(target string, seconds float64, seen []heard) []results.Row {
	var took, silent []string
	var worst, quietest heard
	for _, h := range seen {
		took = append(took, fmt.Sprintf("%.0f s", h.took.Seconds()))
		silent = append(silent, fmt.Sprintf("%.1f s", h.silent.Seconds()))
		worst.took, quietest.silent = max(worst.took, h.took), max(quietest.silent, h.silent)
	}
	return []results.Row{
		{Work: "make " + target + ", from nothing", Ours: strings.Join(took, ", "), Value: worst.took.Seconds(), Target: seconds, Sense: results.AtMost, Unit: " s"},
		{Work: "its longest silence", Ours: strings.Join(silent, ", "), Value: quietest.silent.Seconds(), Target: mostSilent, Sense: results.AtMost, Unit: " s"},
	}
}

// heard is what one run of a target took.
type heard struct{ took, silent time.Duration }

// fromNothing runs a target in a new clone with an empty HOME, both in a new folder of tmp.
func fromNothing(root, tmp, target string) (heard, error) {
	folder, err := os.MkdirTemp(tmp, target+"-")
	if err != nil {
		return heard{}, err
	}
	defer removeAll(folder)
	clone, home := filepath.Join(folder, "clone"), filepath.Join(folder, "home")
	if err := os.Mkdir(home, 0o755); err != nil {
		return heard{}, err
	}
	if text, err := exec.Command("git", "clone", "-q", root, clone).CombinedOutput(); err != nil {
		return heard{}, fmt.Errorf("cloning: %w: %s", err, text)
	}
	cmd := exec.Command("make", target)
	cmd.Dir, cmd.Env = clone, environment(home)
	return listen(cmd)
}

// environment is that of this process, but for what leads to caches or names data.
func environment(home string) []string {
	out := slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return name == "HOME" || strings.HasPrefix(name, "XDG_") || strings.HasPrefix(name, "HELM") || strings.HasPrefix(name, "IRSA_") ||
			name == "GOCACHE" || name == "GOMODCACHE" || name == "GOPATH" || strings.HasPrefix(name, "MAKE") || name == "MFLAGS"
	})
	return append(out, "HOME="+home)
}

// listen runs a command and notes when it says something. The error of one that fails has the
// end of what it said.
func listen(cmd *exec.Cmd) (heard, error) {
	out, in, err := os.Pipe()
	if err != nil {
		return heard{}, err
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = in, in
	began := time.Now()
	err = cmd.Start()
	in.Close()
	if err != nil {
		return heard{}, err
	}
	var h heard
	var said []byte
	last, buf := began, make([]byte, 64<<10)
	for {
		n, err := out.Read(buf)
		h.silent, last = max(h.silent, time.Since(last)), time.Now()
		if said = append(said, buf[:n]...); len(said) > 4<<10 {
			said = said[len(said)-4<<10:]
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return heard{}, err
		}
	}
	if err := cmd.Wait(); err != nil {
		return heard{}, fmt.Errorf("%s: %w:\n%s", strings.Join(cmd.Args, " "), err, said)
	}
	h.took = time.Since(began)
	return h, nil
}

// removeAll removes a folder whose files Go's cache of modules made read-only.
func removeAll(folder string) {
	_ = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			_ = os.Chmod(path, 0o755)
		}
		return nil
	})
	_ = os.RemoveAll(folder)
}
