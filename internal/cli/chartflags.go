package cli

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"sigs.k8s.io/yaml"

	"github.com/helm-irsa/helm-irsa/internal/charts"
	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/internal/upgrade"
	"github.com/helm-irsa/helm-irsa/pkg/discover"
	"github.com/helm-irsa/helm-irsa/pkg/fileio"
)

// inspected is a chart to be rendered in process: helm template's arguments and flags.
type inspected struct {
	sys     *System
	chart   string
	options discover.Options
	sources discover.Sources
	// update is --dependency-update.
	update bool
	pull   *pflag.FlagSet
}

// addFlags adds helm template's flags that have to do with what is rendered, and helm pull's. They
// mean what they mean there (helm.sh/helm/v3 and v4, flags.go, install.go, template.go).
func (i *inspected) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.SortFlags = false
	f.StringSliceVarP(&i.sources.Files, "values", "f", nil, "values of a `FILE` or URL, - for stdin; may be repeated")
	f.StringArrayVar(&i.sources.Set, "set", nil, "a value, as `PATH=VALUE`")
	f.StringArrayVar(&i.sources.String, "set-string", nil, "a value that is text, as `PATH=VALUE`")
	f.StringArrayVar(&i.sources.JSON, "set-json", nil, "a value that is JSON, as `PATH=JSON`")
	f.StringArrayVar(&i.sources.File, "set-file", nil, "a value that is a file's content, as `PATH=FILE`")
	f.StringArrayVar(&i.sources.Literally, "set-literal", nil, "a value that is this text literally, as `PATH=TEXT`")
	f.StringVarP(&i.options.Namespace, "namespace", "n", "", "the release's `NAMESPACE` (default Helm's)")
	f.StringVar(&i.options.KubeVersion, "kube-version", "", "the Kubernetes `VERSION` that the chart is told of")
	f.StringSliceVarP(&i.options.APIVersions, "api-versions", "a", nil, "an `API` that the chart is told of, beside those of Kubernetes")
	f.BoolVar(&i.options.IsUpgrade, "is-upgrade", false, "render as for an upgrade")
	f.BoolVar(&i.options.NoHooks, "no-hooks", false, "leave hooks out")
	f.BoolVar(&i.options.SkipTests, "skip-tests", false, "leave hooks that are tests out")
	f.BoolVar(&i.options.SkipSchema, "skip-schema-validation", false, "take values that the chart's schema refuses")
	f.BoolVar(&i.update, "dependency-update", false, "get what a chart's folder depends on first")
	i.pull = pflag.NewFlagSet("pull", pflag.ContinueOnError)
	i.pull.SortFlags = false
	i.pull.String("repo", "", "the `URL` of the chart's repository")
	i.pull.String("version", "", "the chart's `VERSION`, or a range (default the latest)")
	i.pull.Bool("devel", false, "take versions that are under development, too")
	i.pull.String("username", "", "`NAME` for the repository")
	i.pull.String("password", "", "`PASSWORD` for the repository")
	i.pull.Bool("pass-credentials", false, "give the password to every host that the chart is loaded from")
	i.pull.String("ca-file", "", "verify the repository's certificate with this `FILE`")
	i.pull.String("cert-file", "", "a client certificate's `FILE`")
	i.pull.String("key-file", "", "its key's `FILE`")
	i.pull.Bool("insecure-skip-tls-verify", false, "do not verify the repository's certificate")
	i.pull.Bool("plain-http", false, "reach a registry without TLS")
	i.pull.Bool("verify", false, "verify the chart's signature")
	i.pull.String("keyring", "", "the `FILE` of the keys for that")
	i.pull.String("registry-config", "", "Helm's `FILE` of registries")
	i.pull.String("repository-config", "", "Helm's `FILE` of repositories")
	i.pull.String("repository-cache", "", "Helm's `FOLDER` for what it has read of them")
	f.AddFlagSet(i.pull)
}

// read takes the arguments: a release may stand before the chart, as for helm template.
func (i *inspected) read(cmd *cobra.Command, args []string) error {
	switch len(args) {
	case 1:
		i.options.Release, i.chart = "release-name", args[0] // helm template's
	case 2:
		i.options.Release, i.chart = args[0], args[1]
	default:
		return faults.Hinted(fmt.Errorf("%s takes a chart, and a release before it where its name matters, not %d arguments", cmd.CommandPath(), len(args)), "%s CHART", cmd.CommandPath())
	}
	return upgrade.CheckNames(i.options.Release, i.options.Namespace) // as Helm does
}

