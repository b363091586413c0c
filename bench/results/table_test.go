package results

import (
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want []time.Duration }{
		{[]time.Duration{7}, []time.Duration{7}},
		{[]time.Duration{9, 1, 5}, []time.Duration{5}},
		{[]time.Duration{4, 1, 100, 2}, []time.Duration{3}},
	} {
		first := c.in[0]
		if got := Median(c.in); got != c.want[0] {
			t.Errorf("median of %v is %v, want %v", c.in, got, c.want[0])
		}
		if c.in[0] != first {
			t.Errorf("median has sorted its input: %v", c.in)
		}
	}
}

func TestDurations(t *testing.T) {
	t.Parallel()
	for want, in := range map[string][]time.Duration{
		"5.00 ms (5.00 ms–5.00 ms)": {5 * time.Millisecond},
		"30.0 ms (20.0 ms–40.0 ms)": {50e6, 10e6, 30e6, 40e6, 20e6},
		"1234 ms (1234 ms–1234 ms)": {1234 * time.Millisecond},
	} {
		if got := Durations(in); got != want {
			t.Errorf("%v: %q, want %q", in, got, want)
		}
	}
}

func TestMet(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		value, target float64
		sense         Sense
		want          string
	}{
		{15, 15, AtLeast, "yes"},
		{40, 15, AtLeast, "yes"},
		{12, 15, AtLeast, "missed by 20 %"},
		{3, 3, AtMost, "yes"},
		{2, 3, AtMost, "yes"},
		{3.9, 3, AtMost, "missed by 30 %"},
		{3.001, 3, AtMost, "missed by 1 %"},
	} {
		if got := (Row{Value: c.value, Target: c.target, Sense: c.sense}).Met(); got != c.want {
			t.Errorf("%s %v, measured %v: %q, want %q", c.sense, c.target, c.value, got, c.want)
		}
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	got := Table([]Row{
		{Work: "a", Ours: "1 ms", Theirs: "b: 20.0 ms (1–2)", Value: 20.04, Target: 15, Sense: AtLeast, Unit: " times faster"},
		{Work: "a", Value: 2, Unit: " times c"},
		{Work: "b", Theirs: "not measured: why", Skipped: true},
		{Work: "long work", Ours: "3 ms", Theirs: "c", Value: 4.5, Target: 3, Sense: AtMost, Unit: " times c"},
	})
	const want = `| work      | ours | theirs            | ratio           | target      | met            |
| --------- | ---- | ----------------- | --------------- | ----------- | -------------- |
| a         | 1 ms | b: 20.0 ms (1–2)  | 20 times faster | at least 15 | yes            |
| a         |      |                   | 2 times c       | none        |                |
| b         |      | not measured: why |                 |             | not measured   |
| long work | 3 ms | c                 | 4.5 times c     | at most 3   | missed by 50 % |
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
