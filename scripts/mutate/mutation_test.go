package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const sample = `package p

// not code: a == b && true
func f(a, b int, s string) bool {
	for i := 0; i < a; i++ {
		if s == "true" && a > 1 {
			continue
		}
		switch {
		case g(s), a != b:
			break
		}
	}
	return !g(s)
}
`

// TestMutations: what is changed, and into what; texts and comments are left alone.
func TestMutations(t *testing.T) {
	t.Parallel()
	found, err := mutationsOf("p.go", []byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range found {
		got = append(got, sample[m.from:m.to]+" > "+m.text)
		if line := strings.Split(sample, "\n")[m.line-1]; !strings.HasPrefix(line[len(line)-len(strings.TrimLeft(line, "\t")):], "//") && !strings.HasPrefix(line[m.column-1:], sample[m.from:m.to]) {
			t.Errorf("%d:%d is not where %q is", m.line, m.column, sample[m.from:m.to])
		}
	}
	want := []string{
		"0 > 1", "< > <=", "< > >=", "++ > --",
		`s == "true" && a > 1 > !(s == "true" && a > 1)`, "== > !=", "&& > ||", "> > >=", "> > <=", "1 > 2", "1 > 0",
		"continue > {}", "g(s) > !(g(s))", "!= > ==", "break > {}", "! > ",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestOnly: places are whole lines, or lines and columns.
func TestOnly(t *testing.T) {
	t.Parallel()
	all := []mutation{{file: "/x/p.go", line: 1, column: 2}, {file: "/x/p.go", line: 1, column: 22}, {file: "/x/p.go", line: 12, column: 2}}
	file := relative("/x/p.go")
	for places, want := range map[string]int{"": 3, file + ":1": 2, file + ":1:2": 1, file + ":12": 1, file + ":1," + file + ":12": 3, file: 3, file + ":2": 0, "p.go:1": 0} {
		if got := only(slices.Clone(all), places); len(got) != want {
			t.Errorf("%q: %d, want %d", places, len(got), want)
		}
	}
}

// TestSample: of a package with a test that sees one change and not the other, one survives;
// nothing is written into the package; and a seed always takes the same.
func TestSample(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files := map[string]string{
		"go.mod":    "module example.com/p\n\ngo 1.21\n",
		"p.go":      "package p\n\nfunc seen(a int) bool { return a == 1 }\n\nfunc unseen(a int) bool { return a != 5 }\n\nvar text = \"a\" + \"b\"\n",
		"p_test.go": "package p\n\nimport \"testing\"\n\nfunc TestSeen(t *testing.T) {\n\tif !seen(1) || seen(0) || seen(2) || !unseen(1) {\n\t\tt.Fail()\n\t}\n}\n",
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := pkg{Dir: dir, ImportPath: "example.com/p", GoFiles: []string{"p.go"}}
	all, err := p.mutations()
	if err != nil {
		t.Fatal(err)
	}
	r := runner{pkg: p, folder: t.TempDir(), limit: time.Minute}
	sum, err := r.sample(shuffled(slices.Clone(all), 3), 100, false)
	if err != nil {
		t.Fatal(err)
	}
	if len(sum.survivors) != 2 || sum.noticed != 4 || sum.broken != 1 {
		t.Errorf("%d noticed, %d do not compile, and survived %+v; want 4, 1, and the two of the number 5", sum.noticed, sum.broken, sum.survivors)
	}
	for _, m := range sum.survivors {
		if m.line != 5 || !strings.HasPrefix(m.change, `"5" becomes`) {
			t.Errorf("survived: %d: %s", m.line, m.change)
		}
	}
	if again := shuffled(slices.Clone(all), 3); !slices.Equal(again, shuffled(slices.Clone(all), 3)) || slices.Equal(again, shuffled(slices.Clone(all), 4)) {
		t.Error("the seed does not decide the order")
	}
	for name, text := range files {
		if data, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(data) != text {
			t.Errorf("%s was changed: %v", name, err)
		}
	}
}
