package manifest

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestMetadata: where a place finds the pods' annotations, and the labels beside them: the
// first mapping counts, and an operator's own key has no labels.
func TestMetadata(t *testing.T) {
	t.Parallel()
	type object = map[string]any
	body := object{"spec": object{
		"sa": "web", "podAnnotations": object{"a": "1"}, "labels": object{"l": "1"}, "annotations": object{"a": "2"},
		"pod":  object{"podAnnotations": object{"a": "3"}, "annotations": object{"a": "4"}, "labels": object{"l": "4"}},
		"list": []any{"no mapping", object{"annotations": object{"a": "5"}}, object{"annotations": object{"a": "6"}}},
		"text": "x",
	}}
	for annotations, want := range map[string]any{
		"spec.podAnnotations":         object{"annotations": object{"a": "1"}},
		"spec.annotations":            object{"annotations": object{"a": "2"}, "labels": object{"l": "1"}},
		"spec.pod.podAnnotations":     object{"annotations": object{"a": "3"}},
		"spec.pod.annotations":        body["spec"].(object)["pod"],
		"spec.list[*].annotations":    object{"annotations": object{"a": "5"}},
		"spec.list[*].podAnnotations": object{"annotations": nil},
		"spec.none.annotations":       object(nil),
		"spec.text.annotations":       object(nil),
		"spec.text.podAnnotations":    object(nil),
	} {
		k := &Kind{Pods: []Place{field("spec.sa").with(annotations)}}
		pods := k.PodsOf(body)
		if len(pods) != 1 || pods[0].ServiceAccount != "web" || !reflect.DeepEqual(pods[0].Metadata, want) {
			t.Errorf("%s: %#v, want %#v", annotations, pods, want)
		}
	}
}

// TestBuiltIn: a kind of a group that only Kubernetes has is one of its own, and found
// without its group; `kubectl rollout restart` takes three of them
// (https://kubernetes.io/docs/reference/kubectl/generated/kubectl_rollout/kubectl_rollout_restart/).
func TestBuiltIn(t *testing.T) {
	t.Parallel()
	var restarts []string
	for k := range Kinds().All() {
		if k.Restarts {
			restarts = append(restarts, k.Name)
		}
		own := !slices.ContainsFunc(k.Groups, func(g string) bool { return strings.Contains(g, ".") })
		if own && !k.BuiltIn {
			t.Errorf("%s of %q is none of Kubernetes' own", k.Name, k.Groups)
		}
		if found := Kinds().Of(&Object{Kind: k.Name}); k.BuiltIn && found != k {
			t.Errorf("%s without its group is %+v", k.Name, found)
		}
	}
	slices.Sort(restarts)
	if want := []string{"DaemonSet", "Deployment", "StatefulSet"}; !slices.Equal(restarts, want) {
		t.Errorf("kubectl rollout restart takes %v, want %v", restarts, want)
	}
}
