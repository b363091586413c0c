package cli

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/kube"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/fleet"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// reportOptions are one `helm irsa report`.
type reportOptions struct {
	sys *System

	contexts     []string
	allContexts  bool
	noCluster    bool
	profiles     []string
	assumeRoles  []string
	snapshots    []string
	manifests    []string
	issuers      []string
	lastAccessed bool
	qps          float64
	timeout      time.Duration
	redact       bool
	format       string
	explain      string
	now          func() time.Time
}

const reportHelp = `Reads whole clusters and AWS accounts, and tells which service account can assume which
role, whoever made them: cluster, release, service account, role, policies. Each service
account is judged as helm irsa verify judges it. Beside that it tells what a role may do,
who else may assume it, when it was last used and who made it. It tells which pods have access keys
or use the node's role, and what only the whole shows, such as roles that nobody can assume.

It reads only. Clusters are the current context, those of --context, or --all-contexts.
AWS is read with the usual credentials and the profiles that the contexts name, or with
each --profile and --assume-role: once for each AWS account. Files take their place: --manifests for a cluster, as kubectl get
-o yaml prints it, --snapshot for an AWS account, as aws iam
get-account-authorization-details or helm irsa snapshot prints it.

What cannot be read is unknown, and stands at the top. The report is made all the same.

Exit codes: 0 all ok, 2 something is broken, 3 nothing is broken but something is
unknown, 1 the command failed.`

// reportFormats are what -o takes.
var reportFormats = []string{"text", "json", "html", "markdown", "csv", "dot", "sarif", "junit"}

func newReport(sys *System, run func(*reportOptions) error) *cobra.Command {
	if run == nil {
		run = runReport
	}
	o := &reportOptions{sys: sys, now: time.Now}
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Show which service accounts of whole clusters can assume which roles",
		Long:  reportHelp,
		Example: `  helm irsa report
  helm irsa report --context prod --context staging --profile prod --profile staging -o json
  kubectl get sa,deploy,sts,ds,cronjob,pod -A -o yaml > prod.yaml
  helm irsa report --manifests prod=prod.yaml --snapshot aws.json`,
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
	f.StringArrayVar(&o.contexts, "context", nil, "a context of the kubeconfig to read (repeatable; default: the current one)")
	f.BoolVar(&o.allContexts, "all-contexts", false, "read every context of the kubeconfig")
	f.BoolVar(&o.noCluster, "no-cluster", false, "read no cluster: the report is of AWS accounts alone")
	f.StringArrayVar(&o.profiles, "profile", nil, "an AWS profile to read an AWS account with (repeatable; default: the usual credentials, and those of the contexts)")
	f.StringArrayVar(&o.assumeRoles, "assume-role", nil, "the ARN of a role to assume and read its AWS account with (repeatable)")
	f.StringArrayVar(&o.manifests, "manifests", nil, "[CLUSTER=]FILE of a cluster's objects, - for stdin (repeatable); with it no context is read unless one is named")
	f.StringArrayVar(&o.issuers, "cluster-issuer", nil, "[CLUSTER=]https://… of the cluster's tokens, where nothing else tells it (repeatable)")
	f.StringArrayVar(&o.snapshots, "snapshot", nil, "a file with an AWS account (repeatable); with it AWS is not asked unless a profile or role is named")
	f.BoolVar(&o.lastAccessed, "last-accessed", false, "also ask IAM which services each role has used, which takes seconds for each")
	f.Float64Var(&o.qps, "qps", 0, "begin at most so many calls a second, of each cluster and each AWS account (default: no bound)")
	f.DurationVar(&o.timeout, "timeout", 2*time.Minute, "the longest time for reading one cluster or AWS account")
	f.BoolVar(&o.redact, "redact", false, "put made-up ones in the place of AWS account IDs, and of the IDs of issuers and access keys")
	f.StringVar(&o.explain, "explain", "", "print what a finding's code means")
	f.StringVarP(&o.format, "output", "o", "text", strings.Join(reportFormats, ", "))
	return cmd
}

func (o *reportOptions) check() error {
	switch {
	case !slices.Contains(reportFormats, o.format):
		return suggesting(fmt.Errorf("-o %s: not one of %s", o.format, strings.Join(reportFormats, ", ")), o.format, reportFormats, "helm irsa report -o %s", "helm irsa report -o json")
	case o.allContexts && len(o.contexts) > 0:
		return faults.Hinted(errors.New("both --context and --all-contexts were given"), "leave one of them away")
	case o.noCluster && (o.allContexts || len(o.contexts)+len(o.manifests) > 0):
		return faults.Hinted(errors.New("--no-cluster was given, and a cluster to read"), "leave one of them away")
	case o.misnamedRole() != "":
		return faults.Hinted(fmt.Errorf("--assume-role %s: not the ARN of a role", o.misnamedRole()), "--assume-role arn:aws:iam::111122223333:role/NAME")
	case o.qps < 0:
		return faults.Hinted(fmt.Errorf("--qps %v: less than none", o.qps), "--qps 10")
	case o.timeout <= 0:
		return faults.Hinted(fmt.Errorf("--timeout %s: no time at all", o.timeout), "--timeout 2m")
	}
	return nil
}

