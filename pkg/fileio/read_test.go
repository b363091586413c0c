//go:build unix

package fileio

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// soon fails where f does not end: what it reads must not wait for anybody.
func soon(t *testing.T, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("still waiting")
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	write := func(name, text string) {
		if err := os.WriteFile(at(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("file", "text")
	write("exact", strings.Repeat("x", MiB))
	write("large", strings.Repeat("x", MiB+1))
	for _, err := range []error{os.Symlink("file", at("link")), os.Symlink("fifo", at("tofifo")), os.Symlink("loop", at("loop")), syscall.Mkfifo(at("fifo"), 0o600)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	big, err := os.Create(at("big"))
	if err == nil {
		err = errors.Join(big.Truncate(1<<40), big.Close()) // has no block on the disk
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"file": "", "link": "", "exact": "",
		"large": "is larger than 1 MiB", "big": "is larger than 1 MiB",
		"fifo": "is a pipe, not a regular file", "tofifo": "is a pipe, not a regular file",
		".": "is a directory",
	} {
		for _, f := range []func(string, int64) ([]byte, error){Read, ReadStream} {
			soon(t, func() {
				if _, err := f(at(name), MiB); (err == nil) != (want == "") || err != nil && err.Error() != want {
					t.Errorf("%s: %v, want %q", name, err, want)
				}
			})
		}
	}
	for _, device := range []string{"/dev/zero", "/dev/null"} {
		if _, err := Read(device, MiB); err == nil || err.Error() != "is a device, not a regular file" {
			t.Errorf("%s: %v", device, err)
		}
	}
	if _, err := Read(at("none"), MiB); !errors.Is(err, fs.ErrNotExist) || Cause(err) != syscall.ENOENT {
		t.Error(err)
	}
	if _, err := Read(at("loop"), MiB); !errors.Is(err, syscall.ELOOP) {
		t.Error(err)
	}
}

// TestGrows: a file that has no size, or grows while it is read, is held to the bound too.
func TestGrows(t *testing.T) {
	t.Parallel()
	if _, err := Limit(strings.NewReader("12345"), 4); !errors.As(err, new(*SizeError)) {
		t.Error(err)
	}
	if data, err := Limit(strings.NewReader("1234"), 4); err != nil || string(data) != "1234" {
		t.Errorf("%q, %v", data, err)
	}
}
