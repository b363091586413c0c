package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/helm"
	"github.com/helm-irsa/helm-irsa/internal/voice"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// failingWriter fails with an error from its second write on.
type failingWriter struct {
	err    error
	writes int
}

func (w *failingWriter) Write(b []byte) (int, error) {
	if w.writes++; w.writes > 1 {
		return 0, &fs.PathError{Op: "write", Path: "/dev/stdout", Err: w.err}
	}
	return len(b), nil
}

// TestLostOutput: what a command came to, and what its output came to, as one exit code
// and one line.
func TestLostOutput(t *testing.T) {
	t.Parallel()
	const lost = "helm-irsa: error: writing to stdout: no space left on device\nhelm-irsa: hint: what was printed is not whole: make room, or send it elsewhere\n"
	for what, c := range map[string]struct {
		stdout error
		came   func(written error) error
		code   int
		said   string
	}{
		"all is well":            {nil, func(error) error { return nil }, 0, ""},
		"broken":                 {nil, func(error) error { return exited(2) }, 2, ""},
		"full":                   {syscall.ENOSPC, func(error) error { return nil }, 1, lost},
		"full, and it was seen":  {syscall.ENOSPC, func(err error) error { return fmt.Errorf("printing: %w", err) }, 1, lost},
		"full, and broken":       {syscall.ENOSPC, func(error) error { return exited(2) }, 1, lost},
		"full, after Helm":       {syscall.ENOSPC, func(error) error { return &helm.ExitError{Command: "upgrade", Code: 7} }, 7, lost},
		"full, and worse":        {syscall.ENOSPC, func(error) error { return errors.New("AWS is gone") }, 1, "helm-irsa: error: AWS is gone\n" + lost},
		"closed":                 {syscall.EBADF, func(error) error { return nil }, 1, strings.Replace(lost, "no space left on device", "bad file descriptor", 1)},
		"no reader":              {syscall.EPIPE, func(error) error { return nil }, 141, ""},
		"no reader, and seen":    {syscall.EPIPE, func(err error) error { return err }, 141, ""},
		"no reader, and broken":  {syscall.EPIPE, func(error) error { return exited(3) }, 141, ""},
		"no reader, and worse":   {syscall.EPIPE, func(error) error { return errors.New("AWS is gone") }, 1, "helm-irsa: error: AWS is gone\n"},
		"AWS's pipe, not stdout": {nil, func(error) error { return fmt.Errorf("asking AWS: %w", syscall.EPIPE) }, 1, "helm-irsa: error: asking AWS: broken pipe\n"},
	} {
		var said strings.Builder
		sys, out := (&System{Stdout: &failingWriter{err: c.stdout}, Stderr: &said}).watched()
		if c.stdout == nil {
			out.w = &strings.Builder{}
		}
		fmt.Fprintln(sys.Stdout, "one")
		_, err := fmt.Fprintln(sys.Stdout, "two")
		if (sys.printed() == nil) != (c.stdout == nil) {
			t.Errorf("%s: printed: %v", what, sys.printed())
		}
		if code := out.ended(voice.To(&said), c.came(err)); code != c.code || said.String() != c.said {
			t.Errorf("%s: code %d, want %d; said %q", what, code, c.code, said.String())
		}
		// Helm says something of every exit code but 0: a command that did all but print has that.
		out.forHelm = true
		forHelm := map[string]int{"no reader": 0, "no reader, and broken": 3}
		if want, differs := forHelm[what]; differs {
			if code := out.ended(voice.To(&said), c.came(err)); code != want {
				t.Errorf("%s, for Helm: code %d, want %d", what, code, want)
			}
		} else if code := out.ended(voice.To(io.Discard), c.came(err)); code != c.code {
			t.Errorf("%s, for Helm: code %d, want %d", what, code, c.code)
		}
	}
}

// TestCertificateText: what a certificate says of itself does nothing to a terminal, and
// without one nobody is asked.
func TestCertificateText(t *testing.T) {
	t.Parallel()
	c := awsiam.Certificate{Host: "idp.example", Issuer: "https://idp.example", Subject: "CN=\x1b[2J\u202ex\nhost idp.example", SHA1: "a1b2", SHA256: "c3d4"}
	text := certificateText(c)
	if strings.ContainsAny(text, "\x1b\u202e") || strings.Count(text, "\n") != 6 || !strings.Contains(text, "A1:B2") || !strings.Contains(text, "C3:D4") {
		t.Errorf("%q", text)
	}
	if ok, err := askCertificate(&System{Stdin: strings.NewReader("yes\n"), Stderr: &strings.Builder{}})(t.Context(), c); ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
}
