package cli

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/internal/upgrade"
	"github.com/helm-irsa/helm-irsa/internal/voice"
	"github.com/helm-irsa/helm-irsa/internal/whichcluster"
	"github.com/helm-irsa/helm-irsa/pkg/adopt"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/fileio"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// importOptions are one `helm irsa import`.
type importOptions struct {
	*awsOptions
	terraform, eksctl, snapshot string
	offline                     bool
	nodeRoles, access, users    []string
	typed                       whichcluster.Flags
	cluster                     whichcluster.Cluster // as flags and the environment say it
	out                         string
	outOfReach                  []string // AWS accounts that were told of
}

const importHelp = `Writes irsa.yaml from what exists: roles, policies and EKS Pod Identity associations,
and the service accounts that they are for. It reads from

  --release RELEASE     the release and its service accounts in the cluster, and AWS
  --eksctl FILE         eksctl's ClusterConfig, and AWS (or --snapshot, or --offline)
  --terraform FILE      what terraform show -json prints of a state or a saved plan
  --snapshot FILE       what helm irsa snapshot wrote

and writes nothing in AWS or the cluster. With a file, -n takes one namespace, and
--release says which release its service accounts are of.

What irsa.yaml cannot say is a line on stderr and a comment in the file. The last line
on stderr is the plan that adopts what was taken: it changes tags, descriptions and
our own statement in each trust policy, and nothing else.`

