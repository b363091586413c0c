package docs

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// most is how many words a sentence of a page or a help text may have.
const most = 30

// TestSentences: no page and no help text has a sentence that nobody can hold in mind. What stands
// in code, in tables and in lists of files is none.
func TestSentences(t *testing.T) {
	t.Parallel()
	names := append(pages(t), "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "CODE_OF_CONDUCT.md")
	helps, err := filepath.Glob(filepath.Join(root, "docs", "cli", "*.md"))
	if err != nil || len(helps) < 20 {
		t.Fatalf("%d pages of commands: %v", len(helps), err)
	}
	seen := 0
	look := func(page, text string) {
		for _, s := range sentences(text) {
			seen++
			if n := len(counted.FindAllString(s, -1)); n > most {
				t.Errorf("%s: a sentence of %d words: %s", page, n, s)
			}
		}
	}
	for _, page := range names {
		look(page, read(t, page))
	}
	for _, path := range helps {
		page := "docs/cli/" + filepath.Base(path)
		if m := helpText.FindStringSubmatch(read(t, page)); m != nil {
			look(page, listed.ReplaceAllString(m[1], ""))
		}
	}
	if seen < 1000 {
		t.Errorf("only %d sentences were found", seen)
	}
}

var (
	helpText = regexp.MustCompile("(?ms)^```text\n(.*?)^```")
	listed   = regexp.MustCompile(`(?m)^  .*\n`)
	code     = regexp.MustCompile("(?ms)^ *```.*?^ *```|<!--.*?-->")
	inline   = regexp.MustCompile("`[^`]*`")
	target   = regexp.MustCompile(`\]\([^)]*\)`)
	item     = regexp.MustCompile(`^([-*]|[0-9]+\.) `)
	end      = regexp.MustCompile(`[.!?:]["”)*]*\s+`)
	counted  = regexp.MustCompile(`\S*[\p{L}\p{N}]\S*`)
)

// sentences are those of the paragraphs and list items of a page.
func sentences(text string) []string {
	var out []string
	var paragraph []string
	flush := func() {
		joined := target.ReplaceAllString(inline.ReplaceAllString(strings.Join(paragraph, " "), "CODE"), "]")
		for {
			at := end.FindStringIndex(joined)
			if at == nil {
				break
			}
			out, joined = append(out, joined[:at[1]]), joined[at[1]:]
		}
		if joined != "" {
			out = append(out, joined)
		}
		paragraph = nil
	}
	for line := range strings.SplitSeq(code.ReplaceAllString(text, ""), "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "", strings.HasPrefix(line, "#"), strings.HasPrefix(line, "|"), strings.HasPrefix(line, "!["):
			flush()
			continue
		case item.MatchString(line):
			flush()
			line = item.ReplaceAllString(line, "")
		}
		paragraph = append(paragraph, line)
	}
	flush()
	return out
}