// opened gets the chart and the values, and gives what is to be rendered; done removes what it
// brought.
func (i *inspected) opened() (o discover.Options, done func(), err error) {
	path, done, err := i.local()
	if err != nil {
		return o, done, err
	}
	o = i.options
	o.Chart = path
	if o.Values, err = discover.MergeValues(i.sources, i.content); err != nil {
		done()
		return o, func() {}, err
	}
	if o.Namespace == "" {
		o.Namespace = i.namespace()
	}
	o.Through = func(values map[string]any, skipSchema bool) ([]byte, error) { return i.through(o, values, skipSchema) }
	return o, done, nil
}

// found inspects the chart.
func (i *inspected) found() (*discover.Result, error) {
	o, done, err := i.opened()
	if err != nil {
		return nil, err
	}
	defer done()
	return i.inspect(o)
}

// inspect has the program that renders charts inspect one that was opened.
func (i *inspected) inspect(o discover.Options) (*discover.Result, error) {
	program, err := i.sys.charts()
	if err != nil {
		return nil, err
	}
	result, err := program.Inspect(i.sys.context(), o)
	return result, i.said(err)
}

// render has it render one, like helm template, hooks included.
func (i *inspected) render(o discover.Options) ([]byte, error) {
	program, err := i.sys.charts()
	if err != nil {
		return nil, err
	}
	stream, err := program.Render(i.sys.context(), o)
	return stream, i.said(err)
}

// charts is the program that renders charts: it lies beside this one.
func (s *System) charts() (charts.Program, error) {
	exe, err := s.Executable()
	if err == nil {
		exe, err = filepath.EvalSymlinks(exe)
	}
	if err != nil {
		return charts.Program{}, fmt.Errorf("finding this program: %w", err)
	}
	return charts.Program{Path: filepath.Join(filepath.Dir(exe), charts.Name+filepath.Ext(exe)), Env: s.Environ()}, nil
}

// said gives an error its subject, and keeps its hint.
func (i *inspected) said(err error) error {
	var lacking *discover.DependencyError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &lacking):
		lacking.Chart = i.chart
		return faults.Hinted(err, "--dependency-update gets them")
	}
	wrapped := fmt.Errorf("inspecting chart %s: %w", safe.Text(i.chart), err)
	if h, ok := err.(interface{ Hint() string }); ok && h.Hint() != "" {
		return faults.Hinted(wrapped, "%s", h.Hint())
	}
	return faults.Hinted(wrapped, "helm show values %s lists what can be given, with -f FILE or --set NAME=VALUE", safe.Word(i.chart))
}

// namespace is Helm's; where there is no Helm to ask, what Kubernetes has.
func (i *inspected) namespace() string {
	if ns := i.sys.Getenv("HELM_NAMESPACE"); ns != "" {
		return ns
	}
	client, err := newHelm(i.sys)
	if err != nil {
		return "default"
	}
	ns, err := client.Ask(i.sys.context(), "env", "HELM_NAMESPACE")
	if err != nil {
		return "default"
	}
	return cmp.Or(strings.TrimSpace(ns), "default")
}

// local is the chart's folder or archive. What is none goes to the user's own Helm, with its
// repositories, registries and credentials; done removes what it brought. As Helm decides it: what
// is there as a file is the chart, and what begins as a path is nothing else (helm.sh/helm/v3
// pkg/action/install.go, LocateChart).
func (i *inspected) local() (path string, done func(), err error) {
	done = func() {}
	_, err = os.Stat(i.chart)
	switch {
	case err == nil:
		if i.update {
			err = i.updated()
		}
		return i.chart, done, err
	case filepath.IsAbs(i.chart) || strings.HasPrefix(i.chart, "."):
		return "", done, faults.Hinted(fmt.Errorf("reading chart %s: %w", i.chart, fileio.Cause(err)), "name a folder or an archive, REPOSITORY/CHART or oci://…")
	}
	client, err := newHelm(i.sys)
	if err != nil {
		return "", done, err
	}
	folder, err := os.MkdirTemp("", "helm-irsa-chart-")
	if err != nil {
		return "", done, fmt.Errorf("making a folder for the chart: %w", err)
	}
	done = func() { _ = os.RemoveAll(folder) } // the system's own temporary folder
	args := []string{"pull", i.chart, "--destination", folder}
	i.pull.VisitAll(func(f *pflag.Flag) {
		if f.Changed {
			args = append(args, "--"+f.Name+"="+f.Value.String())
		}
	})
	if _, err := client.Ask(i.sys.context(), args...); err != nil {
		done()
		return "", func() {}, fmt.Errorf("getting chart %s: %s", i.chart, faults.OutputLines(err.Error()))
	}
	all, err := filepath.Glob(filepath.Join(folder, "*.tgz"))
	if err != nil || len(all) != 1 {
		done()
		return "", func() {}, fmt.Errorf("getting chart %s: helm pull left %d archives", i.chart, len(all))
	}
	return all[0], done, nil
}

