package render

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/manifest/stream"
	"github.com/helm-irsa/helm-irsa/pkg/manifest/yamldoc"
	"github.com/helm-irsa/helm-irsa/pkg/render/internal/yamledit"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// Annotations that Helm itself reads.
const (
	// helm.sh/helm/v4@v4.3.1 pkg/action/action.go, filenameAnnotation.
	filenameAnnotation = "postrenderer.helm.sh/postrender-filename"
	hookAnnotation     = "helm.sh/hook"
	weightAnnotation   = "helm.sh/hook-weight"
)

// document is one document of the stream, parsed only where it had to be read.
type document struct {
	stream.Doc
	number int // 1-based, among those that are not empty; 0 for an empty one
	line   int // 1-based line of the stream where Bytes begins
	parsed bool
	counts *counts
	// from is the template that made it, once that was looked for.
	from *string
	tree *yamledit.Document
	// objects are the Kubernetes objects in it: one, or the items of a List.
	objects []*object
}

// counts are of a session: how often a document was parsed, and how many could not be read.
type counts struct{ parses, unread int }

// object is one Kubernetes object.
type object struct {
	doc        *document
	root       yamledit.Ref
	group      string
	kind       string
	name       string // or generateName
	explicitNS string
	hooks      []string
	newSecrets []*yaml.Node // pull secrets of a service account that had no list of them
	// within is the field of the text that this stands for, where it is no object but a text
	// in one; root is then that of the text, and outer the object.
	within string
	outer  *object
}

// hidden reports whether Helm does not read the document, which is then left alone.
func (d *document) hidden() bool { return d.Behind }

// Empty reports whether there is no object in the document, for Helm at least.
func (d *document) Empty() bool { return d.Behind || d.Doc.Empty() }

// parse reads the document's objects; once.
func (d *document) parse() error {
	if d.parsed {
		return nil
	}
	tree, err := yamledit.Parse(d.Bytes)
	d.take(tree)
	return d.parsedAs(err)
}

// take is given what the document was parsed as; nil where it cannot be read.
func (d *document) take(tree *yamledit.Document) {
	if tree != nil {
		d.tree = tree
		d.collect(tree.Root(), itemOf{}, 0)
	}
}

// parsedAs notes that the document was parsed, and the error of that.
func (d *document) parsedAs(err error) error {
	d.parsed = true
	d.counts.parses++
	if err != nil {
		return d.syntaxError(err)
	}
	return nil
}

// syntaxError says where in the stream a document cannot be read.
func (d *document) syntaxError(err error) error {
	hint := "the chart renders text that is not YAML there; see it with `helm template`"
	if src := d.source(); src != "" {
		hint = "see what the template renders: helm template --show-only " + afterSlash(src)
	}
	line, reason := d.bodyLine(), err.Error()
	if e := (*yamldoc.SyntaxError)(nil); errors.As(err, &e) {
		if d.counts.unread++; d.counts.unread <= manyHints {
			e = e.Find(d.Bytes)
		}
		reason = "not YAML: " + e.Reason
		if e.Line > 0 {
			line = d.line + e.Line - 1
		}
	}
	return &Fault{Message{Message: fmt.Sprintf("reading %s, line %d: %s", d.describe(), line, reason), Hint: hint}}
}

func afterSlash(path string) string {
	_, rest, ok := strings.Cut(path, "/")
	if !ok {
		return path
	}
	return rest
}

// itemOf is what a typed list, such as ServiceAccountList, says of items that do not say it
// themselves (k8s.io/apimachinery@v0.37.0 pkg/apis/meta/v1/unstructured/helpers.go,
// decodeToList, which Helm reads with).
type itemOf struct{ apiVersion, kind string }

// collect finds the objects below a place: it is one, or a List of some.
func (d *document) collect(root yamledit.Ref, as itemOf, depth int) {
	if !root.IsMap() || depth > 8 {
		return
	}
	kind, apiVersion := root.Get("kind").Text(), root.Get("apiVersion").Text()
	if kind == "" && apiVersion == "" {
		kind, apiVersion = as.kind, as.apiVersion
	}
	if items := root.Get("items"); manifest.IsList(kind) && items.IsSeq() {
		as := itemOf{apiVersion, strings.TrimSuffix(kind, "List")}
		for _, item := range items.Items() {
			d.collect(item, as, depth+1)
		}
		return
	}
	meta := root.Get("metadata")
	o := &object{
		doc: d, root: root, group: manifest.GroupOf(apiVersion), kind: kind,
		name: meta.Get("name").Text(), explicitNS: meta.Get("namespace").Text(),
	}
	if o.name == "" {
		o.name = meta.Get("generateName").Text()
	}
	for _, h := range strings.Split(meta.Get("annotations", hookAnnotation).Text(), ",") {
		if h = strings.TrimSpace(h); h != "" {
			o.hooks = append(o.hooks, h)
		}
	}
	d.objects = append(d.objects, o)
}

