package manifest

import (
	"fmt"
	"io"
	"maps"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// Object is one object, or a document that is none: Helm values, a piece of a pod.
type Object struct {
	APIVersion, Kind, Namespace, Name string
	// Live is true for an object that came from an API server.
	Live bool
	// Where is the input and the line that it begins at.
	Where string

	Body map[string]any
}

// String is how an object is named in messages: Deployment apps/web.
func (o Object) String() string {
	kind := o.Kind
	switch {
	case o.Kind == "":
		return "the document at " + o.Where
	case o.Name == "":
		return kind + " without a name"
	case o.Namespace == "":
		return kind + " " + o.Name
	}
	return kind + " " + o.Namespace + "/" + o.Name
}

// Group is the API group; empty for the core.
func (o Object) Group() string { return GroupOf(o.APIVersion) }

// GroupOf is the API group of an apiVersion; empty for the core, as in v1.
func GroupOf(apiVersion string) string {
	group, _, ok := strings.Cut(apiVersion, "/")
	if !ok {
		return ""
	}
	return group
}

// VersionOf is the version of an apiVersion, such as v1 of apps/v1.
func VersionOf(apiVersion string) string {
	return apiVersion[strings.LastIndexByte(apiVersion, '/')+1:]
}

// IsList reports whether a kind is that of a list of objects, which kubectl and Helm take
// from its name, where it has items.
func IsList(kind string) bool { return strings.HasSuffix(kind, "List") }

// Objects are objects, rendered or live, and what is known to be complete.
type Objects struct {
	List []Object
	// Complete are kinds of which all there are in the cluster were read, such as
	// ServiceAccount or MutatingWebhookConfiguration: what is not in List does not exist.
	Complete map[string]bool
}

// Add appends other objects.
func (o *Objects) Add(more *Objects) {
	o.List = append(o.List, more.List...)
	for k, v := range more.Complete {
		if v {
			o.complete(k)
		}
	}
}

func (o *Objects) complete(kind string) {
	if o.Complete == nil {
		o.Complete = map[string]bool{}
	}
	o.Complete[kind] = true
}

// Read reads a stream of YAML or JSON: what Helm renders, what kubectl prints,
// Helm values, or pieces of any. Name is for messages. Documents that run no pods, such
// as CustomResourceDefinitions, are not looked into. The error is an *InputError.
func Read(name string, r io.Reader) (*Objects, error) {
	data, err := ReadAll(name, r)
	if err != nil {
		return nil, err
	}
	in := &intake{name: name, out: &Objects{}}
	for _, d := range Split(data) {
		if d.Kind == "CustomResourceDefinition" { // they are large, and say nothing of pods
			continue
		}
		d.Text = spec.PlainJSON(d.Text) // such as what jq -a makes of kubectl's
		root, err := Parse(name, d)
		if err != nil {
			return nil, err
		}
		if root == nil {
			continue
		}
		if err := in.document(root, d.Line); err != nil {
			return nil, err
		}
	}
	return in.out, nil
}

// AddBody adds one object that was read elsewhere, of the values that Value gives. The body is
// kept.
func (o *Objects) AddBody(body map[string]any, where string) { (&intake{out: o}).add(body, where) }

// intake reads documents into objects.
type intake struct {
	name string
	out  *Objects
}

func (in *intake) document(root *yaml.Node, line int) error {
	if root.Kind == yaml.DocumentNode {
		if len(root.Content) == 0 {
			return nil
		}
		root = root.Content[0]
	}
	for _, part := range pieces(root) {
		v, err := valueOf(part, 0)
		if err != nil {
			return &InputError{in.name, line + part.Line - 1, err.what}
		}
		where := fmt.Sprintf("%s:%d", in.name, line+part.Line-1)
		body, ok := v.(map[string]any)
		switch {
		case ok:
			in.add(body, where)
		case v == nil:
		default:
			if items, ok := v.([]any); ok { // a JSON list of objects
				in.items(items, where)
				continue
			}
			return &InputError{in.name, line + part.Line - 1, "not a manifest: want a mapping with apiVersion and kind"}
		}
	}
	return nil
}

// pieces takes a document without kind apart where a key stands twice at its top: people
// paste the specs of several pods below each other. Of an object the last counts.
func pieces(root *yaml.Node) []*yaml.Node {
	if root.Kind != yaml.MappingNode {
		return []*yaml.Node{root}
	}
	out := []*yaml.Node{{Kind: yaml.MappingNode, Tag: "!!map", Line: root.Line}}
	seen := map[string]bool{}
	for i := 0; i+1 < len(root.Content); i += 2 {
		key := root.Content[i]
		if key.Value == "kind" && root.Content[i+1].Value != "" {
			return []*yaml.Node{root}
		}
		if key.Kind == yaml.ScalarNode && seen[key.Value] {
			seen = map[string]bool{}
			out = append(out, &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: key.Line})
		}
		seen[key.Value] = true
		last := out[len(out)-1]
		last.Content = append(last.Content, key, root.Content[i+1])
	}
	return out
}

func (in *intake) items(items []any, where string) {
	for _, item := range items {
		if m, ok := item.(map[string]any); ok {
			in.add(m, where)
		}
	}
}

func (in *intake) add(body map[string]any, where string) {
	o := Object{APIVersion: Text(body, "apiVersion"), Kind: Text(body, "kind"), Where: where, Body: body}
	if items, ok := body["items"].([]any); ok && IsList(o.Kind) {
		for _, item := range items {
			if m, ok := item.(map[string]any); ok {
				in.add(typed(m, o), where)
			}
		}
		if kind := strings.TrimSuffix(o.Kind, "List"); kind != "" && Dig(body, "metadata", "resourceVersion") != nil {
			in.out.complete(kind)
		}
		return
	}
	o.Namespace, o.Name = NameOf(Dig(body, "metadata", "namespace")), NameOf(Dig(body, "metadata", "name"))
	if o.Name == "" {
		o.Name = Text(body, "metadata", "generateName")
	}
	for _, field := range []string{"uid", "resourceVersion", "creationTimestamp"} { // the last is null in much that is rendered
		o.Live = o.Live || Dig(body, "metadata", field) != nil
	}
	in.out.List = append(in.out.List, o)
}

// typed gives an item of a typed list, such as ServiceAccountList, the kind that it does not
// say itself (k8s.io/apimachinery@v0.37.0 pkg/apis/meta/v1/unstructured/helpers.go,
// decodeToList).
func typed(item map[string]any, list Object) map[string]any {
	kind := strings.TrimSuffix(list.Kind, "List")
	if kind == "" || Text(item, "kind") != "" || Text(item, "apiVersion") != "" {
		return item
	}
	out := maps.Clone(item)
	out["kind"], out["apiVersion"] = kind, list.APIVersion
	return out
}

// NameOf is a name as text: one that looks like a number is still one.
func NameOf(v any) string {
	s, _ := Plain(v)
	return s
}
