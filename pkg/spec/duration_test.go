package spec

import (
	"testing"
	"time"
)

func TestDurationShort(t *testing.T) {
	t.Parallel()
	for in, want := range map[time.Duration]string{
		time.Hour: "1h", 90 * time.Minute: "1h30m", 12 * time.Hour: "12h", 70 * time.Minute: "1h10m", 3601 * time.Second: "1h0m1s", 3660 * time.Second: "1h1m", 10 * time.Minute: "10m", 0: "0s",
	} {
		if got := Duration(in).Short(); got != want {
			t.Errorf("%s is %q, want %q", in, got, want)
		}
		if in >= time.Hour && !Takes("sessionDuration", Duration(in).Short()) {
			t.Errorf("irsa.yaml does not take %s", Duration(in).Short())
		}
	}
}