func newImport(sys *System, run func(*importOptions) error) *cobra.Command {
	if run == nil {
		run = runImport
	}
	o := &importOptions{awsOptions: newAWSOptions(sys)}
	cmd := &cobra.Command{
		Use:   "import",
		Short: "Write irsa.yaml from what exists",
		Long:  importHelp,
		Example: `  helm irsa import --release epinio -n epinio > irsa.yaml
  helm irsa import --eksctl cluster.yaml -n epinio --release epinio > irsa.yaml
  terraform show -json > state.json; helm irsa import --terraform state.json -o irsa
  helm irsa import --snapshot aws.json -n epinio -o irsa.yaml`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			if err := o.check(); err != nil {
				return err
			}
			return run(o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.release, "release", "", "the `RELEASE`; without a file it is read from the cluster")
	f.StringVarP(&o.namespace, "namespace", "n", "", "the release's namespace (with --release default $HELM_NAMESPACE; with a file default all)")
	f.StringVar(&o.eksctl, "eksctl", "", "a `FILE` that eksctl takes with -f")
	f.StringVar(&o.terraform, "terraform", "", "a `FILE` that terraform show -json printed, - for stdin")
	f.StringVar(&o.snapshot, "snapshot", "", "a `FILE` that helm irsa snapshot wrote; with --eksctl it is read instead of AWS")
	f.BoolVar(&o.offline, "offline", false, "with --eksctl: read neither AWS nor a snapshot")
	f.StringArrayVar(&o.users, "service-account", nil, "a service account of the namespace and its role, as `NAME=ROLE`, where nothing else names it (repeatable)")
	f.StringArrayVar(&o.nodeRoles, "node-role", nil, "also take the release's policies on this `ROLE` of the nodes")
	f.StringArrayVar(&o.access, "aws-account", nil, "how another AWS account is reached, as `ID=PROFILE` or ID=ROLE-ARN (repeatable)")
	f.StringVar(&o.typed.Name, "cluster-name", "", "the cluster's name in EKS, where what is read does not say it (default $HELM_IRSA_CLUSTER_NAME)")
	f.StringVar(&o.typed.Region, "cluster-region", "", "its region (default $HELM_IRSA_CLUSTER_REGION)")
	f.StringVar(&o.typed.AccountID, "cluster-account-id", "", "its AWS account (default $HELM_IRSA_CLUSTER_ACCOUNT_ID)")
	f.StringVar(&o.typed.Issuer, "cluster-issuer", "", "the issuer of its tokens (default $HELM_IRSA_CLUSTER_ISSUER)")
	f.StringVarP(&o.out, "output", "o", "", "write `FILE.yaml`, or files into a folder, instead of stdout; nothing is overwritten")
	return cmd
}

// check looks at what was typed.
func (o *importOptions) check() error {
	var files []string
	for _, f := range []struct{ flag, value string }{{"--terraform", o.terraform}, {"--eksctl", o.eksctl}, {"--snapshot", o.snapshot}} {
		if f.value != "" {
			files = append(files, f.flag)
		}
	}
	switch {
	case len(files) == 0 && o.release == "":
		return faults.Hinted(errors.New("nothing to import from"), "add --release RELEASE, --eksctl FILE, --terraform FILE or --snapshot FILE")
	case o.terraform != "" && len(files) > 1:
		return faults.Hinted(fmt.Errorf("both %s were given", strings.Join(files, " and ")), "leave one of them away")
	case o.offline && (o.eksctl == "" || o.snapshot != ""):
		return faults.Hinted(errors.New("--offline is for --eksctl without --snapshot: nothing else asks AWS where it has a file"), "leave --offline away")
	}
	var err error
	if o.cluster, err = typedCluster(o.sys, o.typed); err != nil {
		return err
	}
	return upgrade.CheckNames(o.release, o.namespace)
}

func runImport(o *importOptions) error {
	access, err := o.accounts()
	if err != nil {
		return err
	}
	s, err := o.source(access)
	if err != nil {
		return err
	}
	for id, how := range access {
		s.Access[id] = how
	}
	if err := o.addUsers(s); err != nil {
		return err
	}
	if err := o.sameCluster(s); err != nil {
		return err
	}
	build := func(namespace string) (*adopt.Result, error) {
		return adopt.Build(s, adopt.Options{Namespace: namespace, Release: o.release, NodeRoles: o.nodeRoles})
	}
	r, err := build(o.namespace)
	if err == nil && oneFile(o.out) && len(r.Files) > 1 {
		// Helm keeps -n to itself, and says it so (helm.sh/helm/v3 pkg/cli/environment.go, EnvVars).
		helms := o.sys.Getenv("HELM_NAMESPACE")
		if slices.ContainsFunc(r.Files, func(f adopt.File) bool { return f.Namespace == helms }) {
			voice.To(o.sys.Stderr).Info("this is namespace " + helms + ", as $HELM_NAMESPACE says; for all of them: -o FOLDER")
			r, err = build(helms)
		}
	}
	if err != nil {
		return o.explained(err)
	}
	return o.write(r)
}

// oneFile reports whether -o names a file, or nothing, so that stdout gets it.
func oneFile(out string) bool { return out == "" || isYAML(out) }

// addUsers adds what --service-account says.
func (o *importOptions) addUsers(s *adopt.Source) error {
	namespace := cmp.Or(o.namespace, o.sys.Getenv("HELM_NAMESPACE"))
	for _, text := range o.users {
		name, role, ok := strings.Cut(text, "=")
		switch {
		case !ok || !spec.Takes("serviceAccountName", name) || role == "":
			return faults.Hinted(fmt.Errorf("--service-account %s is not NAME=ROLE", text), "--service-account web=web-role")
		case namespace == "":
			return faults.Hinted(errors.New("--service-account: its namespace is not known"), "add -n NAMESPACE")
		}
		s.Users = append(s.Users, adopt.User{Namespace: namespace, Name: name, RoleARN: role})
	}
	return nil
}

// explained gives an error of pkg/adopt what to type next.
func (o *importOptions) explained(err error) error {
	var none *adopt.NothingError
	if !errors.As(err, &none) {
		return err
	}
	for _, n := range none.Left {
		voice.To(o.sys.Stderr).Warning(n.About + ": " + n.Text)
	}
	switch {
	case none.Later:
		return faults.Hinted(err, "%s", terraformFirst)
	case o.offline:
		return faults.Hinted(err, "leave --offline away: then AWS is asked")
	case o.namespace != "":
		return faults.Hinted(err, "leave -n away to see all namespaces")
	}
	return faults.Hinted(err, "name a service account that nothing there names: -n NAMESPACE --service-account NAME=ROLE")
}

// source reads what is to be imported.
func (o *importOptions) source(access map[string]spec.AccountAccess) (*adopt.Source, error) {
	switch {
	case o.terraform != "":
		text, name, err := o.readFile(o.terraform)
		if err != nil {
			return nil, err
		}
		return adopt.Terraform(name, text)
	case o.eksctl != "":
		return o.fromEksctl(access)
	case o.snapshot != "":
		state, err := o.readSnapshot()
		if err != nil {
			return nil, err
		}
		return &adopt.Source{Name: o.snapshot, State: *state, Kept: map[string]string{}, Access: map[string]spec.AccountAccess{}}, nil
	}
	return o.fromRelease(access)
}

// readFile reads a file, or stdin for -.
func (o *importOptions) readFile(path string) ([]byte, string, error) {
	return (&verifyOptions{awsOptions: o.awsOptions}).readFile(path)
}

func (o *importOptions) readSnapshot() (*awsstate.State, error) {
	text, name, err := o.readFile(o.snapshot)
	if err != nil {
		return nil, err
	}
	state, err := awsstate.Read(name, bytes.NewReader(text))
	if err != nil {
		return nil, faults.Hinted(err, "give it what helm irsa snapshot RELEASE prints, or aws iam get-account-authorization-details")
	}
	return state, nil
}

// sameCluster completes what was read with what was typed, and refuses another cluster.
func (o *importOptions) sameCluster(s *adopt.Source) error {
	known := s.State.Cluster
	place := s.Cluster
	if len(s.Clusters) == 1 {
		place.Region, place.AccountID = cmp.Or(place.Region, s.Clusters[0].Region), cmp.Or(place.AccountID, s.Clusters[0].AccountID)
	}
	for _, f := range []struct {
		said whichcluster.Value
		read string
	}{
		{o.cluster.Name, cmp.Or(s.Cluster.Name, known.Name)}, {o.cluster.Issuer, cmp.Or(s.Cluster.Issuer, known.Issuer)},
		{o.cluster.Region, place.Region}, {o.cluster.AccountID, place.AccountID},
	} {
		if f.said.Text != "" && f.read != "" && f.said.Text != f.read {
			return faults.Hinted(fmt.Errorf("%s is of the cluster with %s, not %s", s.Name, f.read, f.said.Text), "leave %s away, or name another file", f.said.From)
		}
	}
	c := &s.Cluster
	c.Name, c.Region = cmp.Or(o.cluster.Name.Text, c.Name), cmp.Or(o.cluster.Region.Text, c.Region)
	c.AccountID, c.Issuer = cmp.Or(o.cluster.AccountID.Text, c.AccountID), cmp.Or(o.cluster.Issuer.Text, c.Issuer)
	return nil
}

// accounts reads --aws-account.
func (o *importOptions) accounts() (map[string]spec.AccountAccess, error) {
	out := map[string]spec.AccountAccess{}
	for _, text := range o.access {
		id, how, ok := strings.Cut(text, "=")
		if !ok || !accountText.MatchString(id) || how == "" {
			return nil, faults.Hinted(fmt.Errorf("--aws-account %s is not ID=PROFILE or ID=ROLE-ARN", text), "--aws-account 444455556666=shared-data")
		}
		if strings.HasPrefix(how, "arn:") {
			out[id] = spec.AccountAccess{AssumeRoleARN: how}
		} else {
			out[id] = spec.AccountAccess{Profile: how}
		}
	}
	return out, nil
}

// write writes the files, and says what could not be taken and what to type next.
func (o *importOptions) write(r *adopt.Result) error {
	single := oneFile(o.out)
	if single && len(r.Files) > 1 {
		var names []string
		for _, f := range r.Files {
			names = append(names, f.Namespace)
		}
		return faults.Hinted(fmt.Errorf("there are %d files, of the namespaces %s", len(r.Files), strings.Join(names, ", ")), "take one with -n %s, or write all into a folder: -o irsa", names[0])
	}
	paths := make([]string, len(r.Files))
	for i, f := range r.Files {
		if paths[i] = o.out; !single {
			paths[i] = filepath.Join(o.out, f.Namespace, f.Release, "irsa.yaml")
		}
		if _, err := os.Lstat(paths[i]); paths[i] != "" && err == nil {
			return faults.Hinted(fmt.Errorf("writing %s: it is there already", paths[i]), "remove it, or write to another place with -o")
		}
	}
	v := voice.To(o.sys.Stderr)
	for _, n := range r.Notes {
		v.Warning(n.About + ": " + n.Text)
	}
	for i, f := range r.Files {
		if err := o.put(paths[i], f.Text); err != nil {
			return err
		}
		for _, n := range f.Notes {
			v.Warning(n.About + ": " + n.Text)
		}
		if paths[i] != "" {
			v.Info("wrote " + paths[i])
		}
	}
	for i, f := range r.Files {
		v.Info("next: " + nextPlan(f, paths[i]))
		if len(f.Ahead) > 0 {
			v.Info("what is not in AWS yet is made by helm irsa apply or by Terraform, not by both: take " + strings.Join(f.Ahead, ", ") + " out of Terraform's files; or " + terraformFirst)
		}
		if len(f.Kept) > 0 {
			v.Info("once it is applied, take it from Terraform, which would go on to change it: terraform state rm " + quotedAll(f.Kept))
		}
	}
	return nil
}

// terraformFirst is what to do with a saved plan of what is not there yet.
const terraformFirst = "have Terraform make it first, and import its state: terraform apply && terraform show -json > state.json"

func isYAML(path string) bool {
	ending := filepath.Ext(path)
	return ending == ".yaml" || ending == ".yml"
}

// put writes one file, which must not be there.
func (o *importOptions) put(path string, text []byte) error {
	if path == "" {
		_, err := o.sys.Stdout.Write(text)
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return fmt.Errorf("writing %s: %w", path, fileio.Cause(err))
	}
	return writeNew(path, text, 0o666)
}

// nextPlan is the plan that adopts what a file has.
func nextPlan(f adopt.File, path string) string {
	t := safe.Irsa("plan", f.Release, f.Namespace, sourceOf(path))
	for _, a := range f.Adopt {
		t.Given("--adopt", a)
	}
	return t.String()
}

func quotedAll(words []string) string {
	var out []string
	for _, w := range words {
		out = append(out, safe.Word(w))
	}
	return strings.Join(out, " ")
}
