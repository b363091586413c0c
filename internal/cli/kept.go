package cli

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"time"
)

// kept is what the post-renderer rendered, in memory: it comes through a named pipe, since
// manifests hold secrets, and a file of them would stay where this process is killed.
type kept struct {
	path string // the pipe; empty where the system has none
	hold *os.File
	read chan struct{} // closed when text is whole
	text bytes.Buffer
}

// rendererPatience is how long a post-renderer is waited for that Helm left behind.
const rendererPatience = time.Second

// keep makes the pipe and reads it. Where a folder takes no pipe there is none, and Helm is
// asked for what it installed.
func (f *runFolder) keep() *kept {
	k := &kept{read: make(chan struct{})}
	path := filepath.Join(f.dir, pipeFile)
	if makePipe(path) != nil {
		close(k.read)
		return k
	}
	from, to, err := openPipeEnds(path)
	if err != nil {
		close(k.read)
		return k
	}
	// As long as this end is open, the pipe does not end between two post-renderers.
	k.path, k.hold = path, to
	go func() {
		defer close(k.read)
		defer from.Close()
		_, _ = io.Copy(&k.text, from) // what comes late is lost with its writer
	}()
	return k
}

// end gives what was rendered, once Helm has ended; ok is false where no pipe was, or a
// writer that Helm left behind does not end.
func (k *kept) end() (text []byte, ok bool) {
	if k == nil {
		return nil, false
	}
	if k.hold != nil {
		_ = k.hold.Close()
		k.hold = nil
	}
	select {
	case <-k.read:
		return k.text.Bytes(), k.path != ""
	case <-time.After(rendererPatience):
		return nil, false
	}
}
