package helm

import (
	"slices"
	"strings"
	"testing"
)

func mine() Own {
	return Own{Prefix: "own-", TakesValue: func(name string) bool { return name == "own-file" }}
}

func TestParseArgs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, command, argv string
		rest, positional    string
		release, namespace  string
		renderer            string
	}{
		{name: "plain", command: "upgrade", argv: "rel chart", rest: "rel chart", positional: "rel chart", release: "rel"},
		{name: "values of flags are no arguments", command: "install", argv: "--timeout 5m rel -f v.yaml chart --wait", rest: "--timeout 5m rel -f v.yaml chart --wait", positional: "rel chart", release: "rel"},
		{name: "switches take no value", command: "upgrade", argv: "-i rel --atomic chart", rest: "-i rel --atomic chart", positional: "rel chart", release: "rel"},
		{name: "optional values need an equals sign", command: "install", argv: "--dry-run rel chart", rest: "--dry-run rel chart", positional: "rel chart", release: "rel"},
		{name: "namespace apart", command: "install", argv: "-n x rel chart", rest: "-n x rel chart", positional: "rel chart", release: "rel", namespace: "x"},
		{name: "namespace joined", command: "install", argv: "-nx rel chart", rest: "-nx rel chart", positional: "rel chart", release: "rel", namespace: "x"},
		{name: "namespace joined by equals", command: "install", argv: "-n=x rel chart", rest: "-n=x rel chart", positional: "rel chart", release: "rel", namespace: "x"},
		{name: "long namespace", command: "install", argv: "rel chart --namespace x", rest: "rel chart --namespace x", positional: "rel chart", release: "rel", namespace: "x"},
		{name: "long namespace with equals", command: "install", argv: "rel chart --namespace=x", rest: "rel chart --namespace=x", positional: "rel chart", release: "rel", namespace: "x"},
		{name: "last namespace wins", command: "install", argv: "rel chart -n a --namespace=b", rest: "rel chart -n a --namespace=b", positional: "rel chart", release: "rel", namespace: "b"},
		{name: "a bunch of letters", command: "upgrade", argv: "-in x rel chart", rest: "-in x rel chart", positional: "rel chart", release: "rel", namespace: "x"},
		{name: "a value that looks like a flag", command: "upgrade", argv: "--set -n rel chart", rest: "--set -n rel chart", positional: "rel chart", release: "rel"},
		{name: "dashes end the flags", command: "upgrade", argv: "-n x -- rel -f", rest: "-n x", positional: "rel -f", release: "rel", namespace: "x"},
		{name: "generated name", command: "install", argv: "chart --generate-name", rest: "chart --generate-name", positional: "chart"},
		{name: "generated name, short", command: "install", argv: "chart -g", rest: "chart -g", positional: "chart"},
		{name: "name from a template", command: "install", argv: "chart --name-template {{1}}", rest: "chart --name-template {{1}}", positional: "chart"},
		{name: "template without a release", command: "template", argv: "chart", rest: "chart", positional: "chart", release: "release-name"},
		{name: "template with a generated name", command: "template", argv: "chart -g", rest: "chart -g", positional: "chart"},
		{name: "template with a release", command: "template", argv: "rel chart", rest: "rel chart", positional: "rel chart", release: "rel"},
		{name: "own flags go away", command: "install", argv: "--own-file f rel --own-yes chart --own-x=y", rest: "rel chart", positional: "rel chart", release: "rel"},
		{name: "the user's post-renderer goes away", command: "install", argv: "--post-renderer p rel chart", rest: "rel chart", positional: "rel chart", release: "rel", renderer: "p"},
		{name: "post-renderer with arguments", command: "install", argv: "--post-renderer=p --post-renderer-args -a rel --post-renderer-args=b chart", rest: "rel chart", positional: "rel chart", release: "rel", renderer: "p -a b"},
		{name: "no post-renderer", command: "install", argv: "--post-renderer= rel chart", rest: "rel chart", positional: "rel chart", release: "rel"},
		{name: "server-side of install is a switch", command: "install", argv: "--server-side rel chart", rest: "--server-side rel chart", positional: "rel chart", release: "rel"},
		{name: "server-side of upgrade takes a value", command: "upgrade", argv: "--server-side auto rel chart", rest: "--server-side auto rel chart", positional: "rel chart", release: "rel"},
		{name: "one dash is an argument", command: "install", argv: "rel -", rest: "rel -", positional: "rel -", release: "rel"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a, err := ParseArgs(c.command, strings.Fields(c.argv), mine())
			if err != nil {
				t.Fatal(err)
			}
			ns, _ := a.Given("namespace")
			renderer := strings.Join(append([]string{a.PostRenderer}, a.PostRendererArgs...), " ")
			for _, x := range []struct{ what, got, want string }{
				{"rest", strings.Join(a.Rest, " "), c.rest},
				{"positional", strings.Join(a.Positional, " "), c.positional},
				{"release", a.Release(), c.release},
				{"namespace", ns, c.namespace},
				{"post-renderer", renderer, c.renderer},
			} {
				if x.got != x.want {
					t.Errorf("%s: got %q, want %q", x.what, x.got, x.want)
				}
			}
		})
	}
}

