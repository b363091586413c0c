package main

import (
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

func sh(script string) command {
	return command{path: "/bin/sh", args: []string{"-c", script}, env: os.Environ()}
}

func TestRun(t *testing.T) {
	t.Parallel()
	if took, err := sh("exit 0").run(t.Context()); err != nil || took <= 0 {
		t.Errorf("%v, %v", took, err)
	}
	if _, err := sh("echo why >&2; exit 3").run(t.Context()); err == nil || !strings.Contains(err.Error(), "exit status 3") || !strings.HasSuffix(err.Error(), ": why") {
		t.Errorf("a failure is %v", err)
	}
	hangs := sh("exec sleep 60")
	hangs.patience = 50 * time.Millisecond
	if _, err := hangs.run(t.Context()); err == nil || !strings.Contains(err.Error(), "deadline exceeded") {
		t.Errorf("one that hangs is %v", err)
	}
}

func TestPeak(t *testing.T) {
	t.Parallel()
	peak, err := sh("exec sleep 0.2").peak(t.Context())
	if err != nil || runtime.GOOS == "linux" && peak == 0 {
		t.Errorf("%d, %v", peak, err)
	}
	if _, err := sh("exit 1").peak(t.Context()); err == nil {
		t.Error("a failure is no error")
	}
	for status, want := range map[string]int64{"Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t 1 kB\n": 2 << 20, "VmHWM: x kB\n": 0, "": 0} {
		if got := parseHighWater(status); got != want {
			t.Errorf("%q: %d, want %d", status, got, want)
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	var said strings.Builder
	o, err := parse([]string{"-workloads", "20", "-accounts", "4", "-page", ""}, "/repository", &said)
	if err != nil || o.workloads != 20 || o.accounts != 4 || o.releases != 100 || o.page != "" {
		t.Errorf("%+v, %v", o, err)
	}
	if o, err := parse(nil, "/repository", &said); err != nil || o.page != "/repository/bench/RESULTS.md" {
		t.Errorf("%+v, %v", o, err)
	}
	for _, args := range [][]string{{"-workloads", "1"}, {"-rounds", "0"}, {"more"}, {"-nonsense"}} {
		if _, err := parse(args, "/repository", &said); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
}

func TestHelms(t *testing.T) {
	t.Parallel()
	env := map[string]string{"HELM4": "/four"}
	if got, err := helms(func(name string) string { return env[name] }); err != nil || len(got) != 1 || got[0] != (helm{"4", "/four"}) {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := helms(func(string) string { return "" }); err == nil {
		t.Error("no Helm is no error")
	}
}
