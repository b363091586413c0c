package safe

import "strings"

// Command writes words so that a shell reads them as these: POSIX shells, and fish. It
// reports false where a word cannot be pasted: terminals and shells act on line breaks and
// control characters before any quote counts, and a direction mark shows another command
// than the one that runs. Then there is no command to print.
func Command(words ...string) (string, bool) {
	quoted := make([]string, len(words))
	for i, w := range words {
		var ok bool
		if quoted[i], ok = Quote(w); !ok {
			return "", false
		}
	}
	return strings.Join(quoted, " "), true
}

// Quote writes one word of a command, in quotes where it needs them, and reports false
// where it cannot be pasted.
func Quote(word string) (string, bool) {
	if hasHidden(word, "") {
		return "", false
	}
	if isPlain(word) {
		return word, true
	}
	// A backslash stands outside of the quotes: fish reads \' and \\ inside of them too.
	var b strings.Builder
	b.WriteByte('\'')
	for _, r := range word {
		switch r {
		case '\'', '\\':
			b.WriteString(`'\` + string(r) + `'`)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('\'')
	return b.String(), true
}

// Word is a word of a command within a sentence: as it is typed where it can be, else as
// Text shows it, in quotes, which a shell takes for one harmless word.
func Word(word string) string {
	if quoted, ok := Quote(word); ok {
		return quoted
	}
	quoted, _ := Quote(Text(word))
	return quoted
}

// isPlain: no shell does anything with it. zsh takes = at the beginning for the path of a
// command (https://zsh.sourceforge.io/Doc/Release/Expansion.html, `=' expansion).
func isPlain(word string) bool {
	if word == "" || word[0] == '=' {
		return false
	}
	for i := range len(word) {
		c := word[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && !strings.ContainsRune("_./:@%+=,-", rune(c)) {
			return false
		}
	}
	return true
}
