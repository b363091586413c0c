package upgrade

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/helm"
	"github.com/helm-irsa/helm-irsa/internal/kube"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/internal/whichcluster"
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
	// paths and folders are irsa.yaml's absolute paths, and those of folders for policies.
	paths, folders []string
	// which is irsa.yaml's cluster, with where each fact came from.
	which     whichcluster.Cluster
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
	if err := errors.Join(CheckNames(o.Args.Release(), r.named()), misreadValues(r)); err != nil {
		return nil, err
	}
	got, err := d.LoadFile(Named{
		Files: o.Files, Folders: o.Folders, Cluster: o.Cluster, Release: o.Args.Release(), Namespace: r.named(), AskNamespace: r.askNamespace,
		Kube: kube.Options{Kubeconfig: r.given("kubeconfig"), Getenv: r.kubeEnv}, RenderOnly: o.Args.Command == "template" || !o.Provision,
	})
	if err != nil {
		return nil, err
	}
	r.file, r.paths, r.folders, r.which = got.File, got.Paths, got.Folders, got.Which
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
	if err := misread(r); err != nil {
		return nil, err
	}
	if err := errors.Join(unnamed(r), unknownCluster(r)); err != nil {
		return nil, err
	}
	if o.Args.Command != "template" {
		openCluster(r)
	}
	return r, nil
}

// named is the namespace that was typed, or that Helm gave this plugin; empty where Helm would
// have to be asked.
func (r *request) named() string { return cmp.Or(r.given("namespace"), r.Getenv("HELM_NAMESPACE")) }

// askNamespace asks Helm for the namespace, for a placeholder of irsa.yaml.
func (r *request) askNamespace() (string, error) {
	client, err := r.FindHelm()
	if err != nil {
		return "", err
	}
	return client.Namespace(r.Args, r.Getenv)
}

// misread is the error of a command line that Helm would take for something else than was
// meant, or would refuse, after it had rendered.
func misread(r *request) error {
	if r.Args.Command == "template" && r.major == 3 && r.given("output-dir") != "" {
		return faults.Hinted(errors.New("helm template --output-dir of Helm 3 writes the files before it calls a post-renderer, so they would have no role (pkg/action/install.go, renderResources)"),
			"leave --output-dir off, and split what helm irsa template prints; or use Helm 4")
	}
	return nil
}

// misreadValues is the error of an irsa.yaml that was given as values.
func misreadValues(r *request) error {
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
	return awsiam.Release{File: r.file, Namespace: r.namespace, Name: r.Args.Release(), Typed: r.typed()}
}

// changes: Helm is to change the cluster.
func (r *request) changes() bool { return r.Args.Command != "template" && !r.Args.DryRun() }

// namesCluster: irsa.yaml, a flag or the environment names the cluster; that the kubeconfig has
// a name for its own says nothing of the release.
func (r *request) namesCluster() bool { return r.which.Meant() }

// unknownCluster is the error of roles for tokens of a cluster that nothing names.
func unknownCluster(r *request) error {
	if plan, _ := r.wants(); plan && awsiam.LacksCluster(r.file) {
		return r.which.Missing("cluster.name")
	}
	return nil
}

// emptied: irsa.yaml has no service account any more, so that all goes that the release
// may have had. Where it names roles by ARN alone, AWS is not asked: that is for who has
// no access to IAM, and what was made before goes with apply or uninstall.
func (r *request) emptied() bool {
	return r.Args.Command == "upgrade" && r.Args.Release() != "" && len(r.file.ServiceAccounts) == 0 && r.namesCluster()
}
