// Package render gives the pods of a Helm release their AWS identity while Helm
// renders it: it adds and annotates ServiceAccounts and makes workloads run as
// them. It is a pure function of the stream and irsa.yaml: no AWS, no cluster, no
// clock.
//
// What needs no change leaves byte for byte as it came, in its place; in a document
// that changes, only the lines that must change do; rendering twice is rendering
// once; and on an error there is no output at all.
package render

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/manifest/stream"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// Options say what to render for.
type Options struct {
	// Spec is the irsa.yaml, with the presets that it names. Required.
	Spec *spec.File
	// Namespace is the release's namespace; no host tells a post-renderer, so it
	// comes from a flag or the environment. Empty: taken from Spec where every
	// service account there names the same one, else unknown.
	Namespace string
	// NamespaceAssumed is true where Namespace is Helm's default that nobody named: then it
	// is a warning that a service account of irsa.yaml depends on it.
	NamespaceAssumed bool
	// Release is the release's name, for the report.
	Release string
}

// Renderer is a post-renderer: the interface of Helm 3's and Helm 4's SDK alike.
// It may be used again, and by several goroutines.
type Renderer struct {
	opts      Options
	namespace string
	kinds     *manifest.Table
	presets   map[string]spec.Preset
}

// New checks the options and resolves every role's ARN. Its error lists every
// service account whose ARN cannot be computed offline, two entries for one service
// account, and presets that the file has not.
func New(opts Options) (*Renderer, error) {
	if opts.Spec == nil {
		return nil, errors.New("render: Options.Spec is nil")
	}
	r := &Renderer{opts: opts, namespace: opts.Namespace, kinds: manifest.Kinds(opts.Spec.WorkloadKinds...), presets: presetsOf(opts.Spec)}
	if r.namespace == "" {
		r.namespace = commonNamespace(opts.Spec)
	}
	var faults faults
	faults.addErr(checkPresets(opts.Spec, r.presets))
	if _, err := accounts(opts.Spec, r.namespace); err != nil {
		faults.addErr(err)
	} else if err := opts.Spec.CheckRoleNames(r.namespace); err != nil {
		faults.list = append(faults.list, Messages(err)...)
	}
	if why := ambiguous(opts.Spec); r.namespace == "" && why != "" {
		faults.add(Message{
			Message: fmt.Sprintf("reading %s: %s, and the release's namespace is not known", fileName(opts.Spec), why),
			Hint:    "pass --namespace NAMESPACE to the post-renderer, or set HELM_NAMESPACE",
		})
	}
	return r, faults.err()
}

// commonNamespace is the namespace that every service account names, where all name one.
func commonNamespace(f *spec.File) string {
	common := ""
	for _, a := range f.ServiceAccounts {
		if a.Namespace == "" || common != "" && a.Namespace != common {
			return ""
		}
		common = a.Namespace
	}
	return common
}

// ambiguous says why documents without a namespace cannot be told to belong to a
// service account's namespace or not; empty where they can.
func ambiguous(f *spec.File) string {
	named, unnamed := 0, 0
	for _, a := range f.ServiceAccounts {
		if a.Namespace == "" {
			unnamed++
		} else {
			named++
		}
	}
	switch {
	case named > 0 && unnamed > 0:
		return "some service accounts name a namespace and some do not"
	case named > 1:
		return "its service accounts name several namespaces"
	}
	return ""
}

// Result is what one rendering came to. It may be written more than once.
type Result struct {
	// Report says what was done.
	Report *Report

	segments [][]byte
}

// Render renders one stream. On an error there are no manifests, and the result has the report
// alone; the error lists every fault that was found, as Faults. Memory stays close to the size
// of the stream, which is neither joined nor copied.
func (r *Renderer) Render(in io.Reader) (*Result, error) {
	s, err := r.session()
	if err != nil {
		return &Result{Report: FailedReport(r.namespace, r.opts.Release, err)}, err
	}
	docs, err := stream.Read(in, s.mark)
	if err != nil {
		err = fmt.Errorf("reading the manifests from standard input: %w", err)
		return &Result{Report: failed(s.report, err)}, err
	}
	segments, err := s.render(docs)
	if err != nil {
		return &Result{Report: failed(s.report, err)}, err
	}
	return &Result{s.report, segments}, nil
}

