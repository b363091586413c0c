package render

import (
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/sizes"
	"github.com/helm-irsa/helm-irsa/pkg/catalog"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// TestRenderAllocatesLinearly: twice the entries and objects take at most two and a half
// times the allocations, in each shape. Not parallel: the runtime counts for the whole
// process.
func TestRenderAllocatesLinearly(t *testing.T) {
	for _, c := range sizes.RenderCases() {
		small, large := renderAllocations(t, c, 100), renderAllocations(t, c, 200)
		if float64(large) > 2.5*float64(small) {
			t.Errorf("%s: %d bytes for 100, %d for 200", c.Name, small, large)
		}
	}
}

func renderAllocations(t *testing.T, c sizes.RenderCase, n int) uint64 {
	t.Helper()
	in := c.Make(n)
	file, err := spec.Parse("irsa.yaml", []byte(in.IRSA))
	if err != nil {
		t.Fatal(c.Name, err)
	}
	file, _ = catalog.WithPresets(file)
	r, err := New(Options{Spec: file, Namespace: "ns1"})
	if err != nil {
		t.Fatal(c.Name, err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	report, err := r.Stream(strings.NewReader(in.Stream), io.Discard)
	runtime.ReadMemStats(&after)
	if err != nil && !strings.HasSuffix(c.Name, "not there") && c.Name != "patterns" && c.Name != "presets" || err == nil && len(report.Changes) == 0 {
		t.Fatalf("%s: %d changes, %v", c.Name, len(report.Changes), err)
	}
	return after.TotalAlloc - before.TotalAlloc
}

// TestMatching: a target comes to its objects, in the order of the stream, whatever its
// pattern is.
func TestMatching(t *testing.T) {
	t.Parallel()
	s := &session{memory: newMemory()}
	d := &document{}
	for _, name := range []string{"b", "app-2", "app", "app-1", "a*", "app-10"} {
		d.objects = append(d.objects, &object{doc: d, kind: "Deployment", name: name, explicitNS: "ns1"})
	}
	s.docs = []*document{d}
	for pattern, want := range map[string]string{
		"app": "app", "app-?": "app-2 app-1", "app*": "app-2 app app-1 app-10", "*": "b app-2 app app-1 a* app-10", "[ab]": "b", `a\*`: "a*", "a*[": "", "c": "", "": "",
	} {
		for _, namespace := range []string{"", "ns1", "ns2"} {
			var got []string
			for _, o := range s.matching("Deployment", pattern, namespace) {
				got = append(got, o.name)
			}
			if joined := strings.Join(got, " "); joined != want && namespace != "ns2" || namespace == "ns2" && joined != "" {
				t.Errorf("%q in %q: %s, want %s", pattern, namespace, joined, want)
			}
		}
	}
}