func TestParseArgsOwn(t *testing.T) {
	t.Parallel()
	a, err := ParseArgs("install", strings.Fields("--own-file a --own-yes r c --own-file="), mine())
	if err != nil {
		t.Fatal(err)
	}
	want := []Flag{{"own-file", "a", true}, {"own-yes", "", false}, {"own-file", "", true}}
	if !slices.Equal(a.Own, want) {
		t.Errorf("got %v, want %v", a.Own, want)
	}
}

func TestParseArgsMissingValue(t *testing.T) {
	t.Parallel()
	for argv, want := range map[string]string{
		"r c --namespace": "flag --namespace needs a value",
		"r c -n":          "flag -n needs a value",
		"r c --own-file":  "flag --own-file needs a value",
	} {
		if _, err := ParseArgs("install", strings.Fields(argv), mine()); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", argv, err, want)
		}
	}
}

func TestDryRun(t *testing.T) {
	t.Parallel()
	for argv, want := range map[string]bool{
		"": false, "--dry-run": true, "--dry-run=client": true, "--dry-run=server": true,
		"--dry-run=true": true, "--dry-run=none": false, "--dry-run=false": false, "--dry-run=0": false, "--dry-run=F": false, "--dry-run=1": true,
	} {
		a, err := ParseArgs("upgrade", strings.Fields(argv), mine())
		if err != nil || a.DryRun() != want {
			t.Errorf("%q: got %v (%v), want %v", argv, a.DryRun(), err, want)
		}
	}
}

func TestCopiesValues(t *testing.T) {
	t.Parallel()
	for argv, want := range map[string]bool{
		"upgrade r c": true, "upgrade r c -i": true, "upgrade r c -fv": false, "upgrade r c --set a=b": false,
		"upgrade r c --values=v": false, "upgrade r c --reset-values": false, "upgrade r c --reuse-values": false,
		"install r c": false, "template r c": false,
	} {
		words := strings.Fields(argv)
		a, err := ParseArgs(words[0], words[1:], mine())
		if err != nil || a.CopiesValues() != want {
			t.Errorf("%s: got %v (%v), want %v", argv, a.CopiesValues(), err, want)
		}
	}
}

func TestLine(t *testing.T) {
	t.Parallel()
	a, err := ParseArgs("upgrade", strings.Fields("--own-yes -i -- r c"), mine())
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(a.Line("--more", "x"), " "); got != "upgrade -i --more x -- r c" {
		t.Error(got)
	}
}

// FuzzParseArgs: nothing is lost, nothing is made up, and nothing panics.
func FuzzParseArgs(f *testing.F) {
	f.Add("rel chart -n x --own-file f")
	f.Add("-in=x -- -f --post-renderer p")
	f.Fuzz(func(t *testing.T, line string) {
		argv := strings.Fields(line)
		a, err := ParseArgs("upgrade", argv, mine())
		if err != nil {
			return
		}
		left := argv
		for _, word := range append(slices.Clone(a.Rest), a.Tail...) {
			i := slices.Index(left, word)
			if i < 0 {
				t.Fatalf("%q is new or out of order in %q", word, argv)
			}
			left = left[i+1:]
		}
	})
}
