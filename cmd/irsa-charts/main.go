// Command irsa-charts renders charts for helm-irsa, which starts it: it links Helm's chart
// engine, so that helm-irsa need not. Its streams are those of package internal/charts.
package main

import (
	"fmt"
	"os"

	"github.com/helm-irsa/helm-irsa/internal/charts/serve"
)

// version is set when a release is built.
var version = "devel"

func main() {
	if len(os.Args) > 1 {
		fmt.Fprintf(os.Stderr, "irsa-charts %s: helm-irsa starts it; it takes no arguments\n", version)
		os.Exit(1)
	}
	if err := serve.Serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "irsa-charts: error:", err)
		os.Exit(1)
	}
}
