package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// command is a program to be run.
type command struct {
	path string
	args []string
	env  []string
	// patience is how long it may take; patienceOfAll where 0.
	patience time.Duration
}

// patienceOfAll is longer than anything takes here: what hangs ends.
const patienceOfAll = 15 * time.Minute

// run runs it from start to exit, and gives how long that took. Its output is read, and is
// in the error where it fails.
func (c command) run(ctx context.Context) (time.Duration, error) {
	took, _, err := c.watch(ctx, nil)
	return took, err
}

// watch is run; seen is told the process once it runs.
func (c command) watch(ctx context.Context, seen func(*os.Process)) (time.Duration, string, error) {
	patience := c.patience
	if patience == 0 {
		patience = patienceOfAll
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.path, c.args...)
	var out bytes.Buffer
	cmd.Env, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = c.env, &out, &out, time.Second
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, "", fmt.Errorf("running %s: %w", c.path, err)
	}
	if seen != nil {
		seen(cmd.Process)
	}
	err := cmd.Wait()
	took := time.Since(began)
	if ctx.Err() != nil { // which is why it was killed
		err = ctx.Err()
	}
	if err != nil {
		return took, "", fmt.Errorf("running %s %s: %w: %s", c.path, strings.Join(c.args, " "), err, tail(out.String()))
	}
	return took, out.String(), nil
}

// tail is the end of what a program said.
func tail(text string) string {
	text = strings.TrimSpace(text)
	const most = 2000
	if len(text) > most {
		text = "…" + text[len(text)-most:]
	}
	return text
}

// peak runs it and gives the largest resident set of the process itself, in bytes,
// without those that it starts; 0 where the system does not say. wait4 would not do: it
// counts the children in.
func (c command) peak(ctx context.Context) (int64, error) {
	done, most := make(chan struct{}), make(chan int64, 1)
	_, _, err := c.watch(ctx, func(p *os.Process) {
		go func() {
			var peak int64
			for {
				peak = max(peak, highWater(p.Pid))
				select {
				case <-done:
					most <- peak
					return
				case <-time.After(5 * time.Millisecond):
				}
			}
		}()
	})
	close(done)
	if err != nil {
		return 0, err
	}
	return <-most, nil
}

// highWater is the peak of a process so far (VmHWM in proc_pid_status(5)).
func highWater(pid int) int64 {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0
	}
	return parseHighWater(string(text))
}

func parseHighWater(status string) int64 {
	for line := range strings.Lines(status) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
			if err != nil {
				return 0
			}
			return kb << 10
		}
	}
	return 0
}
