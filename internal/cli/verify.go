package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/kube"
	"github.com/helm-irsa/helm-irsa/internal/redact"
	"github.com/helm-irsa/helm-irsa/internal/upgrade"
	"github.com/helm-irsa/helm-irsa/internal/voice"
	"github.com/helm-irsa/helm-irsa/internal/whichcluster"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

// verifyOptions are one `helm irsa verify`.
type verifyOptions struct {
	*awsOptions
	manifests []string
	snapshot  string
	can       []string
	explain   string
	noCluster bool
	live      bool
	redact    bool

	kube *kube.Client // once it was opened
}

const verifyHelp = `Goes along the chain of every service account that has, or should have, a role: workload,
service account, annotation, webhook, issuer, OIDC provider, trust policy, permissions. Each
link is ok, broken or unknown; the first broken one is explained, with its repair.

With RELEASE it reads what the release holds (helm get manifest and hooks), irsa.yaml,
the cluster (service accounts, pods, what is above them, mutating webhooks) and AWS. With
--manifests and --snapshot it reads files alone: manifests, or live objects as kubectl
get -o yaml prints them, and a snapshot that helm irsa snapshot wrote. It reads only.
What may not be read is unknown, and named with the permission that is missing.

With --live it tries each role, as a pod would: the cluster gives a token of the service account
(that needs the permission to create serviceaccounts/token). STS takes it for the role,
and says whose the credentials are. They are then thrown away. What STS says goes before
what was read. With --manifests, --live needs the cluster and STS and nothing else. It
runs here, not in the pod: network, proxies and the pod's own settings are not tried, nor
are roles that EKS Pod Identity gives.

With --redact what is on stdout can be shown to strangers, as in an issue: names, AWS account
IDs, ARNs, issuers and whatever else only your files say are replaced, each by the same word
everywhere. What is on stderr is as it was.

Exit codes: 0 all ok, 2 something is broken, 3 nothing is broken but something is
unknown, 1 the command failed.`

// verifyFormats are what -o takes.
var verifyFormats = []string{"text", "json", "sarif", "junit"}

func newVerify(sys *System, run func(*verifyOptions) error) *cobra.Command {
	if run == nil {
		run = runVerify
	}
	o := &verifyOptions{awsOptions: newAWSOptions(sys)}
	cmd := &cobra.Command{
		Use:   "verify [RELEASE]",
		Short: "Prove that each pod can assume its role, or name the broken link",
		Long:  verifyHelp,
		Example: `  helm irsa verify epinio -n epinio
  helm template epinio epinio/epinio | helm irsa verify --manifests - --snapshot aws.json -n epinio
  kubectl get sa,deploy,pods -n epinio -o yaml | helm irsa verify --manifests - --snapshot aws.json
  helm irsa verify epinio -n epinio --live
  helm irsa verify epinio -n epinio -o json --redact
  helm irsa verify --explain sub-namespace-mismatch
  kubectl logs deploy/epinio-server -n epinio | helm irsa verify --explain -`,
		Args: oneRelease,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.release = args[0]
			}
			if err := o.check(); err != nil {
				return err
			}
			return run(o)
		},
	}
	o.addFlags(cmd)
	f := cmd.Flags()
	f.Lookup("irsa-file").Usage += "; with --manifests only where it is given here"
	f.StringArrayVar(&o.manifests, "manifests", nil, "a file of manifests or live objects, - for stdin (repeatable); with it no release is read")
	f.StringVar(&o.snapshot, "snapshot", "", "a file that helm irsa snapshot wrote; with it AWS is not asked")
	f.StringArrayVar(&o.can, "can", nil, "an action that every role must allow, as ACTION=RESOURCE (repeatable)")
	f.BoolVar(&o.noCluster, "no-cluster", false, "do not read live objects from the cluster")
	f.BoolVar(&o.live, "live", false, "also get a token of each service account from the cluster, and give it to STS")
	f.BoolVar(&o.redact, "redact", false, "replace names, AWS account IDs, ARNs and issuers, to show the output to strangers")
	f.StringVar(&o.explain, "explain", "", "print what a finding's `CODE` means, or what it means that a pod says a text; - for a log on stdin")
	f.StringVarP(&o.format, "output", "o", "text", strings.Join(verifyFormats, ", "))
	return cmd
}

