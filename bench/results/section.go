package results

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Section is the part of the page that one program writes.
type Section struct {
	// Title is its heading, such as "make bench".
	Title string
	// Text is Markdown whose headings, if any, are of the third level or below.
	Text string
}

const preface = "# Results\n\nEach section was written by the command that it is named after.\n"

// File is the page in the repository.
func File(root string) string { return filepath.Join(root, "bench", "RESULTS.md") }

// Write puts the section into the page at path, in the place of the one with its title,
// or at the end. The rest of the page stays as it is; a page that is not there is made.
func Write(path string, s Section) error {
	page, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("writing the results: %w", err)
	}
	if err := os.WriteFile(path, []byte(s.into(string(page))), 0o644); err != nil {
		return fmt.Errorf("writing the results: %w", err)
	}
	return nil
}

const mark = "## "

// into is the page with the section in it.
func (s Section) into(page string) string {
	if page == "" {
		page = preface
	}
	own := mark + s.Title + "\n\n" + strings.Trim(s.Text, "\n") + "\n"
	var out strings.Builder
	written, skipping := false, false
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, mark) {
			skipping = strings.TrimSpace(line) == mark+s.Title
			switch {
			case skipping && !written:
				out.WriteString(own)
				written = true
			case written && !strings.HasSuffix(out.String(), "\n\n"):
				out.WriteString("\n")
			}
		}
		if !skipping {
			out.WriteString(line)
		}
	}
	if !written {
		return strings.TrimRight(out.String(), "\n") + "\n\n" + own
	}
	return out.String()
}
