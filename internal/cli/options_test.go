package cli

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// parse runs one command with arguments and a run function that only looks.
func parse(cmd *cobra.Command, args ...string) error {
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(args)
	cmd.SetOut(&bytes.Buffer{})
	return cmd.Execute()
}

func TestWrapperParsing(t *testing.T) {
	t.Parallel()
	var got *wrapperOptions
	look := func(o *wrapperOptions) error { got = o; return nil }
	sys := &System{Getenv: func(string) string { return "" }}
	if err := parse(newWrapper(sys, "upgrade", look), "-i", "rel", "chart", "--irsa-file", "f.yaml", "--irsa-provision=never"); err != nil {
		t.Fatal(err)
	}
	if strings.Join(got.Files, " ") != "f.yaml" || got.Args.Release() != "rel" || strings.Join(got.Args.Rest, " ") != "-i rel chart" {
		t.Errorf("got %+v %+v", got, got.Args)
	}
	got = nil
	for _, flag := range []string{"--irsa-file=", "--irsa-provision=always", "--irsa-verify=perhaps", "--irsa-yes=perhaps", "--irsa-adopt=perhaps", "--irsa-keep-roles", "--irsa-nonsense"} {
		if err := parse(newWrapper(sys, "upgrade", look), "rel", "chart", flag); err == nil || got != nil {
			t.Errorf("%s: %v, ran: %v", flag, err, got != nil)
		}
	}
	if err := parse(newWrapper(sys, "template", look), "--help"); err != nil || got != nil {
		t.Errorf("--help: %v, ran: %v", err, got != nil)
	}
}

func TestRunIsCalled(t *testing.T) {
	t.Parallel()
	stop := errors.New("stop")
	var format string
	version := newVersion(&System{}, func(o *versionOptions) error { format = o.format; return stop })
	if err := parse(version, "-o", "json"); !errors.Is(err, stop) || format != "json" {
		t.Error(err, format)
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	pages := map[string]string{}
	for _, p := range Pages() {
		pages[p.Name] = p.Text
	}
	for name, text := range pages {
		if !strings.Contains(text, "## Examples") {
			t.Errorf("%s has no example: %q", name, text)
		}
	}
	if len(pages) < 28 { // a command that is not among them is not in docs/cli
		t.Errorf("%d pages", len(pages))
	}
}
