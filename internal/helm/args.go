package helm

import (
	"fmt"
	"strconv"
	"strings"
)

// Args is a command line that is meant for Helm, understood just enough.
type Args struct {
	// Command is install, upgrade, template or uninstall.
	Command string
	// Rest is what goes to Helm: everything but the flags in Own and the two for
	// post-renderers, as it came and in its order, up to a "--".
	Rest []string
	// Tail is the "--" and what follows it.
	Tail []string
	// Own are the flags that belong to the caller, not to Helm.
	Own []Flag
	// PostRenderer is the user's --post-renderer: a program in Helm 3, a plugin's name in Helm 4.
	PostRenderer string
	// PostRendererArgs are the values of --post-renderer-args.
	PostRendererArgs []string
	// Positional are the arguments that are neither flags nor values of flags.
	Positional []string

	given map[string]string
	all   map[string][]string
}

// Flag is one flag as it stood on the command line, without its dashes.
type Flag struct {
	Name  string
	Value string
	// HasValue tells --flag= from --flag.
	HasValue bool
}

// Own says which flags belong to the caller.
type Own struct {
	// Prefix is what their names begin with, such as "irsa-".
	Prefix string
	// TakesValue says whether --name is followed by its value.
	TakesValue func(name string) bool
}

// ParseArgs reads what follows the command's name, by pflag's rules, which are
// those of both Helms: --flag value, --flag=value, -fvalue, -f=value, -f value,
// one-letter switches in a bunch, "--" ends the flags. The only error is a flag whose value is missing.
func ParseArgs(command string, argv []string, own Own) (*Args, error) {
	s := scanner{own: own, args: &Args{Command: command, given: map[string]string{}, all: map[string][]string{}}, argv: argv}
	for len(s.argv) > 0 {
		arg := s.next()
		switch {
		case arg == "--":
			s.args.Tail = append([]string{arg}, s.argv...)
			s.args.Positional = append(s.args.Positional, s.argv...)
			return s.args, nil
		case strings.HasPrefix(arg, "--"):
			if err := s.long(arg); err != nil {
				return nil, err
			}
		case strings.HasPrefix(arg, "-") && arg != "-":
			if err := s.short(arg); err != nil {
				return nil, err
			}
		default:
			s.args.Positional = append(s.args.Positional, arg)
			s.args.Rest = append(s.args.Rest, arg)
		}
	}
	return s.args, nil
}

type scanner struct {
	own  Own
	args *Args
	argv []string
}

func (s *scanner) next() string {
	arg := s.argv[0]
	s.argv = s.argv[1:]
	return arg
}

func (s *scanner) long(arg string) error {
	raw := []string{arg}
	f := Flag{}
	f.Name, f.Value, f.HasValue = strings.Cut(arg[2:], "=")
	own := strings.HasPrefix(f.Name, s.own.Prefix)
	takes := own && s.own.TakesValue(f.Name) || !own && TakesValue(s.args.Command, f.Name)
	if takes && !f.HasValue {
		if len(s.argv) == 0 {
			return fmt.Errorf("flag --%s needs a value", f.Name)
		}
		f.Value, f.HasValue = s.next(), true
		raw = append(raw, f.Value)
	}
	if own {
		s.args.Own = append(s.args.Own, f)
		return nil
	}
	s.helms(f, raw)
	return nil
}

// helms takes a flag of Helm's. In Helm 3 the last --post-renderer wins
// (cmd/helm/flags.go, postRendererString.Set); an empty one names none.
func (s *scanner) helms(f Flag, raw []string) {
	switch f.Name {
	case "post-renderer":
		if f.Value != "" {
			s.args.PostRenderer = f.Value
		}
	case "post-renderer-args":
		s.args.PostRendererArgs = append(s.args.PostRendererArgs, f.Value)
	default:
		s.args.give(f.Name, f.Value)
		s.args.Rest = append(s.args.Rest, raw...)
	}
}

func (s *scanner) short(arg string) error {
	raw := []string{arg}
	for i := 1; i < len(arg); i++ {
		name := shorthands[arg[i]]
		if !TakesValue(s.args.Command, name) {
			s.args.give(name, "")
			continue
		}
		value := strings.TrimPrefix(arg[i+1:], "=")
		if arg[i+1:] == "" {
			if len(s.argv) == 0 {
				return fmt.Errorf("flag -%c needs a value", arg[i])
			}
			value = s.next()
			raw = append(raw, value)
		}
		s.args.give(name, value)
		break
	}
	s.args.Rest = append(s.args.Rest, raw...)
	return nil
}

func (a *Args) give(name, value string) {
	a.given[name] = value
	a.all[name] = append(a.all[name], value)
}

// All are the values of the flag --name, in their order; several may stand in one, with commas
// between them.
func (a *Args) All(name string) []string {
	var out []string
	for _, v := range a.all[name] {
		out = append(out, strings.Split(v, ",")...)
	}
	return out
}

// Given returns the last value of the flag --name, and whether it was given at all.
func (a *Args) Given(name string) (string, bool) {
	v, ok := a.given[name]
	return v, ok
}

// Release returns the release's name, or "" where Helm makes it up itself
// (--generate-name, --name-template). By pkg/action/install.go, NameAndChart, a
// lone argument is the chart; template then calls the release "release-name"
// (cmd/helm/template.go in Helm 3, pkg/cmd/template.go in Helm 4).
func (a *Args) Release() string {
	if len(a.Positional) >= 2 || a.Command == "uninstall" && len(a.Positional) == 1 {
		return a.Positional[0]
	}
	_, generated := a.given["generate-name"]
	_, templated := a.given["name-template"]
	if a.Command == "template" && !generated && !templated {
		return "release-name"
	}
	return ""
}

// Chart is the chart as it was typed; "" where there is none.
func (a *Args) Chart() string {
	switch n := len(a.Positional); {
	case n >= 2:
		return a.Positional[1]
	case n == 1 && (a.Command == "install" || a.Command == "template"):
		return a.Positional[0]
	}
	return ""
}

// DryRun says whether Helm was asked to change nothing: --dry-run alone, or with
// any value but none and false.
func (a *Args) DryRun() bool { return a.On("dry-run") && a.given["dry-run"] != "none" }

// On says whether the switch --name is on: given, and not with one of the words that pflag
// takes for false (0, f, F, false, False, FALSE: strconv.ParseBool).
func (a *Args) On(name string) bool {
	v, ok := a.given[name]
	on, err := strconv.ParseBool(v)
	return ok && (err != nil || on)
}

// Help says whether the user asked for help.
func (a *Args) Help() bool {
	_, ok := a.given["help"]
	return ok
}

// CopiesValues says whether Helm would take the values of the release's last
// revision: upgrade does where it is given none (pkg/action/upgrade.go,
// reuseValues). Whoever adds a value to such a command line must add
// --reset-then-reuse-values too, which does the same (Helm 3.14 or later).
func (a *Args) CopiesValues() bool {
	if a.Command != "upgrade" {
		return false
	}
	for name := range a.given {
		if givesValues[name] {
			return false
		}
	}
	return true
}

// Line puts the command line back together, with further flags after those that came.
func (a *Args) Line(more ...string) []string {
	line := append([]string{a.Command}, a.Rest...)
	line = append(line, more...)
	return append(line, a.Tail...)
}
