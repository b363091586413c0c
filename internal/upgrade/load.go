package upgrade

import (
	"errors"
	"fmt"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/helm"
	"github.com/helm-irsa/helm-irsa/internal/kube"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/fileio"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// request is what one transaction is about, once irsa.yaml and the command line were read.
// It does not change from then on.
type request struct {
	Deps
	Options
	file *spec.File
	// path is the absolute path of irsa.yaml.
	path      string
	helm      helm.Client
	major     int
	namespace string
	// cluster is the one that Helm will change; where the kubeconfig cannot be read,
	// clusterErr says why.
	cluster    *kube.Client
	clusterErr error
}

// load reads irsa.yaml and finds Helm: a fault in them costs nothing.
func load(d Deps, o Options) (*request, error) {
	r := &request{Deps: d, Options: o}
	var err error
	if r.file, r.path, err = d.LoadFile(o.File); err != nil {
		return nil, err
	}
	if r.helm, err = d.FindHelm(); err != nil {
		return nil, err
	}
	if r.major, err = r.helm.Major(); err != nil {
		return nil, err
	}
	if r.namespace, err = r.helm.Namespace(o.Args, d.Getenv); err != nil {
		return nil, err
	}
	if err := CheckNames(o.Args.Release(), r.namespace); err != nil {
		return nil, err
	}
	if err := errors.Join(unnamed(r), misread(r)); err != nil {
		return nil, err
	}
	if o.Args.Command != "template" {
		openCluster(r)
	}
	return r, nil
}

// misread is the error of a command line that Helm would take for something else than was
// meant, or would refuse, after it had rendered.
func misread(r *request) error {
	if r.Args.Command == "template" && r.major == 3 && r.given("output-dir") != "" {
		return faults.Hinted(errors.New("helm template --output-dir of Helm 3 writes the files before it calls a post-renderer, so they would have no role (pkg/action/install.go, renderResources)"),
			"leave --output-dir off, and split what helm irsa template prints; or use Helm 4")
	}
	for _, name := range r.Args.All("values") {
		if isIRSA(name) {
			return faults.Hinted(fmt.Errorf("-f %s: it is an irsa.yaml, and helm %s takes -f for values", name, r.Args.Command), "--irsa-file %s", safe.Word(name))
		}
	}
	return nil
}

// isIRSA reports whether a file of values is an irsa.yaml by its kind. What cannot be read is
// Helm's to say.
func isIRSA(name string) bool {
	text, err := fileio.Read(name, mostValues)
	if err != nil {
		return false
	}
	var head struct{ APIVersion, Kind string }
	return yaml.Unmarshal(text, &head) == nil && head.Kind == spec.Kind && strings.HasPrefix(head.APIVersion, "helm-irsa.dev/")
}

// mostValues is how long a file may be that could be an irsa.yaml.
const mostValues = 8 << 20

// FindHelm is the user's Helm with our streams.
func (d Deps) FindHelm() (helm.Client, error) {
	path, err := helm.Find(d.Getenv)
	if err != nil {
		return helm.Client{}, faults.Hinted(err, "put helm on PATH, or its path into $HELM_BIN")
	}
	return helm.Client{Path: path, Env: d.Environ(), Stdin: d.Stdin, Stdout: d.Stdout, Stderr: d.Stderr, Hold: d.Hold}, nil
}

// openCluster finds the cluster that Helm will change. Helm gets its context from here on,
// whatever somebody makes the kubeconfig's current one while this command asks its question.
func openCluster(r *request) {
	r.cluster, r.clusterErr = kube.Open(kube.Options{Kubeconfig: r.given("kubeconfig"), Namespace: r.namespace, Getenv: r.kubeEnv})
	if r.clusterErr == nil && r.cluster.Context() != "" && r.given("kube-context") == "" {
		r.helm.Env = append(r.helm.Env, "HELM_KUBECONTEXT="+r.cluster.Context())
	}
}

// CheckNames refuses names that Helm and Kubernetes refuse: before AWS is asked for anything
// by them, and before they become part of a subject, where a namespace such as * would let
// others in. What is empty is not known yet.
func CheckNames(release, namespace string) error {
	return errors.Join(
		refusedName("release "+fmt.Sprintf("%q", release), spec.CheckRelease(release)),
		refusedName("namespace "+fmt.Sprintf("%q", namespace), spec.CheckNamespace(namespace)),
	)
}

func refusedName(what string, err error) error {
	var bad *spec.NameError
	if !errors.As(err, &bad) {
		return nil
	}
	return faults.Hinted(fmt.Errorf("reading the command line: %s: %s", what, bad.Message), "%s", bad.Hint)
}

// release is the release as AWS knows it.
func (r *request) release() awsiam.Release {
	return awsiam.Release{File: r.file, Namespace: r.namespace, Name: r.Args.Release(), Typed: r.File}
}

// changes: Helm is to change the cluster.
func (r *request) changes() bool { return r.Args.Command != "template" && !r.Args.DryRun() }

// needsAWS: something in irsa.yaml is to be made or kept in AWS.
func needsAWS(f *spec.File) bool {
	for _, sa := range f.ServiceAccounts {
		if sa.Role.ARN == "" || sa.Mode != "irsa" {
			return true
		}
	}
	return len(f.Policies) > 0 || f.NodeRole != nil
}

func namesCluster(f *spec.File) bool {
	return f.Cluster.Name != "" || f.Cluster.Issuer != ""
}

// emptied: irsa.yaml has no service account any more, so that all goes that the release
// may have had. Where it names roles by ARN alone, AWS is not asked: that is for who has
// no access to IAM, and what was made before goes with apply or uninstall.
func (r *request) emptied() bool {
	return r.Args.Command == "upgrade" && r.Args.Release() != "" && len(r.file.ServiceAccounts) == 0 && namesCluster(r.file)
}

// missesFacts: an ARN depends on the AWS account or the region, which irsa.yaml leaves out.
func (r *request) missesFacts() bool {
	for _, sa := range r.file.ServiceAccounts {
		var unknown *spec.UnknownARN
		if _, err := r.file.RoleARN(sa, r.namespace); errors.As(err, &unknown) {
			return true
		}
	}
	return false
}
