package cli

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

// colours is a value of --color.
type colours string

// The values of --color.
const (
	colourAuto   colours = "auto"
	colourAlways colours = "always"
	colourNever  colours = "never"
)

var allColours = []string{string(colourAuto), string(colourAlways), string(colourNever)}

// Set, String and Type make it a flag.
func (c *colours) Set(text string) error {
	if !slices.Contains(allColours, text) {
		return errors.New("not " + strings.Join(allColours, ", "))
	}
	*c = colours(text)
	return nil
}

func (c *colours) String() string { return string(*c) }

// Type is what help calls it.
func (c *colours) Type() string { return strings.Join(allColours, "|") }

// colourTyped is what the command line says of colours, before anything is printed: --color, or
// --irsa-color where Helm's flags stand. What is none of the values is said when flags are read.
func colourTyped(args []string) colours {
	c := colourAuto
	for i, arg := range args {
		name, value, ok := strings.Cut(arg, "=")
		if arg == "--" {
			break
		}
		if name != "--color" && name != "--"+ownPrefix+"color" {
			continue
		}
		if !ok && i+1 < len(args) {
			value = args[i+1]
		}
		_ = c.Set(value) // another is said where flags are read
	}
	return c
}

// numberFault is what Go says of a text that is no number, in its own words.
var numberFault = regexp.MustCompile(`strconv\.Parse(?:Int|Uint|Float): parsing ".*": .*$`)

// flagFault is an error of a flag, with the flag that was meant where there is one.
func flagFault(cmd *cobra.Command, err error) error {
	help := cmd.CommandPath() + " --help"
	name, ok := strings.CutPrefix(err.Error(), "unknown flag: --")
	if !ok {
		return faults.Hinted(errors.New(numberFault.ReplaceAllString(err.Error(), "not a number")), "%s", help)
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return suggesting(fmt.Errorf("unknown flag --%s", name), name, names, "did you mean --%s?", help)
}

// complete makes what a command takes completable: its formats, codes and releases.
func complete(sys *System, root *cobra.Command) {
	for _, cmd := range root.Commands() {
		if f := cmd.Flags().Lookup("output"); f != nil {
			formats := []string{"text", "json"}
			switch cmd.Name() {
			case "verify":
				formats = verifyFormats
			case "values":
				formats = valuesFormats
			}
			fixed(cmd, "output", formats)
		}
		if cmd.Flags().Lookup("explain") != nil {
			var codes []string
			for _, c := range verify.Codes() {
				codes = append(codes, c.Code+"\t"+c.Title)
			}
			fixed(cmd, "explain", codes)
		}
		if slices.Contains([]string{"plan", "apply", "destroy", "status", "validate", "verify", "snapshot"}, cmd.Name()) {
			cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
				if len(args) > 0 {
					return nil, cobra.ShellCompDirectiveNoFileComp
				}
				return releases(sys, cmd), cobra.ShellCompDirectiveNoFileComp
			}
		}
	}
	fixed(root, "color", allColours)
}

// fixed lets a flag be completed with one of some words.
func fixed(cmd *cobra.Command, flag string, words []string) {
	// It fails for a flag that there is not, or twice: both are faults of this program.
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err)
	}
}

// releases are the names of those in the namespace, as Helm knows them; none where it does not
// answer: a completion says nothing.
func releases(sys *System, cmd *cobra.Command) []string {
	client, err := newHelm(sys)
	if err != nil {
		return nil
	}
	args := []string{"list", "--short"}
	if f := cmd.Flags().Lookup("namespace"); f != nil && f.Value.String() != "" {
		args = append(args, "--namespace", f.Value.String())
	}
	text, err := client.Ask(sys.context(), args...)
	if err != nil {
		return nil
	}
	return strings.Fields(text)
}
