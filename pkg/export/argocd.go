package export

import (
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
)

// argocd writes an Application: with values where they do all of it, else for the config
// management plugin of docs/argocd.md. The fields are those of
// https://argo-cd.readthedocs.io/en/stable/operator-manual/application-specification/.
func argocd(d *delta) (*Export, error) {
	d.y.comment(0, "Release "+safe.Text(d.Name)+" with the identity of its pods, for Argo CD. Written by helm irsa export argocd: change irsa.yaml, and export again.")
	plugin := len(d.changed) > 0 || len(d.added) > 0
	if plugin {
		d.unreached()
	} else if len(d.rolling) > 0 {
		d.y.comment(0, d.out.note(true, "rollout", "values restart no pods: restart them where the role of their service account changes")+".")
	}
	d.y.line(0, "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:")
	d.y.line(2, "name: %s", yamlText(d.Name))
	d.y.line(2, "namespace: argocd\nspec:\n  project: default\n  source:")
	if plugin {
		d.pluginSource()
	} else {
		d.helmSource()
	}
	d.y.line(2, "destination:\n    server: https://kubernetes.default.svc")
	d.y.line(4, "namespace: %s", yamlText(d.Namespace))
	d.out.Files = []File{{Name: "application.yaml", Text: []byte(d.y.String())}}
	return d.out, nil
}

// unreached says what makes the plugin necessary.
func (d *delta) unreached() {
	d.y.comment(0, "No value of the chart does this, so the plugin helm-irsa renders it:")
	for _, c := range d.changed {
		d.y.comment(0, "- "+safe.Text(c.said()+": "+c.fields()))
	}
	for _, o := range d.added {
		d.y.comment(0, "- "+safe.Text(o.Kind+" "+o.Name)+": it is added")
	}
	d.out.note(false, "application "+d.Name, "no value of the chart does all of it: it is rendered by the plugin helm-irsa, which Argo CD's repo server needs as a sidecar; the folder has the chart and irsa.yaml")
}

func (d *delta) helmSource() {
	host, registry := d.Chart.registry()
	_, name := d.Chart.repository()
	switch {
	case registry:
		d.y.line(4, "repoURL: %s", yamlText(host))
	case d.Chart.Repo != "":
		d.y.line(4, "repoURL: %s", yamlText(d.Chart.Repo))
	default:
		d.repositoryUnknown()
	}
	if d.Chart.Local {
		d.y.line(4, "targetRevision: HEAD")
		d.y.line(4, "path: %s", yamlText(d.folder(4)))
	} else {
		d.y.line(4, "chart: %s", yamlText(name))
		d.y.line(4, "targetRevision: %s", yamlString(d.Chart.Version))
	}
	d.y.line(4, "helm:")
	if len(d.Values) == 0 {
		d.y.comment(6, "The chart gives its pods all that irsa.yaml says.")
		d.y.line(6, "valuesObject: {}")
		return
	}
	d.valuesComment(6)
	d.y.line(6, "valuesObject:")
	d.y.mapping(8, d.Values)
}

func (d *delta) repositoryUnknown() {
	alias, _ := d.Chart.repository()
	d.y.comment(4, d.out.note(false, "chart "+d.Chart.Ref, "where Argo CD gets it from, spec.source.repoURL must say")+".")
	d.y.line(4, "repoURL: %s", yamlText("https://example.com/"+alias))
}

// pluginSource is a folder of git with the chart, its values and irsa.yaml. Argo CD takes no
// source.helm beside a plugin, so the values are in the plugin's environment.
func (d *delta) pluginSource() {
	d.y.comment(4, "A folder with irsa.yaml and the chart, or a Chart.yaml that has it under dependencies.")
	d.repositoryUnknown()
	d.y.line(4, "targetRevision: HEAD")
	folder := d.Name
	if d.Chart.Local {
		folder = d.folder(4)
	}
	d.y.line(4, "path: %s", yamlText(folder))
	d.y.line(4, "plugin:\n      name: helm-irsa\n      env:")
	d.y.line(6, "- name: RELEASE")
	d.y.line(8, "value: %s", yamlText(d.Name))
	if len(d.Values) == 0 {
		return
	}
	d.valuesComment(6)
	d.y.line(6, "- name: VALUES_YAML")
	var values yamlLines
	values.mapping(0, d.Values)
	// Argo CD replaces $NAME in it, and $$ by $ (pkg/apis/application/v1alpha1, Env.Envsubst).
	d.y.line(8, "value: |\n%s", indented(strings.ReplaceAll(values.String(), "$", "$$"), 10))
}

// indented is text of several lines behind a margin.
func indented(text string, margin int) string {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i, line := range lines {
		if line != "" {
			lines[i] = strings.Repeat(" ", margin) + line
		}
	}
	return strings.Join(lines, "\n")
}
