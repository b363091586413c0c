package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/layouts"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/internal/upgrade"
	"github.com/helm-irsa/helm-irsa/internal/whichcluster"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/render"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// driftState is what a comparison of one file with AWS came to.
type driftState string

const (
	driftNone    driftState = "inSync"
	driftFound   driftState = "drift"
	driftBlocked driftState = "blocked"
	driftBroken  driftState = "broken"
	driftUnknown driftState = "unknown"
)

// driftWords are the states in text.
var driftWords = map[driftState]string{
	driftNone: "in sync", driftFound: "drift", driftBlocked: "blocked", driftBroken: "broken", driftUnknown: "unknown",
}

// driftReport is the table, and how many rows are in which state.
type driftReport struct {
	Files   []driftRow   `json:"files"`
	Summary driftSummary `json:"summary"`
}

type driftSummary struct {
	Files   int `json:"files"`
	InSync  int `json:"inSync"`
	Drift   int `json:"drift"`
	Blocked int `json:"blocked"`
	Broken  int `json:"broken"`
	Unknown int `json:"unknown"`
}

// driftRow is one irsa.yaml, for one release.
type driftRow struct {
	File string `json:"file"`
	// Under are the files that it is laid over.
	Under     []string `json:"under,omitempty"`
	Release   string   `json:"release"`
	Namespace string   `json:"namespace"`
	Cluster   string   `json:"cluster"`
	// Account is the cluster's AWS account, where it is known.
	Account string `json:"account"`
	// Source says what named the release: a pattern, a file's path, AWS; empty where nothing did.
	Source   string          `json:"releaseSource"`
	State    driftState      `json:"state"`
	Changes  []awsiam.Change `json:"changes"`
	Summary  awsiam.Summary  `json:"summary"`
	Warnings []string        `json:"warnings,omitempty"`
	// Errors say why nothing, or no plan, is known.
	Errors []driftError `json:"errors,omitempty"`

	owner awsiam.Owner
	// cluster are the flags that said which it is.
	cluster [][2]string
}

// driftError is one reason, with what to do and, of a fault in the file, its place.
type driftError struct {
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
	Line    int    `json:"line,omitempty"`
}

// name is the release as people say it.
func (r driftRow) name() string {
	switch {
	case r.Namespace == "" && r.Release == "":
		return "-"
	case r.Release == "":
		return r.Namespace + "/-"
	}
	return r.Namespace + "/" + r.Release
}

// typed is the row's irsa.yaml for the commands that hints tell to type.
func (r driftRow) typed() safe.Source {
	return safe.Source{Files: append(slices.Clone(r.Under), r.File), Cluster: r.cluster}
}

// plan is the command that shows the row's plan in full.
func (r driftRow) plan() string { return safe.Irsa("plan", r.Release, r.Namespace, r.typed()).String() }

// compared judges every file, some side by side. What AWS said of one is known to all.
func (o *driftOptions) compared(files []layouts.File) *driftReport {
	r := &driftReport{Files: make([]driftRow, len(files))}
	reads := awsiam.NewReads()
	bar := newProgress(o.sys)
	defer bar.end()
	done := make(chan struct{}, len(files))
	g, ctx := errgroup.WithContext(o.sys.context())
	g.SetLimit(o.parallel)
	for i, f := range files {
		g.Go(func() error {
			r.Files[i] = o.row(ctx, reads, f)
			done <- struct{}{}
			bar.step(len(done), len(files))
			return nil
		})
	}
	_ = g.Wait() // a row has its error
	r.sameRelease()
	for _, row := range r.Files {
		r.Summary.count(row.State)
	}
	return r
}

func (s *driftSummary) count(state driftState) {
	s.Files++
	*map[driftState]*int{driftNone: &s.InSync, driftFound: &s.Drift, driftBlocked: &s.Blocked, driftBroken: &s.Broken, driftUnknown: &s.Unknown}[state]++
}

// code is the exit code.
func (r *driftReport) code() error {
	switch s := r.Summary; {
	case s.Drift+s.Blocked > 0:
		return exited(2)
	case s.Broken+s.Unknown > 0:
		return exited(3)
	}
	return nil
}

// sameRelease warns where two files are of one release: a plan of each takes away what only the
// other has.
func (r *driftReport) sameRelease() {
	first := map[awsiam.Owner]int{}
	for i := range r.Files {
		row := &r.Files[i]
		if row.owner == (awsiam.Owner{}) {
			continue
		}
		j, known := first[row.owner]
		if !known {
			first[row.owner] = i
			continue
		}
		for a, b := range map[int]int{i: j, j: i} {
			r.Files[a].Warnings = append(r.Files[a].Warnings, fmt.Sprintf("%s is of the same release: an apply of one takes away what only the other has", r.Files[b].File))
		}
	}
}

