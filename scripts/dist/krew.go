package main

import (
	"errors"
	"fmt"
	"strings"
)

// errNotAllPlatforms: a manifest that lacks a platform is not one of a release.
var errNotAllPlatforms = errors.New("not all platforms were built")

// krewManifest is what krew's index takes for `kubectl krew install irsa`
// (https://krew.sigs.k8s.io/docs/developer-guide/plugin-manifest/). The program is
// helm-irsa under the name kubectl-irsa, by which it knows how it was called.
func krewManifest(version string, archives sums) ([]byte, error) {
	var b strings.Builder
	fmt.Fprintf(&b, `apiVersion: krew.googlecontainertools.github.com/v1alpha2
kind: Plugin
metadata:
  name: irsa
spec:
  version: v%s
  homepage: https://github.com/helm-irsa/helm-irsa
  shortDescription: Show whether pods can assume their AWS roles, and why not
  description: |
    Goes along the chain from each pod to its AWS role, by IRSA or EKS Pod Identity:
    workload, service account, annotation, webhook, issuer, OIDC provider, trust policy,
    permissions. Names the broken link, and its repair. It only reads.

      kubectl irsa verify RELEASE -n NAMESPACE
      kubectl irsa status RELEASE -n NAMESPACE
  caveats: |
    It reads releases with helm, which has to be on PATH, and AWS with your credentials.
    What changes AWS or a release is done by the Helm plugin of the same project.
  platforms:
`, version)
	for p := range strings.SplitSeq(platforms, ",") {
		goos, goarch, _ := strings.Cut(p, "/")
		name := fmt.Sprintf("helm-irsa-%s-%s-%s.tar.gz", version, goos, goarch)
		sum, ok := archives[name]
		if !ok {
			return nil, errNotAllPlatforms
		}
		suffix := ""
		if goos == "windows" {
			suffix = ".exe"
		}
		fmt.Fprintf(&b, `  - selector:
      matchLabels: {os: %s, arch: %s}
    uri: %s/v%s/%s
    sha256: %s
    files:
    - {from: helm-irsa/bin/helm-irsa%[7]s, to: kubectl-irsa%[7]s}
    - {from: helm-irsa/LICENSE, to: .}
    bin: kubectl-irsa%[7]s
`, goos, goarch, releases, version, name, sum, suffix)
	}
	return []byte(b.String()), nil
}
