package render_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/catalog"
	"github.com/helm-irsa/helm-irsa/pkg/render"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// streamFiles are the real streams: what both Helms send for public charts, in the
// folders helm3 and helm4 of $IRSA_MANIFESTS.
func streamFiles(t *testing.T) []string {
	t.Helper()
	folder := os.Getenv("IRSA_MANIFESTS")
	if folder == "" {
		t.Skip("IRSA_MANIFESTS is not set: no real streams")
	}
	files, err := filepath.Glob(filepath.Join(folder, "helm[34]", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no stream under IRSA_MANIFESTS=%s (%v)", folder, err)
	}
	return files
}

// TestStreams renders every real stream with generated irsa.yaml files and holds
// the result against the edit that was meant, which is made here on plain Go values.
func TestStreams(t *testing.T) {
	t.Parallel()
	files := streamFiles(t)
	seen := &tally{}
	t.Run("all", func(t *testing.T) {
		for _, file := range files {
			t.Run(filepath.Base(filepath.Dir(file))+"/"+filepath.Base(file), func(t *testing.T) {
				t.Parallel()
				in := readStream(t, file)
				for _, s := range in.scenarios() {
					in.check(t, s, seen)
				}
			})
		}
	})
	seen.log(t, len(files))
}

// TestStreamsEpinio: in the real Epinio charts, both generations and both dialects,
// the staging jobs get their service account, and nothing else changes.
func TestStreamsEpinio(t *testing.T) {
	t.Parallel()
	generations := map[string]int{}
	for _, file := range streamFiles(t) {
		name := filepath.Base(file)
		if !strings.HasPrefix(name, "epinio--") && !strings.HasPrefix(name, "epinio-1.12--") {
			continue
		}
		dialect := filepath.Base(filepath.Dir(file))
		generations[dialect+strings.Split(name, "--")[0]]++
		t.Run(dialect+"/"+name, func(t *testing.T) {
			t.Parallel()
			in := readStream(t, file)
			in.check(t, in.epinio(t), &tally{})
		})
	}
	if len(generations) != 4 {
		t.Errorf("Epinio streams are %v, want both generations in both dialects", generations)
	}
}

// rewritten is in the warning of a document that was written anew.
const rewritten = "could not be edited in place"

// tally counts over all streams.
type tally struct {
	sync.Mutex
	renderings, touched, added int
	rewritten                  []string
}

func (c *tally) log(t *testing.T, files int) {
	sort.Strings(c.rewritten)
	t.Logf("%d streams, %d renderings, %d documents changed, %d service accounts added, %d documents written anew instead of edited in place",
		files, c.renderings, c.touched, c.added, len(c.rewritten))
	for _, r := range c.rewritten {
		t.Log("written anew:", r)
	}
	if limit := c.touched / 100; len(c.rewritten) > limit {
		t.Errorf("%d documents were written anew, more than one in a hundred (%d)", len(c.rewritten), limit)
	}
}

// scenario is one irsa.yaml and what it must do to a stream.
type scenario struct {
	name string
	irsa string
	// edit makes the intended edit on the objects of the stream, which are copies.
	edit func(objects []object)
	// added are the service accounts that must be there in addition, by namespace (as
	// written) and name.
	added map[[2]string]map[string]any
	whole bool // look whether Helm takes every document, not only those that changed
}

// check renders the stream and compares.
func (in *realStream) check(t *testing.T, s scenario, seen *tally) {
	t.Helper()
	file, err := spec.Parse("irsa.yaml", []byte(s.irsa))
	if err != nil {
		t.Fatalf("%s: %v\n%s", s.name, err, s.irsa)
	}
	file, _ = catalog.WithPresets(file)
	r, err := render.New(render.Options{Spec: file, Namespace: in.namespace})
	if err != nil {
		t.Fatalf("%s: %v\n%s", s.name, err, s.irsa)
	}
	var out bytes.Buffer
	report, err := r.Stream(bytes.NewReader(in.bytes), &out)
	if err != nil {
		t.Errorf("%s: %v\n%s", s.name, err, s.irsa)
		return
	}
	again, err := r.Run(bytes.NewBuffer(slices.Clone(out.Bytes())))
	if err != nil {
		t.Errorf("%s: rendering the result again: %v", s.name, err)
	} else if !bytes.Equal(again.Bytes(), out.Bytes()) {
		t.Errorf("%s: rendering the result again changes it: %.300s", s.name, firstDifference(again.Bytes(), out.Bytes()))
	}
	docs, added := in.align(t, s, out.Bytes())
	if docs == nil {
		return
	}
	touched := in.compare(t, s, docs)
	in.compareAdded(t, s, added)
	in.compareReport(t, s, report, touched)
	in.compareLines(t, s, report, docs)
	if s.whole {
		in.helmTakes(t, s, out.Bytes(), len(added))
	}
	seen.Lock()
	defer seen.Unlock()
	seen.renderings++
	seen.touched += len(touched)
	seen.added += len(added)
	for _, w := range report.Warnings {
		if strings.Contains(w.Message, rewritten) {
			seen.rewritten = append(seen.rewritten, in.name+" ("+s.name+"): "+w.Message)
		}
	}
}

// align cuts the result into the documents that came in, in their order, and those that were added.
func (in *realStream) align(t *testing.T, s scenario, out []byte) (docs, added [][]byte) {
	t.Helper()
	for _, doc := range cut(out) {
		if bytes.Contains(doc, []byte("\n    helm-irsa.dev/added: \"true\"\n")) {
			added = append(added, doc)
			continue
		}
		docs = append(docs, doc)
	}
	if len(docs) > 0 && len(in.docs) > 0 && !bytes.HasPrefix(in.docs[0], []byte("---")) && !bytes.HasPrefix(in.bytes, docs[0]) {
		docs[0] = bytes.TrimPrefix(docs[0], []byte("---\n")) // the first one needs a separator once something stands before it
	}
	if len(docs) != len(in.docs) || len(added) != len(s.added) {
		t.Errorf("%s: %d documents and %d added ones came out, want %d and %d", s.name, len(docs), len(added), len(in.docs), len(s.added))
		return nil, nil
	}
	return docs, added
}

// compare holds every document against the intended edit; it gives the indices of those that differ.
func (in *realStream) compare(t *testing.T, s scenario, docs [][]byte) map[int]bool {
	t.Helper()
	want := make([]any, len(in.docs))
	var objects []object
	for i := range in.docs {
		if in.parsed[i] != nil {
			want[i] = clone(in.parsed[i])
			objects = append(objects, objectsOf(i, want[i])...)
		}
	}
	s.edit(objects)
	touched := map[int]bool{}
	digests := map[string]string{}
	for i, doc := range docs {
		intended := !reflect.DeepEqual(want[i], in.parsed[i])
		same := bytes.Equal(doc, in.docs[i])
		switch {
		case same && intended:
			t.Errorf("%s: document %d should have changed:\n%.2000s", s.name, i, doc)
		case !same && !intended:
			t.Errorf("%s: document %d changed, and should not: %.2000s", s.name, i, firstDifference(doc, in.docs[i]))
		case same:
			continue
		}
		touched[i] = true
		got, err := decode(doc)
		if err != nil {
			t.Errorf("%s: document %d does not parse any more: %v", s.name, i, err)
			continue
		}
		nameDigests(t, got, digests)
		if got = normal(got); !reflect.DeepEqual(got, normal(want[i])) {
			t.Errorf("%s: document %d is not what was intended\ngot:  %.1500s\nwant: %.1500s\n%s", s.name, i, jsonText(got), jsonText(normal(want[i])), s.irsa)
		}
	}
	return touched
}

// compareLines: in a document that was edited in place, no more lines are lost than
// fields were changed.
func (in *realStream) compareLines(t *testing.T, s scenario, report *render.Report, docs [][]byte) {
	t.Helper()
	changes := map[int]int{}
	for _, c := range report.Changes {
		changes[c.Object.Document]++
	}
	for _, w := range report.Warnings {
		var number int
		if _, err := fmt.Sscanf(w.Message, "document %d ", &number); err == nil && strings.Contains(w.Message, rewritten) {
			delete(changes, number)
		}
		if repeated := repeatedKey.FindStringSubmatch(w.Message); repeated != nil {
			number, _ := strconv.Atoi(repeated[1])
			times, _ := strconv.Atoi(repeated[2])
			changes[number] += times - 1 // every occurrence is changed, and the change is reported once
		}
	}
	number := 0
	for i, doc := range docs {
		if in.parsed[i] == nil {
			continue
		}
		number++
		if n, ok := changes[number]; ok && linesLost(in.docs[i], doc) > n {
			t.Errorf("%s: document %d lost %d lines for %d changes: %.1500s", s.name, i, linesLost(in.docs[i], doc), n, firstDifference(doc, in.docs[i]))
		}
	}
}

var repeatedKey = regexp.MustCompile(`in document (\d+) has the key .* (\d+) times$`)

func linesLost(before, after []byte) int {
	have := map[string]int{}
	for _, line := range bytes.SplitAfter(after, []byte("\n")) {
		have[string(line)]++
	}
	lost := 0
	for _, line := range bytes.SplitAfter(before, []byte("\n")) {
		if have[string(line)]--; have[string(line)] < 0 {
			lost++
		}
	}
	return lost
}

// nameDigests puts a name where a digest stands: one service account has one digest, and
// two service accounts never share one.
func nameDigests(t *testing.T, value any, digests map[string]string) {
	t.Helper()
	for _, o := range objectsOf(0, value) {
		annotations := annotationsOf(o.template())
		digest, ok := annotations[identityAnnotation].(string)
		if !ok {
			continue
		}
		name := account(o.template())
		for other, d := range digests {
			if (other == name) != (d == digest) {
				t.Errorf("service account %s has digest %s, service account %s has %s", name, digest, other, d)
			}
		}
		digests[name] = digest
		annotations[identityAnnotation] = "digest of " + name
	}
}

func (in *realStream) compareAdded(t *testing.T, s scenario, added [][]byte) {
	t.Helper()
	for _, doc := range added {
		got, err := decode(doc)
		if err != nil {
			t.Errorf("%s: the added service account does not parse: %v\n%s", s.name, err, doc)
			continue
		}
		o := objectsOf(0, got)[0]
		if file, ok := annotationsOf(o.value)[filenameAnnotation].(string); ok != in.helm4 || ok && in.hasFile(file) {
			t.Errorf("%s: the added service account names file %q (Helm 4: %t)", s.name, file, in.helm4)
		}
		delete(annotationsOf(o.value), filenameAnnotation)
		want := s.added[[2]string{o.namespace, o.name}]
		if want == nil || !reflect.DeepEqual(normal(got), normal(want)) {
			t.Errorf("%s: added is not what was intended\ngot:  %s\nwant: %s", s.name, jsonText(got), jsonText(want))
		}
	}
}

// compareReport: the report speaks of every document that changed, and of no other.
func (in *realStream) compareReport(t *testing.T, s scenario, report *render.Report, touched map[int]bool) {
	t.Helper()
	want := map[int]bool{}
	number := 0
	for i := range in.docs {
		if in.parsed[i] == nil {
			continue
		}
		number++
		if touched[i] {
			want[number] = true
		}
	}
	got := map[int]bool{}
	for _, c := range report.Changes {
		if c.Object.Document > 0 {
			got[c.Object.Document] = true
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: the report speaks of documents %v, changed are %v", s.name, got, want)
	}
	if report.Summary != (render.Summary{Documents: number, Changed: len(touched), Added: len(s.added)}) {
		t.Errorf("%s: the report's summary is %+v, want %d documents, %d changed, %d added", s.name, report.Summary, number, len(touched), len(s.added))
	}
	if want := map[bool]string{true: "helm4", false: "helm3"}[in.helm4]; number > 0 && report.Dialect != want {
		t.Errorf("%s: the report's dialect is %q, want %q", s.name, report.Dialect, want)
	}
}
