package main

import (
	"bytes"
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestProcess(t *testing.T) {
	t.Parallel()
	sh := lookUp(t, "sh")
	var out bytes.Buffer
	o, err := process([][]byte{[]byte("one\n"), []byte("two\n")}, &out, sh, "-c", "cat")
	if err != nil || out.String() != "one\ntwo\n" || o.out != 8 || o.took <= 0 || o.peak <= 0 {
		t.Errorf("%q, %+v, %v", out.String(), o, err)
	}
	if _, err := process(nil, nil, sh, "-c", "echo why >&2; exit 3"); err == nil || !strings.Contains(err.Error(), "exit status 3: why") {
		t.Errorf("a failure is %v", err)
	}
}

// A run whose output is refused ends all the same, whatever is still in the pipes.
func TestProcessRefused(t *testing.T) {
	t.Parallel()
	refuse := writer(func([]byte) (int, error) { return 0, errors.New("not this") })
	_, err := process([][]byte{make([]byte, 4<<20)}, refuse, lookUp(t, "cat"))
	if err == nil || !strings.Contains(err.Error(), "not this") {
		t.Errorf("got %v", err)
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

func TestInTurn(t *testing.T) {
	t.Parallel()
	var order strings.Builder
	side := func(name string, out int64) contender {
		n := 0
		return contender{run: func() (outcome, error) {
			order.WriteString(name)
			n++
			return outcome{took: time.Duration(n), out: out}, nil
		}, want: 4}
	}
	as, bs, err := inTurn(2, side("a", 4), side("b", 4))
	if err != nil || order.String() != "ababab" || len(as) != 2 || len(bs) != 2 || as[0] != 2 {
		t.Errorf("%s: %v, %v, %v", &order, as, bs, err)
	}
	if _, _, err := inTurn(2, side("a", 4), side("b", 5)); err == nil {
		t.Error("an output of another size is taken")
	}
}

func lookUp(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skip(err)
	}
	return path
}
