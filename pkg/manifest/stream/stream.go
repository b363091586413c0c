// Package stream cuts what Helm sends a post-renderer into documents, without
// parsing them: one pass over the bytes, every byte kept, so that what needs no
// change can leave as it came.
package stream

import (
	"bytes"
	"unicode/utf8"
)

// Doc is one document of a stream: its bytes from its separator line, if it has
// one, to the next separator. The concatenation of all Docs is the stream.
type Doc struct {
	// Bytes are the document's own, separator and comments included. What its
	// buffer holds behind them belongs to other documents.
	Bytes []byte
	// Body is the offset in Bytes of the first line that is neither the separator,
	// a directive, a comment nor blank; len(Bytes) where there is none.
	Body int
	// Lines is the number of line feeds in Bytes.
	Lines int
	// Kind is the text after "kind:" at the left margin; the last one where there
	// are several, as Helm's decoder takes the last. Empty where there is none.
	Kind string
	// Odd is true where the root is not a plain block mapping at the left margin
	// (JSON, quoted keys, an indented document, an anchor …), or where lines end at
	// something else than a line feed, so that Kind cannot be trusted and only a parser
	// can tell.
	Odd bool
	// Behind is true for what follows "..." without a separator. It is a document of YAML
	// (YAML 1.2, 9.1.4), but not one that Helm and kubectl read: they cut at separators, and
	// of what is between two of them decode the first document only.
	Behind bool
	// Wanted is for the caller of Read to note, while documents come in, which of
	// them it will want to look at.
	Wanted bool
}

// Empty reports whether the document holds nothing but comments and blanks.
func (d Doc) Empty() bool { return d.Body >= len(d.Bytes) }

// Separated reports whether the document begins with a separator of its own; the
// first of a stream need not.
func (d Doc) Separated() bool {
	line, _, _ := bytes.Cut(d.Bytes, []byte("\n"))
	return isMark(unmarked(line), "---")
}

// ByteOrderMark may begin a stream, and each of its documents
// (https://yaml.org/spec/1.2.2/#52-character-encodings).
const ByteOrderMark = "\xef\xbb\xbf"

// unmarked is a line without the byte order mark that it begins with.
func unmarked(line []byte) []byte { return bytes.TrimPrefix(line, []byte(ByteOrderMark)) }

// Scan cuts a whole stream.
func Scan(data []byte) []Doc {
	s := &scanner{}
	s.lines(data)
	s.finish(data)
	return s.docs
}

// scanner holds the state of one pass over one buffer.
type scanner struct {
	docs  []Doc
	start int // where the current document begins
	cur   Doc
	begun bool // the current document has a body
	ended bool // "..." has ended the current document's content
	body  int  // offset of the body
}

// lines looks at every line.
func (s *scanner) lines(buf []byte) {
	for at := 0; at < len(buf); {
		// Most lines are indented, and of those only the first of a document matters.
		if c := buf[at]; s.begun && !s.ended && (c == ' ' || c == '\n') {
			at = skipIndented(buf, at)
			continue
		}
		end := len(buf)
		if i := bytes.IndexByte(buf[at:], '\n'); i >= 0 {
			end = at + i + 1
		}
		s.line(buf, at, end)
		at = end
	}
}

// skipIndented gives the first line start behind at whose line is neither indented
// nor empty, or len(buf). This loop is what a large stream costs: bytes.IndexByte
// looks at 32 bytes at a time, and line feeds are counted in one go (push).
func skipIndented(buf []byte, at int) int {
	for {
		i := bytes.IndexByte(buf[at:], '\n')
		if i < 0 || at+i+1 == len(buf) {
			return len(buf)
		}
		at += i + 1
		if c := buf[at]; c != ' ' && c != '\n' {
			return at
		}
	}
}

// line looks at one line that may separate documents, begin a body or name a root key.
func (s *scanner) line(buf []byte, at, end int) {
	line := buf[at:end]
	if bare := unmarked(line); isMark(bare, "---") {
		s.cut(buf, at)
		// What follows the marker on its own line is content, as in `--- {a: b}`.
		rest := bytes.TrimLeft(bare[3:], " \t")
		if !isBlankOrComment(rest) {
			s.begin(at, true)
		}
		return
	}
	if !s.begun {
		s.first(line, at)
		return
	}
	if s.ended {
		// A bare document may follow "..." (YAML 1.2, 9.1.4).
		if !isBlankOrComment(bytes.TrimLeft(line, " \t")) {
			s.cut(buf, at)
			s.cur.Behind = true
			s.first(line, at)
		}
		return
	}
	s.key(line)
}

// first handles a line while the document has no body yet.
func (s *scanner) first(line []byte, at int) {
	if line = unmarked(line); isBlankOrComment(bytes.TrimLeft(line, " \t")) || line[0] == '%' {
		return
	}
	if isMark(line, "...") {
		return
	}
	s.begin(at, !isPlainKeyStart(line[0]))
	s.key(line)
}

func (s *scanner) begin(at int, odd bool) {
	s.begun = true
	s.body = at
	s.cur.Odd = odd
}

