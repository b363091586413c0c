package results

import (
	"fmt"
	"slices"
	"time"
)

// Durations is a median and the quartiles around it.
func Durations(d []time.Duration) string {
	d = slices.Sorted(slices.Values(d))
	return fmt.Sprintf("%s (%s–%s)", Millis(Median(d)), Millis(d[len(d)/4]), Millis(d[len(d)-1-len(d)/4]))
}

// Millis shows three digits.
func Millis(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	switch {
	case ms < 10:
		return fmt.Sprintf("%.2f ms", ms)
	case ms < 100:
		return fmt.Sprintf("%.1f ms", ms)
	}
	return fmt.Sprintf("%.0f ms", ms)
}

// Median is the middle one, or the mean of the two in the middle; there must be one.
func Median(d []time.Duration) time.Duration {
	d = slices.Sorted(slices.Values(d))
	half := len(d) / 2
	if len(d)%2 == 1 {
		return d[half]
	}
	return (d[half-1] + d[half]) / 2
}
