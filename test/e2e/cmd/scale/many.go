package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// many is what came of many small releases, with one Helm.
type many struct {
	helm helm
	n    int
	// installs are the first installs, one after the other, ours and with Helm alone and
	// the same post-renderer.
	installs comparison
	// lone are upgrades of the first release with nothing to do, while there is no other;
	// among those of one of them among all.
	lone, among comparison
	profile     profile // of one of them among all
}

// measureMany installs n releases with a service account each in n namespaces.
func measureMany(ctx context.Context, w *world, n, rounds int, talk io.Writer) (many, error) {
	out := many{helm: w.helm, n: n}
	chart := filepath.Join(w.dir, "small")
	if err := writeChart(chart, small); err != nil {
		return out, err
	}
	began := time.Now()
	for i := range n {
		ours, plain, err := w.releases(chart, i)
		if err != nil {
			return out, err
		}
		s, err := w.measure(ctx, w.ours(ours))
		if err != nil {
			return out, err
		}
		if s.writes == 0 {
			return out, fmt.Errorf("%s: AWS was not changed", ours.name)
		}
		took, err := w.plain(plain).run(ctx)
		if err != nil {
			return out, err
		}
		out.installs.add(pair{s, took})
		if i == 0 {
			if out.lone, err = w.again(ctx, ours, half(rounds)); err != nil {
				return out, err
			}
		}
	}
	fmt.Fprintf(talk, "scale: %s, %d releases: installing: %.0f s\n", w.helm, n, time.Since(began).Seconds())
	one, _, err := w.releases(chart, n/2)
	if err != nil {
		return out, err
	}
	if out.among, err = w.again(ctx, one, rounds); err != nil {
		return out, err
	}
	out.profile, err = w.profile(ctx, one, rounds)
	return out, err
}

// small is the size of each.
var small = size{workloads: 1, accounts: 1}

// releases are the i-th one, and the same for Helm alone. Its irsa.yaml is the same too.
func (w *world) releases(chart string, i int) (ours, plain release, err error) {
	dir := filepath.Join(w.dir, "releases", fmt.Sprint(i))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return ours, plain, err
	}
	name := fmt.Sprintf("team-%03d", i)
	ours = release{name, name, chart, filepath.Join(dir, "irsa.yaml")}
	plain = ours
	plain.namespace += "-alone"
	return ours, plain, identity{small, name, ""}.write(ours.file)
}

// again upgrades a release to what it is, after a round that does not count.
func (w *world) again(ctx context.Context, r release, rounds int) (comparison, error) {
	var out comparison
	for i := range rounds + 1 {
		one, err := w.onceMore(ctx, r)
		if err != nil {
			return out, err
		}
		if i > 0 {
			out.add(one)
		}
	}
	return out, nil
}
