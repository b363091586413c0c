package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/internal/voice"
	"github.com/helm-irsa/helm-irsa/internal/whichcluster"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/catalog"
	"github.com/helm-irsa/helm-irsa/pkg/discover"
	"github.com/helm-irsa/helm-irsa/pkg/draft"
	"github.com/helm-irsa/helm-irsa/pkg/fileio"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

const initHelp = `Writes the first irsa.yaml of a release. The chart is rendered to find its service accounts;
the cluster and AWS are asked what is there already: the release and its values, service
accounts with a role, Pod Identity associations, roles in kiam's annotations. Nothing is
changed in either.

At a terminal it asks which service accounts get a role, and which policy of the catalogue with
which parameters. Of buckets and hosted zones it shows those that AWS has. Without one, --grant answers:

  --grant external-dns=externalDNS,hostedZoneIDs=Z0123456789
  --grant web=s3Bucket,buckets=shop-images,buckets=shop-logs/web,features=readOnly
  --grant web=arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess
  --grant web=none

A service account may have several. Where two have one name, NAMESPACE/NAME is one of them. One that the chart does not make, but whose name is that
of a workload that runs as the namespace's default service account, is made for that workload.
helm irsa catalog lists the entries.

A role that a service account has already stays what it is: irsa.yaml names its ARN, unless
--grant gives another. A file that is there is never overwritten. The command to type next is
shown on stderr.`

// modes are the values of mode in irsa.yaml.
var modes = []string{spec.ModeIRSA, spec.ModePodIdentity, spec.ModeBoth}

// initOptions are one `helm irsa init`.
type initOptions struct {
	inspected
	grants     []string
	mode, file string
	// typedFile is what --irsa-file of the next command has to say; empty where it finds irsa.yaml.
	typedFile string
	// flags are the command's, and ofChart those that say what is rendered.
	flags   *pflag.FlagSet
	ofChart map[string]bool
	cluster whichcluster.Flags
	// connect is awsiam.Open, or what a test puts in its place.
	connect connector
}

func newInit(sys *System, run func(*initOptions) error) *cobra.Command {
	if run == nil {
		run = runInit
	}
	o := &initOptions{inspected: inspected{sys: sys}, connect: awsiam.Open}
	cmd := &cobra.Command{
		Use:   "init RELEASE CHART [flags of helm template]",
		Short: "Write the first irsa.yaml of a release",
		Long:  initHelp,
		Example: `  helm irsa init external-dns external-dns/external-dns -n external-dns
  helm irsa init external-dns external-dns/external-dns -n external-dns --grant external-dns=externalDNS,hostedZoneIDs=Z0123456789
  helm irsa init shop ./chart -n shop -f values.yaml --grant web=s3Bucket,buckets=shop-images -o -`,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveDefault // files and folders
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return faults.Hinted(fmt.Errorf("%s takes a release and a chart, not %d arguments", cmd.CommandPath(), len(args)), "%s RELEASE CHART", cmd.CommandPath())
			}
			if o.mode != "" && !slices.Contains(modes, o.mode) {
				return faults.Hinted(fmt.Errorf("--mode %s: not %s", o.mode, listed(modes)), "--mode podIdentity")
			}
			if err := o.read(cmd, args); err != nil {
				return err
			}
			return run(o)
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.grants, "grant", nil, "what a service account is allowed, as `SERVICEACCOUNT=ENTRY[,PARAMETER=VALUE…]`, SERVICEACCOUNT=POLICY-ARN or SERVICEACCOUNT=none (repeatable)")
	f.StringVar(&o.mode, "mode", "", "how pods get their role: irsa, podIdentity or both (default irsa)")
	f.StringVarP(&o.file, "file", "o", "", "the `FILE` to write, - for stdout (default $HELM_IRSA_FILE, else ./irsa.yaml)")
	addCluster(&o.cluster, f)
	before := map[string]bool{}
	f.VisitAll(func(f *pflag.Flag) { before[f.Name] = true })
	o.addFlags(cmd)
	o.flags, o.ofChart = f, map[string]bool{}
	f.VisitAll(func(f *pflag.Flag) { o.ofChart[f.Name] = !before[f.Name] })
	return cmd
}

func runInit(o *initOptions) error {
	o.typedFile = o.file
	o.file = cmp.Or(o.file, o.sys.Getenv("HELM_IRSA_FILE"), spec.DefaultFile())
	if err := isFree(o.file); err != nil {
		return err
	}
	grants, err := parseGrants(o.grants)
	if err != nil {
		return err
	}
	w, err := o.world()
	if err != nil {
		return err
	}
	defer w.done()
	choice, err := o.choose(w, grants)
	if err != nil {
		return err
	}
	text, err := o.written(w, choice)
	if err != nil {
		return err
	}
	if err := o.save(text); err != nil {
		return err
	}
	o.sayNext(w, choice)
	return nil
}

