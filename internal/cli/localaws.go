package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/internal/voice"
)

const localAWSHelp = `Answers IAM, STS and EKS on this machine, for trying things out without an AWS
account. It refuses what AWS refuses, and knows nothing of your own credentials.

With -- COMMAND it runs the command with everything set to use it, ends when the
command ends, and exits with its code. Without, it prints the lines that set a
shell up, and answers until Ctrl-C.

Where no --cluster is given there is one called demo in eu-west-3. The nodes of a
cluster have the role eks-nodes, which exists. What is made is forgotten at the
end, unless --state names a file to keep it in.

Your kubeconfig stays what it is. Where the cluster of its current context is not one that is
served here, a shell is told so. A helm, helmfile or kubectl that would change it is not
run: it would get roles that do not exist. --any-cluster runs it all the same.

keys=FILE makes tokens of a real cluster good here: FILE is what kubectl get --raw
/openid/v1/jwks prints, and issuer= what .issuer of /.well-known/openid-configuration is.

--other-account adds an AWS account, reached by a profile of that name, or by assuming
the role OrganizationAccountAccessRole in it: what accounts: in irsa.yaml takes.`

const localAWSExamples = `  helm irsa local-aws -- aws eks describe-cluster --name demo
  helm irsa local-aws --state aws.json -- helm irsa template epinio epinio/epinio -n epinio
  helm irsa local-aws --cluster prod_cluster,region=eu-central-1 --other-account 444455556666=shared-iam -- sh
  helm irsa local-aws > local-aws.env &    # then, in any shell: . ./local-aws.env`

type localAWSOptions struct {
	sys *System

	listen   string
	state    string
	account  string
	others   []string
	clusters []string
	command  []string
	// anyCluster runs a command that writes into a cluster that is none of local AWS's.
	anyCluster bool
}

func newLocalAWS(sys *System, run func(*localAWSOptions) error) *cobra.Command {
	if run == nil {
		run = runLocalAWS
	}
	o := &localAWSOptions{sys: sys}
	cmd := &cobra.Command{
		Use:     "local-aws [flags] [-- COMMAND ARG...]",
		Short:   "Answer IAM, STS and EKS on this machine, to try things out",
		Long:    localAWSHelp,
		Example: localAWSExamples,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && cmd.ArgsLenAtDash() != 0 {
				return faults.Hinted(fmt.Errorf("%s takes no argument, not %q", cmd.CommandPath(), args[0]), "a command to run goes behind two dashes: %s -- %s", cmd.CommandPath(), safe.Word(args[0]))
			}
			o.command = args
			return run(o)
		},
		DisableFlagsInUseLine: true,
	}
	f := cmd.Flags()
	f.StringVar(&o.listen, "listen", "127.0.0.1:0", "the `address` to answer on, on loopback; port 0 takes a free one")
	f.StringVar(&o.state, "state", "", "a `file` to go on from, and to keep what is made in")
	f.StringVar(&o.account, "account", localaws.DefaultAccount, "the `ID` of the AWS account that the clusters are in")
	f.StringArrayVar(&o.others, "other-account", nil, "a further AWS account, as `ID=PROFILE`; may be given again")
	f.BoolVar(&o.anyCluster, strings.TrimPrefix(anyClusterFlag, "--"), false, "also run a command that changes a cluster whose issuer is not served here")
	f.StringArrayVar(&o.clusters, "cluster", nil, "a cluster, as `NAME[,region=R][,issuer=URL][,nodeRole=NAME][,keys=FILE]`; may be given again")
	return cmd
}

// runLocalAWS ends with the command, or with the context where there is none.
func runLocalAWS(o *localAWSOptions) (err error) {
	ended := o.sys.context().Done() // from here on no signal ends the process before what follows is cleaned up
	world, err := o.world()
	if err != nil {
		return err
	}
	server, err := o.start(world)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	env, clean, err := world.environment(server.URL())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, clean()) }()

	if len(o.command) > 0 {
		if err := o.guardCluster(server.Clusters()); err != nil {
			return err
		}
		return runCommand(o.sys, o.command, env.apply(o.sys.Environ()))
	}
	say := voice.To(o.sys.Stderr)
	say.Info("local AWS answers IAM, STS and EKS on " + server.URL())
	for _, line := range world.describe(server.Clusters()) {
		say.Info(line)
	}
	if _, err := o.sys.Stdout.Write([]byte(env.shell())); err != nil {
		return fmt.Errorf("printing the environment: %w", err)
	}
	say.Hint("run the lines on stdout in the shell that is to use it; Ctrl-C here, or SIGTERM, ends it")
	select {
	case <-ended:
		return exited(0) // that is how it is ended
	case <-o.orphaned():
	}
	return nil
}

// orphaned is closed when the Helm that runs this plugin is gone: Helm passes no
// signal on to a plugin (cmd/helm/load_plugins.go, callPluginExecutable, in Helm 3;
// internal/plugin/runtime_subprocess.go, runCLI, in Helm 4), so one that ends
// Helm would leave this process behind. Run by anything else, it never is.
func (o *localAWSOptions) orphaned() <-chan struct{} {
	gone := make(chan struct{})
	if o.sys.Getenv("HELM_PLUGIN_DIR") == "" {
		return gone
	}
	parent := os.Getppid()
	go func() {
		for os.Getppid() == parent {
			time.Sleep(200 * time.Millisecond)
		}
		close(gone)
	}()
	return gone
}

// start makes what the options ask for, and answers.
func (o *localAWSOptions) start(w *localWorld) (*localaws.Server, error) {
	server, err := localaws.New(localaws.Options{Account: w.account, Address: o.listen, StateFile: o.state})
	if err != nil {
		return nil, faults.Hinted(err, "name another file with --state, or remove this one")
	}
	if err := w.furnish(server); err != nil {
		return nil, err
	}
	if o.state != "" {
		if err := server.Save(o.state); err != nil {
			return nil, faults.Hinted(err, "name a file with --state that can be written")
		}
	}
	if err := server.Start(); err != nil {
		return nil, faults.Hinted(err, "leave --listen away, and a free port of this machine is taken")
	}
	return server, nil
}