// WriteTo writes the manifests.
func (r *Result) WriteTo(out io.Writer) (int64, error) {
	// Small documents are put together, so that they do not cost a system call each;
	// what does not fit the buffer is written as it is, uncopied.
	w, size := bufio.NewWriterSize(out, 64<<10), int64(0)
	for _, segment := range r.segments {
		w.Write(segment) // its error stays in w until Flush
		size += int64(len(segment))
	}
	if err := w.Flush(); err != nil {
		return 0, fmt.Errorf("writing the manifests: %w", err)
	}
	return size, nil
}

// Run renders one stream. On an error there is no output; the error lists every
// fault that was found, as Faults.
func (r *Renderer) Run(in *bytes.Buffer) (*bytes.Buffer, error) {
	var out bytes.Buffer
	if in == nil {
		in = &out
	}
	s, err := r.session()
	if err != nil {
		return nil, err
	}
	docs := stream.Scan(in.Bytes())
	for i := range docs {
		s.mark(&docs[i])
	}
	segments, err := s.render(docs)
	if err != nil {
		return nil, err
	}
	size := 0
	for _, segment := range segments {
		size += len(segment)
	}
	out = *bytes.NewBuffer(make([]byte, 0, size))
	for _, segment := range segments {
		out.Write(segment)
	}
	return &out, nil
}

// Stream renders in to out and says what it did. Nothing is written to out unless
// all of it succeeded, an error while writing aside. The report is never nil.
func (r *Renderer) Stream(in io.Reader, out io.Writer) (*Report, error) {
	result, err := r.Render(in)
	if err != nil {
		return result.Report, err
	}
	if _, err := result.WriteTo(out); err != nil {
		return failed(result.Report, err), err
	}
	return result.Report, nil
}

// session begins one rendering.
func (r *Renderer) session() (*session, error) {
	accounts, err := accounts(r.opts.Spec, r.namespace)
	if err != nil {
		return nil, err
	}
	s := &session{
		spec: r.opts.Spec, assumed: r.opts.NamespaceAssumed, kinds: r.kinds, presets: r.presets, release: r.namespace, accounts: accounts,
		report: newReport(r.namespace, r.opts.Release), warned: map[string]bool{}, claims: map[claim]string{},
		seated: map[claim]*account{}, memory: newMemory(), held: map[heldIn][]*entry{},
	}
	s.search = s.searches()
	return s, nil
}

// render is the whole of it, between reading and writing.
func (s *session) render(docs []stream.Doc) ([][]byte, error) {
	defer frugal(docs)()
	s.read(docs)
	s.warnAssumed()
	if err := s.faults.err(); err != nil {
		return nil, err
	}
	s.inferNamespace()
	s.present()
	s.targets()
	s.finishParts()
	s.warnElsewhere()
	s.annotateAccounts()
	s.carry()
	s.pods()
	s.unused()
	s.warnShared()
	s.finishTexts()
	s.finishVariables()
	s.finishSecrets()
	if err := s.faults.err(); err != nil {
		return nil, err
	}
	return s.apply()
}

func newReport(namespace, release string) *Report {
	return &Report{
		APIVersion: spec.APIVersion, Kind: "RenderReport", Result: "ok", Namespace: namespace, Release: release,
		Accounts: []Account{}, Changes: []Change{}, Warnings: []Message{}, Errors: []Message{},
	}
}

// failed turns a report into that of a rendering that changed nothing.
func failed(report *Report, err error) *Report {
	var list faults
	list.addErr(err)
	report.Result = "error"
	report.Errors = list.list
	report.Accounts, report.Changes = []Account{}, []Change{}
	report.Summary.Changed, report.Summary.Added = 0, 0
	return report
}
