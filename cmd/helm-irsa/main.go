// Command helm-irsa is the Helm plugin `helm irsa`.
package main

import (
	"os"
	"path/filepath"

	"github.com/helm-irsa/helm-irsa/internal/cli"
)

// version is linked in: -ldflags "-X main.version=v1.2.3".
var version string

func main() {
	os.Exit(cli.Main(&cli.System{
		Context: cli.Interrupts(),
		Name:    filepath.Base(os.Args[0]),
		Args:    cli.ArgsOf(os.Args), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Getenv: os.Getenv, Environ: os.Environ, Executable: os.Executable, Version: version,
	}))
}
