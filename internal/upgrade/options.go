package upgrade

import (
	"context"
	"io"

	"github.com/helm-irsa/helm-irsa/internal/helm"
	"github.com/helm-irsa/helm-irsa/internal/kube"
	"github.com/helm-irsa/helm-irsa/internal/ownership"
	"github.com/helm-irsa/helm-irsa/internal/voice"
	"github.com/helm-irsa/helm-irsa/internal/whichcluster"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

// Options are what was typed.
type Options struct {
	// Args is Helm's command line.
	Args *helm.Args
	// Files are --irsa-file as they were typed, Folders --irsa-policy-folder, and Cluster the
	// flags of the cluster.
	Files, Folders []string
	Cluster        whichcluster.Flags
	// Provision is false for --irsa-provision=never; Asked where auto was typed.
	Provision, Asked bool
	// Verify is false for --irsa-verify=never.
	Verify bool
	// Yes is --irsa-yes, KeepRoles --irsa-keep-roles, Adopt --irsa-adopt, Unchecked
	// --irsa-cluster-unchecked.
	Yes, KeepRoles, Adopt, Unchecked bool
}

// Deps are what a transaction works with.
type Deps struct {
	// Context ends when the user interrupts.
	Context context.Context
	Getenv  func(string) string
	Environ func() []string
	// Executable is the path of this program; its neighbours are looked for beside it.
	Executable func() (string, error)
	// Stdin, Stdout and Stderr are Helm's.
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Hold is told that Helm begins: see helm.Client.
	Hold func() (release func(), err error)
	// Say is for what is said in one line, View for what needs more.
	Say  voice.Voice
	View View
	// Connect opens AWS.
	Connect func(context.Context, awsiam.Release, awsiam.Options) (*awsiam.Session, error)
	// Trace is told of every call of AWS; nil where nobody wants to know.
	Trace func(awsiam.Attempt)
	// Debug says more.
	Debug bool
	// LoadFile reads irsa.yaml: as it was typed, else from where it is by default, and finds
	// its cluster.
	LoadFile func(Named) (*Loaded, error)
}

// Named is which irsa.yaml is meant, and what is known for it.
type Named struct {
	Files, Folders []string
	Cluster        whichcluster.Flags
	// Release may be empty: Helm makes up a name. So may Namespace, where only Helm knows it:
	// AskNamespace asks.
	Release, Namespace string
	AskNamespace       func() (string, error)
	// Kube is the kubeconfig that Helm will use.
	Kube kube.Options
	// RenderOnly: nothing is written to AWS.
	RenderOnly bool
}

// Loaded is an irsa.yaml that was read.
type Loaded struct {
	File *spec.File
	// Paths and Folders are absolute, since Helm 4 runs a post-renderer wherever it likes.
	Paths, Folders []string
	// Which is its cluster, with where each fact came from.
	Which whichcluster.Cluster
}

// View shows what takes more than a line, and asks.
type View interface {
	// Plan shows what is to be done, before it is asked for.
	Plan(Proposal)
	// Confirm asks; the error is that of a no, or of nobody there to ask, where flag would
	// have said yes beforehand.
	Confirm(ctx context.Context, question, flag string) error
	// Certificate asks about a certificate that nobody vouches for.
	Certificate(context.Context, awsiam.Certificate) (bool, error)
	// Apply carries out a plan and shows how far it is.
	Apply(context.Context, *awsiam.Session, *awsiam.Plan) error
	// Findings shows a report of verify.
	Findings(*verify.Report)
	// Done are the words for a plan that was carried out.
	Done(*awsiam.Plan) string
}

// Proposal is what is to be done.
type Proposal struct {
	// Heading says which cluster it is for; empty where nothing was compared.
	Heading string
	// Plan is what is to be done in AWS; nil for nothing.
	Plan *awsiam.Plan
	// Adoption is what is to be given to Helm in the cluster; nil for nothing.
	Adoption *ownership.Adoption
	// AdoptionWarnings are what that means, a line each.
	AdoptionWarnings []string
}
