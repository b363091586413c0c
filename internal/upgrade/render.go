package upgrade

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/handover"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/render"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// handed is what a post-renderer handed over, and the post-renderer, which waits.
type handed struct {
	visit *handover.Visit

	// first reads what was handed over first, once.
	first func() (*manifest.Objects, error)

	mu     sync.Mutex // guards what follows, where there are several
	later  []byte     // what further runs handed over
	report render.Report
}

// objects are what the release has.
func (h *handed) objects() (*manifest.Objects, error) {
	first, err := h.first()
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	later, err := manifest.Read("the release", bytes.NewReader(h.later))
	if err != nil {
		return nil, err
	}
	out := &manifest.Objects{}
	out.Add(first)
	out.Add(later)
	return out, nil
}

// more takes what a further run of the post-renderer handed over.
func (h *handed) more(r handover.Rendered) {
	var report render.Report
	if json.Unmarshal(r.Report, &report) != nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.later = append(append(h.later, "\n---\n"...), r.Manifests...)
	h.report.Warnings = append(h.report.Warnings, report.Warnings...)
}

// notCalled is said of a Helm that ended well without a post-renderer.
const notCalled = "Helm ended well without calling our post-renderer"

// errCut is the error of a post-renderer that ended before it had handed over what it rendered.
var errCut = errors.New("our post-renderer was ended from outside, as where memory runs out, so Helm got nothing to install")

// receive waits for a post-renderer, tells it what AWS knows, and takes what it rendered; nil
// where Helm ended before that. The error is that of a rendering that failed, or of the user's
// patience; Helm's own is Helm's.
func receive(b *begun) (*handed, error) {
	var visit *handover.Visit
	select {
	case visit = <-b.folder.Visits():
	case <-b.helm.ended:
		return nil, nil
	case <-b.ctx.Done():
		if b.Context.Err() == nil { // Helm has ended
			return nil, nil
		}
		b.helm.said.close()
		return nil, b.ctx.Err()
	}
	if visit.Tell(facts(b)) != nil {
		return nil, nil // it has ended, and Helm says so
	}
	type result struct {
		rendered handover.Rendered
		err      error
	}
	got := make(chan result, 1)
	go func() {
		rendered, err := visit.Rendered()
		got <- result{rendered, err}
	}()
	h := &handed{visit: visit}
	select {
	case r := <-got:
		if r.err != nil {
			return nil, errCut
		}
		h.first = sync.OnceValues(func() (*manifest.Objects, error) {
			return manifest.Read("the release", bytes.NewReader(r.rendered.Manifests))
		})
		if err := json.Unmarshal(r.rendered.Report, &h.report); err != nil {
			return h, fmt.Errorf("reading what the post-renderer reported: %w", err)
		}
	case <-b.ctx.Done():
		if b.Context.Err() == nil {
			return nil, nil
		}
		return h, b.ctx.Err()
	}
	return h, faultsOf(h.report)
}

// faultsOf are the errors of a report.
func faultsOf(r render.Report) error {
	var all []error
	for _, m := range r.Errors {
		err := errors.New(m.Message)
		if m.Hint != "" {
			err = faults.Hinted(err, "%s", m.Hint)
		}
		all = append(all, err)
	}
	return errors.Join(all...)
}

// sayWarnings says the warnings of a rendering.
func sayWarnings(r *request, report render.Report) {
	for _, m := range report.Warnings {
		r.Say.Warning(m.Message)
		r.Say.Hint(m.Hint)
	}
}

// sayServiceAccounts says what the release now has, one line for each service account.
func sayServiceAccounts(r *request, report render.Report) {
	for _, a := range report.Accounts {
		name := a.Name
		if a.Namespace != "" {
			name = a.Namespace + "/" + name
		}
		text := "service account " + name
		if a.RoleARN != "" {
			text += " has role " + a.RoleARN
		}
		r.Say.Info(fmt.Sprintf("%s (%s%s)", text, stateOf(a), movedWords(a.Moved)))
	}
}

// stateOf says what became of a service account. Where EKS Pod Identity gives the role, nothing
// is written on it.
func stateOf(a render.Account) string {
	if a.State == "unchanged" && a.Mode == spec.ModePodIdentity {
		return "by EKS Pod Identity: nothing is written on the chart's service account"
	}
	return stateWords[a.State]
}

var stateWords = map[string]string{
	"added":     "added to the release",
	"changed":   "written on the chart's service account",
	"unchanged": "the chart's service account has it already",
	"absent":    "not in this release",
}

func movedWords(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "; 1 object now names it"
	}
	return fmt.Sprintf("; %d objects now name it", n)
}
