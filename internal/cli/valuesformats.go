package cli

import (
	"fmt"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/helm"
	"github.com/helm-irsa/helm-irsa/internal/safe"
)

// carried are values, and what carries them to Helm.
type carried struct {
	release, namespace string
	values             map[string]any
	// said is what was proven of them, a line each, without the mark of a comment.
	said []string
}

// valuesFormats are the formats of `helm irsa values`.
var valuesFormats = []string{"yaml", "json", "set", "argocd", "flux"}

// text writes the values in a format.
func (c *carried) text(format string) (string, error) {
	switch format {
	case "json":
		text, err := jsonText(c.values)
		return string(safe.JSON(text)), err
	case "set":
		return c.flags()
	case "argocd":
		return c.commented(c.application())
	case "flux":
		return c.commented(c.helmRelease())
	}
	return c.commented(c.values)
}

// commented is YAML below what was proven.
func (c *carried) commented(body any) (string, error) {
	var b strings.Builder
	for _, line := range c.said {
		b.WriteString("# " + safe.Text(line) + "\n")
	}
	text, err := yaml.Marshal(body)
	if err != nil {
		return "", fmt.Errorf("writing values: %w", err)
	}
	return b.String() + string(text), nil
}

// flags are Helm's flags, one a line as a shell reads it.
func (c *carried) flags() (string, error) {
	flags, err := helm.SetFlags(c.values)
	if err != nil {
		return "", faults.Hinted(err, "-o yaml writes a values file")
	}
	var b strings.Builder
	for i := 0; i < len(flags); i += 2 {
		line, ok := safe.Command(flags[i], flags[i+1])
		if !ok { // all of it is printable ASCII
			return "", fmt.Errorf("writing the flag %s %s: a shell cannot read it", flags[i], safe.Value(flags[i+1]))
		}
		b.WriteString(line + "\n")
	}
	return b.String(), nil
}

// objectNamed is the beginning of an object that carries values.
func objectNamed(apiVersion, kind string, metadata map[string]any) map[string]any {
	return map[string]any{"apiVersion": apiVersion, "kind": kind, "metadata": metadata}
}

// application is the part of an Application that carries the values: valuesObject of its helm
// source (https://argo-cd.readthedocs.io/en/stable/user-guide/helm/#values). It is a patch of the
// Application that is called as the release, as Argo CD calls releases where nothing else is said.
func (c *carried) application() map[string]any {
	out := objectNamed("argoproj.io/v1alpha1", "Application", map[string]any{"name": c.release})
	out["spec"] = map[string]any{"source": map[string]any{"helm": map[string]any{"valuesObject": c.values}}}
	return out
}

// helmRelease is the part of a HelmRelease that carries the values
// (https://fluxcd.io/flux/components/helm/helmreleases/#values): a patch of the one that is called
// as the release.
func (c *carried) helmRelease() map[string]any {
	out := objectNamed("helm.toolkit.fluxcd.io/v2", "HelmRelease", map[string]any{"name": c.release, "namespace": c.namespace})
	out["spec"] = map[string]any{"values": c.values}
	return out
}
