package ownership

import (
	"strings"
	"time"
)

// Owner is who a service account belongs to, by the marks on it.
type Owner struct {
	// Who is for people, such as "eksctl" or "Argo CD application web".
	Who string
	// By is the mark that says so; empty where nothing does.
	By string
	// Release is another Helm release, which may be gone.
	Release *Release
	// Controller: something in the cluster writes the service account again whenever it
	// differs, and deletes it with its own source.
	Controller bool
	// Records: the tool keeps records of its own, which do not learn of an adoption.
	Records bool
}

// String is who, and how that is known.
func (o Owner) String() string {
	if o.By == "" {
		return o.Who
	}
	return o.Who + " (" + o.By + ")"
}

// Owner says whose the service account is, for somebody who wants it for the release. The
// strongest mark decides: what would write it again, then another release, then labels,
// and at last whoever wrote to it.
func (a *Account) Owner(r Release) Owner {
	for _, find := range []func(Release) (Owner, bool){a.byController, a.byGitOps, a.byHelm, a.byLabel, a.byManager} {
		if o, ok := find(r); ok {
			return o
		}
	}
	return Owner{Who: "nobody who left a mark on it"}
}

// byController:
// https://kubernetes.io/docs/concepts/overview/working-with-objects/owners-dependents/.
// An owner that is no controller counts too: the service account is deleted with it.
func (a *Account) byController(Release) (Owner, bool) {
	for _, ref := range a.OwnerReferences {
		return Owner{Who: ref.Kind + " " + ref.Name, By: "ownerReferences", Controller: true}, true
	}
	return Owner{}, false
}

// The marks of what keeps a cluster as Git says.
const (
	// https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/
	argoTracking = "argocd.argoproj.io/tracking-id"
	argoLabel    = "argocd.argoproj.io/instance"
	commonLabel  = "app.kubernetes.io/instance"
	// https://github.com/fluxcd/pkg/blob/main/ssa/manager.go (SetOwnerLabels)
	fluxKustomization = "kustomize.toolkit.fluxcd.io/"
	// https://github.com/fluxcd/helm-controller/pull/238
	fluxRelease = "helm.toolkit.fluxcd.io/"
)

func (a *Account) byGitOps(Release) (Owner, bool) {
	for _, flux := range []struct{ kind, prefix string }{{"HelmRelease", fluxRelease}, {"Kustomization", fluxKustomization}} {
		if name := a.Labels[flux.prefix+"name"]; name != "" {
			who := "Flux " + flux.kind + " " + strings.TrimPrefix(a.Labels[flux.prefix+"namespace"]+"/"+name, "/")
			return Owner{Who: who, By: "label " + flux.prefix + "name", Controller: true}, true
		}
	}
	app, by := "", ""
	switch {
	case a.Annotations[argoTracking] != "": // APP:GROUP/KIND:NAMESPACE/NAME
		app, _, _ = strings.Cut(a.Annotations[argoTracking], ":")
		by = "annotation " + argoTracking
	case a.Labels[argoLabel] != "":
		app, by = a.Labels[argoLabel], "label "+argoLabel
	// Every chart writes this label; Argo CD's is known by who wrote it.
	case a.Labels[commonLabel] != "" && a.wrote("argocd"):
		app, by = a.Labels[commonLabel], "label "+commonLabel+", written by Argo CD"
	default:
		return Owner{}, false
	}
	return Owner{Who: "Argo CD application " + app, By: by, Controller: true}, true
}

func (a *Account) byHelm(r Release) (Owner, bool) {
	name := a.Annotations[releaseAnnotation]
	if name == "" {
		return Owner{}, false
	}
	other := Release{name, a.Annotations[namespaceAnnotation]}
	if other.Namespace == "" {
		other.Namespace = a.Namespace
	}
	if other == r {
		return Owner{Who: "this release, but without all of Helm's marks", By: "annotation " + releaseAnnotation}, true
	}
	return Owner{Who: "Helm release " + other.String(), By: "annotation " + releaseAnnotation, Release: &other}, true
}

// byLabel: https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/.
// eksctl writes its name there.
func (a *Account) byLabel(Release) (Owner, bool) {
	who := a.Labels[managedByLabel]
	switch who {
	case "":
		return Owner{}, false
	case helm: // helm template, then kubectl apply
		return Owner{Who: "no release, though its label names Helm", By: "label " + managedByLabel}, true
	}
	return Owner{Who: who, By: "label " + managedByLabel + ": " + who, Records: true}, true
}

// managers are the names that tools write with, as far as the tool is not in them.
var managers = map[string]string{
	// User-Agent "HashiCorp/1.0 Terraform/…" and field_manager of the provider for
	// Kubernetes: https://registry.terraform.io/providers/hashicorp/kubernetes/latest/docs/resources/manifest
	"HashiCorp": "Terraform", "Terraform": "Terraform",
	"pulumi-kubernetes": "Pulumi",
}

// byManager is who wrote to it last, but for Kubernetes itself, which writes on service
// accounts of everybody, and helm-irsa.
func (a *Account) byManager(Release) (Owner, bool) {
	var last managed
	for _, m := range a.ManagedFields {
		if m.Manager == "kube-controller-manager" || m.Manager == fieldManager {
			continue
		}
		if tool := managers[m.Manager]; tool != "" {
			return Owner{Who: tool, By: "written by " + m.Manager, Records: true}, true
		}
		if last.Manager == "" || m.Time != nil && (last.Time == nil || m.Time.After(*last.Time)) {
			last = m
		}
	}
	switch {
	// https://kubernetes.io/docs/reference/labels-annotations-taints/#kubectl-kubernetes-io-last-applied-configuration
	case a.Annotations["kubectl.kubernetes.io/last-applied-configuration"] != "":
		return Owner{Who: "kubectl apply", By: "its annotation last-applied-configuration"}, true
	case last.Manager != "":
		by := "written by " + last.Manager
		if last.Time != nil {
			by += " on " + last.Time.UTC().Format(time.DateOnly)
		}
		who, _, _ := strings.Cut(last.Manager, "-") // kubectl-create, kubectl-annotate
		if who != "kubectl" {
			who = last.Manager
		}
		return Owner{Who: who, By: by}, true
	// https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/
	case a.Name == "default":
		return Owner{Who: "Kubernetes, which makes it in every namespace"}, true
	}
	return Owner{}, false
}

// wrote reports whether a manager of such a name wrote to the service account.
func (a *Account) wrote(prefix string) bool {
	for _, m := range a.ManagedFields {
		if strings.HasPrefix(m.Manager, prefix) {
			return true
		}
	}
	return false
}
