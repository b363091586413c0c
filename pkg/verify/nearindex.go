package verify

import (
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/verify/hints"
)

// nearIndex finds the texts of a list that are near to one (see near), without comparing
// it with all.
type nearIndex struct {
	forms  map[string][]int
	sorted []nearText
}

type nearText struct {
	letters []rune
	at      int
}

// longestNear is the most bytes that a text has in which edits are counted: no name of AWS is
// that long.
const longestNear = 1024

func newNearIndex(texts []string) *nearIndex {
	x := &nearIndex{forms: map[string][]int{}}
	for i, s := range texts {
		seen := nearForm(s)
		for _, form := range nearForms(seen) {
			x.forms[form] = append(x.forms[form], i)
		}
		if len(seen) <= longestNear {
			x.sorted = append(x.sorted, nearText{[]rune(seen), i})
		}
	}
	slices.SortFunc(x.sorted, func(a, b nearText) int { return slices.Compare(a.letters, b.letters) })
	return x
}

func nearForm(s string) string { return strings.ToLower(hints.Visible(s)) }

// nearForms are what texts have in common that are near by more than a few letters: all
// but their ends, and their parts in whatever order.
func nearForms(s string) []string {
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == '.' || r == '/' })
	slices.Sort(parts)
	return []string{"text " + strings.TrimRight(s, "/."), "parts " + strings.Join(parts, "\x00")}
}

// like gives the places of all that may be near, in order. near has the last word.
func (x *nearIndex) like(text string) []int {
	seen := nearForm(text)
	var out []int
	for _, form := range nearForms(seen) {
		out = append(out, x.forms[form]...)
	}
	if len(seen) <= longestNear {
		s := &nearSearch{want: []rune(seen), among: x.sorted, out: out}
		s.down(0, len(x.sorted), 0, [2]reach{s.begin()})
		out = s.out
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// nearSearch goes through sorted texts letter by letter, as through a tree in which texts
// that begin alike share their beginning, and turns back where a beginning is too far
// from every beginning of what is wanted.
type nearSearch struct {
	want  []rune
	among []nearText
	out   []int
}

// nearEdits is the most edits between texts that are near, as spec.Within counts them.
const nearEdits = 2

// reach is a row of the table of distances, as far as it can matter: at depth d its place
// k holds the distance to the first d-nearEdits+k letters of what is wanted.
type reach [2*nearEdits + 1]int8

func (s *nearSearch) begin() reach {
	var r reach
	for k := range r {
		r[k] = nearEdits + 1
		if j := k - nearEdits; j >= 0 && j <= len(s.want) {
			r[k] = int8(j)
		}
	}
	return r
}

// next is the row after one more letter at depth d; rows are the last one and the one before,
// letters the new one and the last.
func (s *nearSearch) next(rows [2]reach, d int, letters [2]rune) (out reach, within bool) {
	r, letter := rows[0], letters[0]
	for k := range out {
		out[k] = nearEdits + 1
		j := d + 1 - nearEdits + k
		if j < 0 || j > len(s.want) {
			continue
		}
		if j > 0 {
			cost := int8(1)
			if s.want[j-1] == letter {
				cost = 0
			}
			out[k] = min(out[k], r[k]+cost)
		}
		if k+1 < len(r) {
			out[k] = min(out[k], r[k+1]+1)
		}
		if k > 0 {
			out[k] = min(out[k], out[k-1]+1)
		}
		if d > 0 && j > 1 && s.want[j-1] == letters[1] && s.want[j-2] == letter { // swapped
			out[k] = min(out[k], rows[1][k]+1)
		}
		within = within || out[k] <= nearEdits
	}
	return out, within
}

// down looks at among[from:to], which are alike in their first depth letters.
func (s *nearSearch) down(from, to, depth int, rows [2]reach) {
	r := rows[0]
	for from < to && len(s.among[from].letters) == depth {
		if k := len(s.want) - depth + nearEdits; k >= 0 && k < len(r) && r[k] <= nearEdits {
			s.out = append(s.out, s.among[from].at)
		}
		from++
	}
	for from < to {
		letter := s.among[from].letters[depth]
		end := to
		if s.among[to-1].letters[depth] != letter {
			end, _ = slices.BinarySearchFunc(s.among[from:to], letter, func(t nearText, l rune) int {
				if t.letters[depth] > l {
					return 1
				}
				return -1
			})
			end += from
		}
		letters := [2]rune{letter}
		if depth > 0 {
			letters[1] = s.among[from].letters[depth-1]
		}
		if row, within := s.next(rows, depth, letters); within {
			s.down(from, end, depth+1, [2]reach{row, r})
		}
		from = end
	}
}
