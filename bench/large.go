package main

import (
	"bytes"
	"fmt"
	"io"
	"runtime/debug"

	"github.com/helm-irsa/helm-irsa/bench/results"
)

const largeRounds = 11

const largeARN = "arn:aws:iam::111122223333:role/bench-account"

const largeSpec = `apiVersion: helm-irsa.dev/v1alpha1
kind: ReleaseIdentity
cluster: {region: eu-west-3, accountID: "111122223333"}
serviceAccounts:
- name: bench-account
  namespace: bench
  create: never
  role: {arn: ` + largeARN + `}
`

// measureLarge holds our way with 100 MB against that of cat, and looks at our memory.
func measureLarge(t tools, s streams, tmp string) ([]results.Row, error) {
	spec, err := writeFile(tmp, "large.yaml", largeSpec)
	if err != nil {
		return nil, err
	}
	ours := func(pieces [][]byte, keep io.Writer) (outcome, error) {
		return process(pieces, keep, t.ours, "-f", spec, "--namespace", "bench")
	}
	pieces := s.large(largeSize)
	memory, first, err := measureMemory(ours, pieces)
	if err != nil {
		return nil, err
	}
	// From here on as Helm has it: one buffer.
	whole := bytes.Join(pieces, nil)
	if err := checkLarge(ours, whole); err != nil {
		return nil, fmt.Errorf("irsa-post-renderer did not do the work: %w", err)
	}
	debug.FreeOSMemory()
	as, bs, err := inTurn(largeRounds,
		contender{func() (outcome, error) { return ours([][]byte{whole}, nil) }, first.out},
		contender{func() (outcome, error) { return process([][]byte{whole}, nil, t.cat) }, int64(len(whole))})
	if err != nil {
		return nil, err
	}
	return []results.Row{{
		Work: "post-render 100 MB", Ours: results.Durations(as), Theirs: "cat: " + results.Durations(bs),
		Value: float64(results.Median(as)) / float64(results.Median(bs)), Target: 1.5, Sense: results.AtMost, Unit: " times cat",
	}, memory}, nil
}

const memoryRounds = 3

// measureMemory takes the largest peak of several runs. The parts are fed as they
// are, so that this process stays smaller than the one that is measured.
func measureMemory(ours func([][]byte, io.Writer) (outcome, error), pieces [][]byte) (results.Row, outcome, error) {
	size, peak := 0, int64(0)
	for _, p := range pieces {
		size += len(p)
	}
	var last outcome
	for range memoryRounds {
		o, err := ours(pieces, nil)
		if err != nil {
			return results.Row{}, o, err
		}
		peak, last = max(peak, o.peak), o
	}
	if own := ownPeakMemory(); peak <= own {
		return results.Row{}, last, fmt.Errorf("measuring memory: a peak of %d bytes cannot be told from this process's own %d", peak, own)
	}
	const MB = 1e6
	return results.Row{
		Work: "its peak memory", Ours: fmt.Sprintf("%.0f MB", float64(peak)/MB), Theirs: fmt.Sprintf("the stream: %.1f MB", float64(size)/MB),
		Value: float64(peak) / MB, Target: 1.3*float64(size)/MB + 30, Sense: results.AtMost, Unit: " MB",
	}, last, nil
}

// checkLarge looks whether the output is the input with the annotation on the one service
// account, and nothing else.
func checkLarge(ours func([][]byte, io.Writer) (outcome, error), whole []byte) error {
	var out bytes.Buffer
	out.Grow(len(whole) + drainSize)
	if _, err := ours([][]byte{whole}, &out); err != nil {
		return err
	}
	return annotatedOnly(out.Bytes(), whole, "bench-account", largeARN)
}

// annotatedOnly reports whether out is in with the annotation on that service account,
// and nothing else.
func annotatedOnly(out, in []byte, name, arn string) error {
	if err := annotatedOnce(out, name, arn); err != nil {
		return err
	}
	before, after, _ := bytes.Cut(out, []byte("  annotations:\n    eks.amazonaws.com/role-arn: "+arn+"\n"))
	if len(before)+len(after) != len(in) || !bytes.HasPrefix(in, before) || !bytes.HasSuffix(in, after) {
		return fmt.Errorf("more than the annotation of %s has changed", name)
	}
	return nil
}

// writerOrNil keeps a nil buffer from becoming a writer that is not nil.
func writerOrNil(b *bytes.Buffer) io.Writer {
	if b == nil {
		return nil
	}
	return b
}
