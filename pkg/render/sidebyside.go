package render

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// sideBySide does work number 0 to n-1, as many at a time as there are processors. Parsing
// is nearly all of what a rendering costs, and documents know nothing of one another.
func sideBySide(n int, work func(i int)) {
	var (
		next atomic.Int64
		done sync.WaitGroup
	)
	for range min(n, runtime.GOMAXPROCS(0)) {
		done.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				work(int(i))
			}
		})
	}
	done.Wait()
}
