package render

import (
	"runtime"
	"sync"
	"sync/atomic"
)

const (
	// portionSize is how many bytes of small documents are worked on in one go, so that
	// they share what a parser costs; portionMost is how many documents.
	portionSize = 32 << 10
	portionMost = 64
)

// portions cuts a list into such parts, and gives where each ends.
func portions[T any](list []T, size func(T) int) []int {
	var ends []int
	from, sum := 0, 0
	for i, item := range list {
		n := size(item)
		if i > from && (sum+n > portionSize || i-from == portionMost) {
			ends = append(ends, i)
			from, sum = i, 0
		}
		sum += n
	}
	if len(list) > from {
		ends = append(ends, len(list))
	}
	return ends
}

// sideBySide does work for each portion, as many at a time as there are processors. Parsing
// is nearly all of what a rendering costs, and documents know nothing of one another.
func sideBySide(ends []int, work func(from, to int)) {
	var (
		next atomic.Int64
		done sync.WaitGroup
	)
	for range min(len(ends), runtime.GOMAXPROCS(0)) {
		done.Go(func() {
			for i := int(next.Add(1) - 1); i < len(ends); i = int(next.Add(1) - 1) {
				from := 0
				if i > 0 {
					from = ends[i-1]
				}
				work(from, ends[i])
			}
		})
	}
	done.Wait()
}
