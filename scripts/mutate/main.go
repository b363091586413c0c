// Command mutate changes one token of a package at a time and runs the package's own tests
// on each: `make mutate PKG=./pkg/trust N=60`. A mutation that no test notices is printed
// with its place. Nothing is changed in place: the compiler is given the changed file
// beside the package (go build -overlay). Which mutations are taken the seed decides alone.
package main

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

func main() {
	count := flag.Int("n", 60, "how many mutations that compile")
	seed := flag.Uint64("seed", 1, "which of them")
	skip := flag.String("skip", "", "a pattern of tests that are not run, where some take long")
	short := flag.Bool("short", true, "run the tests with -short")
	at := flag.String("at", "", "only mutations of this place, FILE:LINE or FILE:LINE:COLUMN; several with commas")
	verbose := flag.Bool("v", false, "print each mutation and what came of it")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: go run ./scripts/mutate [-n 60] [-seed 1] [-skip PATTERN] [-short=false] [-at PLACE,…] [-v] PACKAGE, such as ./pkg/trust")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	r := runner{skip: *skip, short: *short, limit: 5 * time.Minute}
	if err := r.start(flag.Arg(0), *at, *count, *seed, *verbose); err != nil {
		fmt.Fprintln(os.Stderr, "mutate: error:", err)
		os.Exit(1)
	}
}

// start runs the tests as they are, and then on each mutation.
func (r runner) start(pattern, places string, count int, seed uint64, verbose bool) error {
	var err error
	if r.pkg, err = load(pattern); err != nil {
		return err
	}
	all, err := r.pkg.mutations()
	if err != nil {
		return err
	}
	if all = only(all, places); len(all) == 0 {
		return fmt.Errorf("%s has nothing to mutate there", r.pkg.ImportPath)
	}
	if r.folder, err = os.MkdirTemp("", "mutate"); err != nil {
		return err
	}
	defer os.RemoveAll(r.folder)
	start := time.Now()
	if result, err := r.test(mutation{}); err != nil {
		return err
	} else if result != survived {
		return errors.New("the tests do not pass as they are: " + result)
	}
	// A loop without end must not take the time of the tests many times over.
	r.limit = max(20*time.Second, 5*time.Since(start))
	sum, err := r.sample(shuffled(all, seed), count, verbose)
	if err != nil {
		return err
	}
	tried := sum.noticed + len(sum.survivors)
	fmt.Printf("%s, seed %d: %d mutations of %d that there are, %d more did not compile; %d noticed, %d survived (%d in 100 noticed)\n",
		r.pkg.ImportPath, seed, tried, len(all), sum.broken, sum.noticed, len(sum.survivors), sum.noticed*100/max(tried, 1))
	return nil
}

// only keeps the mutations of some places; all where none is named.
func only(all []mutation, places string) []mutation {
	if places == "" {
		return all
	}
	return slices.DeleteFunc(all, func(m mutation) bool {
		return !slices.ContainsFunc(strings.Split(places, ","), func(place string) bool {
			return strings.HasPrefix(m.place()+":", place+":")
		})
	})
}

// shuffled gives the mutations in an order that the seed decides.
func shuffled(all []mutation, seed uint64) []mutation {
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// summary is what a sample came to.
type summary struct {
	noticed, broken int
	survivors       []mutation
}

// sample tests mutations until as many as wanted compiled, and prints the survivors.
func (r runner) sample(all []mutation, count int, verbose bool) (summary, error) {
	var sum summary
	for _, m := range all {
		if sum.noticed+len(sum.survivors) == count {
			break
		}
		result, err := r.test(m)
		if err != nil {
			return sum, err
		}
		switch result {
		case survived:
			sum.survivors = append(sum.survivors, m)
		case broken:
			sum.broken++
		default:
			sum.noticed++
		}
		if verbose || result == survived {
			fmt.Printf("%s: %s: %s\n", result, m.place(), m.change)
		}
	}
	return sum, nil
}

// place is FILE:LINE:COLUMN.
func (m mutation) place() string { return fmt.Sprintf("%s:%d:%d", relative(m.file), m.line, m.column) }

// relative is a file's name from the working directory, where it has one.
func relative(file string) string {
	dir, err := os.Getwd()
	if err != nil {
		return file
	}
	rel, err := filepath.Rel(dir, file)
	if err != nil {
		return file
	}
	return rel
}
