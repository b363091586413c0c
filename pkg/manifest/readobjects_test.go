package manifest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// objects reads a stream, each object as it is named, with where it begins.
func objects(t *testing.T, text string) (*manifest.Objects, []string) {
	t.Helper()
	all, err := manifest.Read("in", strings.NewReader(text))
	if err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	var names []string
	for _, o := range all.List {
		live := ""
		if o.Live {
			live = " (live)"
		}
		names = append(names, o.Where+" "+o.String()+live)
	}
	return all, names
}

func TestRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":                           nil,
		"---\n---\n# nothing\n---\n": nil,
		"null":                       nil,
		"~\n---\na: 1":               {"in:3 the document at in:3"},
		"kind: ServiceAccount\nmetadata: {name: a, namespace: n}": {"in:1 ServiceAccount n/a"},
		"# Source: x\n\nkind: Namespace\nmetadata: {name: n}":     {"in:3 Namespace n"},
		"kind: Pod\nmetadata: {generateName: p-}":                 {"in:1 Pod p-"},
		"kind: Pod\nmetadata: {name: p, generateName: p-}":        {"in:1 Pod p"},
		"kind: Pod": {"in:1 Pod without a name"},
		"kind: Pod\nmetadata: {name: 123, namespace: true}":                                      {"in:1 Pod true/123"},
		"kind: Pod\nmetadata: {name: p, uid: 1-2}":                                               {"in:1 Pod p (live)"},
		"kind: Pod\nmetadata: {name: p, resourceVersion: '7'}":                                   {"in:1 Pod p (live)"},
		"kind: Pod\nmetadata: {name: p, creationTimestamp: '2026-01-01T00:00:00Z'}":              {"in:1 Pod p (live)"},
		"kind: Pod\nmetadata: {name: p, creationTimestamp: null}":                                {"in:1 Pod p"},
		"kind: A\nmetadata: {name: a}\n---\nkind: B\nmetadata: {name: b}":                        {"in:1 A a", "in:4 B b"},
		"kind: A\nmetadata: {name: a}\n---\n\nkind: B\nmetadata: {name: b}":                      {"in:1 A a", "in:5 B b"},
		"kind: A\nmetadata: {name: a}\n\n---\nkind: B\nmetadata: {name: b}":                      {"in:1 A a", "in:5 B b"},
		"kind: A\nmetadata: {name: a}\n---":                                                      {"in:1 A a"},
		"kind: A\nmetadata: {name: a}\n...":                                                      {"in:1 A a"},
		`{"kind":"A","metadata":{"name":"a"}}`:                                                   {"in:1 A a"},
		"- {kind: A, metadata: {name: a}}\n- text\n- {kind: B, metadata: {name: b}}":             {"in:1 A a", "in:1 B b"},
		"kind: List\nitems:\n- {kind: A, metadata: {name: a}}\n- {kind: B, metadata: {name: b}}": {"in:1 A a", "in:1 B b"},
		"kind: PodList\nitems: [{kind: Pod, metadata: {name: a}}, text]":                         {"in:1 Pod a"},
		"kind: Listing\nitems: [{kind: Pod, metadata: {name: a}}]":                               {"in:1 Listing without a name"},
		"kind: PodList": {"in:1 PodList without a name"},
		"kind: CustomResourceDefinition\nmetadata: {name: x}":                                       nil,
		"apiVersion: v1\nkind: CustomResourceDefinition # long\nmetadata: {name: x}":                nil,
		"kind: ConfigMap\nmetadata: {name: x}\ndata:\n  crd: |\n    kind: CustomResourceDefinition": {"in:1 ConfigMap x"},
		"data:\n  crd: |\n    kind: CustomResourceDefinition\nkind: ConfigMap\nmetadata: {name: x}": {"in:1 ConfigMap x"},
		"text:\n  kind: CustomResourceDefinition":                                                   {"in:1 the document at in:1"},
	} {
		if _, got := objects(t, text); !slices.Equal(got, want) {
			t.Errorf("%s\ngot  %q\nwant %q", text, got, want)
		}
	}
}

// TestPasted: people paste the specs of several pods below each other. Of an object, and of
// one whose keys all differ, nothing is taken apart.
func TestPasted(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a: 1\nb: 2":                           "in:1 map[a:1 b:2]",
		"a: 1\na: 2":                           "in:1 map[a:1]|in:2 map[a:2]",
		"a: 1\nb: 2\na: 3\nb: 4\na: 5":         "in:1 map[a:1 b:2]|in:3 map[a:3 b:4]|in:5 map[a:5]",
		"kind: X\na: 1\na: 2":                  "in:1 map[a:2 kind:X]",
		"a: 1\na: 2\nkind: X":                  "in:1 map[a:2 kind:X]",
		"a: 1\nkind: ''\na: 2":                 "in:1 map[a:1 kind:]|in:3 map[a:2]",
		"x: {a: 1}\n\n# more\nx: {a: 2}\ny: 3": "in:1 map[x:map[a:1]]|in:4 map[x:map[a:2] y:3]",
	} {
		all, _ := objects(t, text)
		var got []string
		for _, o := range all.List {
			got = append(got, o.Where+" "+fmt.Sprint(o.Body))
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%s\ngot  %s\nwant %s", text, strings.Join(got, "|"), want)
		}
	}
}

// TestComplete: a list that came from an API server is all there is of its kind.
func TestComplete(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"kind: ServiceAccountList\nmetadata: {resourceVersion: '1'}\nitems: []": "map[ServiceAccount:true]",
		"kind: ServiceAccountList\nitems: []":                                   "map[]",
		"kind: List\nmetadata: {resourceVersion: ''}\nitems: []":                "map[]",
		"kind: PodList\nmetadata: {resourceVersion: '1'}":                       "map[]",
	} {
		if all, _ := objects(t, text); fmt.Sprint(all.Complete) != want {
			t.Errorf("%s: %v, want %s", text, all.Complete, want)
		}
	}
	var sum manifest.Objects
	first, _ := objects(t, "kind: AList\nmetadata: {resourceVersion: '1'}\nitems: [{kind: A, metadata: {name: a}}]")
	second, _ := objects(t, "kind: B\nmetadata: {name: b}")
	second.Complete = map[string]bool{"C": true, "D": false}
	sum.Add(first)
	sum.Add(second)
	if len(sum.List) != 2 || fmt.Sprint(sum.Complete) != "map[A:true C:true]" {
		t.Errorf("%v, %v", sum.List, sum.Complete)
	}
	var none manifest.Objects
	none.Add(&manifest.Objects{})
	if none.List != nil || none.Complete != nil {
		t.Errorf("%+v", none)
	}
}

func TestGroup(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{"v1": "", "apps/v1": "apps", "": "", "a.b/v1/x": "a.b"} {
		if got := (manifest.Object{APIVersion: version}).Group(); got != want {
			t.Errorf("%q: %q, want %q", version, got, want)
		}
	}
}
