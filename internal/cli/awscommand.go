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
	"github.com/helm-irsa/helm-irsa/internal/upgrade"
	"github.com/helm-irsa/helm-irsa/internal/voice"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// awsOptions are what every command takes that works on AWS with irsa.yaml.
type awsOptions struct {
	sys *System
	// connect is awsiam.Open, or what a test puts in its place.
	connect func(context.Context, awsiam.Release, awsiam.Options) (*awsiam.Session, error)

	file, namespace, release string
	adopt                    []string
	willPlan                 bool // the next thing is Session.Plan
	// acceptCertificate asks about a certificate that nobody vouches for; nil refuses it.
	acceptCertificate func(context.Context, awsiam.Certificate) (bool, error)
	format            string
}

func newAWSOptions(sys *System) *awsOptions { return &awsOptions{sys: sys, connect: awsiam.Open} }

// addFlags adds the flags for irsa.yaml and the namespace.
func (o *awsOptions) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&o.file, "irsa-file", "f", "", "irsa.yaml (default $HELM_IRSA_FILE, else ./irsa.yaml)")
	f.StringVarP(&o.namespace, "namespace", "n", "", "the release's namespace (default $HELM_NAMESPACE)")
}

// addOutput adds -o for commands that print text for people or JSON for machines.
func (o *awsOptions) addOutput(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&o.format, "output", "o", "text", "text or json")
}

func (o *awsOptions) checkOutput(cmd *cobra.Command) error {
	if o.format != "text" && o.format != "json" {
		return faults.Hinted(fmt.Errorf("-o %s: not text or json", o.format), "%s -o json", cmd.CommandPath())
	}
	return nil
}

// request loads irsa.yaml and finds the namespace: the flag, $HELM_NAMESPACE, which
// Helm sets for its plugins, else the one that every service account of irsa.yaml names.
func (o *awsOptions) request() (awsiam.Release, error) {
	file, _, err := loadFile(o.sys, o.file)
	if err != nil {
		return awsiam.Release{}, err
	}
	namespace := cmp.Or(o.namespace, o.sys.Getenv("HELM_NAMESPACE"), onlyNamespace(file))
	return awsiam.Release{File: file, Name: o.release, Adopt: o.adopt, Namespace: namespace, Typed: o.file}, upgrade.CheckNames(o.release, namespace)
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

// open loads irsa.yaml and finds the credentials.
func (o *awsOptions) open(ctx context.Context) (*awsiam.Session, error) {
	r, err := o.namespaced()
	if err != nil {
		return nil, err
	}
	return o.connect(ctx, r, awsiam.Options{Trace: tracer(o.sys), WillPlan: o.willPlan, AcceptCertificate: o.acceptCertificate})
}

// namespaced is request, with a namespace.
func (o *awsOptions) namespaced() (awsiam.Release, error) {
	r, err := o.request()
	if err == nil && r.Namespace == "" {
		err = faults.Hinted(errors.New("the release's namespace is not known"), "add -n NAMESPACE")
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
