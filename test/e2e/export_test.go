package e2e

import (
	"bytes"
	"cmp"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/catalog"
	"github.com/helm-irsa/helm-irsa/pkg/export"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/test/e2e/controlplane"
)

// warned keeps what an API server warns of.
type warned struct {
	mu   sync.Mutex
	said []string
}

// HandleWarningHeader keeps one.
func (w *warned) HandleWarningHeader(_ int, _, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.said = append(w.said, text)
}

func (w *warned) taken() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := strings.Join(w.said, "; ")
	w.said = nil
	return out
}

// engine is an API server with the custom resource definitions of ACK and Crossplane.
type engine struct {
	*testing.T
	client dynamic.Interface
	warned *warned
	// kinds are where objects go, by API version and kind; in a namespace or not.
	kinds      map[string]schema.GroupVersionResource
	namespaced map[string]bool
}

// newEngine skips the test where the definitions or the programs of a control plane are not there.
// The cluster is its own: other scenarios ask theirs for all kinds that there are.
func newEngine(t *testing.T) *engine {
	t.Helper()
	folder := os.Getenv("IRSA_SCHEMAS")
	if folder == "" {
		t.Skip("IRSA_SCHEMAS is not set: what is exported for ACK and Crossplane is not given to an API server")
	}
	if os.Getenv(controlplane.BinariesVariable) == "" {
		t.Skipf("no control plane: %s is not set (make e2e builds one and sets it)", controlplane.BinariesVariable)
	}
	cluster, err := controlplane.Start(t.Context(), controlplane.Options{Name: "e2e-export"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	e := &engine{T: t, warned: &warned{}, kinds: map[string]schema.GroupVersionResource{}, namespaced: map[string]bool{}}
	config := rest.CopyConfig(cluster.Config())
	config.WarningHandler = e.warned
	if e.client, err = dynamic.NewForConfig(config); err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no definitions in %s (%v)", folder, err)
	}
	for _, path := range paths {
		e.define(path)
	}
	return e
}

// define makes the definition that a file has, and waits until its objects can be made.
func (e *engine) define(path string) {
	e.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		e.Fatal(err)
	}
	definition := &unstructured.Unstructured{}
	if err := yaml.Unmarshal(text, &definition.Object); err != nil {
		e.Fatalf("%s: %v", path, err)
	}
	var d struct {
		Spec struct {
			Group, Scope string
			Names        struct{ Kind, Plural string }
			Versions     []struct{ Name string }
		}
	}
	if err := yaml.Unmarshal(text, &d); err != nil {
		e.Fatalf("%s: %v", path, err)
	}
	crds := e.client.Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
	if _, err := crds.Create(e.Context(), definition, metav1.CreateOptions{}); err != nil {
		e.Fatalf("%s: %v", path, err)
	}
	e.warned.taken() // what it warns of in a definition is its makers'
	for _, v := range d.Spec.Versions {
		r := schema.GroupVersionResource{Group: d.Spec.Group, Version: v.Name, Resource: d.Spec.Names.Plural}
		kind := d.Spec.Group + "/" + v.Name + " " + d.Spec.Names.Kind
		e.kinds[kind], e.namespaced[kind] = r, d.Spec.Scope == "Namespaced"
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
			_, err := e.client.Resource(r).List(e.Context(), metav1.ListOptions{})
			if err == nil {
				break
			}
			if time.Now().After(deadline) {
				e.Fatalf("waited a minute for %s: %v", kind, err)
			}
		}
	}
}

// apply is `kubectl apply --server-side --dry-run=server --validate=strict` of one document, letter for
// letter as it was written; it gives the kind.
func (e *engine) apply(ctx context.Context, doc []byte) (kind string, err error) {
	o := &unstructured.Unstructured{}
	if err := yaml.Unmarshal(doc, &o.Object); err != nil {
		return "", err
	}
	kind = o.GetAPIVersion() + " " + o.GetKind()
	var to dynamic.ResourceInterface = e.client.Resource(e.kinds[kind])
	if e.namespaced[kind] {
		to = e.client.Resource(e.kinds[kind]).Namespace(cmp.Or(o.GetNamespace(), "default"))
	}
	_, err = to.Patch(ctx, o.GetName(), types.ApplyPatchType, doc, metav1.PatchOptions{
		FieldManager: "helm-irsa-e2e", DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict,
	})
	return kind, err
}

// exported are the cases of testdata/golden/export, the how-tos and ten entries of the catalogue among
// them, with what they want.
func exported(t *testing.T) map[string]*awsstate.Wanted {
	t.Helper()
	folders, err := filepath.Glob(filepath.Join(root, "testdata", "golden", "export", "*"))
	if err != nil || len(folders) < 10 {
		t.Fatalf("only %d cases (%v)", len(folders), err)
	}
	out := map[string]*awsstate.Wanted{}
	for _, folder := range folders {
		path := filepath.Join(folder, "irsa.yaml")
		if from, err := os.ReadFile(filepath.Join(folder, "from.txt")); err == nil {
			path = filepath.Join(root, strings.TrimSpace(string(from)))
		}
		var file *spec.File
		if _, err := spec.Load(path, func(f *spec.File) (faults []spec.Fault) {
			file, faults = catalog.Expand(f, catalog.Target{})
			return faults
		}); err != nil {
			t.Fatal(err)
		}
		c := &file.Cluster
		c.AccountID, c.Region, c.Issuer = cmp.Or(c.AccountID, home), cmp.Or(c.Region, paris.region), cmp.Or(c.Issuer, paris.issuer)
		if out[filepath.Base(folder)], err = awsiam.Wanted(awsiam.Release{File: file, Namespace: "apps", Name: "shop"}, awsiam.FactsOf(file)); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// TestExported: an API server with the definitions of ACK and Crossplane takes every object that is
// exported for them, strictly and without a warning. No controller of theirs runs here.
func TestExported(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	// The server refuses a field too many.
	if _, err := e.apply(t.Context(), []byte("apiVersion: iam.services.k8s.aws/v1alpha1\nkind: Policy\nmetadata: {name: p}\nspec: {name: p, policyDocument: '{}', more: x}\n")); err == nil || !strings.Contains(err.Error(), "spec.more") {
		t.Errorf("a field that the definition does not have: %v", err)
	}
	seen, objects := map[string]bool{}, 0
	for name, wanted := range exported(t) {
		for _, o := range []struct {
			format  string
			options export.Options
		}{
			{"ack", export.Options{}}, {"ack", export.Options{AdoptExisting: true}},
			{"crossplane", export.Options{}}, {"crossplane", export.Options{AdoptExisting: true}},
			{"crossplane", export.Options{ClusterScope: true}}, {"crossplane", export.Options{ClusterScope: true, AdoptExisting: true}},
		} {
			made, err := export.To(o.format, wanted, o.options)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range made.Files {
				for _, doc := range bytes.Split(f.Text, []byte("\n---\n"))[1:] {
					if !bytes.Contains(doc, []byte("kind:")) { // a comment in the place of an object
						continue
					}
					kind, err := e.apply(t.Context(), doc)
					if said := e.warned.taken(); err != nil || said != "" {
						t.Errorf("%s, %s %+v: %s: %v; warnings: %s\n%s", name, o.format, o.options, kind, err, said, doc)
					}
					seen[kind] = true
					objects++
				}
			}
		}
	}
	for kind := range e.kinds {
		if !seen[kind] {
			t.Errorf("%s was not exported", kind)
		}
	}
	results.tell("an API server took %d exported objects of %d kinds of ACK and Crossplane", objects, len(seen))
}
