package stream

import (
	"bytes"
	"errors"
	"io"
)

// Most streams fit the first buffer. What is longer is read in chunks: large enough
// that few documents straddle two of them, and that the kernel can give most of one
// in huge pages. Memory that is not read into is never touched.
const (
	firstChunk = 256 << 10
	nextChunk  = 16 << 20
)

// Read reads a stream to its end and cuts it. One growing buffer would hold 100 MB
// two to three times over; here every byte is held once, but for the documents
// that straddle two chunks, which are copied. A long stream is cut, and shown to
// visit document by document, while the rest of it still comes in.
func Read(r io.Reader, visit func(*Doc)) ([]Doc, error) {
	return read(r, visit, firstChunk, nextChunk)
}

// read is Read with chunks of any size, so that tests can make every document straddle some.
func read(r io.Reader, visit func(*Doc), firstSize, nextSize int) ([]Doc, error) {
	first := make([]byte, firstSize)
	n, err := io.ReadFull(r, first)
	if ended(err) {
		return visited(Scan(first[:n]), visit), nil
	}
	if err != nil {
		return nil, err
	}
	// A chunk is waited for at both ends, so that one is being filled while
	// another is being cut; errs holds the reader's last word.
	chunks, errs := make(chan []byte, 1), make(chan error, 1)
	go func() {
		errs <- fill(r, chunks, nextSize)
		close(chunks)
	}()
	a := &assembler{visit: visit}
	a.add(first)
	for chunk := range chunks {
		a.add(chunk)
	}
	a.push(a.tail)
	return a.docs, <-errs
}

func ended(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

// fill reads chunks until the stream ends.
func fill(r io.Reader, chunks chan<- []byte, size int) error {
	for {
		chunk := make([]byte, size)
		inHugePages(chunk)
		n, err := io.ReadFull(r, chunk)
		chunks <- chunk[:n:n]
		if ended(err) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// assembler cuts a stream that comes in chunks. It scans only from one separator to
// another: what is scanned apart there is what would be scanned together.
type assembler struct {
	docs  []Doc
	tail  []byte // what follows the last separator seen, in a buffer of its own
	visit func(*Doc)
}

func (a *assembler) add(chunk []byte) {
	head := 0
	if len(a.tail) > 0 {
		if head = firstMark(chunk); head < 0 {
			a.tail = append(a.tail, chunk...)
			return
		}
		a.tail = append(a.tail, chunk[:head]...)
		a.push(a.tail)
		a.tail = nil
	}
	// The last document may go on in the next chunk, and so may the last line: what
	// looks like a separator there may turn out to be longer.
	whole := head + bytes.LastIndexByte(chunk[head:], '\n') + 1
	docs := Scan(chunk[head:whole])
	start := whole
	if n := len(docs); n > 0 {
		start -= len(docs[n-1].Bytes)
		docs = docs[:n-1]
	}
	a.docs = append(a.docs, visited(docs, a.visit)...)
	a.tail = append(make([]byte, 0, 2*(len(chunk)-start)), chunk[start:]...)
}

func (a *assembler) push(part []byte) {
	if len(part) > 0 {
		a.docs = append(a.docs, visited(Scan(part), a.visit)...)
	}
}

func visited(docs []Doc, visit func(*Doc)) []Doc {
	if visit != nil {
		for i := range docs {
			visit(&docs[i])
		}
	}
	return docs
}

// firstMark is the offset of the first separator line that lies in chunk with the
// line feed before it and the blank behind it; -1 where there is none. One that two
// chunks share is found when their bytes are scanned together.
func firstMark(chunk []byte) int {
	for at := 0; ; {
		i := bytes.Index(chunk[at:], []byte("\n---"))
		if i < 0 {
			return -1
		}
		at += i + 1
		if at+4 <= len(chunk) && isMark(chunk[at:at+4], "---") {
			return at
		}
	}
}
