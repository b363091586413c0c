// Command docs prints generated pages: -list names those of the command line,
// NAME prints one of them, irsa-yaml prints that of the file. scripts/generated.sh
// compares or writes docs/ with it.
package main

import (
	"fmt"
	"os"

	"github.com/helm-irsa/helm-irsa/internal/cli"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: docs -list | docs irsa-yaml | docs NAME")
		os.Exit(2)
	}
	if os.Args[1] == "irsa-yaml" {
		fmt.Print(string(spec.Markdown()))
		return
	}
	found := false
	for _, p := range cli.Pages() {
		switch os.Args[1] {
		case "-list":
			fmt.Println(p.Name)
			found = true
		case p.Name:
			fmt.Print(p.Text)
			found = true
		}
	}
	if !found {
		fmt.Fprintln(os.Stderr, "docs: error: no page", os.Args[1])
		os.Exit(1)
	}
}
