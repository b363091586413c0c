package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/voice"
)

// versionInfo is what `version -o json` prints.
type versionInfo struct {
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

type versionOptions struct {
	out    io.Writer
	linked string

	format string
}

func newVersion(sys *System, run func(*versionOptions) error) *cobra.Command {
	if run == nil {
		run = runVersion
	}
	o := &versionOptions{out: sys.Stdout, linked: sys.Version}
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Long:    "Prints the version of this program.",
		Example: "  helm irsa version\n  helm irsa version -o json",
		Args:    noArguments,
		RunE:    func(*cobra.Command, []string) error { return run(o) },
	}
	cmd.Flags().StringVarP(&o.format, "output", "o", "text", "text or json")
	return cmd
}

func runVersion(o *versionOptions) error {
	info := currentVersion(o.linked)
	switch o.format {
	case "text":
		_, err := fmt.Fprintf(o.out, "%s %s (%s, %s)\n", voice.Program, info.Version, info.Go, info.Platform)
		return err
	case "json":
		return json.NewEncoder(o.out).Encode(info)
	}
	return faults.Hinted(fmt.Errorf("-o %s: not text or json", o.format), "helm irsa version -o json")
}

// currentVersion prefers what `make build` linked in; a program built by
// `go install` knows its module's version instead.
func currentVersion(linked string) versionInfo {
	info := versionInfo{Version: linked, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	build, ok := debug.ReadBuildInfo()
	if !ok {
		build = &debug.BuildInfo{}
	}
	if info.Version == "" {
		info.Version = build.Main.Version
	}
	if info.Version == "" {
		info.Version = "unknown"
	}
	for _, s := range build.Settings {
		if s.Key == "vcs.revision" {
			info.Commit = s.Value
		}
	}
	return info
}
