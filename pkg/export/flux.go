package export

import (
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// unsubstituted is the annotation of an object that has ${…} of its own, such as IAM's
// variables, which Flux's Kustomization would replace where it has postBuild
// (https://fluxcd.io/flux/components/kustomize/kustomizations/#post-build-variable-substitution).
const unsubstituted = "kustomize.toolkit.fluxcd.io/substitute"

// flux writes a HelmRelease: values first, and patches where no value reaches. The fields are
// those of https://fluxcd.io/flux/components/helm/api/v2/ and of
// https://fluxcd.io/flux/components/source/api/v1/.
func flux(d *delta) (*Export, error) {
	d.y.comment(0, "Release "+safe.Text(d.Name)+" with the identity of its pods, for Flux. Written by helm irsa export flux: change irsa.yaml, and export again.")
	d.fluxSource()
	d.fluxRelease()
	d.fluxAccounts()
	d.out.Files = []File{{Name: "release.yaml", Text: []byte(d.y.String())}}
	return d.out, nil
}

// fluxSource writes where the chart comes from, where that is known from what Helm was given.
func (d *delta) fluxSource() {
	kind, name := d.fluxSourceRef()
	host, registry := d.Chart.registry()
	if d.Chart.Repo == "" && !registry {
		return
	}
	d.y.line(0, "---")
	d.y.line(0, "apiVersion: source.toolkit.fluxcd.io/v1\nkind: %s\nmetadata:", kind)
	d.y.line(2, "name: %s", yamlText(name))
	d.y.line(2, "namespace: %s", yamlText(d.Namespace))
	d.y.line(0, "spec:\n  interval: 10m")
	if !registry {
		d.y.line(2, "url: %s", yamlText(d.Chart.Repo))
		return
	}
	d.y.line(2, "url: %s", yamlText("oci://"+host+"/"+d.Chart.Name))
	d.y.line(2, "ref: {tag: %s}", yamlString(d.Chart.Version))
}

func (d *delta) fluxSourceRef() (kind, name string) {
	alias, _ := d.Chart.repository()
	switch _, registry := d.Chart.registry(); {
	case registry:
		return "OCIRepository", d.Chart.Name
	case d.Chart.Local:
		return "GitRepository", "flux-system"
	}
	return "HelmRepository", alias
}

func (d *delta) fluxChart() {
	kind, name := d.fluxSourceRef()
	if kind == "OCIRepository" {
		d.y.line(2, "chartRef:\n    kind: OCIRepository\n    name: %s", yamlText(name))
		return
	}
	_, chart := d.Chart.repository()
	d.y.line(2, "chart:\n    spec:")
	if d.Chart.Local {
		chart = d.folder(6)
	}
	d.y.line(6, "chart: %s", yamlText(chart))
	if !d.Chart.Local {
		d.y.line(6, "version: %s", yamlString(d.Chart.Version))
	}
	if d.Chart.Repo == "" {
		d.y.comment(6, d.out.note(false, "chart "+d.Chart.Ref, "which source of your cluster has it, spec.chart.spec.sourceRef must say")+".")
	}
	d.y.line(6, "sourceRef:\n        kind: %s\n        name: %s", kind, yamlText(name))
}

func (d *delta) fluxRelease() {
	patches := d.fluxPatches()
	var values yamlLines
	if len(d.Values) > 0 {
		values.mapping(4, d.Values)
	}
	d.y.line(0, "---\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata:")
	d.y.line(2, "name: %s", yamlText(d.Name))
	d.y.line(2, "namespace: %s", yamlText(d.Namespace))
	if strings.Contains(patches+values.String(), "${") {
		d.y.line(2, "annotations:")
		d.y.comment(4, "It has ${…} of its own, which postBuild would replace.")
		d.y.line(4, "%s: disabled", unsubstituted)
	}
	d.y.line(0, "spec:\n  interval: 10m")
	d.fluxChart()
	if values.Len() > 0 {
		d.valuesComment(2)
		d.y.line(2, "values:\n%s", strings.TrimSuffix(values.String(), "\n"))
	}
	d.y.WriteString(patches)
	if values.Len() == 0 && patches == "" {
		d.y.comment(2, "The chart gives its pods all that irsa.yaml says.")
	}
}

// fluxPatches are spec.postRenderers; empty where no patch is needed.
func (d *delta) fluxPatches() string {
	var y yamlLines
	var done []change
	for _, c := range d.rolling {
		if c.before.Name == "" {
			y.comment(2, d.out.note(true, c.said(), "it has no name that a patch could give")+".")
			continue
		}
		if d.lost(c, &y) {
			continue
		}
		done = append(done, c)
		for _, p := range c.patches() {
			p.write(&y)
		}
	}
	if len(done) == 0 {
		return y.String()
	}
	var head yamlLines
	if d.unnamed != "" {
		head.comment(2, d.out.note(true, d.unnamed+" without a name", "Flux's post-renderer fails where the chart has an object without metadata.name (generateName), since kustomize does")+".")
	}
	head.comment(2, "What no value reaches. A patch fails where the chart has not what it was made for: export again then.")
	if hooks := hooksOf(done); hooks != "" {
		// https://github.com/fluxcd/helm-controller/issues/1469
		head.comment(2, d.out.note(false, hooks, "hooks are patched by Flux 2.8.0 to 2.8.5 and from 2.9 on, there unless the feature gate UseHelm3Defaults or postRenderStrategy: nohooks says otherwise; by other versions they keep their service account")+".")
	}
	return head.String() + "  postRenderers:\n  - kustomize:\n      patches:\n" + y.String()
}

func (p patch) write(y *yamlLines) {
	if p.target == nil {
		y.line(6, "- patch: |")
	} else {
		y.line(6, "- target:")
		y.mapping(10, p.target)
		y.line(8, "patch: |")
	}
	y.WriteString(indented(p.text(), 10) + "\n")
}

// fluxAccounts writes what a patch cannot add as objects beside the HelmRelease.
func (d *delta) fluxAccounts() {
	for _, o := range d.added {
		d.y.line(0, "---")
		d.y.comment(0, d.out.note(true, strings.ToLower(o.Kind[:1])+o.Kind[1:]+" "+o.Name, "a patch adds no object: it stands beside the HelmRelease, is Flux's own, and stays where the release is uninstalled")+".")
		body := over(o.Body, map[string]any{"metadata": map[string]any{"namespace": d.Namespace}})
		if o.Namespace != "" {
			body = o.Body
		}
		if hasVariables(body) {
			body = over(body, map[string]any{"metadata": map[string]any{"annotations": map[string]any{unsubstituted: "disabled"}}})
		}
		for _, key := range []string{"apiVersion", "kind", "metadata"} {
			d.y.entry(0, key, body[key])
		}
		for _, key := range manifest.SortedKeys(body) {
			if key != "apiVersion" && key != "kind" && key != "metadata" {
				d.y.entry(0, key, body[key])
			}
		}
	}
}
