package helm

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestFailure: where our post-renderer fails, stdout has no manifests, the exit
// code is 1, and the cause is on stderr once, in both Helms.
func TestFailure(t *testing.T) {
	eachHelm(t, func(t *testing.T, h host) {
		h.install(t)
		file := spec(t, "  usedBy:\n  - workload: {kind: Deployment, name: connections-app}\n")
		r := h.run(t, "irsa", "template", "rel", small(t), "-n", "ns1", "--irsa-file", file)
		if r.code != 1 || r.stdout != "" {
			t.Errorf("exit %d, stdout %q", r.code, r.stdout)
		}
		if n := strings.Count(r.stderr, "connections-app"); n != 1 || !strings.Contains(r.stderr, ": error: ") {
			t.Errorf("the cause stands %d times in:\n%s", n, r.stderr)
		}
		if left, err := filepath.Glob(filepath.Join(h.tmp, "helm-irsa-*")); err != nil || len(left) > 0 {
			t.Errorf("left behind: %q (%v)", left, err)
		}
	})
}

// TestHelmsOwnFailure: where Helm itself fails, it says so, and we add nothing.
func TestHelmsOwnFailure(t *testing.T) {
	eachHelm(t, func(t *testing.T, h host) {
		h.install(t)
		plain := h.run(t, "template", "rel", "/nonexistent/chart")
		ours := h.run(t, "irsa", "template", "rel", "/nonexistent/chart", "--irsa-file", smallSpec(t))
		if ours.code != plain.code || !strings.HasPrefix(ours.stderr, plain.stderr) {
			t.Errorf("plain: %+v\nours: %+v", plain, ours)
		}
		if strings.Contains(ours.stderr, "helm-irsa: ") {
			t.Errorf("we added to it: %s", ours.stderr)
		}
	})
}

// TestHooks: Helm 4 sends hooks through us; Helm 3 does not.
func TestHooks(t *testing.T) {
	eachHelm(t, func(t *testing.T, h host) {
		h.install(t)
		file := spec(t, "  create: never\n  usedBy:\n  - workload: {kind: Job, name: hook}\n")
		r := h.run(t, "irsa", "template", "rel", small(t), "-n", "ns1", "--irsa-file", file)
		if h.major == 3 {
			if r.code != 1 || r.stdout != "" {
				t.Errorf("Helm 3 sent a hook? %+v", r)
			}
			return
		}
		if r.code != 0 || !strings.Contains(r.stdout, "serviceAccountName: web") {
			t.Errorf("%+v", r)
		}
	})
}

// TestValue: a value target reaches the chart.
func TestValue(t *testing.T) {
	eachHelm(t, func(t *testing.T, h host) {
		h.install(t)
		file := spec(t, "  usedBy:\n  - value: serviceAccountName\n")
		r := h.run(t, "irsa", "template", "rel", small(t), "-n", "ns1", "--irsa-file", file)
		if r.code != 0 || strings.Contains(r.stdout, "serviceAccountName: other") {
			t.Errorf("%+v", r)
		}
	})
}

// TestChain: the user's own post-renderer runs first, a program in Helm 3, a plugin in Helm 4.
func TestChain(t *testing.T) {
	eachHelm(t, func(t *testing.T, h host) {
		h.install(t)
		dir := filepath.Join(h.data, "plugins", "rename")
		script := write(t, filepath.Join(dir, "rename.sh"), "#!/bin/sh\nexec sed \"s/^  name: web$/  name: $1/\"\n", 0o755)
		file := spec(t, "  usedBy:\n  - workload: {kind: Deployment, name: renamed}\n")
		renderer := script
		if h.major == 4 {
			write(t, filepath.Join(dir, "plugin.yaml"), `apiVersion: v1
name: rename
type: postrenderer/v1
version: 1.0.0
runtime: subprocess
config: {}
runtimeConfig:
  platformCommand:
  - command: ${HELM_PLUGIN_DIR}/rename.sh
`, 0o644)
			renderer = "rename"
		}
		r := h.run(t, "irsa", "template", "rel", small(t), "-n", "ns1", "--irsa-file", file,
			"--post-renderer", renderer, "--post-renderer-args", "renamed")
		if r.code != 0 || !strings.Contains(r.stdout, "name: renamed") || !strings.Contains(r.stdout, "serviceAccountName: web") {
			t.Errorf("%+v", r)
		}
	})
}

// TestComplete: Helm's completion reaches our commands, and through us Helm's flags.
func TestComplete(t *testing.T) {
	eachHelm(t, func(t *testing.T, h host) {
		h.install(t)
		for _, c := range []struct {
			args []string
			want []string
		}{
			{[]string{"irsa", ""}, []string{"upgrade\t", "template\t", "schema\t", ":4"}},
			{[]string{"irsa", "upg"}, []string{"upgrade\t"}},
			{[]string{"irsa", "upgrade", "--irsa-f"}, []string{"--irsa-file\t"}},
			{[]string{"irsa", "upgrade", "rel", "--reset-t"}, []string{"--reset-then-reuse-values"}},
			{[]string{"irsa", "completion", ""}, []string{"bash", "powershell"}},
		} {
			out := h.must(t, append([]string{"__complete"}, c.args...)...)
			for _, want := range c.want {
				if !strings.Contains("\n"+out, "\n"+want) {
					t.Errorf("%q: no %q in %q", c.args, want, out)
				}
			}
			if strings.Contains(out, "Completion ended") {
				t.Errorf("%q: a remark of cobra's is a proposal: %q", c.args, out)
			}
		}
	})
}