// updated has Helm get what a folder depends on, into its charts folder, as it does itself.
func (i *inspected) updated() error {
	client, err := newHelm(i.sys)
	if err != nil {
		return err
	}
	if _, err := client.Ask(i.sys.context(), "dependency", "update", i.chart); err != nil {
		return fmt.Errorf("getting what chart %s depends on: %s", i.chart, faults.OutputLines(err.Error()))
	}
	return nil
}

// content is that of a file of values. What is no file, such as a URL, the user's own Helm
// reads, with its plugins for that: as the values of a chart that prints its values.
func (i *inspected) content(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(i.sys.Stdin)
	}
	data, err := os.ReadFile(name)
	switch {
	case err == nil:
		return data, nil
	case !errors.Is(err, fs.ErrNotExist) || !strings.Contains(name, "://"):
		return nil, fmt.Errorf("reading %s: %w", name, fileio.Cause(err))
	}
	return i.foreign(name)
}

// valuesChart prints its values.
var valuesChart = map[string]string{
	"Chart.yaml":            "apiVersion: v2\nname: values\nversion: 0.0.0\n",
	"templates/values.yaml": "{{ toJson .Values }}\n",
}

func (i *inspected) foreign(name string) ([]byte, error) {
	client, err := newHelm(i.sys)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "helm-irsa-values-")
	if err != nil {
		return nil, fmt.Errorf("making a folder for the values: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	if err := os.Mkdir(filepath.Join(folder, "templates"), 0o700); err != nil {
		return nil, fmt.Errorf("making a folder for the values: %w", err)
	}
	for file, text := range valuesChart {
		if err := os.WriteFile(filepath.Join(folder, file), []byte(text), 0o600); err != nil {
			return nil, fmt.Errorf("making a chart for the values: %w", err)
		}
	}
	text, err := client.Ask(i.sys.context(), "template", "values", folder, "--values", name)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %s", name, faults.OutputLines(err.Error()))
	}
	_, data, ok := bytes.Cut([]byte(text), []byte("values.yaml\n")) // behind the line that names the template
	if !ok {
		return nil, fmt.Errorf("reading %s: helm template printed no values", name)
	}
	return data, nil
}

// through renders with the user's own Helm.
func (i *inspected) through(o discover.Options, values map[string]any, skipSchema bool) ([]byte, error) {
	client, err := newHelm(i.sys)
	if err != nil {
		return nil, err
	}
	text, err := yaml.Marshal(values)
	if err != nil {
		return nil, fmt.Errorf("writing values: %w", err)
	}
	file, err := os.CreateTemp("", "helm-irsa-values-*.yaml")
	if err != nil {
		return nil, fmt.Errorf("making a file for values: %w", err)
	}
	defer func() { _ = os.Remove(file.Name()) }()
	if _, err = file.Write(text); err == nil {
		err = file.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("writing values: %w", err)
	}
	args := []string{"template", o.Release, o.Chart, "--namespace", o.Namespace, "--values", file.Name()}
	if o.KubeVersion != "" {
		args = append(args, "--kube-version", o.KubeVersion)
	}
	for _, api := range o.APIVersions {
		args = append(args, "--api-versions", api)
	}
	if o.IsUpgrade {
		args = append(args, "--is-upgrade")
	}
	if skipSchema {
		args = append(args, "--skip-schema-validation")
	}
	out, err := client.Ask(i.sys.context(), args...)
	return []byte(out), err
}
