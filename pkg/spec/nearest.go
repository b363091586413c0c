package spec

import (
	"strings"
	"unicode/utf8"
)

// Nearest gives the candidate that name was most likely meant to be: the one with the
// smallest edit distance (Damerau-Levenshtein, ignoring case), the first of several.
// The bool is false where none is close enough, about a third of the letters.
func Nearest(name string, candidates []string) (string, bool) {
	best, bestDistance := "", -1
	low := []rune(strings.ToLower(name))
	for _, c := range candidates {
		n := utf8.RuneCountInString(c) // as many as in lower case, and without making that
		limit := (max(len(low), n) + 1) / 3
		if abs(len(low)-n) > limit {
			continue
		}
		other := []rune(strings.ToLower(c))
		if d := editDistance(low, other); d <= limit && d < max(len(low), len(other)) && (bestDistance < 0 || d < bestDistance) {
			best, bestDistance = c, d
		}
	}
	return best, bestDistance >= 0
}

// Within reports whether a becomes b by at most that many edits, as Nearest counts them, but
// with the case as it is.
func Within(a, b string, edits int) bool {
	x, y := []rune(a), []rune(b)
	return abs(len(x)-len(y)) <= edits && editDistance(x, y) <= edits
}

// editDistance counts insertions, deletions, substitutions and swaps of neighbours.
func editDistance(a, b []rune) int {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] { // what is common at the ends costs nothing
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	for j := range rows[1] {
		rows[1][j] = j
	}
	before, last, row := rows[0], rows[1], rows[2]
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

func abs(n int) int { return max(n, -n) }
