// Command scale measures helm-irsa on a real control plane, with a large release and with
// many small ones, and writes its section of bench/RESULTS.md: `make bench-cluster`. What
// is compared is run in turn, so that a slow machine slows both sides.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/helm-irsa/helm-irsa/bench/results"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "scale: error:", err)
		os.Exit(1)
	}
}

// options are what is measured.
type options struct {
	size
	releases, rounds int
	// page is the file whose section is written; none where empty.
	page string
}

func parse(args []string, root string, talk io.Writer) (options, error) {
	var o options
	set := flag.NewFlagSet("scale", flag.ContinueOnError)
	set.SetOutput(talk)
	set.IntVar(&o.workloads, "workloads", 500, "Deployments of the one large release")
	set.IntVar(&o.accounts, "accounts", 100, "its service accounts, with a role each")
	set.IntVar(&o.releases, "releases", 100, "small releases, with a namespace and a service account each")
	set.IntVar(&o.rounds, "rounds", 5, "rounds of an upgrade with nothing to do, after one that does not count; of the rest, half as many")
	set.StringVar(&o.page, "page", results.File(root), "page whose section is written; empty: none is")
	if err := set.Parse(args); err != nil {
		return o, err
	}
	switch {
	case set.NArg() > 0:
		return o, fmt.Errorf("%q is no flag", set.Arg(0))
	case o.accounts < 1 || o.workloads < o.accounts || o.releases < 1 || o.rounds < 1:
		return o, errors.New("-accounts, -releases and -rounds are 1 at least, and -workloads no less than -accounts")
	}
	return o, nil
}

// run measures everything. A target that is missed is a result, not an error.
func run(ctx context.Context, args []string, out, talk io.Writer) error {
	root, err := repository()
	if err != nil {
		return err
	}
	o, err := parse(args, root, talk)
	if err != nil {
		return err
	}
	all, err := helms(os.Getenv)
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "helm-irsa-scale-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	p, err := buildPrograms(root, tmp)
	if err != nil {
		return err
	}
	r := report{Date: time.Now().UTC(), Options: o, Machine: results.ThisMachine(p.goVersion), Load: load()}
	for _, h := range all {
		if err := r.measureOne(ctx, h, p, filepath.Join(tmp, h.major), talk); err != nil {
			return err
		}
	}
	if err := r.measureMany(ctx, all[len(all)-1], p, filepath.Join(tmp, "many"), talk); err != nil {
		return err
	}
	text := r.markdown()
	fmt.Fprint(out, text)
	if o.page == "" {
		return nil
	}
	return results.Write(o.page, results.Section{Title: "make bench-cluster", Text: text})
}

// measureOne measures the large release with one Helm.
func (r *report) measureOne(ctx context.Context, h helm, p programs, dir string, talk io.Writer) error {
	version, err := h.version()
	if err != nil {
		return err
	}
	r.Helms = append(r.Helms, version)
	return inWorld(ctx, h, p, dir, func(w *world) error {
		one, err := measureLarge(ctx, w, r.Options.size, r.Options.rounds, talk)
		r.Large = append(r.Large, one)
		return err
	})
}

// measureMany measures the small ones.
func (r *report) measureMany(ctx context.Context, h helm, p programs, dir string, talk io.Writer) error {
	return inWorld(ctx, h, p, dir, func(w *world) error {
		m, err := measureMany(ctx, w, r.Options.releases, r.Options.rounds, talk)
		r.Many = m
		return err
	})
}

// half are the rounds of what takes long.
func half(rounds int) int { return (rounds + 1) / 2 }

// inWorld starts a world, and stops it again.
func inWorld(ctx context.Context, h helm, p programs, dir string, measure func(*world) error) error {
	w, err := newWorld(ctx, h, p, dir)
	if err != nil {
		return err
	}
	return errors.Join(measure(w), w.stop())
}

// repository is the root of the repository, of which this module is a part.
func repository() (string, error) {
	file, err := results.GoEnv("GOMOD")
	if err != nil {
		return "", fmt.Errorf("finding the repository: %w", err)
	}
	module := filepath.Dir(file)
	if filepath.Base(module) != "e2e" {
		return "", fmt.Errorf("finding the repository: %s is not test/e2e, where this is run", module)
	}
	return filepath.Join(module, "..", ".."), nil
}

// load is how busy the machine is with other things, where it says so (proc_loadavg(5)).
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	one, _, _ := strings.Cut(string(text), " ")
	return one
}
