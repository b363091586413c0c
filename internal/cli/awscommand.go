package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/kube"
	"github.com/helm-irsa/helm-irsa/internal/upgrade"
	"github.com/helm-irsa/helm-irsa/internal/voice"
	"github.com/helm-irsa/helm-irsa/internal/whichcluster"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// awsOptions are what every command takes that works on AWS with irsa.yaml.
type awsOptions struct {
	sys *System
	// connect is awsiam.Open, or what a test puts in its place.
	connect func(context.Context, awsiam.Release, awsiam.Options) (*awsiam.Session, error)

	sourceFlags
	namespace, release string
	adopt              []string
	read               *awsiam.Release // once irsa.yaml was read
	which              whichcluster.Cluster
	willPlan           bool // the next thing is Session.Plan
	// acceptCertificate asks about a certificate that nobody vouches for; nil refuses it.
	acceptCertificate func(context.Context, awsiam.Certificate) (bool, error)
	format            string
}

func newAWSOptions(sys *System) *awsOptions { return &awsOptions{sys: sys, connect: awsiam.Open} }

// addFlags adds the flags for irsa.yaml and the namespace.
func (o *awsOptions) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	addSource(&o.sourceFlags, f, "f")
	f.StringVarP(&o.namespace, "namespace", "n", "", "the release's namespace (default $HELM_NAMESPACE)")
}

// addOutput adds -o for commands that print text for people or JSON for machines.
func (o *awsOptions) addOutput(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&o.format, "output", "o", "text", "text or json")
}

func (o *awsOptions) checkOutput(cmd *cobra.Command) error { return checkTextOrJSON(cmd, o.format) }

// checkTextOrJSON refuses another format.
func checkTextOrJSON(cmd *cobra.Command, format string) error {
	if format != "text" && format != "json" {
		return faults.Hinted(fmt.Errorf("-o %s: not text or json", format), "%s -o json", cmd.CommandPath())
	}
	return nil
}

// request loads irsa.yaml and finds the namespace: the flag, $HELM_NAMESPACE, which
// Helm sets for its plugins, else the one that every service account of irsa.yaml names.
func (o *awsOptions) request() (awsiam.Release, error) { return o.requestFor(spec.Refuse) }

// requestFor is request for a command that takes examples in place of some placeholders; only
// one that takes none asks AWS for their values. irsa.yaml is read once.
func (o *awsOptions) requestFor(unknown spec.Unknown) (awsiam.Release, error) {
	if o.read != nil {
		return *o.read, nil
	}
	namespace := cmp.Or(o.namespace, o.sys.Getenv("HELM_NAMESPACE"))
	if err := upgrade.CheckNames(o.release, namespace); err != nil {
		return awsiam.Release{}, err
	}
	got, err := load(o.sys, reading{
		sourceFlags: o.sourceFlags, prefix: ownCluster, release: o.release, namespace: namespace,
		kube: kube.Options{Getenv: o.sys.Getenv}, unknown: unknown, offline: unknown != spec.Refuse,
	})
	if err != nil {
		return awsiam.Release{}, err
	}
	namespace = cmp.Or(namespace, onlyNamespace(got.file))
	r := awsiam.Release{File: got.file, Name: o.release, Adopt: o.adopt, Namespace: namespace, Typed: o.typed()}
	o.read, o.which = &r, got.cluster
	return r, upgrade.CheckNames(o.release, namespace)
}

// onlyNamespace is the namespace that all service accounts name; empty where they do not
// agree.
func onlyNamespace(f *spec.File) string {
	only := ""
	for i, sa := range f.ServiceAccounts {
		if i > 0 && sa.Namespace != only {
			return ""
		}
		only = sa.Namespace
	}
	return only
}

// anyNamespace is the flag's, or the one that Helm was given and took for itself: it hands -n on
// as $HELM_NAMESPACE, which says default where nobody gave one.
func anyNamespace(sys *System, flag string) string {
	if helms := sys.Getenv("HELM_NAMESPACE"); flag == "" && helms != "default" {
		return helms
	}
	return flag
}

// open loads irsa.yaml and finds the credentials.
func (o *awsOptions) open(ctx context.Context) (*awsiam.Session, error) {
	r, err := o.clustered()
	if err != nil {
		return nil, err
	}
	return o.connect(ctx, r, awsiam.Options{Trace: tracer(o.sys), WillPlan: o.willPlan, AcceptCertificate: o.acceptCertificate})
}

// clustered is namespaced, with a cluster where roles for its tokens are wanted.
func (o *awsOptions) clustered() (awsiam.Release, error) {
	r, err := o.namespaced()
	if err == nil && awsiam.LacksCluster(r.File) {
		err = o.which.Missing("cluster.name")
	}
	return r, err
}

// namespaced is request, with a namespace.
func (o *awsOptions) namespaced() (awsiam.Release, error) {
	r, err := o.request()
	if err == nil && r.Namespace == "" {
		err = faults.Hinted(errors.New("the release's namespace is not known"), "add -n NAMESPACE, or set HELM_NAMESPACE")
	}
	return r, err
}

// tracer says every call of AWS where Helm was asked to debug (helm --debug sets
// $HELM_DEBUG for its plugins). Only names, times and codes: no arguments, since
// those of STS have tokens.
func tracer(sys *System) func(awsiam.Attempt) {
	if !debugging(sys) {
		return nil
	}
	v := voice.To(sys.Stderr)
	return func(a awsiam.Attempt) {
		text := fmt.Sprintf("debug: %s:%s in %s: %s", strings.ToLower(a.Service), a.Operation, a.Region, a.Duration.Round(time.Millisecond))
		if a.Code != "" {
			text += ": " + a.Code
		}
		v.Info(text)
	}
}

func debugging(sys *System) bool {
	v := sys.Getenv("HELM_DEBUG")
	return v == "true" || v == "1"
}
