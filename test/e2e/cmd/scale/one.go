package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"time"
)

// large is what came of the one large release, with one Helm.
type large struct {
	helm helm
	size size
	// The first install of it, ours and with Helm alone and the same post-renderer.
	install sample
	plain   time.Duration
	// Upgrades: nothing to do, one role changes.
	idle, change comparison
	profile      profile
	// bare is `helm upgrade` of the same chart with no post-renderer, nothing to do.
	bare []time.Duration
	// live is `helm irsa verify --live`.
	live []sample
	// The calls of the API server by helm-irsa itself, and by the Helms that it runs.
	idleAPI, liveAPI apiCalls
	// Peaks of memory of helm-irsa alone, in bytes.
	upgradePeak, livePeak int64
}

type apiCalls struct{ ours, helms int }

// measureLarge measures one large release.
func measureLarge(ctx context.Context, w *world, s size, rounds int, talk io.Writer) (large, error) {
	m := &largeRun{world: w, talk: talk, result: large{helm: w.helm, size: s}, rounds: rounds}
	chart := filepath.Join(w.dir, "chart")
	if err := writeChart(chart, s); err != nil {
		return m.result, err
	}
	m.with = release{"scale", "scale", chart, filepath.Join(w.dir, "irsa.yaml")}
	m.alone = release{"scale", "alone", chart, filepath.Join(w.dir, "irsa.yaml")}
	m.without = release{"scale", "without", chart, ""}
	for _, step := range []struct {
		name string
		run  func(context.Context) error
	}{
		{"installing", m.install}, {"upgrading with nothing to do", m.idle}, {"upgrading where one role changes", m.change},
		{"asking how long each phase takes", m.phases}, {"verifying", m.verify}, {"counting calls of the API server", m.count}, {"looking at memory", m.memory},
	} {
		began := time.Now()
		if err := step.run(ctx); err != nil {
			return m.result, fmt.Errorf("%s, %s: %s: %w", w.helm, s, step.name, err)
		}
		fmt.Fprintf(talk, "scale: %s, %s: %s: %.0f s\n", w.helm, s, step.name, time.Since(began).Seconds())
	}
	return m.result, nil
}

// largeRun is the measurement of one large release.
type largeRun struct {
	*world
	talk   io.Writer
	rounds int
	// with is the release that is measured; alone has Helm and the post-renderer, without
	// has Helm and no post-renderer.
	with, alone, without release
	result               large
}

// identity writes irsa.yaml; what changed ends in is the name of one role's end.
func (m *largeRun) identity(changed string) error {
	return identity{m.result.size, "scale", changed}.write(m.with.file)
}

func (m *largeRun) install(ctx context.Context) (err error) {
	if err := m.identity(""); err != nil {
		return err
	}
	if m.result.install, err = m.measure(ctx, m.ours(m.with)); err != nil {
		return err
	}
	if err := m.calm(ctx, m.with.namespace, m.result.size.workloads); err != nil {
		return err
	}
	if m.result.plain, err = m.plain(m.alone).run(ctx); err != nil {
		return err
	}
	if err := m.calm(ctx, m.alone.namespace, m.result.size.workloads); err != nil {
		return err
	}
	if _, err = m.bare(m.without).run(ctx); err != nil {
		return err
	}
	return m.calm(ctx, m.without.namespace, m.result.size.workloads)
}

// idle upgrades the same release in both ways in turn, and the other one without a
// post-renderer, after a round that does not count.
func (m *largeRun) idle(ctx context.Context) error {
	for i := range m.rounds + 1 {
		one, err := m.onceMore(ctx, m.with)
		if err != nil {
			return err
		}
		bare, err := m.bare(m.without).run(ctx)
		if err != nil {
			return err
		}
		if i > 0 {
			m.result.idle.add(one)
			m.result.bare = append(m.result.bare, bare)
		}
	}
	return nil
}

// change gives a service account another role with every upgrade, so that both ways have
// its annotation and its pods to change.
func (m *largeRun) change(ctx context.Context) error {
	for i := range half(m.rounds) + 1 {
		if err := m.identity(fmt.Sprintf("-ours-%d", i)); err != nil {
			return err
		}
		ours, err := m.measure(ctx, m.ours(m.with))
		if err != nil {
			return err
		}
		if ours.writes == 0 {
			return fmt.Errorf("AWS was not changed")
		}
		if err := m.calm(ctx, m.with.namespace, m.result.size.workloads); err != nil {
			return err
		}
		if err := m.identity(fmt.Sprintf("-plain-%d", i)); err != nil {
			return err
		}
		plain, err := m.plain(m.with).run(ctx)
		if err != nil {
			return err
		}
		if err := m.calm(ctx, m.with.namespace, m.result.size.workloads); err != nil {
			return err
		}
		if i > 0 {
			m.result.change.add(pair{ours, plain})
		}
	}
	// What the last plain upgrade named is made, so that what follows finds all in order.
	_, err := m.ours(m.with).run(ctx)
	return err
}

func (m *largeRun) phases(ctx context.Context) (err error) {
	m.result.profile, err = m.profile(ctx, m.with, half(m.rounds))
	return err
}

func (m *largeRun) verifyLine() []string {
	return []string{"verify", m.with.name, "--namespace", m.with.namespace, "-f", m.with.file, "--live"}
}

// verify has to end well: exit code 0 says that every service account can assume its role.
func (m *largeRun) verify(ctx context.Context) error {
	c := command{path: m.helm.path, args: append([]string{"irsa"}, m.verifyLine()...), env: m.env}
	for i := range half(m.rounds) + 1 {
		s, err := m.measure(ctx, c)
		if err != nil {
			return err
		}
		if i > 0 {
			m.result.live = append(m.result.live, s)
		}
	}
	return nil
}

// count sends one run of each by way of the counter.
func (m *largeRun) count(ctx context.Context) (err error) {
	counted := func(c command) (apiCalls, error) {
		m.counter.reset()
		c.env = append(c.env[:len(c.env):len(c.env)], m.counter.environment())
		_, err := c.run(ctx)
		ours, helms := m.counter.calls()
		return apiCalls{ours, helms}, err
	}
	if m.result.idleAPI, err = counted(m.ours(m.with)); err != nil {
		return err
	}
	m.result.liveAPI, err = counted(command{path: m.helm.path, args: append([]string{"irsa"}, m.verifyLine()...), env: m.env})
	return err
}

func (m *largeRun) memory(ctx context.Context) (err error) {
	line := append([]string{"upgrade"}, m.with.line()...)
	if m.result.upgradePeak, err = m.direct(append(line, "--irsa-file", m.with.file, "--irsa-yes")...).peak(ctx); err != nil {
		return err
	}
	m.result.livePeak, err = m.direct(m.verifyLine()...).peak(ctx)
	return err
}