// key handles a line at the left margin inside a body.
func (s *scanner) key(line []byte) {
	switch c := line[0]; {
	case c == 'k':
		// Blanks may stand before the colon.
		if rest, ok := bytes.CutPrefix(line, []byte("kind")); ok {
			if value, ok := bytes.CutPrefix(bytes.TrimLeft(rest, " \t"), []byte(":")); ok {
				s.kind(value)
			}
		}
	case isPlainKeyStart(c), c == '-' && !isMark(line, "---"), c == ' ', c == '\t', c == '#', c == '\n', c == '\r':
	case isMark(line, "..."):
		s.ended = true
	default:
		// Quoted or complex keys, anchors, tags, flow collections, text that
		// continues a quoted scalar: only a parser can tell.
		s.cur.Odd = true
	}
}

// kind notes the value of a root key "kind", where it is a plain word.
func (s *scanner) kind(value []byte) {
	if i := bytes.Index(value, []byte(" #")); i >= 0 {
		value = value[:i]
	}
	value = bytes.TrimSpace(value)
	if len(value) >= 2 && (value[0] == '"' || value[0] == '\'') && value[len(value)-1] == value[0] {
		value = value[1 : len(value)-1]
	}
	if len(value) == 0 {
		s.cur.Odd = true // it may stand on the next line
		return
	}
	for _, c := range value {
		if !isPlainKeyStart(c) && (c < '0' || c > '9') {
			s.cur.Odd = true
			return
		}
	}
	if s.cur.Kind != "" && s.cur.Kind != string(value) {
		s.cur.Odd = true
	}
	s.cur.Kind = string(value)
}

// cut ends the current document at offset at and begins the next one there.
func (s *scanner) cut(buf []byte, at int) {
	if at > s.start {
		s.push(buf, at)
	}
	s.start = at
}

func (s *scanner) finish(buf []byte) {
	if len(buf) > s.start {
		s.push(buf, len(buf))
	}
	s.start = len(buf)
}

func (s *scanner) push(buf []byte, end int) {
	d := s.cur
	d.Bytes = buf[s.start:end]
	d.Lines = bytes.Count(d.Bytes, []byte("\n"))
	d.Body = len(d.Bytes)
	if s.begun {
		d.Body = s.body - s.start
	}
	if breaksOddly(d.Bytes) {
		d.Odd = true
		if d.Empty() {
			d.Body = oddBody(d.Bytes)
		}
	}
	s.docs = append(s.docs, d)
	s.cur, s.begun, s.ended = Doc{}, false, false
}

// breaksOddly reports whether lines may end where there is no line feed: YAML 1.1, which Helm
// reads, also takes a lone CR, NEL, LS and PS for a line break (go.yaml.in/yaml/v2
// yamlprivateh.go, is_break), so that a key may stand behind one. Every byte of a stream is
// looked at here, and package bytes does so 32 at a time.
func breaksOddly(text []byte) bool {
	for rest := text; ; {
		i := bytes.IndexByte(rest, '\r')
		if i < 0 {
			break
		}
		if rest = rest[i+1:]; len(rest) > 0 && rest[0] != '\n' {
			return true
		}
	}
	for rest := text; ; {
		i := bytes.Index(rest, []byte("\xe2\x80")) // LS and PS begin so
		if i < 0 {
			break
		}
		if rest = rest[i+2:]; len(rest) > 0 && (rest[0] == 0xa8 || rest[0] == 0xa9) {
			return true
		}
	}
	return bytes.Contains(text, []byte("\u0085"))
}

// oddBody is the offset of what follows the comments, where one of them ends at another line
// break than a line feed.
func oddBody(text []byte) int {
	isBreak := func(r rune) bool { return r == '\n' || r == '\r' || r == '\u0085' || r == '\u2028' || r == '\u2029' }
	for at := 0; at < len(text); {
		end := len(text)
		if i := bytes.IndexFunc(text[at:], isBreak); i >= 0 {
			_, size := utf8.DecodeRune(text[at+i:])
			end = at + i + size
		}
		line := bytes.TrimFunc(unmarked(text[at:end]), func(r rune) bool { return isBreak(r) || r == ' ' || r == '\t' })
		if len(line) > 0 && line[0] != '#' && line[0] != '%' && !isMark(line, "---") {
			return at
		}
		at = end
	}
	return len(text)
}

// isMark reports whether line is the marker alone or the marker followed by a
// blank: YAML 1.2, 9.1.2. A line such as "-----BEGIN CERTIFICATE-----" is text.
func isMark(line []byte, mark string) bool {
	if len(line) < len(mark) || string(line[:len(mark)]) != mark {
		return false
	}
	if len(line) == len(mark) {
		return true
	}
	switch line[len(mark)] {
	case ' ', '\t', '\n', '\r':
		return true
	}
	return false
}

func isBlankOrComment(trimmed []byte) bool {
	return len(trimmed) == 0 || trimmed[0] == '#' || trimmed[0] == '\n' || trimmed[0] == '\r'
}

func isPlainKeyStart(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
}
