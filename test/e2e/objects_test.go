package e2e

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
)

// iam is all of IAM in the scenario's AWS accounts, for a comparison.
func (w *world) iam() string {
	w.Helper()
	var out []any
	for _, id := range []string{home, away} {
		client := iam.NewFromConfig(w.config(id))
		details, err := client.GetAccountAuthorizationDetails(w.ctx(), &iam.GetAccountAuthorizationDetailsInput{
			Filter: []types.EntityType{types.EntityTypeRole, types.EntityTypeLocalManagedPolicy}, MaxItems: aws.Int32(1000),
		})
		w.no(err)
		providers, err := client.ListOpenIDConnectProviders(w.ctx(), nil)
		w.no(err)
		out = append(out, id, details.RoleDetailList, details.Policies, providers.OpenIDConnectProviderList)
	}
	text, err := json.MarshalIndent(out, "", "  ")
	w.no(err)
	return string(text)
}

// role is a role of the home AWS account; nil where there is none of that name.
func (w *world) role(name string) *types.Role {
	w.Helper()
	out, err := iam.NewFromConfig(w.config(home)).GetRole(w.ctx(), &iam.GetRoleInput{RoleName: &name})
	if err != nil {
		return nil
	}
	return out.Role
}

func (w *world) podNames() []string {
	var out []string
	for _, p := range w.pods(w.namespace) {
		out = append(out, p.Name)
	}
	return out
}

// uids are the pods of the namespace that a workload keeps running, in order.
func (w *world) uids() []string {
	w.Helper()
	var out []string
	for _, p := range w.pods(w.namespace) {
		if p.Status.Phase != corev1.PodSucceeded {
			out = append(out, string(p.UID))
		}
	}
	slices.Sort(out)
	return out
}

// account makes a ServiceAccount, and its namespace, where it is not there.
func (w *world) account(name string) {
	w.Helper()
	namespace, account, _ := strings.Cut(name, "/")
	w.makeNamespace(namespace)
	if account == "default" {
		w.await("service account "+name, func() bool {
			_, err := w.kube.CoreV1().ServiceAccounts(namespace).Get(w.ctx(), account, metav1.GetOptions{})
			return err == nil
		})
		return
	}
	_, err := w.kube.CoreV1().ServiceAccounts(namespace).Create(w.ctx(), &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: account}}, metav1.CreateOptions{})
	if !apierrors.IsAlreadyExists(err) {
		w.no(err)
	}
}

// makeNamespace makes a namespace where it is not there.
func (w *world) makeNamespace(name string) {
	w.Helper()
	_, err := w.kube.CoreV1().Namespaces().Create(w.ctx(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	if !apierrors.IsAlreadyExists(err) {
		w.no(err)
	}
}

// nothingLeft: the release left nothing in its namespace.
func (w *world) nothingLeft() {
	w.Helper()
	discovery := w.kube.Discovery()
	lists, err := discovery.ServerPreferredNamespacedResources()
	w.no(err)
	client := w.dynamic()
	for _, list := range lists {
		group, err := schema.ParseGroupVersion(list.GroupVersion)
		w.no(err)
		for _, r := range list.APIResources {
			if !slices.Contains(r.Verbs, "list") || r.Kind == "Event" || r.Kind == "Endpoints" {
				continue
			}
			var left []string
			w.await(r.Name+" to go: ", func() bool {
				left = nil
				found, err := client.Resource(group.WithResource(r.Name)).Namespace(w.namespace).List(w.ctx(), metav1.ListOptions{})
				w.no(err)
				for _, o := range found.Items {
					if !w.given(o) {
						left = append(left, fmt.Sprintf("%s %s", o.GetKind(), o.GetName()))
					}
				}
				// What an object owned goes a moment after it.
				return !slices.ContainsFunc(found.Items, func(o unstructured.Unstructured) bool { return len(o.GetOwnerReferences()) > 0 })
			})
			if len(left) > 0 {
				w.Errorf("uninstall leaves %s", strings.Join(left, ", "))
			}
		}
	}
}

// given is what every namespace has, and what the scenario made itself.
func (w *world) given(o unstructured.Unstructured) bool {
	switch o.GetKind() {
	case "ServiceAccount":
		return o.GetName() == "default" || o.GetLabels()["app.kubernetes.io/managed-by"] != "Helm"
	case "ConfigMap":
		return o.GetName() == "kube-root-ca.crt"
	case "PersistentVolumeClaim": // Kubernetes keeps those of a StatefulSet
		return true
	}
	return false
}

func (w *world) dynamic() dynamic.Interface {
	w.Helper()
	client, err := dynamic.NewForConfig(w.cluster.Config())
	w.no(err)
	return client
}

// volume makes a volume that a claim can have: there is nobody to provision one.
func (w *world) volume() {
	w.Helper()
	made, err := w.kube.CoreV1().PersistentVolumes().Create(w.ctx(), &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "e2e-"},
		Spec: corev1.PersistentVolumeSpec{
			AccessModes:            []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			Capacity:               corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("100Gi")},
			PersistentVolumeSource: corev1.PersistentVolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/nowhere"}},
		},
	}, metav1.CreateOptions{})
	w.no(err)
	w.Cleanup(func() { _ = w.kube.CoreV1().PersistentVolumes().Delete(w.ctx(), made.Name, metav1.DeleteOptions{}) })
}

// crd defines a kind that takes any object, for charts whose operator is not there. It
// stays: it is the same for every scenario.
func (w *world) crd(plural, kind, group string) {
	w.Helper()
	definition := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
		"metadata": map[string]any{"name": plural + "." + group},
		"spec": map[string]any{
			"group": group, "scope": "Namespaced",
			"names": map[string]any{"plural": plural, "singular": strings.ToLower(kind), "kind": kind},
			"versions": []any{map[string]any{
				"name": "v1alpha1", "served": true, "storage": true,
				"schema": map[string]any{"openAPIV3Schema": map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
			}},
		},
	}}
	crds := w.dynamic().Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
	_, err := crds.Create(w.ctx(), definition, metav1.CreateOptions{})
	if !apierrors.IsAlreadyExists(err) {
		w.no(err)
	}
	w.await("kind "+kind, func() bool {
		_, err := w.dynamic().Resource(schema.GroupVersionResource{Group: group, Version: "v1alpha1", Resource: plural}).List(w.ctx(), metav1.ListOptions{})
		return err == nil
	})
}

// trust is the trust policy of a role of the home AWS account, with a line for each value.
func (w *world) trust(name string) string {
	w.Helper()
	role := w.role(name)
	if role == nil {
		w.Fatalf("there is no role %s", name)
	}
	text, err := url.QueryUnescape(aws.ToString(role.AssumeRolePolicyDocument))
	w.no(err)
	var document any
	w.no(json.Unmarshal([]byte(text), &document))
	indented, err := json.MarshalIndent(document, "", "  ")
	w.no(err)
	return string(indented)
}
