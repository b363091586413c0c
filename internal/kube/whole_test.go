package kube

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// serveAll makes the collections of a whole cluster, with the objects of all namespaces.
func (a *api) serveAll() {
	for _, r := range append([]resource{namespaces}, namespaced...) {
		all := []object{}
		for path, of := range a.objects {
			if strings.HasSuffix(path, "/"+r.plural) && strings.HasPrefix(path, strings.TrimSuffix(r.path(""), r.plural)+"namespaces/") {
				all = append(all, of...)
			}
		}
		if r != namespaces {
			a.objects[r.path("")] = all
		}
	}
}

func TestReadAll(t *testing.T) {
	t.Parallel()
	a := shop(t)
	a.serveAll()
	got, err := a.client(t).ReadAll(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Unread) > 0 {
		t.Errorf("unread: %+v", got.Unread)
	}
	find := func(kind, name string) *manifest.Object {
		t.Helper()
		i := slices.IndexFunc(got.Objects.List, func(o manifest.Object) bool { return o.Kind == kind && o.Name == name })
		if i < 0 {
			t.Fatalf("no %s %s", kind, name)
		}
		return &got.Objects.List[i]
	}
	if !find("ServiceAccount", "web").Live || manifest.List(find("ServiceAccount", "web").Body, "metadata", "managedFields") == nil {
		t.Error("a service account tells who wrote it")
	}
	if manifest.Dig(find("Pod", "web-2-x").Body, "metadata", "managedFields") != nil {
		t.Error("a pod has managedFields")
	}
	if manifest.Mapping(find("ReplicaSet", "web-2").Body, "spec", "template") != nil {
		t.Error("a ReplicaSet of a Deployment has a template")
	}
	if manifest.Mapping(find("Deployment", "web").Body, "spec", "template") == nil {
		t.Error("a Deployment has no template")
	}
	for _, kind := range []string{"ServiceAccount", "Pod", "Deployment", "MutatingWebhookConfiguration"} {
		if !got.Objects.Complete[kind] {
			t.Errorf("%s is not complete", kind)
		}
	}
}

// TestReadAllForbidden: what may not be listed is named, and is not complete.
func TestReadAllForbidden(t *testing.T) {
	t.Parallel()
	a := shop(t)
	a.serveAll()
	a.deny[pods.path("")] = true
	got, err := a.client(t).ReadAll(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Unread) != 1 || got.Unread[0].Reason != Forbidden || got.Unread[0].Permission.String() != "list pods" || got.Objects.Complete["Pod"] || !got.Objects.Complete["ServiceAccount"] {
		t.Errorf("unread: %+v, complete: %v", got.Unread, got.Objects.Complete)
	}
}

func TestContexts(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "config")
	text := "apiVersion: v1\nkind: Config\ncurrent-context: b\ncontexts:\n- {name: b, context: {cluster: x}}\n- {name: a, context: {cluster: x}}\nclusters:\n- {name: x, cluster: {server: https://127.0.0.1:1}}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	names, current, err := Contexts(Options{Kubeconfig: file})
	if err != nil || fmt.Sprint(names, " ", current) != "[a b] b" {
		t.Errorf("%v %q %v", names, current, err)
	}
	if _, _, err := Contexts(Options{Kubeconfig: filepath.Join(t.TempDir(), "none")}); err == nil {
		t.Error("no error without a file")
	}
}
