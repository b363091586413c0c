package docs

import (
	"fmt"
	"html"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	sessionPage  = "docs/start.md"
	sessionImage = "docs/images/session.svg"
	columns      = 112
	lineHeight   = 19
)

// inPicture are the commands of the page that the picture has, by how they begin.
var inPicture = []string{
	"helm irsa init", "cat irsa.yaml", "helm irsa plan", "helm irsa upgrade",
}

// TestSession: the picture of a terminal session is made of what docs/start.md shows, which TestConsole
// holds to what the commands print.
func TestSession(t *testing.T) {
	t.Parallel()
	blocks, err := consoleBlocks(read(t, sessionPage))
	if err != nil {
		t.Fatal(err)
	}
	var picked []command
	for _, c := range slices.Concat(blocks...) {
		if slices.ContainsFunc(inPicture, func(begin string) bool { return strings.HasPrefix(c.text, begin) }) {
			picked = append(picked, c)
		}
	}
	if len(picked) != len(inPicture) {
		t.Fatalf("%s has %d of the %d commands", sessionPage, len(picked), len(inPicture))
	}
	want := session(picked)
	path := filepath.Join(root, filepath.FromSlash(sessionImage))
	if *update {
		write(t, path, want)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s is not what %s shows (%v): go test -run Session ./test/docs -update", sessionImage, sessionPage, err)
	}
}

// session draws commands and what they print as a terminal: line by line in time, at once where the
// reader wants no motion.
func session(commands []command) string {
	var rows strings.Builder
	y, second := 56, 0.5
	row := func(class, text string, pause float64) {
		for _, part := range wrapped(text) {
			fmt.Fprintf(&rows, `<text class="%s" x="20" y="%d" style="animation-delay:%.1fs" xml:space="preserve">%s</text>`+"\n", class, y, second, html.EscapeString(part))
			y += lineHeight
			second += pause
		}
	}
	for _, c := range commands {
		text, _, _ := strings.Cut(c.text, " 2>&1 | grep")
		row("c", "$ "+text, 0.6)
		second += 0.6
		for line := range strings.Lines(strings.TrimRight(c.want, "\n")) {
			line = strings.TrimRight(line, "\n")
			class := "o"
			switch {
			case strings.HasPrefix(line, "+ "):
				class = "a"
			case strings.HasPrefix(line, "! "):
				class = "w"
			case strings.HasPrefix(line, "#"):
				class = "m"
			}
			row(class, line, 0.12)
		}
		y += lineHeight / 2
		second += 1.4
	}
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 %d" role="img" aria-labelledby="t d" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="13.5">
<title id="t">From a chart to a proven identity</title>
<desc id="d">A terminal: helm irsa writes irsa.yaml for a chart of external-dns, shows the plan, and installs the release with its role, which can be assumed. The same as text is in docs/start.md, from which this picture is made.</desc>
<style>
text{animation:show .1s both}
.c{fill:#fff;font-weight:600}.o{fill:#c9d1d9}.a{fill:#7ee787}.w{fill:#f2cc60}.m{fill:#8b949e}
@keyframes show{from{opacity:0}to{opacity:1}}
@media (prefers-reduced-motion:reduce){text{animation:none}}
@media print{text{animation:none}}
</style>
<rect width="960" height="%d" rx="10" fill="#0d1117"/>
<circle cx="22" cy="20" r="6" fill="#ff5f56"/><circle cx="42" cy="20" r="6" fill="#ffbd2e"/><circle cx="62" cy="20" r="6" fill="#27c93f"/>
%s</svg>
`, y, y, rows.String())
}

// wrapped cuts a line where a terminal is not wide enough for it, between words where it can.
func wrapped(line string) []string {
	var out []string
	for runes := []rune(line); ; {
		if len(runes) <= columns {
			return append(out, string(runes))
		}
		at := columns
		for i := columns; i > columns/2; i-- {
			if runes[i] == ' ' {
				at = i
				break
			}
		}
		out, runes = append(out, string(runes[:at])), append([]rune("  "), []rune(strings.TrimLeft(string(runes[at:]), " "))...)
	}
}
