// Package engines holds the tests of what docs/argocd.md, docs/flux.md and
// docs/helmfile.md say about engines that run Helm themselves: the files under
// docs/examples, run as each engine runs them, as far as that goes without it.
package engines
