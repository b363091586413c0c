package engines

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// kustomizeVariable names kustomize 5.8, the version that helm-controller links.
const kustomizeVariable = "HELM_IRSA_TEST_KUSTOMIZE"

// helmRelease is what of docs/examples/flux/release.yaml says how it is rendered:
// api/v2/helmrelease_types.go in https://github.com/fluxcd/helm-controller at v1.6.0.
type helmRelease struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name      string `json:"name"`
		Namespace string `json:"namespace"`
	} `json:"metadata"`
	Spec struct {
		Interval string `json:"interval"`
		Chart    struct {
			Spec struct {
				Chart     string            `json:"chart"`
				SourceRef map[string]string `json:"sourceRef"`
			} `json:"spec"`
		} `json:"chart"`
		PostRenderers []struct {
			Kustomize struct {
				Patches []patch `json:"patches"`
			} `json:"kustomize"`
		} `json:"postRenderers"`
	} `json:"spec"`
}

type patch struct {
	Patch  string            `json:"patch"`
	Target map[string]string `json:"target,omitempty"`
}

// flux renders the example as helm-controller does.
type flux struct {
	release  helmRelease
	accounts string
	env      []string
}

func newFlux(t *testing.T) flux {
	t.Helper()
	var f flux
	examples := filepath.Join(root, "docs", "examples", "flux")
	decode(t, filepath.Join(examples, "release.yaml"), &f.release)
	f.accounts = read(t, filepath.Join(examples, "accounts.yaml"))
	helm, kustomize := program(t, helmVariable, "Helm (make test sets it)"), program(t, kustomizeVariable, "kustomize")
	f.env = environment(t, bin(t, map[string]string{"helm": helm, "kustomize": kustomize}))
	return f
}

// render is the chart without the patches.
func (f flux) render(t *testing.T) string {
	t.Helper()
	return run(t, root, f.env, "", "helm", "template", f.release.Metadata.Name, filepath.Join("testdata", "charts", f.release.Spec.Chart.Spec.Chart),
		"--namespace", f.release.Metadata.Namespace).must(t)
}

// patched applies the patches to what Helm rendered, as Kustomize.Run in
// internal/postrender/kustomize.go does: one resource, and the patches as they stand.
func (f flux) patched(t *testing.T, rendered string, patches []patch) result {
	t.Helper()
	dir := t.TempDir()
	kustomization, err := yaml.Marshal(map[string]any{"resources": []string{"helm-output.yaml"}, "patches": patches})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "helm-output.yaml"), rendered)
	write(t, filepath.Join(dir, "kustomization.yaml"), string(kustomization))
	return run(t, dir, f.env, "", "kustomize", "build", dir)
}

// irsa is what the post-renderer makes of a stream with the irsa.yaml of the page.
func (f flux) irsa(t *testing.T, stream string) string {
	t.Helper()
	return run(t, root, f.env, stream, "irsa-post-renderer", "-f", "docs/examples/cinchy/irsa.yaml", "-n", f.release.Metadata.Namespace).must(t)
}

// patches are those of the example's one post-renderer.
func (f flux) patches(t *testing.T) []patch {
	t.Helper()
	if len(f.release.Spec.PostRenderers) != 1 || len(f.release.Spec.PostRenderers[0].Kustomize.Patches) == 0 {
		t.Fatalf("post-renderers: %+v", f.release.Spec.PostRenderers)
	}
	return f.release.Spec.PostRenderers[0].Kustomize.Patches
}

// TestFluxPatches: the example's patches and service accounts come to the same objects as
// the post-renderer, which then finds nothing left to do.
func TestFluxPatches(t *testing.T) {
	t.Parallel()
	f := newFlux(t)
	rendered := f.render(t)
	stream := f.accounts + "---\n" + f.patched(t, rendered, f.patches(t)).must(t)
	if left := f.irsa(t, stream); left != stream {
		t.Errorf("the post-renderer still changes something:\n%s", left)
	}
	got, want := objects(t, stream), objects(t, f.irsa(t, rendered))
	// The service account lies beside the HelmRelease, so it says where.
	const released, beside = "ServiceAccount /cinchy-connections", "ServiceAccount cinchy/cinchy-connections"
	want[beside] = strings.Replace(want[released], `"name":"cinchy-connections"`, `"name":"cinchy-connections","namespace":"cinchy"`, 1)
	delete(want, released)
	same(t, "Flux", got, want)
}

// TestFluxStale: a patch without a target that no longer matches stops kustomize, and
// one with a target does not, as the page says.
func TestFluxStale(t *testing.T) {
	t.Parallel()
	f := newFlux(t)
	gone := strings.NewReplacer("name: connections-app", "name: other", "name: cinchy-", "name: other-").Replace(f.render(t))
	with := map[bool]int{}
	for _, p := range f.patches(t) {
		targeted := len(p.Target) > 0
		with[targeted]++
		r := f.patched(t, gone, []patch{p})
		if targeted {
			r.must(t)
		} else if want := `no resource matches strategic merge patch "Deployment.v1.apps/connections-app.[noNs]"`; r.code == 0 || !strings.Contains(r.stderr, want) {
			t.Errorf("exit code %d, %s\nwant %s", r.code, r.stderr, want)
		}
	}
	if with[true] == 0 || with[false] == 0 {
		t.Errorf("patches with a target and without: %v", with)
	}
}

// TestFluxCheck runs the commands of the page that CI runs, on the example and on one
// that lacks a patch.
func TestFluxCheck(t *testing.T) {
	t.Parallel()
	f := newFlux(t)
	if _, err := exec.LookPath("yq"); err != nil {
		t.Skip("no yq to run the page's check with")
	}
	_, block, ok := strings.Cut(read(t, filepath.Join(root, "docs", "flux.md")), "```sh\nmkdir want flux\n")
	block, _, closed := strings.Cut(block, "```\n")
	if !ok || !closed {
		t.Fatal("docs/flux.md has no check")
	}
	release := read(t, filepath.Join(root, "docs", "examples", "flux", "release.yaml"))
	for name, c := range map[string]struct {
		release string
		code    int
	}{
		"as it is":      {release, 0},
		"a stale patch": {strings.Replace(release, "cinchy-leader|cinchy-view", "cinchy-view", 1), 1},
	} {
		dir := t.TempDir()
		chart(t, "cinchy", filepath.Join(dir, "chart"))
		write(t, filepath.Join(dir, "release.yaml"), c.release)
		write(t, filepath.Join(dir, "accounts.yaml"), f.accounts)
		write(t, filepath.Join(dir, "irsa.yaml"), read(t, filepath.Join(root, "docs", "examples", "cinchy", "irsa.yaml")))
		r := run(t, dir, f.env, "", "sh", "-ec", "mkdir want flux\n"+block)
		if r.code != c.code || (r.stdout == "") != (c.code == 0) {
			t.Errorf("%s: exit code %d, want %d\n%s%s", name, r.code, c.code, r.stdout, r.stderr)
		}
	}
}
