package cli

import (
	"regexp"
	"strings"
)

// What hints tell the user to type is for the same release, cluster and irsa.yaml as the
// command that they typed: with the flags that said so, as they stood there. No hint
// repeats a flag that may hold a secret, such as --kube-token.

// helmAgain is a command of Helm's for the release; more is what follows its name.
func (o *wrapperOptions) helmAgain(command, namespace string, more ...string) string {
	words := append([]string{"helm", command, o.args.Release()}, more...)
	words = append(words, "-n", namespace)
	for _, flag := range []string{"kubeconfig", "kube-context"} {
		if v, ok := o.args.Given(flag); ok {
			words = append(words, "--"+flag, v)
		}
	}
	return shellLine(words)
}

// irsaAgain is one of our own for the release.
func (o *wrapperOptions) irsaAgain(command, namespace string) string {
	words := []string{"helm", "irsa", command, o.args.Release(), "-n", namespace}
	if o.named != "" {
		words = append(words, "-f", o.named)
	}
	return shellLine(words)
}

// plainWord needs no quotes in any shell.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:@%+=,-]+$`)

// shellLine writes words so that a shell reads them as these.
func shellLine(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		if quoted[i] = w; !plainWord.MatchString(w) {
			quoted[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}
