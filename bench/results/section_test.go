package results

import (
	"os"
	"path/filepath"
	"testing"
)

// A program rewrites its own section, and leaves every byte of the others.
func TestInto(t *testing.T) {
	t.Parallel()
	const (
		top    = "# Results\n\nA word.\n\n"
		first  = "## make bench\n\nold\n\n### Method\n\n- a\n"
		second = "## make bench-cluster\n\nother\n\n### Method\n\n- b\n"
		mine   = "## make bench\n\nnew\n\n### Machine\n"
		theirs = "## make bench-cluster\n\nnew\n\n### Machine\n"
	)
	const text = "new\n\n### Machine\n"
	for name, c := range map[string]struct{ page, title, want string }{
		"no page":         {"", "make bench", preface + "\n" + mine},
		"first of two":    {top + first + "\n" + second, "make bench", top + mine + "\n" + second},
		"second of two":   {top + first + "\n" + second, "make bench-cluster", top + first + "\n" + theirs},
		"alone":           {top + first, "make bench", top + mine},
		"not there":       {top + first, "make bench-cluster", top + first + "\n" + theirs},
		"twice by hand":   {top + first + "\n" + first + "\n" + second, "make bench", top + mine + "\n" + second},
		"already as such": {top + mine + "\n" + second, "make bench", top + mine + "\n" + second},
	} {
		if got := (Section{c.title, text}).into(c.page); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "RESULTS.md")
	for _, s := range []Section{{"a", "one"}, {"b", "two"}, {"a", "three"}} {
		if err := Write(path, s); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if want := preface + "\n## a\n\nthree\n\n## b\n\ntwo\n"; err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
	if err := Write(filepath.Join(path, "below"), Section{"a", "one"}); err == nil {
		t.Error("a page that cannot be written is no error")
	}
}

// The page in the repository has its sections where Write finds them.
func TestPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(File("../.."))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "RESULTS.md")
	if err := os.WriteFile(path, page, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Write(path, Section{"make bench", "nothing"}); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || len(got) >= len(page) {
		t.Errorf("the section was added rather than replaced: %d bytes, before %d: %v", len(got), len(page), err)
	}
}
