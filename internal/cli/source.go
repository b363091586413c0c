package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"

	"github.com/spf13/pflag"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/kube"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/internal/voice"
	"github.com/helm-irsa/helm-irsa/internal/whichcluster"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// sourceFlags are what a command line says of irsa.yaml and its cluster.
type sourceFlags struct {
	files, folders []string
	cluster        whichcluster.Flags
}

const (
	fileUsage   = "irsa.yaml; several are merged, left to right (default $HELM_IRSA_FILE, else ./irsa.yaml)"
	folderUsage = "a `FOLDER` beside irsa.yaml's own that a policy's file may lie in (repeatable)"
)

// addSource adds the flags to a command of ours; short is -f, or empty where that is Helm's.
func addSource(s *sourceFlags, f *pflag.FlagSet, short string) {
	f.StringArrayVarP(&s.files, "irsa-file", short, nil, fileUsage)
	f.StringArrayVar(&s.folders, "policy-folder", nil, folderUsage)
	addCluster(&s.cluster, f)
	f.SortFlags = false
}

// addCluster adds the flags of the cluster alone.
func addCluster(c *whichcluster.Flags, f *pflag.FlagSet) {
	for _, one := range c.Fields() {
		f.StringVar(one.Into, ownCluster+one.Name, "", fmt.Sprintf("%s, as `%s` (default $%s, else the kubeconfig)", one.Help, one.Value, whichcluster.Variable(one.Name)))
	}
}

// What the flags of the cluster begin with: of our own commands, and of those that wrap Helm's.
const (
	ownCluster  = "cluster-"
	helmCluster = ownPrefix + "cluster-"
)

// typed are the flags for the commands that hints tell to type.
func (s *sourceFlags) typed() safe.Source {
	return safe.Source{Files: s.files, Folders: s.folders, Cluster: s.cluster.Typed()}
}

// pathsOf are the irsa.yaml: those that were named, else those of $HELM_IRSA_FILE, which are told
// apart as the folders of $PATH are, else ./irsa.yaml.
func pathsOf(s *sourceFlags, sys *System) []string {
	if len(s.files) > 0 {
		return s.files
	}
	named := slices.DeleteFunc(filepath.SplitList(sys.Getenv("HELM_IRSA_FILE")), func(p string) bool { return p == "" })
	if len(named) > 0 {
		return named
	}
	return []string{spec.DefaultFile()}
}

// reading is which irsa.yaml is read, and what is known for it.
type reading struct {
	sourceFlags
	// prefix begins the flags of the cluster, for hints.
	prefix             string
	release, namespace string
	// askNamespace asks Helm for it where nothing else says it; it may be nil.
	askNamespace func() (string, error)
	// kube says which kubeconfig.
	kube kube.Options
	// unknown is what becomes of placeholders that have no value; offline is that AWS is not
	// asked for one.
	unknown spec.Unknown
	offline bool
}

// loaded is an irsa.yaml that was read, with the cluster that it is for.
type loaded struct {
	file    *spec.File
	cluster whichcluster.Cluster
}

// load reads irsa.yaml and finds its cluster.
func load(sys *System, r reading) (*loaded, error) {
	f := &finder{sys: sys, reading: r}
	f.context = sync.OnceValues(func() (whichcluster.Kubeconfig, error) { return kube.ReadContext(r.kube) })
	file, err := loadWellKnown(sys, pathsOf(&r.sourceFlags, sys), spec.Options{Known: f.known, Unknown: r.unknown, PolicyFolders: r.folders})
	if err != nil {
		return nil, err
	}
	if !r.offline && needsName(file) {
		if err := f.lookUp(); err != nil {
			return nil, err
		}
	}
	for _, text := range f.found.Unused {
		voice.To(sys.Stderr).Warning(text)
	}
	file.Cluster = f.found.Complete(file.Cluster)
	return &loaded{file, f.found}, nil
}

// withFacts is irsa.yaml with what the roles' ARNs depend on: where nothing says it, AWS is asked
// for the AWS account and the region.
func withFacts(sys *System, connect connector, r awsiam.Release) (*spec.File, error) {
	if !r.File.LacksFacts(r.Namespace) {
		return r.File, nil
	}
	s, err := connect(sys.context(), r, awsiam.Options{Trace: tracer(sys)})
	if err != nil {
		return nil, notAsked([]string{"cluster.accountID"}, err)
	}
	facts := s.Facts()
	return r.File.InCluster(facts.Account, facts.Region), nil
}

// needsName: something is to be made in AWS, which is called after the cluster.
func needsName(f *spec.File) bool {
	if f.Cluster.Name != "" {
		return false
	}
	made := slices.ContainsFunc(f.ServiceAccounts, func(sa spec.ServiceAccount) bool {
		return sa.Role.ARN == "" && (sa.Role.Name == "" || !f.Cluster.ByIssuer) || sa.UsesPodIdentity()
	})
	return made || f.NodeRole != nil || len(f.Policies) > 0 && !f.Cluster.ByIssuer
}

// finder finds the cluster while irsa.yaml is read: its placeholders may need it.
type finder struct {
	sys *System
	reading
	context func() (whichcluster.Kubeconfig, error)
	found   whichcluster.Cluster
	session *awsiam.Session // once AWS was asked
}

