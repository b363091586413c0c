package e2e

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"sync"
	"text/tabwriter"
	"time"
)

// row is how one scenario went with one Helm.
type row struct {
	scenario, helm, result string
	took                   time.Duration
}

type table struct {
	mu   sync.Mutex
	rows []row
	// told is what scenarios counted, for whoever reads the table.
	told []string
}

// tell adds a line below the table.
func (t *table) tell(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.told = append(t.told, fmt.Sprintf(format, args...))
}

var results table

func (t *table) add(r row) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows = append(t.rows, r)
}

// print writes the table where anything was run.
func (t *table) print(to io.Writer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.rows) == 0 {
		return
	}
	slices.SortFunc(t.rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.scenario, b.scenario), cmp.Compare(a.helm, b.helm))
	})
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SCENARIO\tHELM\tRESULT\tTIME")
	for _, r := range t.rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%.1f s\n", r.scenario, r.helm, r.result, r.took.Seconds())
	}
	w.Flush()
	slices.Sort(t.told)
	for _, line := range t.told {
		fmt.Fprintln(to, line)
	}
}
