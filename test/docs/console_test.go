package docs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// root is the repository.
const root = "../.."

// command is one command of a console block, and what the block says it prints.
type command struct {
	line   int    // in the page, from 1
	indent string // of its block
	text   string
	want   string
}

// TestConsole runs the console blocks of every page, a subtest each: in order, and in
// one shell a page, as a reader would. What a block shows must be all that its commands
// print, on stdout and stderr.
func TestConsole(t *testing.T) {
	t.Parallel()
	for _, page := range pages(t) {
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			blocks, err := consoleBlocks(read(t, page))
			if err != nil {
				t.Fatal(err)
			}
			if len(blocks) == 0 {
				return
			}
			term := newTerminal(t, page)
			for _, block := range blocks {
				t.Run(fmt.Sprintf("line %d", block[0].line), func(t *testing.T) {
					for i := range block {
						block[i].run(t, page, term)
					}
				})
			}
			if *update {
				write(t, filepath.Join(root, filepath.FromSlash(page)), shown(read(t, page), slices.Concat(blocks...)))
			}
		})
	}
}

// TestPagesHaveConsole: a page without a command that is run here proves nothing. The index only
// leads to the others.
func TestPagesHaveConsole(t *testing.T) {
	t.Parallel()
	for _, page := range pages(t) {
		text := read(t, page)
		blocks, err := consoleBlocks(text)
		if err == nil && len(blocks) == 0 && !strings.Contains(text, "<!-- Generated ") && page != "docs/README.md" {
			t.Errorf("%s has no console block", page)
		}
	}
}

// run runs the command and compares. It may fail only where the page shows the error,
// or its exit code, with `; echo $?` behind it.
func (c *command) run(t *testing.T, page string, term *terminal) {
	t.Helper()
	out, code := term.run(t, c.text)
	if *update {
		c.want = out
	}
	if out != c.want {
		t.Errorf("%s:%d: $ %s\n--- the page shows\n%s--- the command prints\n%s", page, c.line, c.text, c.want, out)
	}
	if code != 0 && !strings.Contains(c.want, "error: ") {
		t.Errorf("%s:%d: $ %s\nexit code %d, and the page shows no error", page, c.line, c.text, code)
	}
}

// pages are README.md and those in docs/; what lies deeper is generated or an example.
func pages(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no page in docs/ (%v)", err)
	}
	names := []string{"README.md"}
	for _, f := range found {
		names = append(names, "docs/"+filepath.Base(f))
	}
	return names
}

func read(t *testing.T, page string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(page)))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// shown is a page in which the commands print what they are said to.
func shown(page string, commands []command) string {
	was, _ := consoleBlocks(page) // it was read before
	lines := strings.SplitAfter(page, "\n")
	var b strings.Builder
	at := 0
	for i, old := range slices.Concat(was...) {
		end := old.line + strings.Count(old.text, "\n") // the last line of the command, from 1
		b.WriteString(strings.Join(lines[at:end], ""))
		for line := range strings.Lines(commands[i].want) {
			if line != "\n" {
				line = old.indent + line
			}
			b.WriteString(line)
		}
		at = end + strings.Count(old.want, "\n")
	}
	return b.String() + strings.Join(lines[at:], "")
}

// consoleBlocks gives the commands of each block that is fenced as console. A
// command is a line that begins with "$ ", and the lines after it while they end
// in a backslash; what follows, up to the next command, is what it prints.
func consoleBlocks(text string) (blocks [][]command, err error) {
	var block []command
	indent, inside, more := "", false, false
	for i, line := range strings.Split(text, "\n") {
		if before, ok := strings.CutSuffix(line, "```console"); ok && !inside && strings.TrimSpace(before) == "" {
			indent, inside, block = before, true, nil
			continue
		}
		if !inside {
			continue
		}
		line = strings.TrimPrefix(line, indent)
		prompted, isCommand := strings.CutPrefix(line, "$ ")
		switch {
		case line == "```":
			if len(block) == 0 {
				return nil, fmt.Errorf("line %d: a console block without a command", i+1)
			}
			blocks, inside = append(blocks, block), false
			continue
		case more:
			block[len(block)-1].text += "\n" + line
		case isCommand:
			block = append(block, command{line: i + 1, indent: indent, text: prompted})
		case len(block) == 0:
			return nil, fmt.Errorf("line %d: a console block begins with its first command, `$ ...`", i+1)
		default:
			block[len(block)-1].want += line + "\n"
		}
		more = (isCommand || more) && strings.HasSuffix(line, `\`)
	}
	if inside {
		return nil, errors.New("a console block does not end")
	}
	return blocks, nil
}

func TestConsoleBlocks(t *testing.T) {
	t.Parallel()
	const text = "# T\n\n```console\n$ a \\\n    b\n1\n\n2\n$ c\n```\n\n```sh\n$ not this\n```\n- x\n\n  ```console\n  $ d\n    3\n  ```\n"
	blocks, err := consoleBlocks(text)
	want := [][]command{{{4, "", "a \\\n    b", "1\n\n2\n"}, {9, "", "c", ""}}, {{18, "  ", "d", "  3\n"}}}
	if err != nil || fmt.Sprint(blocks) != fmt.Sprint(want) {
		t.Errorf("got %+v, %v\nwant %+v", blocks, err, want)
	}
	all := slices.Concat(blocks...)
	if got := shown(text, all); got != text {
		t.Errorf("nothing else is printed, and the page becomes\n%s", got)
	}
	all[1].want, all[2].want = "new\n", ""
	if got := shown(text, all); got != strings.NewReplacer("$ c\n", "$ c\nnew\n", "    3\n", "").Replace(text) {
		t.Errorf("something else is printed, and the page becomes\n%s", got)
	}
	for _, bad := range []string{"```console\n```\n", "```console\nout\n```\n", "```console\n$ a\n"} {
		if got, err := consoleBlocks(bad); err == nil {
			t.Errorf("%q is taken: %+v", bad, got)
		}
	}
}
