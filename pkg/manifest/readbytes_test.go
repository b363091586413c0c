package manifest_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// TestHelmTakes: what the decoder alone refuses, and Helm does not.
func TestHelmTakes(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"a: 1\n\t\nb: x\n",       // a line of a tab
		"a: 1\n \t \nb: x\n",     // of blanks and a tab
		"%YAML 1.1\n---\nb: x\n", // a directive
		"# made by %\n%TAG ! x\n---\nb: x\n",
		"...\nb: x\n", // the end of the document before
		"... # end\nb: x\n",
		"a: 1\n...\nb: x\n",
		"a: '%'\nb: x\n",
	} {
		all, err := manifest.Read("in", strings.NewReader(text))
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if last := len(all.List) - 1; last < 0 || manifest.Text(all.List[last].Body, "b") != "x" {
			t.Errorf("%q: b is not read: %v", text, all.List)
		}
	}
	// Behind the first line of the document, these are data.
	for text, want := range map[string]string{
		"a: |\n  %x\n  ...y\n":  "%x\n...y\n",
		"a: >-\n  x\n\t\n  y\n": "x\ny",
		"a: \"x\n%y\"\n":        "x %y",
		"# c\na: |\n %\n":       "%\n",
	} {
		all, err := manifest.Read("in", strings.NewReader(text))
		if err != nil || manifest.Text(all.List[0].Body, "a") != want {
			t.Errorf("%q: %v, %v", text, all, err)
		}
	}
}

// TestWhereItFails: the line of a fault is that of the whole stream.
func TestWhereItFails(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a: 1\n---\nb: 2\nc: }\n":      "in:4: not YAML: did not find expected node content",
		"a: 1\nb: 'x\n":                "in:2: not YAML: found unexpected end of stream",
		"a: 1\n---\n- x\n y: {\n---\n": "in:4: not YAML: ",
		"a: *none\n":                   "in:1: not YAML: unknown anchor 'none' referenced",
		"a: 1\n b: 2\n":                "in:2: not YAML: mapping values are not allowed in this context",
		"{{ .Values.x }}":              "in:1: ",
		"a: !!binary x\n---\ntext":     "in:3: not a manifest: want a mapping with apiVersion and kind",
	} {
		_, err := manifest.Read("in", strings.NewReader(text))
		var input *manifest.InputError
		if !errors.As(err, &input) || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestReadAll(t *testing.T) {
	t.Parallel()
	if data, err := manifest.ReadAll("in", strings.NewReader("\ufeffa: 1")); err != nil || string(data) != "a: 1" {
		t.Errorf("%q, %v", data, err)
	}
	_, err := manifest.ReadAll("values.yaml", iotest.ErrReader(errors.New("pulled out")))
	if err == nil || err.Error() != "values.yaml: cannot be read: pulled out" {
		t.Error(err)
	}
	if got := (&manifest.InputError{Name: "f", Line: 3, What: "w"}).Error(); got != "f:3: w" {
		t.Error(got)
	}
}

// zeros is an input without end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// TestTooLarge: 512 MiB are read of an input, and no more.
func TestTooLarge(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a gigabyte of memory")
	}
	if _, err := manifest.ReadAll("in", io.LimitReader(zeros{}, 512<<20+1)); err == nil || err.Error() != "in: larger than 512 MiB" {
		t.Error(err)
	}
	data, err := manifest.ReadAll("in", io.LimitReader(zeros{}, 512<<20))
	if err != nil || len(data) != 512<<20 {
		t.Errorf("%d bytes, %v", len(data), err)
	}
}
