package upgrade

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/render"
)

// rendering are the faults that show only once the chart has rendered, and beside the cluster:
// what Helm or Kubernetes would refuse half-way through the release, or do without a word.
func rendering(b *begun, h *handed) error {
	if h == nil || len(h.report.Errors) > 0 || b.Args.Command == "template" {
		return nil
	}
	return errors.Join(movedForGood(b, h), hooksOfHelm3(b, h))
}

// movedForGood are Jobs and Pods that are in the cluster, run as another service account, and
// would have to run as one of irsa.yaml: Kubernetes lets nobody change that of what is there
// (https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-template: the template of a
// Job is immutable; https://kubernetes.io/docs/concepts/workloads/pods/#pod-update-and-replacement).
func movedForGood(b *begun, h *handed) error {
	if b.Args.Command != "upgrade" || b.cluster == nil {
		return nil
	}
	var all []error
	var seen []string
	for _, c := range h.report.Changes {
		o := c.Object
		if o.Kind != "Job" && o.Kind != "Pod" || !strings.HasSuffix(c.Field, "serviceAccountName") {
			continue
		}
		namespace := o.Namespace
		if namespace == "" {
			namespace = b.namespace
		}
		key := o.Kind + " " + namespace + "/" + o.Name
		if slices.Contains(seen, key) {
			continue
		}
		seen = append(seen, key)
		is, there, err := b.cluster.RunsAs(b.ctx, o.Kind, namespace, o.Name)
		if err != nil || !there || is == c.To { // what cannot be read is left to Helm
			continue
		}
		t := safe.Type("kubectl", "delete").Value(safe.Workload, strings.ToLower(o.Kind)+"/"+o.Name).Flag("-n", safe.Namespace, namespace)
		if context := b.given("kube-context"); context != "" {
			t.Given("--context", context)
		}
		all = append(all, faults.Hinted(fmt.Errorf("%s runs as service account %s, and Kubernetes lets nobody change that of a %s that is there: the release would fail half-way", key, is, o.Kind),
			"delete it first, and Helm makes it again: %s", t))
	}
	return errors.Join(all...)
}

// hooksOfHelm3 are hooks that run as a service account which is added to the release, since the
// chart has it as a hook alone: Helm 3 hands no hook to a post-renderer
// (pkg/action/action.go, renderResources: hooks are sorted out before), so they would run without
// the role, and Helm would meet two service accounts of one name.
func hooksOfHelm3(b *begun, h *handed) error {
	if b.major != 3 {
		return nil
	}
	kinds := manifest.Kinds(b.file.WorkloadKinds...)
	added := addedUnused(kinds, h)
	if len(added) == 0 {
		return nil
	}
	hooks, err := hooksOf(b)
	if err != nil {
		if b.Debug {
			b.Say.Info("debug: looking for hooks: " + faults.FirstLine(err))
		}
		return nil // that they were not looked at changes nothing that Helm would do
	}
	var all []error
	for _, a := range added {
		for _, o := range hooks.List {
			if !usedBy(kinds, o, a.Name) {
				continue
			}
			all = append(all, faults.Hinted(fmt.Errorf("hook %s of the chart needs service account %s, and Helm 3 hands no hook to a post-renderer: it would run without role %s", o, a.Name, a.RoleARN),
				"give the role by the chart's own values (helm irsa verify says where it is missing), use Helm 4, or write create: never under it and annotate it elsewhere"))
			break
		}
	}
	return errors.Join(all...)
}

// addedUnused are the service accounts that were added to a release in which nothing runs as
// them.
func addedUnused(kinds *manifest.Table, h *handed) []render.Account {
	var out []render.Account
	for _, a := range h.report.Accounts {
		if a.State == "added" && a.Moved == 0 {
			out = append(out, a)
		}
	}
	if len(out) == 0 {
		return nil
	}
	objects, err := h.objects()
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(out, func(a render.Account) bool {
		return slices.ContainsFunc(objects.List, func(o manifest.Object) bool { return o.Kind != "ServiceAccount" && usedBy(kinds, o, a.Name) })
	})
}

// usedBy reports whether an object is the service account, or has pods that run as it.
func usedBy(kinds *manifest.Table, o manifest.Object, name string) bool {
	if o.Kind == "ServiceAccount" {
		return o.Name == name
	}
	k := kinds.Of(&o)
	return k != nil && slices.ContainsFunc(k.PodsOf(o.Body), func(p manifest.Pod) bool { return p.ServiceAccount == name })
}

// hooksOf are the hooks of the chart, as Helm renders them with the same flags, in a dry run of
// its own.
func hooksOf(b *begun) (*manifest.Objects, error) {
	line := slices.DeleteFunc(b.Args.Line(), func(a string) bool { return strings.HasPrefix(a, "--dry-run") || a == "--debug" })
	text, err := b.request.helm.Ask(b.ctx, append(line, "--dry-run=client", "--output", "json")...)
	if err != nil {
		return nil, err
	}
	var release struct {
		Hooks []struct{ Manifest string }
	}
	if err := json.Unmarshal([]byte(text), &release); err != nil {
		return nil, fmt.Errorf("reading what helm %s --dry-run prints: %w", b.Args.Command, err)
	}
	var all strings.Builder
	for _, hook := range release.Hooks {
		all.WriteString("---\n" + hook.Manifest + "\n")
	}
	return manifest.Read("the hooks", strings.NewReader(all.String()))
}
