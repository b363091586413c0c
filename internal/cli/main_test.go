package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/helm-irsa/helm-irsa/internal/charts/serve"
	"github.com/helm-irsa/helm-irsa/pkg/render/filter"
	"github.com/helm-irsa/helm-irsa/test/cluster"
)

// The test binary is also the programs that the scripts run: ours, and a helm
// that writes down how it was called (fakehelm_test.go).
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"adopt-cluster":      func() { os.Exit(adoptCluster(os.Args[1:])) },
		"aws-calls":          func() { os.Exit(awsCalls(os.Args[1:])) },
		"aws-offers":         func() { os.Exit(awsOffers(os.Args[1:])) },
		"aws-silent":         func() { os.Exit(silent()) },
		"gc-clusters":        func() { os.Exit(gcClusters(os.Args[1:])) },
		"helm":               func() { os.Exit(fakeHelm(os.Args[1:])) },
		"helm-irsa":          func() { os.Exit(Main(testSystem())) },
		"kubectl-irsa":       func() { os.Exit(Main(testSystem())) },
		"live-cluster":       func() { os.Exit(liveCluster(os.Args[1:])) },
		"irsa-charts":        func() { exitAfter(serve.Serve(os.Stdin, os.Stdout)) },
		"irsa-post-renderer": func() { os.Exit(testFilter("irsa-post-renderer").Main(os.Args[1:])) },
	})
}

// testSystem is the real one, but for where the program seems to lie: $PLUGIN/bin,
// a plugin folder that each script gets.
func testSystem() *System {
	return &System{
		Context: Interrupts(),
		Name:    filepath.Base(os.Args[0]),
		Args:    os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: noting(os.Stderr),
		Getenv: os.Getenv, Environ: os.Environ, Version: "v9.9.9",
		Executable: func() (string, error) { return filepath.Join(os.Getenv("PLUGIN"), "bin", "helm-irsa"), nil },
	}
}

func exitAfter(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "irsa-charts: error:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func testFilter(name string) filter.Program {
	return filter.Program{Name: name, Getenv: os.Getenv, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
}

func TestScripts(t *testing.T) {
	t.Parallel()
	hints := hintsPath(t)
	t.Cleanup(func() { hintsParse(t, hints) }) // once the scripts, which run side by side, have ended
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(env *testscript.Env) error {
			env.Setenv(hintsFile, hints)
			return setupScript(env)
		},
	})
}

// setupScript gives a script a plugin folder as it is installed: our plugin
// files, and the programs in bin/; and an empty cluster and a chart of its own.
func setupScript(env *testscript.Env) error {
	plugin := filepath.Join(env.WorkDir, "plugin")
	env.Setenv("PLUGIN", plugin)
	ci, err := filepath.Abs("../../docs/examples/ci")
	if err != nil {
		return err
	}
	env.Setenv("CI_SCRIPTS", ci)
	env.Setenv("HELM_LOG", filepath.Join(env.WorkDir, "helm.log"))
	env.Setenv("FAKE_VERSION", "v3.22.0")
	// No script reaches for AWS, but those that start a local one.
	env.Setenv("HELM_IRSA_PROVISION", "never")
	env.Setenv("HELM_IRSA_VERIFY", "never")
	env.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	// The cluster of local AWS, where no script says another.
	kubeconfig, stop := (&cluster.Cluster{Issuer: eksIssuer("111122223333", localRegion, "demo")}).Start()
	env.Defer(stop)
	env.Setenv("KUBECONFIG", filepath.Join(env.WorkDir, ".kubeconfig"))
	if err := os.WriteFile(env.Getenv("KUBECONFIG"), []byte(kubeconfig), 0o600); err != nil {
		return err
	}
	for _, dir := range []string{filepath.Join(plugin, "bin"), filepath.Join(env.WorkDir, "chart")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	if err := os.CopyFS(filepath.Join(plugin, "plugins"), os.DirFS("../../plugins")); err != nil {
		return err
	}
	for _, program := range []string{"helm-irsa", "irsa-charts", "irsa-post-renderer"} {
		script := "#!/bin/sh\n" + `[ -z "$PIDS" ] || echo $$ >"$PIDS/` + program + "\"\nexec " + program + ` "$@"` + "\n"
		if err := os.WriteFile(filepath.Join(plugin, "bin", program), []byte(script), 0o755); err != nil {
			return err
		}
	}
	return nil
}
