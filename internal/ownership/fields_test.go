package ownership

import (
	"encoding/json"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields/managedfieldstest"
	"k8s.io/client-go/applyconfigurations"
	"k8s.io/client-go/kubernetes/scheme"
)

// live is a service account as eksctl, kubectl and the cluster left it.
const live = `{"apiVersion": "v1", "kind": "ServiceAccount", "automountServiceAccountToken": false,
 "imagePullSecrets": [{"name": "registry"}], "secrets": [{"name": "web-token"}],
 "metadata": {"name": "web", "namespace": "apps", "resourceVersion": "7", "uid": "u",
  "labels": {"app.kubernetes.io/managed-by": "eksctl", "team": "a"},
  "annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/old", "note": "keep"}}}`

// fromRelease is what Helm 4 applies: another role, another label, another switch.
const fromRelease = `{"apiVersion": "v1", "kind": "ServiceAccount", "automountServiceAccountToken": true,
 "metadata": {"name": "web", "namespace": "apps",
  "labels": {"app.kubernetes.io/managed-by": "Helm", "team": "b"},
  "annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/new",
   "meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "apps"}}}`

func parsed(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	o := &unstructured.Unstructured{}
	if err := json.Unmarshal([]byte(text), &o.Object); err != nil {
		t.Fatal(err)
	}
	return o
}

// TestHelm4Applies: after the adoption, Helm 4's apply on the server has no conflict, and
// what the release does not name stays. The rules are the API server's own code.
func TestHelm4Applies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		author   string // empty: the object has no managed fields at all
		adopted  bool
		conflict bool
	}{
		{name: "not adopted", author: "eksctl", conflict: true},
		{name: "adopted", author: "eksctl", adopted: true},
		{name: "without managed fields, not adopted", conflict: true},
		{name: "without managed fields", adopted: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			api := managedfieldstest.NewTestFieldManager(applyconfigurations.NewTypeConverter(scheme.Scheme), schema.GroupVersionKind{Version: "v1", Kind: "ServiceAccount"})
			first := parsed(t, live)
			if c.author != "" {
				// The API server tracks an object from its first apply, or its creation.
				if err := api.Apply(parsed(t, `{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "web", "namespace": "apps", "labels": {"team": "a"}}}`), "someone", true); err != nil {
					t.Fatal(err)
				}
				first.SetManagedFields(api.ManagedFields())
			}
			if err := api.Update(first, c.author); err != nil {
				t.Fatal(err)
			}
			if c.adopted {
				if err := api.Update(patched(t, api.Live()), fieldManager); err != nil {
					t.Fatal(err)
				}
			}
			err := api.Apply(parsed(t, fromRelease), "helm", false)
			if c.conflict {
				if !apierrors.IsConflict(err) || !strings.Contains(err.Error(), "role-arn") {
					t.Fatalf("want a conflict over the role, got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(api.Live())
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{`"note":"keep"`, `"secrets":[{"name":"web-token"}]`, `"imagePullSecrets":[{"name":"registry"}]`, `role/new`, `"team":"b"`} {
				if !strings.Contains(string(text), want) {
					t.Errorf("%s is gone: %s", want, text)
				}
			}
		})
	}
}

// patched is the object with our patch, merged as RFC 7386 says.
func patched(t *testing.T, o any) *unstructured.Unstructured {
	t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	a, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	body, err := a.patch(Release{"web", "apps"}, true)
	if err != nil {
		t.Fatal(err)
	}
	out := parsed(t, string(text))
	merge(out.Object, parsed(t, string(body)).Object)
	return out
}

func merge(into, patch map[string]any) {
	for key, value := range patch {
		inner, isObject := value.(map[string]any)
		if old, wasObject := into[key].(map[string]any); isObject && wasObject {
			merge(old, inner)
			continue
		}
		into[key] = value
	}
}
