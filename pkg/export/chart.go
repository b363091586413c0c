package export

import (
	"bytes"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// Release is a Helm release that an engine is to render by itself.
type Release struct {
	Name, Namespace string
	Chart           Chart
	// Values give the chart's service accounts their roles, beside what the user gives the
	// chart. Proven says what was seen of each.
	Values map[string]any
	Proven []string
	// Rendered is the chart with all values, Wanted what the post-renderer makes of that
	// without rollout, and Rolling the same with it.
	Rendered, Wanted, Rolling []byte
}

// Chart is where an engine gets a chart from.
type Chart struct {
	// Ref is what Helm is given: a path, REPOSITORY/NAME, oci://…, or a name in Repo.
	Ref, Repo     string
	Name, Version string
	// Local says that Ref is a file or folder; relative to where the command ran, which is taken
	// for the root of the repository that the engine reads.
	Local bool
}

// A releaseWriter writes a release for one engine.
type releaseWriter func(*delta) (*Export, error)

var engines = map[string]releaseWriter{"argocd": argocd, "flux": flux}

// Engines are the names of the formats that say how an engine renders a release.
func Engines() []string { return keysOf(engines) }

// delta is what a release lacks, read.
type delta struct {
	Release
	changed []change
	added   []*manifest.Object
	// rolling are changes with those that restart pods.
	rolling []change
	// unnamed is the kind of an object without a name; empty where all have one.
	unnamed string
	out     *Export
	y       yamlLines
}

// ForEngine writes how an engine renders a release, which is one of Engines, so that its pods
// get their identity without a post-renderer of ours.
func ForEngine(name string, r Release) (*Export, error) {
	write := engines[name]
	if write == nil {
		return nil, fmt.Errorf("there is no format %q", name)
	}
	d := &delta{Release: r, out: &Export{}}
	var streams [3]*manifest.Objects
	for i, text := range [][]byte{r.Rendered, r.Wanted, r.Rolling} {
		var err error
		if streams[i], err = manifest.Read("the chart", bytes.NewReader(text)); err != nil {
			return nil, err
		}
	}
	d.changed, d.added = difference(streams[0], streams[1])
	d.rolling, _ = difference(streams[0], streams[2])
	for _, o := range streams[0].List {
		if o.Name == "" && o.Kind != "" {
			d.unnamed = o.Kind
		}
	}
	return write(d)
}

// valuesComment says what the values are, and what was proven of each.
func (d *delta) valuesComment(margin int) {
	d.y.comment(margin, "Beside the values of your own, which are not repeated here:")
	for _, line := range d.Proven {
		d.y.comment(margin, safe.Text(line))
	}
}

// repository is what Helm calls the chart's repository, and the chart's name in it.
func (c Chart) repository() (alias, name string) {
	if c.Repo == "" && !c.Local && !strings.Contains(c.Ref, "://") {
		if alias, name, ok := strings.Cut(c.Ref, "/"); ok {
			return alias, name
		}
	}
	return c.Name, c.Name
}

// registry is the chart's folder in a registry, without its name, where it is in one.
func (c Chart) registry() (host string, ok bool) {
	host, ok = strings.CutPrefix(c.Ref, "oci://")
	return path.Dir(host), ok
}

// lost are the changes of text that is a Secret's: no file in git may have it.
func (d *delta) lost(c change, y *yamlLines) bool {
	if !c.secret() {
		return false
	}
	y.comment(2, c.said()+": "+d.out.note(true, c.said(), "what it keeps is not written here, since it is secret: give the chart another value, or render it with helm-irsa")+".")
	return true
}

// hooksOf are the hooks among changes, in words.
func hooksOf(changes []change) string {
	var out []string
	for _, c := range changes {
		if hook(c.before) {
			out = append(out, c.said())
		}
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), ", ")
}

// folder is the chart's path in git. One that leads out of the working folder says nothing of that:
// its last element stands in, and what to write is said.
func (d *delta) folder(indent int) string {
	ref := filepath.ToSlash(d.Chart.Ref)
	if filepath.IsLocal(d.Chart.Ref) {
		return ref
	}
	d.y.comment(indent, d.out.note(false, "chart "+d.Chart.Name, "its path in git has to be written here, since --chart leads out of the working folder")+".")
	return path.Base(ref)
}
