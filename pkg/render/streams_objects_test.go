package render_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/releaseutil"
	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/yaml"
)

const (
	filenameAnnotation = "postrenderer.helm.sh/postrender-filename"
	roleAnnotation     = "eks.amazonaws.com/role-arn"
	identityAnnotation = "helm-irsa.dev/identity"
)

// realStream is one stream, cut and parsed here, with nothing of pkg/render.
type realStream struct {
	name      string
	helm4     bool
	namespace string
	bytes     []byte
	docs      [][]byte
	parsed    []any // nil for a document of comments
}

func readStream(t *testing.T, path string) *realStream {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dialect := filepath.Base(filepath.Dir(path))
	in := &realStream{name: dialect + "/" + filepath.Base(path), helm4: dialect == "helm4", namespace: "ns1", bytes: data, docs: cut(data)}
	if strings.HasPrefix(filepath.Base(path), "epinio-1.12--") {
		in.namespace = "epinio"
	}
	for i, doc := range in.docs {
		value, err := decode(doc)
		if err != nil {
			t.Fatalf("document %d as it came: %v", i, err)
		}
		in.parsed = append(in.parsed, value)
	}
	return in
}

// cut cuts at lines that begin with a separator; the pieces joined are the stream.
func cut(data []byte) [][]byte {
	var out [][]byte
	start := 0
	for at := 0; at < len(data); {
		end := len(data)
		if i := bytes.IndexByte(data[at:], '\n'); i >= 0 {
			end = at + i + 1
		}
		if at > start && isSeparator(data[at:end]) {
			out = append(out, data[start:at])
			start = at
		}
		at = end
	}
	if start < len(data) {
		out = append(out, data[start:])
	}
	return out
}

func isSeparator(line []byte) bool {
	rest, ok := bytes.CutPrefix(line, []byte("---"))
	return ok && (len(rest) == 0 || strings.IndexByte(" \t\r\n", rest[0]) >= 0)
}

// decode reads as Helm does: sigs.k8s.io/yaml, which takes the last of repeated keys.
func decode(doc []byte) (any, error) {
	var value any
	err := yaml.Unmarshal(doc, &value)
	return value, err
}

func clone(value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = clone(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = clone(e)
		}
		return out
	}
	return value
}