// check looks at what was typed.
func (o *verifyOptions) check() error {
	switch {
	case !slices.Contains(verifyFormats, o.format):
		return faults.Hinted(fmt.Errorf("-o %s: not one of %s", o.format, strings.Join(verifyFormats, ", ")), "helm irsa verify -o json")
	case o.explain != "":
		return nil
	case o.release == "" && len(o.manifests) == 0:
		return faults.Hinted(errors.New("nothing to verify: neither a release nor --manifests was given"), "helm irsa verify RELEASE -n NAMESPACE")
	case o.release != "" && len(o.manifests) > 0:
		return faults.Hinted(errors.New("both a release and --manifests were given"), "leave one of them away")
	case o.live && o.noCluster:
		return faults.Hinted(errors.New("--live asks the cluster for tokens, and --no-cluster keeps from it"), "leave one of them away")
	}
	return nil
}

func runVerify(o *verifyOptions) error {
	if o.explain != "" {
		return explain(o.sys, o.explain)
	}
	in, err := o.input()
	if err != nil {
		return err
	}
	r, err := o.report(*in)
	if err != nil {
		return err
	}
	if err := o.print(r); err != nil {
		return err
	}
	return verifyCode(r.Status)
}

// report is what verify found, without names where that was asked for.
func (o *verifyOptions) report(in verify.Input) (*verify.Report, error) {
	r := verify.Verify(in)
	if !o.redact {
		return r, nil
	}
	names, err := redact.For(in, append(slices.Clone(o.manifests), o.snapshot))
	if err != nil {
		return nil, err
	}
	return names.Report(r), nil
}

// verifyCode is the exit code of a status.
func verifyCode(s verify.Status) error {
	switch s {
	case verify.Broken:
		return exited(2)
	case verify.Unknown:
		return exited(3)
	}
	return nil
}

// input reads what is to be verified.
func (o *verifyOptions) input() (*verify.Input, error) {
	in := &verify.Input{}
	for _, text := range o.can {
		action, resource, ok := strings.Cut(text, "=")
		if !ok || action == "" || resource == "" {
			return nil, faults.Hinted(fmt.Errorf("--can %s: not ACTION=RESOURCE", text), "--can s3:GetObject=arn:aws:s3:::bucket/*")
		}
		in.Can = append(in.Can, spec.Permission{Action: action, Resource: resource})
	}
	if o.release != "" || len(o.files) > 0 {
		r, err := o.namespaced()
		if err != nil {
			return nil, err
		}
		in.File, in.Typed, in.Namespace, in.Release = r.File, o.typed(), r.Namespace, o.release
	} else {
		in.Namespace = anyNamespace(o.sys, o.namespace)
		in.Issuer = cmp.Or(o.awsOptions.cluster.Issuer, o.sys.Getenv(whichcluster.Variable("issuer")))
		if err := upgrade.CheckNames("", in.Namespace); err != nil {
			return nil, err
		}
	}
	ctx, stop := context.WithCancel(o.sys.context())
	defer stop()
	taken := o.beginSnapshot(ctx)
	var err error
	if in.Objects, err = o.objects(in.Namespace); err != nil {
		return nil, err
	}
	if o.release != "" && !o.noCluster {
		if err := o.cluster(in); err != nil {
			return nil, err
		}
	}
	if in.Snapshot, err = o.aws(taken); err != nil {
		return in, err
	}
	if s := in.Snapshot; o.snapshot != "" && o.awsOptions.cluster.Issuer != "" && s.Cluster.Issuer != "" && trust.ProviderName(s.Cluster.Issuer) != trust.ProviderName(o.awsOptions.cluster.Issuer) {
		return in, faults.Hinted(fmt.Errorf("--cluster-issuer %s: %s is of a cluster whose issuer is %s", o.awsOptions.cluster.Issuer, o.snapshot, s.Cluster.Issuer), "leave out --cluster-issuer, or name another --snapshot")
	}
	if !o.live {
		return in, nil
	}
	return in, o.tryRoles(in)
}

