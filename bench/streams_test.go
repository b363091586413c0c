package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSyntheticStream(t *testing.T) {
	t.Parallel()
	s := syntheticStream(110_000)
	if len(s) < 110_000 || len(s) > 120_000 {
		t.Errorf("%d bytes", len(s))
	}
	if namespace, err := accountNamespace(s); namespace != "epinio" || err != nil {
		t.Errorf("namespace %q, %v", namespace, err)
	}
	if bytes.Contains(s, []byte("%!")) {
		t.Error("a verb without a value")
	}
}

func TestLoadStreams(t *testing.T) {
	t.Parallel()
	if _, err := loadStreams(t.TempDir()); err == nil {
		t.Error("a folder without streams is taken")
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "helm3"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"a.yaml": "a: 1", "epinio--default.yaml": "b: 1\n"} {
		if _, err := writeFile(filepath.Join(dir, "helm3"), name, text); err != nil {
			t.Fatal(err)
		}
	}
	s, err := loadStreams(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(bytes.Join(s.parts, nil)); got != "a: 1\nb: 1\n" || string(s.small) != "b: 1\n" {
		t.Errorf("small %q, parts %q", s.small, got)
	}
	if !strings.HasPrefix(s.smallText, "real") || !strings.HasPrefix(s.largeText, "real") {
		t.Errorf("%q, %q", s.smallText, s.largeText)
	}
}

func TestLarge(t *testing.T) {
	t.Parallel()
	s := streams{parts: [][]byte{[]byte("---\na: 1\n"), []byte("---\nb: 1\n")}}
	all := string(bytes.Join(s.large(1000), nil))
	if len(all) < 1000 || len(all) > 1010 || strings.Count(all, largeAccount) != 1 {
		t.Errorf("%d bytes, account %d times", len(all), strings.Count(all, largeAccount))
	}
	if at := strings.Index(all, largeAccount); at < 400 || at > 600 {
		t.Errorf("account at %d", at)
	}
}

// The checks of the outputs can fail.
func TestAnnotatedOnly(t *testing.T) {
	t.Parallel()
	const lines = "  annotations:\n    eks.amazonaws.com/role-arn: " + largeARN + "\n"
	other := "---\nkind: ServiceAccount\nmetadata:\n  name: other\n"
	in := other + largeAccount + other
	good := other + largeAccount + lines + other
	for name, c := range map[string]struct {
		out  string
		want string
	}{
		"right":             {good, ""},
		"unchanged":         {in, "stands 0 times"},
		"twice":             {good + lines, "stands 2 times"},
		"on another":        {other + lines + largeAccount + other, "is not on ServiceAccount"},
		"and something":     {good + "---\n", "more than the annotation"},
		"and another byte":  {strings.Replace(good, "other", "0ther", 1), "more than the annotation"},
		"and without a bit": {strings.TrimSuffix(good, "\n"), "more than the annotation"},
	} {
		err := annotatedOnly([]byte(c.out), []byte(in), "bench-account", largeARN)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
