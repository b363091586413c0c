package verify

import (
	"fmt"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// The marks by which tools that write an object again, whatever is changed on it by hand, say
// that it is theirs: Argo CD
// (https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/), Flux
// (https://fluxcd.io/flux/components/kustomize/kustomizations/#controlling-the-apply-behavior-of-resources,
// https://fluxcd.io/flux/components/helm/helmreleases/) and the Operator Lifecycle Manager
// (github.com/operator-framework/operator-lifecycle-manager pkg/lib/ownerutil).
const (
	argoTracking  = "argocd.argoproj.io/tracking-id"
	argoInstance  = "argocd.argoproj.io/instance"
	fluxKustomize = "kustomize.toolkit.fluxcd.io/"
	fluxHelm      = "helm.toolkit.fluxcd.io/"
	olmOwner      = "olm.owner"
)

// writerOf names who writes an object again; empty where nobody is known to.
func writerOf(o *manifest.Object) string {
	if o == nil {
		return ""
	}
	label := func(key string) string { return manifest.Text(o.Body, "metadata", "labels", key) }
	if id := manifest.Text(o.Body, "metadata", "annotations", argoTracking); id != "" {
		application, _, _ := strings.Cut(id, ":")
		return "Argo CD Application " + application
	}
	if v := label(argoInstance); v != "" {
		return "Argo CD Application " + v
	}
	for _, by := range []struct{ prefix, kind string }{{fluxHelm, "Flux HelmRelease "}, {fluxKustomize, "Flux Kustomization "}} {
		if v := label(by.prefix + "name"); v != "" {
			return by.kind + key{label(by.prefix + "namespace"), v}.label()
		}
	}
	if v := label(olmOwner); v != "" {
		return orForm(label(olmOwner+".kind"), "ClusterServiceVersion") + " " + v
	}
	switch label(managedBy) {
	case "EKS":
		return eksAddon
	case "eksctl":
		return "eksctl's cluster configuration, under iam.serviceAccounts"
	}
	for _, m := range manifest.List(o.Body, "metadata", "managedFields") {
		if who := manifest.Text(m, "manager"); who == "Terraform" || who == "HashiCorp" {
			return "Terraform" // https://registry.terraform.io/providers/hashicorp/kubernetes/latest/docs/resources/manifest, field_manager
		}
	}
	for _, r := range manifest.List(o.Body, "metadata", "ownerReferences") {
		if controls, _ := manifest.Dig(r, "controller").(bool); controls {
			return manifest.Text(r, "kind") + " " + manifest.Text(r, "name")
		}
	}
	return ""
}

// writer is who writes the service account of the chain again.
func writer(c *chain) string {
	if c.a.live != nil {
		return writerOf(c.a.live)
	}
	return writerOf(c.a.object())
}

// eksAddon writes the service accounts of its software again
// (https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-field-management.html).
const eksAddon = "an EKS add-on"

// atSource writes an annotation of the service account where its writer takes it from.
func atSource(c *chain, by, key, value string) repair {
	line := fmt.Sprintf("metadata: {annotations: {%s: %s}}", asYAML(key), asYAML(value))
	if value == "" {
		line = "annotation " + key + ": remove it"
	}
	if by == eksAddon && key == roleKey && value != "" {
		return run{safe.Type("aws", "eks", "update-addon").Flag("--cluster-name", safe.Cluster, c.snapshot.Cluster.Name).With("--addon-name", "NAME").Flag("--service-account-role-arn", safe.RoleARN, value)}
	}
	return edit(fmt.Sprintf("%s   # of %s, in the source of %s, which writes it: what kubectl changes is undone", line, safe.Text(c.a.String()), safe.Text(by)))
}