// isFree refuses a file that is there already, before anything is asked.
func isFree(file string) error {
	if file == "-" {
		return nil
	}
	switch _, err := os.Lstat(file); {
	case err == nil:
		return taken(file)
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("writing %s: %w", file, fileio.Cause(err))
	}
	return nil
}

// taken is the error that the file is there.
func taken(file string) error {
	return faults.Hinted(fmt.Errorf("writing %s: it is there already", file), "add -o - to see what would be written, or -o FILE for another file")
}

// save writes the file, which nobody made meanwhile.
func (o *initOptions) save(text []byte) error {
	if o.file == "-" {
		_, err := o.sys.Stdout.Write(text)
		return err
	}
	err := writeNew(o.file, text, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return taken(o.file)
	}
	return err
}

// parseGrants reads all of --grant; all faults come at once.
func parseGrants(texts []string) ([]draft.Grant, error) {
	var out []draft.Grant
	var wrong []error
	for _, text := range texts {
		g, err := draft.ParseGrant(text)
		out, wrong = append(out, g), append(wrong, err)
	}
	return out, errors.Join(wrong...)
}

// choice is what every service account gets.
type choice struct {
	grants map[string][]draft.Grant // by what the service account is called
	// asked: somebody answered at a terminal.
	asked bool
}

// choose takes the grants as they were given, asks for them at a terminal, or says which flags
// answer what is open.
func (o *initOptions) choose(w *world, grants []draft.Grant) (*choice, error) {
	c := &choice{grants: map[string][]draft.Grant{}}
	for _, g := range grants {
		called := g.ServiceAccount
		if s := w.subject(called); s != nil {
			called = s.called
		}
		c.grants[called] = append(c.grants[called], g)
	}
	if len(grants) == 0 && !w.hasRoles() {
		a, done, ok := newAsker(o.sys)
		if !ok {
			return nil, w.open()
		}
		defer done()
		var err error
		if c.grants, err = w.converse(a, o); err != nil {
			return nil, err
		}
		c.asked = true
	}
	return c, w.check(c, o.mode)
}

// check finds grants for what is not there, and those that make no sense.
func (w *world) check(c *choice, mode string) error {
	var wrong []error
	for _, name := range manifest.SortedKeys(c.grants) {
		if w.subject(name) == nil {
			wrong = append(wrong, w.unknown(name))
			continue
		}
		if s := w.subject(name); s.name == "default" {
			wrong = append(wrong, faults.Hinted(fmt.Errorf("--grant %s=…: every pod of namespace %s that names no service account runs as default, and would have the role", name, s.namespace),
				"have the chart make another service account by its values; or write irsa.yaml by hand, with allowDefault: true"))
			continue
		}
		seen := map[string]bool{}
		for _, g := range c.grants[name] {
			what := cmp.Or(g.Entry, g.PolicyARN, draft.None)
			if e, err := catalog.Find(g.Entry); err == nil {
				what = e.Name
			}
			if seen[what] {
				wrong = append(wrong, faults.Hinted(fmt.Errorf("--grant %s: %s is granted %s twice", g, name, what), "write its parameters in one --grant"))
			}
			seen[what] = true
			wrong = append(wrong, g.Check(w.target(), cmp.Or(mode, spec.ModeIRSA)))
		}
	}
	return errors.Join(wrong...)
}

// unknown says which service accounts there are.
func (w *world) unknown(name string) error {
	var names []string
	for _, s := range w.subjects {
		names = append(names, s.called)
	}
	if all := w.meant(name); len(all) > 1 {
		return faults.Hinted(fmt.Errorf("--grant %s=…: %d service accounts have that name", name, len(all)), "write --grant %s", safe.Word(all[0].called+"=ENTRY"))
	}
	if err := w.made(name); err != nil {
		return err
	}
	err := fmt.Errorf("--grant %s=…: the chart makes no service account %s, and no workload of that name runs without one", name, name)
	if near, ok := spec.Nearest(name, names); ok {
		return faults.Hinted(err, "did you mean %s?", safe.Word(near))
	}
	if len(names) == 0 {
		return w.none()
	}
	return faults.Hinted(err, "there are: %s", safe.Text(strings.Join(names, ", ")))
}

// made is the error that somebody else makes the service account, which pods of the chart run as; nil
// where none does.
func (w *world) made(name string) error {
	for _, r := range w.found.Elsewhere {
		if r.ServiceAccount == name && name != "default" {
			return faults.Hinted(fmt.Errorf("%s %s runs as service account %s, which the chart does not make with these values", r.Kind, r.Name, name),
				"let the chart make it; or write irsa.yaml by hand, with create: never where somebody else makes it")
		}
	}
	return nil
}

// none is the error that there is no service account to give a role to.
func (w *world) none() error {
	for _, r := range w.found.Elsewhere {
		if err := w.made(r.ServiceAccount); err != nil {
			return err
		}
	}
	return faults.Hinted(fmt.Errorf("chart %s makes no service account with these values that could have a role", w.found.Chart.Name),
		"helm irsa inspect, with the same chart and flags, shows what it makes and which values do")
}