// source is the template that made the document, as the dialect says it.
func (d *document) source() string {
	if d.from == nil {
		from := d.findSource()
		d.from = &from
	}
	return *d.from
}

func (d *document) findSource() string {
	if i := bytes.Index(d.Bytes[:d.Body], []byte("# Source: ")); i >= 0 {
		rest := d.Bytes[i+len("# Source: "):]
		if end := bytes.IndexByte(rest, '\n'); end >= 0 {
			rest = rest[:end]
		}
		return string(bytes.TrimSpace(rest))
	}
	i := bytes.Index(d.Bytes, []byte(filenameAnnotation+":"))
	if i < 0 {
		return ""
	}
	rest := d.Bytes[i+len(filenameAnnotation)+1:]
	if end := bytes.IndexByte(rest, '\n'); end >= 0 {
		rest = rest[:end]
	}
	return strings.Trim(string(bytes.TrimSpace(rest)), `'"`)
}

// bodyLine is the stream's line where the object begins.
func (d *document) bodyLine() int { return d.line + bytes.Count(d.Bytes[:d.Body], []byte("\n")) }

// describe names the document for a person.
func (d *document) describe() string {
	s := fmt.Sprintf("document %d", d.number)
	if d.Kind != "" {
		s += " (" + d.Kind + ")"
	}
	if src := d.source(); src != "" {
		s += " of " + src
	}
	return s
}

// namespace is the object's, or the release's where it names none.
func (o *object) namespace(release string) string {
	if o.explicitNS != "" {
		return o.explicitNS
	}
	return release
}

// whole names what the root is: the object, or a text in it.
func (o *object) whole() string {
	if o.within != "" {
		return o.within + " of " + o.String()
	}
	return o.String()
}

// String is kind/name.
func (o *object) String() string { return o.kind + "/" + o.name }

// report gives the object as the report names it.
func (o *object) report(release string) Object {
	namespace := o.namespace(release)
	if strings.HasPrefix(o.kind, "Cluster") {
		namespace = o.explicitNS // ClusterRoleBinding and the like have none
	}
	return Object{
		Document: o.doc.number, Line: o.line(), Source: o.doc.source(),
		Kind: o.kind, Namespace: namespace, Name: o.name,
	}
}

// line is the stream's line where the object begins.
func (o *object) line() int {
	if o.within != "" {
		return o.outer.line()
	}
	return o.doc.line + o.root.Line() - 1
}

// isHook reports whether the object is a hook of the event; of any where event is empty.
func (o *object) isHook(event string) bool {
	return event == "" && len(o.hooks) > 0 || slices.Contains(o.hooks, event)
}

// before reports whether Helm makes the object before another where both are hooks of
// the event: the lower weight first, then the lesser name, then, for kinds, service
// accounts before pods (helm.sh/helm/v4@v4.3.1 pkg/action/hooks.go, hookByWeight).
func (o *object) before(other *object, event string) bool {
	if !o.isHook(event) || !other.isHook(event) {
		return false
	}
	return cmp.Or(cmp.Compare(o.weight(), other.weight()), strings.Compare(o.name, other.name)) <= 0
}

// weight is the hook's; what is no number counts as 0 (helm.sh/helm/v4@v4.3.1
// pkg/release/v1/util/manifest_sorter.go, calculateHookWeight).
func (o *object) weight() int {
	n, err := strconv.Atoi(o.root.Get("metadata", "annotations", weightAnnotation).Text())
	if err != nil {
		return 0
	}
	return n
}

// resolve finds every place that the path leads to from r: more than one for [*]
// and for repeated keys.
func resolve(r yamledit.Ref, path []spec.PathPart) []yamledit.Ref {
	at := []yamledit.Ref{r}
	for _, p := range path {
		var next []yamledit.Ref
		for _, r := range at {
			next = append(next, step(r, p)...)
		}
		at = next
	}
	return at
}

func step(r yamledit.Ref, p spec.PathPart) []yamledit.Ref {
	switch p.Kind {
	case spec.EachPart:
		return r.Items()
	case spec.IndexPart:
		if items := r.Items(); p.Index < len(items) {
			return items[p.Index : p.Index+1]
		}
		return nil
	case spec.MatchPart:
		return slices.DeleteFunc(r.Items(), func(item yamledit.Ref) bool { return item.Get(p.Key).Text() != p.Value })
	}
	return r.All(p.Key)
}
