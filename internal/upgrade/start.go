package upgrade

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/handover"
	"github.com/helm-irsa/helm-irsa/internal/helm"
	"github.com/helm-irsa/helm-irsa/internal/kube"
	"github.com/helm-irsa/helm-irsa/internal/ownership"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/render"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// begun is what goes on side by side.
type begun struct {
	*request
	// ctx ends with the user's patience, and when Helm ends before it was let go on.
	ctx    context.Context
	stop   context.CancelCauseFunc
	folder *handover.Folder
	helm   *helmRun
	look   *ownership.Look
	check  *clusterCheck
	aws    *awsRead
}

// errHelmEnded is the cause of a context that ends with Helm.
var errHelmEnded = errors.New("ended before it was let go on")

// start starts Helm, and beside it all that is read before anything is changed.
func start(r *request) (*begun, error) {
	callWith, err := findRenderer(r)
	if err != nil {
		return nil, err
	}
	look, err := beginLook(r)
	if err != nil {
		return nil, err
	}
	b := &begun{request: r, look: look}
	b.ctx, b.stop = context.WithCancelCause(r.Context)
	if b.folder, err = handover.New(); err != nil {
		look.Leave()
		return nil, err
	}
	b.aws = beginAWS(b)
	b.check = beginClusterCheck(b.request)
	values, err := valueFlags(b)
	if err != nil {
		b.leave()
		return nil, err
	}
	call := callWith(filterArgs(r, b.folder.Address()))
	client := r.helm
	client.Env = append(slices.Clone(client.Env), call.env...)
	b.helm = runHelm(client, r.Args.Line(slices.Concat(values, adoptionFlags(r), call.flags)...))
	return b, nil
}

// leave ends what is still going on.
func (b *begun) leave() {
	b.look.Leave()
	b.check.leave()
	b.folder.Close()
	b.stop(nil)
}

// filterArgs are the post-renderer's arguments.
func filterArgs(r *request, address string) []string {
	var args []string
	for _, path := range r.paths {
		args = append(args, "-f", path)
	}
	for _, folder := range r.folders {
		args = append(args, "--policy-folder", folder)
	}
	args = append(args, "--namespace", r.namespace)
	if _, named := r.Args.Given("namespace"); !named && r.namespace == "default" {
		args = append(args, "--namespace-assumed")
	}
	if release := r.Args.Release(); release != "" {
		args = append(args, "--release", release)
	}
	return append(args, "--hand-over", address)
}

// valueFlags are the values that irsa.yaml wants Helm to have. They stand last,
// so that irsa.yaml wins over a --set-string that was typed.
func valueFlags(b *begun) ([]string, error) {
	values, err := helmValues(b)
	if err != nil {
		return nil, err
	}
	var flags []string
	for _, v := range values {
		flags = append(flags, "--set-string", helm.SetString(v.Path, v.Value))
	}
	if len(flags) > 0 && b.Args.CopiesValues() {
		flags = append(flags, "--reset-then-reuse-values")
	}
	return flags, nil
}

// helmValues are those values. Where the ARN of a role is among them and irsa.yaml leaves out
// what it takes to compute it, AWS is asked before Helm is started, and not beside it.
func helmValues(b *begun) ([]render.HelmValue, error) {
	values, err := render.Values(b.file, b.namespace)
	if err == nil {
		return values, nil
	}
	known := facts(b)
	if err := b.Context.Err(); err != nil {
		return nil, err
	}
	values, err = render.Values(b.file.InCluster(known.AccountID, known.Region), b.namespace)
	if err != nil && b.aws.openErr != nil {
		b.Say.Warning("irsa.yaml does not say the AWS account or region, and AWS could not be asked: " + faults.FirstLine(b.aws.openErr))
	}
	return values, err
}

// adoptionFlags are Helm's in a dry run that would adopt: nothing is given to it, and its own
// check would stop it there. It knows the flag since 3.17.
func adoptionFlags(r *request) []string {
	if !r.Adopt || !r.Args.DryRun() || r.takesOwnership() {
		return nil
	}
	return []string{"--take-ownership"}
}

// takesOwnership: Helm was told to take whatever is there (Helm 3.17 and later).
func (r *request) takesOwnership() bool { return r.Args.On("take-ownership") }

// beginLook starts to look for service accounts of others; nil where there is nothing to
// look for. A dry run asks the cluster only where it was told to.
func beginLook(r *request) (*ownership.Look, error) {
	dry, _ := r.Args.Given("dry-run")
	switch {
	case r.Args.Command == "template", r.takesOwnership():
		return nil, nil
	case r.Args.DryRun() && dry != "server" && !r.Adopt:
		return nil, nil
	case r.Args.Release() == "" && r.Adopt:
		return nil, errUnnamedAdoption
	case r.Args.Release() == "":
		return nil, nil
	case r.clusterErr != nil && r.Adopt:
		return nil, fmt.Errorf("--irsa-adopt: %w", r.clusterErr)
	}
	var names []kube.Account
	for _, sa := range r.file.ServiceAccounts {
		// Where irsa.yaml says that it is made elsewhere, only the chart could bring it.
		if sa.Create != spec.CreateNever {
			names = append(names, kube.Account{Namespace: sa.NamespaceIn(r.namespace), Name: sa.Name})
		}
	}
	return ownership.Begin(r.Context, ownership.Question{
		Release: ownership.Release{Name: r.Args.Release(), Namespace: r.namespace}, Names: names,
		Upgrade: r.Args.Command == "upgrade", Adopt: r.Adopt, Major: r.major, Client: r.cluster, Ask: r.askHelm,
	}), nil
}

// wanted is the role that a service account is to have, for ownership; nil where Helm takes
// back by itself what it wants.
func wanted(r *request, learnt awsiam.Facts) ownership.Wanted {
	if r.Args.On("force-conflicts") || r.given("server-side") == "false" {
		return nil
	}
	file := r.file.InCluster(learnt.Account, learnt.Region)
	return func(a *ownership.Account) (string, bool) {
		for _, sa := range file.ServiceAccounts {
			if sa.Name == a.Name && sa.NamespaceIn(r.namespace) == a.Namespace && sa.Mode != spec.ModePodIdentity {
				arn, err := file.RoleARN(sa, r.namespace)
				return arn, err == nil
			}
		}
		return "", false
	}
}
