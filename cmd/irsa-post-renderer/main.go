// Command irsa-post-renderer is the Helm post-renderer alone: it links no Helm, no
// AWS and no Kubernetes client, so that it starts in milliseconds.
package main

import (
	"os"

	"github.com/helm-irsa/helm-irsa/pkg/render/filter"
)

// version is set when a release is built.
var version = "devel"

func main() {
	p := filter.Program{
		Name: "irsa-post-renderer", Version: version, Getenv: os.Getenv,
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
	}
	os.Exit(p.Main(os.Args[1:]))
}
