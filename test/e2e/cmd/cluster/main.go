// cluster starts a real Kubernetes control plane on loopback, with the webhook that
// clusters of EKS have, for trying helm-irsa out:
//
//	cluster -dir DIR                 until stdin is closed, or Ctrl-C
//	cluster [-dir DIR] -- COMMAND    for as long as a command runs
//
// DIR gets kubeconfig, and jwks.json, the keys of the issuer for
// `helm irsa local-aws`. A command finds them as $KUBECONFIG and $CLUSTER_JWKS.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/helm-irsa/helm-irsa/test/e2e/controlplane"
	"github.com/helm-irsa/helm-irsa/test/e2e/webhook"
)

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "cluster: error:", err)
	}
	os.Exit(code)
}

// flags are what was asked for.
type flags struct {
	options controlplane.Options
	dir     string
	region  string
	command []string
}

func parse(args []string) (flags, error) {
	f := flags{options: controlplane.Options{Log: os.Stderr}}
	set := flag.NewFlagSet("cluster", flag.ContinueOnError)
	set.StringVar(&f.dir, "dir", "", "folder that gets kubeconfig and jwks.json; a temporary one with a command")
	set.StringVar(&f.options.Name, "name", "e2e", "name of the cluster")
	set.StringVar(&f.options.Issuer, "issuer", "", "https URL of the issuer; one under example.com by default")
	set.StringVar(&f.region, "region", "eu-west-3", "region that the webhook gives to pods")
	set.IntVar(&f.options.Nodes, "nodes", 1, "number of nodes")
	set.StringVar(&f.options.Binaries, "bin", "", "folder of the programs, as binaries/build.sh prints it; $"+controlplane.BinariesVariable+" by default")
	set.SetOutput(io.Discard) // main says what is wrong
	if err := set.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Println("cluster [FLAGS] [-- COMMAND]")
			set.SetOutput(os.Stdout)
			set.PrintDefaults()
		}
		return f, err
	}
	f.command = set.Args()
	f.options.Webhook = controlplane.EKS(webhook.EKS(f.region))
	if f.dir == "" && len(f.command) == 0 {
		return f, errors.New("neither -dir for the kubeconfig nor a command is given")
	}
	return f, nil
}

func run(args []string) (code int, err error) {
	f, err := parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0, nil
	case err != nil:
		return 2, err
	}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer cancel()
	c, err := controlplane.Start(ctx, f.options)
	if err != nil {
		return 1, err
	}
	defer func() {
		if e := c.Stop(); e != nil {
			code, err = 1, errors.Join(err, e)
		}
	}()
	if f.dir == "" {
		f.dir = c.Dir()
	}
	if err := publish(c, f.dir); err != nil {
		return 1, err
	}
	if len(f.command) > 0 {
		return execute(ctx, f)
	}
	defer withdraw(f.dir)
	fmt.Fprintf(os.Stderr, "cluster: export KUBECONFIG=%s\ncluster: until stdin is closed, or Ctrl-C\n", path(f.dir, kubeconfig))
	select {
	case <-ctx.Done():
	case <-closed(os.Stdin):
	}
	return 0, nil
}

// The files for the user.
const kubeconfig, jwks = "kubeconfig", "jwks.json"

func path(dir, name string) string {
	if absolute, err := filepath.Abs(dir); err == nil {
		dir = absolute
	}
	return filepath.Join(dir, name)
}

// publish writes them; jwks.json last, so that whoever waits for it finds both.
func publish(c *controlplane.Cluster, dir string) error {
	text, err := os.ReadFile(c.Kubeconfig())
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err == nil {
		err = os.WriteFile(path(dir, kubeconfig), text, 0o600)
	}
	if err == nil {
		err = os.WriteFile(path(dir, jwks), c.Keys(), 0o600)
	}
	if err != nil {
		return fmt.Errorf("writing the kubeconfig: %w", err)
	}
	return nil
}

// withdraw removes them: there is nothing left that they could be used for.
func withdraw(dir string) {
	for _, name := range []string{kubeconfig, jwks} {
		_ = os.Remove(path(dir, name)) // gone is gone
	}
}

// execute runs the command and gives its exit code. A signal reaches it from the
// terminal, or is passed on.
func execute(ctx context.Context, f flags) (int, error) {
	command := exec.CommandContext(ctx, f.command[0], f.command[1:]...)
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	command.Env = append(os.Environ(), "KUBECONFIG="+path(f.dir, kubeconfig), "CLUSTER_JWKS="+path(f.dir, jwks))
	err := command.Run()
	if ended := new(exec.ExitError); errors.As(err, &ended) && ended.Exited() {
		return ended.ExitCode(), nil
	}
	if err != nil {
		return 1, fmt.Errorf("running %s: %w", f.command[0], err)
	}
	return 0, nil
}

// closed tells when there is nothing left to read.
func closed(r io.Reader) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, r)
		close(done)
	}()
	return done
}