// objects are those of the files, or of the release.
func (o *verifyOptions) objects(namespace string) (*manifest.Objects, error) {
	all := &manifest.Objects{}
	for _, path := range o.manifests {
		text, name, err := o.readFile(path)
		if err != nil {
			return nil, err
		}
		more, err := manifest.Read(name, bytes.NewReader(text))
		if err != nil {
			return nil, err
		}
		all.Add(more)
	}
	if o.release == "" {
		return all, nil
	}
	helm, err := newHelm(o.sys)
	if err != nil {
		return nil, err
	}
	err = addHeld(all, o.release, func(what string) (io.Reader, error) { return o.getRelease(helm, what, namespace) })
	if err != nil {
		return nil, err
	}
	return all, nil
}

type snapshotResult struct {
	taken *awsiam.Snapshot
	err   error
}

// takeSnapshot opens AWS and reads it, while the caller does something else.
func takeSnapshot(ctx context.Context, open func() (*awsiam.Session, error)) <-chan snapshotResult {
	out := make(chan snapshotResult, 1)
	go func() {
		s, err := open()
		if err != nil {
			out <- snapshotResult{nil, err}
			return
		}
		taken, err := s.Snapshot(ctx)
		out <- snapshotResult{taken, err}
	}()
	return out
}

// beginSnapshot reads AWS while Helm and the cluster are read. It is nil where AWS is not
// to be asked.
func (o *verifyOptions) beginSnapshot(ctx context.Context) <-chan snapshotResult {
	if o.snapshot != "" || o.release == "" {
		return nil
	}
	return takeSnapshot(ctx, func() (*awsiam.Session, error) { return o.open(ctx) })
}

// aws is the snapshot of the file, or, for a release, the one that is being taken. For
// files without one it is nil: AWS is unknown then.
func (o *verifyOptions) aws(taken <-chan snapshotResult) (*awsstate.State, error) {
	if o.snapshot != "" {
		text, name, err := o.readFile(o.snapshot)
		if err != nil {
			return nil, err
		}
		return awsstate.Read(name, bytes.NewReader(text))
	}
	if taken == nil {
		return nil, nil
	}
	r := <-taken
	if r.err != nil {
		return nil, r.err
	}
	return judgeable(o.sys, r.taken)
}

// judgeable is a snapshot that was taken now, as verify takes it. What could not be read is
// said.
func judgeable(sys *System, taken *awsiam.Snapshot) (*awsstate.State, error) {
	sayUnread(sys, taken.Unread)
	return taken.State, nil
}

// sayUnread says what of AWS could not be read.
func sayUnread(sys *System, unread []*awsiam.Fault) {
	for _, f := range unread {
		voice.To(sys.Stderr).Warning("unknown: " + f.Error())
		voice.To(sys.Stderr).Hint(f.Hint())
	}
}

func (o *verifyOptions) print(r *verify.Report) error {
	switch o.format {
	case "json":
		return printJSON(o.sys.Stdout, r)
	case "sarif":
		here, err := os.Getwd()
		if err != nil {
			return fmt.Errorf("naming files from here: %w", err)
		}
		return printJSON(o.sys.Stdout, sarifOf(r, currentVersion(o.sys.Version).Version, sarifFiles{o.manifests, here}))
	case "junit":
		return printJUnit(o.sys.Stdout, "verify", r)
	}
	newVerifyView(o.sys).print(r)
	return nil
}