// misnamedRole is what --assume-role has and is no role.
func (o *reportOptions) misnamedRole() string {
	for _, arn := range o.assumeRoles {
		if _, err := spec.ParseRoleARN(arn); err != nil {
			return safe.Text(arn)
		}
	}
	return ""
}

// areContexts: the kubeconfig has all of these contexts. One that is there and does not answer is
// another matter: what was typed wrongly never will.
func areContexts(sys *System, command string, names []string) error {
	all, _, err := kube.Contexts(kube.Options{Getenv: sys.Getenv})
	if err != nil {
		return err
	}
	for _, name := range names {
		if !slices.Contains(all, name) {
			return suggesting(fmt.Errorf("--context %s: the kubeconfig has no context of that name", safe.Text(name)), name, all,
				"did you mean helm irsa "+command+" --context %s?", "kubectl config get-contexts -o name lists them")
		}
	}
	return nil
}

func runReport(o *reportOptions) error {
	if o.explain != "" {
		return o.explainCode()
	}
	facts, err := o.read()
	if err != nil {
		return err
	}
	r := fleet.Build(*facts)
	if err := o.print(r); err != nil {
		return err
	}
	return verifyCode(r.Status())
}

// explainCode prints what a code of the report means: its own, or verify's.
func (o *reportOptions) explainCode() error {
	c, ok := fleet.CodeOf(o.explain)
	if !ok {
		return explainCode(o.sys.Stdout, o.explain)
	}
	_, err := fmt.Fprintf(o.sys.Stdout, "%s: %s\n\nseverity: %s\n\nwhat it looks like:\n  %s\n\nwhy:\n  %s\n\nrepair:\n  %s\n", c.Code, c.Title, c.Severity, c.Looks, c.Why, c.Repair)
	return err
}

// clusterFile is a value of --manifests or --cluster-issuer.
type clusterFile struct{ cluster, value string }

// clusterPrefix is what a name of a cluster before a file mostly is: it decides where no file is
// there. A file whose path has a = is written with ./ before it.
var clusterPrefix = regexp.MustCompile(`^([0-9A-Za-z][0-9A-Za-z_.:@-]*)=(.+)$`)

// clusterFileOf takes the first = behind which something is for the one behind the name. Names are
// those of contexts, and may be anything: an ARN, as EKS's own tool writes them, has a slash.
func clusterFileOf(text string) clusterFile {
	if isThere(text) {
		return clusterFile{value: text}
	}
	for at, c := range text {
		if name, value := text[:at], text[min(at+1, len(text)):]; c == '=' && name != "" && (isThere(value) || strings.HasPrefix(value, "https://")) {
			return clusterFile{name, value}
		}
	}
	if m := clusterPrefix.FindStringSubmatch(text); m != nil {
		return clusterFile{m[1], m[2]}
	}
	return clusterFile{value: text}
}

// isThere: a file, or stdin.
func isThere(path string) bool {
	_, err := os.Stat(path)
	return err == nil || path == "-"
}

// accesses are how AWS accounts are read.
func (o *reportOptions) accesses() []awsiam.Access {
	var out []awsiam.Access
	for _, p := range o.profiles {
		out = append(out, awsiam.Access{Profile: p})
	}
	for _, r := range o.assumeRoles {
		out = append(out, awsiam.Access{AssumeRoleARN: r})
	}
	if len(out) == 0 && len(o.snapshots) == 0 && len(o.manifests) == 0 {
		out = append(out, awsiam.Access{})
	}
	return out
}

// contextNames are the contexts that are read.
func (o *reportOptions) contextNames() ([]string, error) {
	switch {
	case o.allContexts:
		names, _, err := kube.Contexts(kube.Options{Getenv: o.sys.Getenv})
		if err == nil && len(names) == 0 {
			err = errors.New("the kubeconfig has no context")
		}
		return names, err
	case len(o.contexts) > 0:
		return slices.Compact(slices.Sorted(slices.Values(o.contexts))), areContexts(o.sys, "report", o.contexts)
	case o.noCluster || len(o.manifests) > 0:
		return nil, nil
	}
	_, current, err := kube.Contexts(kube.Options{Getenv: o.sys.Getenv})
	if err == nil && current == "" && o.sys.Getenv("HELM_KUBEAPISERVER") == "" {
		err = faults.Hinted(errors.New("no context is the current one"), "helm irsa report --context NAME")
	}
	return []string{current}, err
}
