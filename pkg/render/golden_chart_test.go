package render_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/strvals"

	"github.com/helm-irsa/helm-irsa/pkg/render"
)

// template renders the case's chart as Helm 3 does, with r as its post-renderer:
// what r received, and what `helm template` prints.
func (c *goldenCase) template(t *testing.T, opts render.Options, r *render.Renderer) (received, printed []byte) {
	t.Helper()
	// A file of a chart may not lead out of the repository.
	chart, err := loader.LoadDir(filepath.Join("../..", filepath.Clean("/"+c.line("chart", ""))))
	if err != nil {
		t.Fatal(err)
	}
	values, err := chartutil.ReadValues(c.Files["values.yaml"])
	if err != nil {
		t.Fatal(err)
	}
	// As the wrapper does: a value target is a --set-string.
	set, err := render.Values(opts.Spec, opts.Namespace)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range set {
		if err := strvals.ParseIntoString(v.Path+"="+v.Value, values); err != nil {
			t.Fatal(err)
		}
	}
	install := action.NewInstall(&action.Configuration{Log: t.Logf})
	install.DryRun, install.DryRunOption, install.ClientOnly, install.Replace = true, "true", true, true
	install.ReleaseName, install.Namespace = opts.Release, opts.Namespace
	post := &recorder{r: r}
	install.PostRenderer = post
	rel, err := install.Run(chart, values)
	if err != nil && post.err == nil {
		t.Fatal(err)
	}
	if err != nil {
		if !strings.Contains(err.Error(), post.err.Error()) {
			t.Errorf("Helm says %q, the post-renderer said %q", err, post.err)
		}
		return post.in, nil
	}
	return post.in, printed3(rel)
}

// printed3 is what `helm template` prints (helm.sh/helm/v3@v3.22.0 cmd/helm/template.go).
func printed3(rel *release.Release) []byte {
	var out bytes.Buffer
	fmt.Fprintln(&out, strings.TrimSpace(rel.Manifest))
	for _, h := range rel.Hooks {
		fmt.Fprintf(&out, "---\n# Source: %s\n%s\n", h.Path, h.Manifest)
	}
	return out.Bytes()
}

// recorder is a post-renderer that keeps what Helm sent.
type recorder struct {
	r   *render.Renderer
	in  []byte
	err error
}

func (p *recorder) Run(in *bytes.Buffer) (out *bytes.Buffer, err error) {
	p.in = slices.Clone(in.Bytes())
	out, p.err = p.r.Run(in)
	return out, p.err
}
