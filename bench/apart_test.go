package main

import (
	"fmt"
	"os"
	"runtime"
	"testing"
)

// TestMain plays the small process of apart as main does.
func TestMain(m *testing.M) {
	if isApart() {
		if err := runApart(os.Args[1:], os.Stderr); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// TestApart: what is measured is the program, however large this process is.
func TestApart(t *testing.T) {
	t.Parallel()
	large := make([]byte, 200<<20)
	for i := 0; i < len(large); i += 4096 {
		large[i] = 1
	}
	o, code, err := apart([]byte("one\n"), lookUp(t, "sh"), []string{"-c", "cat; exit 3"})
	if err != nil || code != 3 || o.out != 4 || o.took <= 0 {
		t.Errorf("%+v, code %d, %v", o, code, err)
	}
	if o.peak <= 0 || o.peak > int64(len(large))/2 {
		t.Errorf("a peak of %d bytes beside %d of our own", o.peak, len(large))
	}
	runtime.KeepAlive(large)
	if _, _, err := apart(nil, "/nonexistent/program", nil); err == nil {
		t.Error("a program that is not there ran")
	}
}