func jsonText(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// object is one Kubernetes object of a parsed stream.
type object struct {
	doc                          int
	value                        map[string]any
	group, kind, name, namespace string
}

func objectsOf(doc int, value any) []object {
	m, ok := value.(map[string]any)
	if !ok {
		return nil
	}
	kind, _ := m["kind"].(string)
	if items, ok := m["items"].([]any); ok && strings.HasSuffix(kind, "List") {
		var out []object
		for _, item := range items {
			out = append(out, objectsOf(doc, item)...)
		}
		return out
	}
	o := object{doc: doc, value: m, kind: kind}
	api, _ := m["apiVersion"].(string)
	if group, _, ok := strings.Cut(api, "/"); ok {
		o.group = group
	}
	meta, _ := m["metadata"].(map[string]any)
	o.name, _ = meta["name"].(string)
	if o.name == "" {
		o.name, _ = meta["generateName"].(string)
	}
	o.namespace, _ = meta["namespace"].(string)
	return []object{o}
}

func (o object) in(release string) string {
	if o.namespace != "" {
		return o.namespace
	}
	return release
}

func (in *realStream) objects() []object {
	var out []object
	for i, value := range in.parsed {
		out = append(out, objectsOf(i, value)...)
	}
	return out
}

// hook is the value of Helm's hook annotation.
func (o object) hook() string {
	h, _ := annotationsOf(o.value)["helm.sh/hook"].(string)
	return h
}

func (in *realStream) hasFile(file string) bool {
	return slices.ContainsFunc(in.objects(), func(o object) bool { return annotationsOf(o.value)[filenameAnnotation] == file })
}

// at walks down mappings; nil where it leads nowhere.
func at(value map[string]any, keys ...string) map[string]any {
	for _, k := range keys {
		value, _ = value[k].(map[string]any)
	}
	return value
}

func annotationsOf(value map[string]any) map[string]any { return at(value, "metadata", "annotations") }

// annotate sets an annotation of the mapping under key, making what is missing on the way.
func annotate(holder map[string]any, key, name, value string) {
	for _, k := range []string{key, "annotations"} {
		next, ok := holder[k].(map[string]any)
		if !ok {
			next = map[string]any{}
			holder[k] = next
		}
		holder = next
	}
	holder[name] = value
}

// podTemplates says where kinds of pods have their template: the holder of
// metadata and spec, and whether the pods are replaced when metadata changes.
var podTemplates = map[string]struct {
	path  []string
	rolls bool
}{
	"/Pod": {nil, false}, "/PodTemplate": {[]string{"template"}, false}, "/ReplicationController": {[]string{"spec", "template"}, false},
	"apps/Deployment": {[]string{"spec", "template"}, true}, "apps/StatefulSet": {[]string{"spec", "template"}, true},
	"apps/DaemonSet": {[]string{"spec", "template"}, true}, "apps/ReplicaSet": {[]string{"spec", "template"}, false},
	"batch/Job": {[]string{"spec", "template"}, false}, "batch/CronJob": {[]string{"spec", "jobTemplate", "spec", "template"}, false},
}

// template gives the mapping that holds a workload's pod spec; nil for other objects.
func (o object) template() map[string]any {
	t, ok := podTemplates[o.group+"/"+o.kind]
	if !ok {
		return nil
	}
	if holder := at(o.value, t.path...); at(holder, "spec") != nil {
		return holder
	}
	return nil
}

// account is the service account that the pods of a template run as.
func account(template map[string]any) string {
	for _, key := range []string{"serviceAccountName", "serviceAccount"} {
		if name, _ := at(template, "spec")[key].(string); name != "" {
			return name
		}
	}
	return "default"
}

// normal makes two values comparable where the order has no meaning or the exact
// value is checked elsewhere.
func normal(value any) any {
	value = clone(value)
	for _, o := range objectsOf(0, value) {
		if list, ok := o.value["imagePullSecrets"].([]any); ok && o.kind == "ServiceAccount" {
			slices.SortFunc(list, func(a, b any) int { return strings.Compare(jsonText(a), jsonText(b)) })
		}
		if list, ok := o.value["subjects"].([]any); ok {
			slices.SortFunc(list, func(a, b any) int { return strings.Compare(jsonText(a), jsonText(b)) })
		}
	}
	return value
}

// helmTakes reads the whole result as the Helm that it is for will.
func (in *realStream) helmTakes(t *testing.T, s scenario, out []byte, added int) {
	t.Helper()
	want := added
	for _, value := range in.parsed {
		if value != nil {
			want++
		}
	}
	got := 0
	if !in.helm4 {
		for name, text := range releaseutil.SplitManifests(string(out)) {
			var object map[string]any
			if err := yaml.Unmarshal([]byte(text), &object); err != nil {
				t.Errorf("%s: Helm 3 does not take %s: %v", s.name, name, err)
			}
			if object != nil {
				got++
			}
		}
		if got != want {
			t.Errorf("%s: Helm 3 finds %d objects, want %d", s.name, got, want)
		}
		return
	}
	nodes, err := kio.ParseAll(string(out))
	if err != nil {
		t.Errorf("%s: Helm 4 does not take it: %v", s.name, err)
		return
	}
	if len(nodes) != want {
		t.Errorf("%s: Helm 4 finds %d objects, want %d", s.name, len(nodes), want)
	}
	files := map[string]int{}
	for i, n := range nodes {
		file := n.GetAnnotations()[filenameAnnotation]
		if file == "" {
			t.Errorf("%s: object %d has no file name", s.name, i)
		}
		if strings.HasPrefix(file, "helm-irsa/") {
			files[file]++
		}
	}
	if len(files) != added {
		t.Errorf("%s: %d service accounts were added to files %v", s.name, added, fmt.Sprint(files))
	}
}
