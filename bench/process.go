package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// drainSize is how much is taken from a program's stdout at a time.
const drainSize = 1 << 20

// outcome is one run of one program.
type outcome struct {
	took time.Duration
	out  int64 // bytes on stdout
	peak int64 // bytes of memory, 0 where this system does not say
}

// program is one to be run, in this environment; in ours where there is none.
type program struct {
	path string
	args []string
	env  []string
}

// process runs a program in our environment: see program.run.
func process(pieces [][]byte, keep io.Writer, path string, args ...string) (outcome, error) {
	return program{path: path, args: args}.run(pieces, keep)
}

// run runs a program from start to exit: pieces go into its stdin through a pipe,
// stdout comes out through another, and keep, where there is one, gets it.
func (p program) run(pieces [][]byte, keep io.Writer) (outcome, error) {
	if keep == nil {
		keep = io.Discard
	}
	cmd := exec.Command(p.path, p.args...)
	cmd.Env = p.env
	var said bytes.Buffer
	cmd.Stderr = &said
	in, err := cmd.StdinPipe()
	if err != nil {
		return outcome{}, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return outcome{}, err
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return outcome{}, err
	}
	fed := make(chan error, 1)
	go func() { fed <- feed(in, pieces) }()
	n, err := drain(keep, out)
	fedErr := <-fed
	waitErr := cmd.Wait()
	took := time.Since(start)
	for _, err := range []error{waitErr, err, fedErr} {
		if err != nil {
			return outcome{}, fmt.Errorf("running %s: %w: %s", p.path, err, strings.TrimSpace(said.String()))
		}
	}
	return outcome{took: took, out: n, peak: peakMemory(cmd.ProcessState)}, nil
}

func feed(in io.WriteCloser, pieces [][]byte) error {
	for _, p := range pieces {
		if _, err := in.Write(p); err != nil {
			in.Close()
			return err
		}
	}
	return in.Close()
}

// drain reads to the end through a buffer of one size, whatever keep is: io.Copy
// would let the kernel splice for some and not for others. Where keep takes no
// more, the rest is read all the same, so that the program can end.
func drain(keep io.Writer, out io.Reader) (n int64, err error) {
	buf := make([]byte, drainSize)
	for {
		got, readErr := out.Read(buf)
		n += int64(got)
		if err == nil {
			_, err = keep.Write(buf[:got])
		}
		if errors.Is(readErr, io.EOF) {
			return n, err
		}
		if readErr != nil {
			return n, readErr
		}
	}
}

// contender is one side of a comparison.
type contender struct {
	run  func() (outcome, error)
	want int64 // bytes that must come out of every run
}

// inTurn runs both, one after the other, rounds times, after a round that does not count.
func inTurn(rounds int, a, b contender) (as, bs []time.Duration, err error) {
	for i := range rounds + 1 {
		for _, side := range []struct {
			contender
			took *[]time.Duration
		}{{a, &as}, {b, &bs}} {
			o, err := side.run()
			if err != nil {
				return nil, nil, err
			}
			if o.out != side.want {
				return nil, nil, fmt.Errorf("a run gave %d bytes, another %d", o.out, side.want)
			}
			if i > 0 {
				*side.took = append(*side.took, o.took)
			}
		}
	}
	return as, bs, nil
}

// writeFile puts a text that a program needs into a folder and gives its path.
func writeFile(dir, name, text string) (string, error) {
	path := dir + string(os.PathSeparator) + name
	return path, os.WriteFile(path, []byte(text), 0o644)
}
