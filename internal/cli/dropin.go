package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/helm"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/internal/upgrade"
	"github.com/helm-irsa/helm-irsa/internal/voice"
)

// dropInName is what this program is called where it stands in for Helm: a link to it, for tools
// that run helm and take the path of one.
const dropInName = "irsa-helm"

// ArgsOf are the arguments of this program without its name; called irsa-helm, it is helm irsa helm.
func ArgsOf(argv []string) []string {
	if strings.TrimSuffix(filepath.Base(argv[0]), ".exe") == dropInName {
		return append([]string{"helm"}, argv[1:]...)
	}
	return argv[1:]
}

const dropInHelp = `Stands in for helm, for tools that run it: helmfile's helmBinary, Skaffold, scripts. It is
also what this program does under the name irsa-helm:

  ln -s "$(helm env HELM_PLUGINS)/irsa/bin/helm-irsa" /usr/local/bin/irsa-helm

The folder is called helm-irsa, not irsa, where the plugin was installed from git.

install, upgrade, template and uninstall of a release that has an irsa.yaml go through
helm irsa, and helm diff upgrade gets its post-renderer. All else goes to your own Helm
($HELM_BIN, else helm on PATH) as it came. A release has the first of

  the file of --irsa-file, or of $HELM_IRSA_FILE
  RELEASE/irsa.yaml        in the working folder
  irsa.yaml                in the chart's folder
  irsa.yaml                in the working folder, which is then that of every release

Nobody is asked where there is no terminal: HELM_IRSA_YES=true says yes to every plan.`

func newDropIn(sys *System) *cobra.Command {
	return &cobra.Command{
		Use:   "helm COMMAND [arguments and flags of helm]",
		Short: "Stand in for helm, for tools that run it",
		Long:  dropInHelp,
		Example: `  helm irsa helm upgrade --install epinio epinio/epinio -n epinio
  irsa-helm list -A`,
		DisableFlagParsing: true,
		RunE: func(cmd *cobra.Command, argv []string) error {
			if len(argv) == 0 || len(argv) == 1 && (argv[0] == "--help" || argv[0] == "-h") {
				return cmd.Help()
			}
			return runDropIn(sys, argv)
		},
	}
}

// inPlaceOf makes the command of helm irsa that does what one of Helm's does, and more.
var inPlaceOf = map[string]func(*System) *cobra.Command{
	"install":   func(sys *System) *cobra.Command { return newWrapper(sys, "install", nil) },
	"upgrade":   func(sys *System) *cobra.Command { return newWrapper(sys, "upgrade", nil) },
	"template":  func(sys *System) *cobra.Command { return newWrapper(sys, "template", nil) },
	"uninstall": func(sys *System) *cobra.Command { return newUninstall(sys, nil) },
}

// helmAliases are other names of Helm's commands (pkg/cmd/uninstall.go in Helm 3 and 4).
var helmAliases = map[string]string{"del": "uninstall", "delete": "uninstall", "un": "uninstall"}

func runDropIn(sys *System, argv []string) error {
	if _, err := dropInHelm(sys); err != nil {
		return err
	}
	at := commandAt(argv)
	if at < 0 {
		return plainHelm(sys, argv, nil)
	}
	name := argv[at]
	if other := helmAliases[name]; other != "" {
		name = other
	}
	rest := slices.Concat(argv[:at], argv[at+1:])
	if name == "diff" {
		return dropInDiff(sys, argv, at)
	}
	ours := inPlaceOf[name]
	if ours == nil {
		return plainHelm(sys, argv, nil)
	}
	args, err := helm.ParseArgs(name, rest, own())
	if err != nil || args.Help() {
		return plainHelm(sys, argv, nil) // which says what is wrong
	}
	file := dropInFile(sys, args)
	if file == "" {
		return plainHelm(sys, argv, nil)
	}
	if name == "uninstall" && len(args.Positional) > 1 {
		return faults.Hinted(fmt.Errorf("uninstalling %d releases that have an irsa.yaml: they go one at a time", len(args.Positional)), "helm irsa uninstall %s", safe.Word(args.Positional[0]))
	}
	if debugging(sys) {
		voice.To(sys.Stderr).Info("debug: release " + args.Release() + " has " + file)
	}
	if !slices.ContainsFunc(args.Own, func(f helm.Flag) bool { return f.Name == "irsa-file" }) {
		rest = append([]string{"--irsa-file=" + file}, rest...)
	}
	cmd := ours(sys)
	cmd.SetArgs(rest)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	return cmd.ExecuteContext(sys.context())
}

