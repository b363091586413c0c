package helm

import (
	"debug/buildinfo"
	"fmt"
	"regexp"
	"strconv"
)

var (
	programPath   = regexp.MustCompile(`^helm\.sh/helm/v(\d+)/`)
	versionOutput = regexp.MustCompile(`^v?(\d+)\.`)
)

// Major returns Helm's major version. Helm is a Go program, so its file says
// which package it was built from, which takes a millisecond; starting it takes
// seventy. Where helm is a script or a build without that (a version manager's
// shim), it is asked.
func (c Client) Major() (int, error) {
	if info, err := buildinfo.ReadFile(c.Path); err == nil {
		if m := programPath.FindStringSubmatch(info.Path); m != nil {
			return strconv.Atoi(m[1])
		}
	}
	out, err := c.Output("version", "--template={{.Version}}")
	if err != nil {
		return 0, fmt.Errorf("asking Helm for its version: %w", err)
	}
	m := versionOutput.FindStringSubmatch(out)
	if m == nil {
		return 0, fmt.Errorf("asking Helm for its version: no version in %q", out)
	}
	return strconv.Atoi(m[1])
}