// row judges one file.
func (o *driftOptions) row(ctx context.Context, reads *awsiam.Reads, f layouts.File) driftRow {
	row := driftRow{File: f.Path, Under: f.Under, Release: f.Release, Namespace: f.Namespace, Source: f.By, State: driftBroken, Changes: []awsiam.Change{}}
	if f.Err != nil {
		return row.failed(driftUnknown, f.Err)
	}
	file, typed, err := o.loaded(f)
	row.cluster = typed.Typed()
	if errors.Is(err, fs.ErrNotExist) && !isThere(f.Path) { // not a file that it names
		err = faults.Hinted(err, "correct %s, which names it", cmp.Or(f.By, "the link"))
	}
	if err != nil {
		return row.failed(driftBroken, err)
	}
	row.Cluster, row.Account = cmp.Or(file.Cluster.Name, file.Cluster.Issuer), file.Cluster.AccountID
	row.Namespace = cmp.Or(row.Namespace, onlyNamespace(file), anyNamespace(o.sys, o.namespace))
	if row.Namespace == "" {
		return row.failed(driftUnknown, faults.Hinted(errors.New("the release's namespace is not known"),
			"say where the path has it: --layout '{namespace}/{release}/irsa.yaml', or one for all such files: -n NAMESPACE"))
	}
	if err := upgrade.CheckNames(row.Release, row.Namespace); err != nil {
		return row.failed(driftUnknown, err)
	}
	s, p, err := o.planned(ctx, reads, file, row)
	var named *awsiam.NamedRelease
	if errors.As(err, &named) { // only looked at: so the one release that AWS knows may be meant
		row.Release, row.Source = named.Owner.Release, "AWS"
		s, p, err = o.planned(ctx, reads, file, row)
	}
	if s != nil {
		row.Account = s.Facts().Account
	}
	return row.judged(p, err)
}

// loaded reads a file. The kubeconfig says nothing of its cluster: the files may be of several. So the
// flags are for files that leave it out.
func (o *driftOptions) loaded(f layouts.File) (*spec.File, whichcluster.Flags, error) {
	var found whichcluster.Cluster
	typed := o.cluster
	file, err := loadWellKnown(o.sys, append(slices.Clone(f.Under), f.Path), spec.Options{Known: func(own spec.Cluster) (spec.Known, error) {
		var err error
		if own.Name != "" || own.Issuer != "" {
			typed = whichcluster.Flags{}
		}
		found, err = whichcluster.Find(whichcluster.Sources{File: own, Typed: typed, Prefix: "--" + ownCluster, Getenv: o.sys.Getenv})
		return spec.Known{Cluster: found.Complete(own), Release: f.Release, Namespace: f.Namespace, Getenv: o.sys.Getenv}, err
	}})
	if err != nil {
		return nil, typed, err
	}
	file.Cluster = found.Complete(file.Cluster)
	return file, typed, nil
}

func (o *driftOptions) planned(ctx context.Context, reads *awsiam.Reads, file *spec.File, row driftRow) (*awsiam.Session, *awsiam.Plan, error) {
	// Each file makes few calls of its own: the rest is known to all.
	r := awsiam.Release{File: file, Name: row.Release, Namespace: row.Namespace, Typed: row.typed()}
	s, err := o.connect(ctx, r, awsiam.Options{Reads: reads, Parallel: 3, Trace: tracer(o.sys)})
	if err != nil {
		return nil, nil, err
	}
	p, err := s.Plan(ctx)
	return s, p, err
}

// judged says what a plan, or why there is none, comes to.
func (r driftRow) judged(p *awsiam.Plan, err error) driftRow {
	var blocked awsiam.Faults
	var broken *spec.FaultList
	switch {
	case errors.As(err, &broken):
		return r.failed(driftBroken, err)
	case errors.As(err, &blocked):
		return r.failed(driftBlocked, err)
	case err != nil:
		return r.failed(driftUnknown, err)
	}
	r.State, r.owner, r.Changes, r.Summary, r.Warnings = driftFound, p.Owner, p.Changes, p.Summary, p.Warnings
	if p.Empty() {
		r.State = driftNone
	}
	return r
}

func (r driftRow) failed(state driftState, err error) driftRow {
	r.State = state
	var list *spec.FaultList
	if errors.As(err, &list) {
		for _, f := range list.Faults {
			message := f.Message
			if f.Field != "" {
				message = f.Field + ": " + message
			}
			r.Errors = append(r.Errors, driftError{message, f.Hint, f.Line})
		}
		return r
	}
	for _, one := range leaves(err) {
		for _, m := range render.Messages(one) {
			r.Errors = append(r.Errors, driftError{Message: m.Message, Hint: m.Hint})
		}
	}
	return r
}
