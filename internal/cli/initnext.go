package cli

import (
	"cmp"
	"strings"

	"github.com/spf13/pflag"

	"github.com/helm-irsa/helm-irsa/internal/safe"
)

// next are the commands to type, the first first.
func (w *world) next(c *choice, o *initOptions) []string {
	if o.file == "-" {
		return nil
	}
	var out []string
	apply := safe.Irsa("apply", o.options.Release, w.chart.Namespace, sourceOf(o.typedFile))
	adopting := false
	for _, s := range w.subjects {
		if _, granted := c.grants[s.called]; granted {
			continue
		}
		for _, what := range s.adopt {
			apply.Given("--adopt", what)
			adopting = true
		}
	}
	if adopting || w.gitOps != "" {
		out = append(out, inContext(o.sys, apply).String())
	}
	if w.gitOps != "" {
		return append(out, o.valuesCommand(w).String())
	}
	t := safe.Type("helm", "irsa", "upgrade", "--install").Value(safe.Release, o.options.Release).With(o.chart).Maybe("-n", safe.Namespace, w.chart.Namespace)
	if w.release == nil {
		t.With("--create-namespace")
	}
	o.chartFlags(t, inUpgrade)
	if o.typedFile != "" {
		t.Given("--irsa-file", o.typedFile)
	}
	if w.adopt {
		t.With("--irsa-adopt")
	}
	return append(out, inContext(o.sys, t).String())
}

// valuesCommand writes the values for what deploys the chart from Git.
func (o *initOptions) valuesCommand(w *world) *safe.Typed {
	t := safe.Type("helm", "irsa", "values").Value(safe.Release, o.options.Release).With(o.chart).Maybe("-n", safe.Namespace, w.chart.Namespace)
	o.chartFlags(t, func(string) bool { return true })
	if o.typedFile != "" {
		t.Given("--irsa-file", o.typedFile)
	}
	format := "yaml"
	switch {
	case strings.HasPrefix(w.gitOps, "Argo CD"):
		format = "argocd"
	case strings.HasPrefix(w.gitOps, "Flux HelmRelease"):
		format = "flux"
	}
	return inContext(o.sys, t.With("-o", format))
}

// inContext names the kubeconfig's context where Helm was told one: Helm gives its flag to plugins
// as a variable (helm.sh/helm/v3 pkg/cli/environment.go, EnvVars).
func inContext(sys *System, t *safe.Typed) *safe.Typed {
	if name := sys.Getenv("HELM_KUBECONTEXT"); name != "" {
		t.Given("--kube-context", name)
	}
	return t
}

// inUpgrade: helm upgrade has the flag of helm template, too.
func inUpgrade(flag string) bool {
	switch flag {
	case "kube-version", "api-versions", "is-upgrade", "skip-tests":
		return false
	}
	return true
}

// chartFlags adds the flags that say what is rendered, as they were given. A password is left to
// whoever types it.
func (o *initOptions) chartFlags(t *safe.Typed, has func(flag string) bool) {
	o.flags.Visit(func(f *pflag.Flag) {
		if !o.ofChart[f.Name] || f.Name == "namespace" || !has(f.Name) {
			return
		}
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, v := range values {
			switch {
			case f.Name == "password":
				t.With("--password", "PASSWORD")
			case f.Value.Type() == "bool" && v == "true":
				t.With("--" + f.Name)
			case f.Value.Type() == "bool":
				t.With("--" + f.Name + "=" + v)
			default:
				t.Given(cmp.Or(map[string]string{"values": "-f"}[f.Name], "--"+f.Name), v)
			}
		}
	})
}