// open is the error where nobody can be asked: which flags say it.
func (w *world) open() error {
	if len(w.subjects) == 0 {
		return w.none()
	}
	var proposed, names []string
	for _, s := range w.subjects {
		if s.entry != "" {
			proposed = append(proposed, "--grant "+safe.Word(draft.Proposed(s.called, s.entry).String()))
		}
		names = append(names, safe.Text(s.called))
	}
	err := fmt.Errorf("which service accounts of chart %s get which policy was not said, and there is no terminal to ask on", w.found.Chart.Name)
	if len(proposed) > 0 {
		return faults.Hinted(err, "add %s", strings.Join(proposed, " "))
	}
	example := "SERVICEACCOUNT"
	if len(w.subjects) == 1 {
		example = w.subjects[0].called
	}
	return faults.Hinted(err, "add --grant %s, of helm irsa catalog, or --grant %s; service accounts: %s", safe.Word(example+"=ENTRY"), safe.Word(example+"=none"), strings.Join(names, ", "))
}

// written is irsa.yaml. It is read as every command reads it, before anybody sees it.
func (o *initOptions) written(w *world, c *choice) ([]byte, error) {
	text, err := w.draft(c, o).YAML()
	if err != nil {
		return nil, err
	}
	file, err := spec.Parse("irsa.yaml", text)
	if err == nil {
		file.Cluster = w.cluster.known // as the next command finds it
		if awsiam.LacksCluster(file) {
			return nil, w.cluster.found.Missing("cluster.name")
		}
		_, unmet := catalog.Expand(file, w.target())
		err = faultsOf(unmet)
	}
	if err == nil {
		err = awsiam.Check(awsiam.Release{File: file, Name: o.options.Release, Namespace: w.chart.Namespace})
	}
	if err != nil {
		return nil, fmt.Errorf("what irsa.yaml would be is not valid: %w", err)
	}
	return text, nil
}

func faultsOf(found []spec.Fault) error {
	var all []error
	for _, f := range found {
		all = append(all, errors.New(f.Message))
	}
	return errors.Join(all...)
}

// draft is what irsa.yaml is to say.
func (w *world) draft(c *choice, o *initOptions) *draft.Draft {
	d := &draft.Draft{
		About:   []string{fmt.Sprintf("AWS roles of release %s, chart %s %s.", safe.Text(o.options.Release), safe.Text(w.found.Chart.Name), safe.Text(w.found.Chart.Version))},
		Cluster: w.cluster.said,
	}
	for _, s := range w.subjects {
		grants, granted := c.grants[s.called]
		if !granted && s.role == nil {
			continue
		}
		sa := draft.ServiceAccount{Name: s.name, UsedBy: s.usedBy, Mode: o.mode, About: s.words(granted)}
		if s.namespace != w.chart.Namespace {
			sa.Namespace = s.namespace
		}
		switch {
		case granted:
			sa.Role.Grants = grants
		default:
			sa.Role, sa.Mode = *s.role, cmp.Or(o.mode, s.mode)
			sa.AllowDefault = s.name == "default" // it has the role already
			d.Migrate = d.Migrate || s.kiam
		}
		if sa.Mode == spec.ModeIRSA {
			sa.Mode = ""
		}
		d.ServiceAccounts = append(d.ServiceAccounts, sa)
	}
	d.Migrate = d.Migrate || slices.ContainsFunc(w.subjects, func(s *subject) bool { _, granted := c.grants[s.called]; return granted && s.hadKiam != "" })
	return d
}

// sayNext says what was written, what else there is to do, and what to type.
func (o *initOptions) sayNext(w *world, c *choice) {
	v := voice.To(o.sys.Stderr)
	if o.file != "-" {
		n := 0
		for _, s := range w.subjects {
			if _, granted := c.grants[s.called]; granted || s.role != nil {
				n++
			}
		}
		words := fmt.Sprintf("%d service accounts", n)
		if n == 1 {
			words = "1 service account"
		}
		v.Info(fmt.Sprintf("wrote %s: %s", o.file, words))
	}
	told := map[string]bool{}
	for _, name := range manifest.SortedKeys(c.grants) {
		for _, g := range c.grants[name] {
			e, err := catalog.Find(g.Entry)
			if err != nil || told[e.Name] {
				continue
			}
			told[e.Name] = true
			for _, need := range e.Needs {
				v.Info(e.Name + ": " + need)
			}
		}
	}
	for _, line := range w.next(c, o) {
		v.Hint(line)
	}
}

// runners are the workloads that run as a service account, in words.
func runners(all []discover.Workload) string {
	var out []string
	for _, w := range all {
		out = append(out, w.Kind+" "+w.Name)
	}
	if len(out) > 3 {
		out = append(out[:2], fmt.Sprintf("%d more", len(out)-2))
	}
	return strings.Join(out, ", ")
}
