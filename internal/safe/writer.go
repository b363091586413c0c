package safe

import (
	"bytes"
	"io"
	"sync"
	"unicode/utf8"
)

// Writer passes text on to a stream, with everything escaped that Text escapes, but for
// line breaks, tabs, and, where there are any, our own colours. It is behind all that this
// program prints for people: a value that reached a message as it came still clears no
// screen.
type Writer struct {
	w io.Writer
	// own are the sequences that are ours.
	own [][]byte

	mu sync.Mutex
	// cut is the beginning of a character whose end was not written yet.
	cut []byte
}

// NewWriter is a Writer to w that lets the given sequences through.
func NewWriter(w io.Writer, own ...string) *Writer {
	out := &Writer{w: w}
	for _, s := range own {
		out.own = append(out.own, []byte(s))
	}
	return out
}

// Raw is the stream behind a Writer, for what is not ours to change, such as manifests and
// what a program that we run prints itself; of any other stream it is that one.
func Raw(w io.Writer) io.Writer {
	if ours, ok := w.(*Writer); ok {
		return ours.w
	}
	return w
}

// Write writes p escaped. It reports all of p as written, or none: how much of the escaped
// text arrived says nothing of p.
func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := append(w.cut, p...)
	w.cut = nil
	if n := incomplete(text); n > 0 {
		w.cut, text = bytes.Clone(text[len(text)-n:]), text[:len(text)-n]
	}
	if _, err := w.w.Write(w.escaped(text)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Close writes what was held back of a character that never ended.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.cut) == 0 {
		return nil
	}
	_, err := io.WriteString(w.w, Text(string(w.cut)))
	w.cut = nil
	return err
}

func (w *Writer) escaped(text []byte) []byte {
	if !Hidden(text) {
		return text
	}
	var b bytes.Buffer
	for len(text) > 0 {
		n := w.ours(text)
		if n == 0 {
			_, n = utf8.DecodeRune(text)
			b.WriteString(Lines(string(text[:n])))
		} else {
			b.Write(text[:n])
		}
		text = text[n:]
	}
	return b.Bytes()
}

// ours is how long a sequence of ours is that the text begins with; 0 where it does not.
func (w *Writer) ours(text []byte) int {
	for _, s := range w.own {
		if bytes.HasPrefix(text, s) {
			return len(s)
		}
	}
	return 0
}

// incomplete is how many bytes at the end of text are the beginning of a character.
func incomplete(text []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		if last := text[len(text)-n:]; utf8.RuneStart(last[0]) {
			if utf8.FullRune(last) {
				return 0
			}
			return n
		}
	}
	return 0
}
