// Package attacks plays the attacks and accidents of docs/security.md against the programs
// from outside: a script each in testdata/script, named after what it tries.
package attacks

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/helm-irsa/helm-irsa/internal/cli"
	"github.com/helm-irsa/helm-irsa/pkg/render/filter"
	"github.com/helm-irsa/helm-irsa/test/cluster"
)

// The test binary is also the programs that the scripts run.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"helm-irsa": func() { os.Exit(cli.Main(system())) },
		"irsa-post-renderer": func() {
			p := filter.Program{Name: "irsa-post-renderer", Getenv: os.Getenv, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
			os.Exit(p.Main(os.Args[1:]))
		},
		"iam":       func() { os.Exit(iam(os.Args[1:])) },
		"meanwhile": func() { os.Exit(meanwhile(os.Args[1:])) },
	})
}

// system is the real one, but for the plugin's folder, which is $PLUGIN.
func system() *cli.System {
	return &cli.System{
		Context: cli.Interrupts(),
		Args:    os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Getenv: os.Getenv, Environ: os.Environ, Version: "v9.9.9",
		Executable: func() (string, error) { return filepath.Join(os.Getenv("PLUGIN"), "bin", "helm-irsa"), nil },
	}
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		Setup:               setup,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"cluster": startCluster},
		Condition: func(name string) (bool, error) {
			if name == "helm" { // the real one: `make test` builds it
				return os.Getenv("HELM_IRSA_TEST_HELM") != "", nil
			}
			return false, fmt.Errorf("unknown condition %q", name)
		},
	})
}

// setup gives a script the plugin as it is installed, and an empty cluster. Nothing of the
// user's own is within its reach: HOME, the Helm folders and the kubeconfig are the script's.
func setup(env *testscript.Env) error {
	plugin := filepath.Join(env.WorkDir, "plugin")
	env.Setenv("PLUGIN", plugin)
	for _, name := range []string{"HOME", "HELM_CONFIG_HOME", "HELM_CACHE_HOME", "HELM_DATA_HOME"} {
		env.Setenv(name, filepath.Join(env.WorkDir, ".home", strings.ToLower(name)))
	}
	if helm := os.Getenv("HELM_IRSA_TEST_HELM"); helm != "" {
		env.Setenv("HELM_BIN", helm)
	}
	for name, dir := range map[string]string{
		"BEFORE":   "testdata/before", // AWS accounts as version 0.1.0 left them
		"EXAMPLES": "../../docs/examples",
	} {
		path, err := filepath.Abs(dir)
		if err != nil {
			return err
		}
		env.Setenv(name, path)
	}
	env.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	kubeconfig, stop := new(cluster.Cluster).Start()
	env.Defer(stop)
	env.Setenv("KUBECONFIG", filepath.Join(env.WorkDir, ".kubeconfig"))
	if err := os.WriteFile(env.Getenv("KUBECONFIG"), []byte(kubeconfig), 0o600); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(plugin, "bin"), 0o755); err != nil {
		return err
	}
	if err := os.CopyFS(filepath.Join(plugin, "plugins"), os.DirFS("../../plugins")); err != nil {
		return err
	}
	for _, program := range []string{"helm-irsa", "irsa-charts", "irsa-post-renderer"} {
		script := "#!/bin/sh\nexec " + program + ` "$@"` + "\n"
		if err := os.WriteFile(filepath.Join(plugin, "bin", program), []byte(script), 0o755); err != nil {
			return err
		}
	}
	return nil
}

// startCluster is `cluster NAME [issuer=URL] [hides]`: an empty cluster, whose kubeconfig is
// NAME.kube. hides lets nobody read the issuer.
func startCluster(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: cluster NAME [issuer=URL] [hides]")
	}
	c := &cluster.Cluster{HidesIssuer: slices.Contains(args, "hides")}
	for _, arg := range args[1:] {
		if issuer, ok := strings.CutPrefix(arg, "issuer="); ok {
			c.Issuer = issuer
		}
	}
	kubeconfig, stop := c.Start()
	ts.Defer(stop)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".kube"), []byte(kubeconfig), 0o600))
}

// iam makes one call of the local IAM, as anybody with credentials could: an action, and its
// parameters as KEY=VALUE. It prints the answer, and ends with 1 where IAM refuses.
func iam(args []string) int {
	form := url.Values{"Version": {"2010-05-08"}, "Action": {args[0]}}
	for _, arg := range args[1:] {
		key, value, _ := strings.Cut(arg, "=")
		form.Set(key, value)
	}
	r, err := http.NewRequest(http.MethodPost, os.Getenv("AWS_ENDPOINT_URL"), bytes.NewBufferString(form.Encode()))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+os.Getenv("AWS_ACCESS_KEY_ID")+"/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=x")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer answer.Body.Close()
	if _, err := io.Copy(os.Stdout, answer.Body); err != nil || answer.StatusCode != http.StatusOK {
		return 1
	}
	return 0
}