// commandAt is where the command stands among flags of Helm's; -1 where there is none.
func commandAt(argv []string) int {
	for i := 0; i < len(argv); i++ {
		arg := argv[i]
		name, _, given := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		switch {
		case arg == "--":
			return -1
		case !strings.HasPrefix(arg, "-"):
			return i
		case given:
		case arg == "-n" || strings.HasPrefix(arg, "--") && helm.TakesValue("", name):
			i++
		}
	}
	return -1
}

// dropInFile is the release's irsa.yaml; empty where it has none.
func dropInFile(sys *System, args *helm.Args) string {
	for _, f := range args.Own {
		if f.Name == "irsa-file" {
			return f.Value
		}
	}
	if named := sys.Getenv("HELM_IRSA_FILE"); named != "" {
		return named
	}
	release, chart := args.Release(), args.Chart()
	candidates := []string{"irsa.yaml"}
	if chart != "" {
		candidates = append([]string{filepath.Join(chart, "irsa.yaml")}, candidates...)
	}
	if release != "" && safe.Release.Takes(release) {
		candidates = append([]string{filepath.Join(release, "irsa.yaml")}, candidates...)
	}
	for _, path := range candidates {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path
		}
	}
	return ""
}

// dropInDiff gives helm diff upgrade, of the plugin helm-diff, the post-renderer.
func dropInDiff(sys *System, argv []string, at int) error {
	sub := commandAt(argv[at+1:])
	if sub < 0 || argv[at+1+sub] != "upgrade" {
		return plainHelm(sys, argv, nil)
	}
	rest := slices.Concat(argv[:at], argv[at+1:at+1+sub], argv[at+2+sub:])
	args, err := helm.ParseArgs("upgrade", rest, own())
	if err != nil || args.Help() {
		return plainHelm(sys, argv, nil)
	}
	file := dropInFile(sys, args)
	if file == "" {
		return plainHelm(sys, argv, nil)
	}
	if file, err = filepath.Abs(file); err != nil {
		return fmt.Errorf("reading %s: %w", file, err)
	}
	client, err := dropInHelm(sys)
	if err != nil {
		return err
	}
	namespace, err := client.Namespace(args, sys.Getenv)
	if err != nil {
		return err
	}
	flags, env, err := upgrade.Renderer(depsOf(sys), args, []string{"--irsa-file=" + file, "--namespace=" + namespace, "--release=" + args.Release()})
	if err != nil {
		return err
	}
	return plainHelm(sys, slices.Concat([]string{"diff", "upgrade"}, args.Rest, flags, args.Tail), env)
}

// errItself is a Helm that is this program again.
var errItself = errors.New("the helm that is found is this program again")

// dropInHelm is the user's own Helm, and not this program under its name.
func dropInHelm(sys *System) (helm.Client, error) {
	client, err := newHelm(sys)
	if err != nil {
		return client, err
	}
	exe, err := sys.Executable()
	if err != nil {
		return client, fmt.Errorf("finding this program: %w", err)
	}
	one, err := os.Stat(exe)
	if err != nil {
		return client, fmt.Errorf("finding this program: %w", err)
	}
	if other, err := os.Stat(client.Path); err == nil && os.SameFile(one, other) { // else it would run itself for ever
		return client, faults.Hinted(errItself, "put the path of Helm itself into $HELM_BIN")
	}
	return client, nil
}

// plainHelm runs Helm with these arguments, as if it had been run itself.
func plainHelm(sys *System, argv, env []string) error {
	client, err := dropInHelm(sys)
	if err != nil {
		return err
	}
	return runCommand(sys, append([]string{client.Path}, argv...), append(sys.Environ(), env...))
}