// known is what is known of the cluster and the release.
func (f *finder) known(own spec.Cluster) (spec.Known, error) {
	k, unread := f.context()
	found, err := whichcluster.Find(whichcluster.Sources{
		File: own, Typed: f.cluster, Prefix: "--" + f.prefix, Getenv: f.sys.Getenv, Kubeconfig: k, Unread: unread,
		RegionOf: func(profile string) string { return awsiam.RegionOfProfile(f.sys.context(), profile) },
	})
	f.found = found
	return spec.Known{Cluster: found.Complete(own), Release: f.release, Namespace: f.namespace, Getenv: f.sys.Getenv, Ask: f.ask}, err
}

// ask is asked for what a placeholder needs and nothing says.
func (f *finder) ask(fact string) (string, error) {
	missing := f.found.Missing(fact)
	switch fact {
	case "release.name":
		return "", faults.Hinted(errors.New("no release was named"), "name the release on the command line")
	case "release.namespace":
		if f.askNamespace != nil {
			return f.askNamespace()
		}
		return "", faults.Hinted(errors.New("no namespace was named"), "add -n NAMESPACE")
	}
	if f.offline {
		return "", missing
	}
	if err := f.lookUp(); err != nil {
		return "", err
	}
	var err error
	switch c := &f.found; fact {
	case "cluster.region":
		if c.Region.Text == "" {
			c.Region = whichcluster.Value{Text: awsiam.DefaultRegion(f.sys.context()), From: "AWS configuration"}
		}
	case "cluster.accountID", "cluster.issuer":
		err = f.askAWS(fact)
	}
	if err != nil {
		return "", joinHint(missing, err)
	}
	c := f.found
	if value := map[string]string{"cluster.name": c.Name.Text, "cluster.region": c.Region.Text, "cluster.accountID": c.AccountID.Text, "cluster.issuer": c.Issuer.Text}[fact]; value != "" {
		return value, nil
	}
	return "", missing
}

// joinHint says why AWS did not tell either; what to type stays.
func joinHint(missing, err error) error {
	var h interface{ Hint() string }
	errors.As(missing, &h)
	return faults.Hinted(fmt.Errorf("%w; and AWS was asked in vain: %s", missing, faults.FirstLine(err)), "%s", h.Hint())
}

// lookUp asks EKS for a cluster of which the address alone is known.
func (f *finder) lookUp() error {
	found, err := lookedUp(f.sys, f.found)
	f.found = found
	return err
}

// lookedUp is the cluster with what EKS says of its address, where nothing else names it.
func lookedUp(sys *System, c whichcluster.Cluster) (whichcluster.Cluster, error) {
	return c.LookUp(sys.context(), func(ctx context.Context, host whichcluster.Host) ([]whichcluster.ID, error) {
		return awsiam.ClustersAt(ctx, awsiam.Options{Trace: tracer(sys)}, host)
	})
}

// askAWS asks STS for the AWS account, or EKS for the issuer.
func (f *finder) askAWS(fact string) error {
	ctx := f.sys.context()
	if f.session == nil {
		s, err := awsiam.Open(ctx, awsiam.Release{File: &spec.File{Cluster: f.found.Complete(spec.Cluster{})}}, awsiam.Options{Trace: tracer(f.sys)})
		if err != nil {
			return err
		}
		f.session = s
	}
	if f.found.AccountID.Text == "" && fact == "cluster.accountID" {
		f.found.AccountID = whichcluster.Value{Text: f.session.Facts().Account, From: "current credentials"}
		return nil
	}
	if c := f.session.Clusters(ctx, func(whichcluster.ID) bool { return true })[0]; c.Unread != nil {
		return c.Unread
	} else if f.found.Issuer.Text == "" && c.Issuer != "" {
		f.found.Issuer = whichcluster.Value{Text: c.Issuer, From: "EKS"}
	}
	return nil
}

// inKubeconfig is the cluster where no irsa.yaml says it: by flags, the environment and the
// kubeconfig.
func inKubeconfig(sys *System, typed whichcluster.Flags) (whichcluster.Cluster, error) {
	k, unread := kube.ReadContext(kube.Options{Getenv: sys.Getenv})
	return whichcluster.Find(whichcluster.Sources{
		NoFile: true, Typed: typed, Prefix: "--" + ownCluster, Getenv: sys.Getenv, Kubeconfig: k, Unread: unread,
		RegionOf: func(profile string) string { return awsiam.RegionOfProfile(sys.context(), profile) },
	})
}

// typedCluster is the cluster as flags and the environment say it.
func typedCluster(sys *System, typed whichcluster.Flags) (whichcluster.Cluster, error) {
	return whichcluster.Find(whichcluster.Sources{NoFile: true, Typed: typed, Prefix: "--" + ownCluster, Getenv: sys.Getenv})
}

// withoutFile is an error of AWS as it is said where there is no irsa.yaml yet.
func withoutFile(err error) error {
	var f *awsiam.Fault
	if errors.As(err, &f) {
		return f.WithoutFile()
	}
	return err
}

// absolute are paths that mean the same in another folder: Helm 4 runs a post-renderer wherever
// it likes.
func absolute(paths []string) ([]string, error) {
	out := make([]string, len(paths))
	for i, path := range paths {
		whole, err := filepath.Abs(path)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", path, err)
		}
		out[i] = whole
	}
	return out, nil
}

// sourceOf is the source of one irsa.yaml; an empty path is the one that is found without a flag.
func sourceOf(path string) safe.Source {
	if path == "" {
		return safe.Source{}
	}
	return safe.Source{Files: []string{path}}
}
