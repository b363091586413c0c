package verify

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
)

// Values of others stand in what a report says: names, annotations, documents, what events
// and AWS say. Here they lose what a terminal would act on. The fields that are data stay as
// they were read: namespace, name and role of a service account, what was asked of a role.

// shownSafely is the report with its texts as internal/safe shows them. A repair has lines
// of its own: what it is made of is looked at where it is made.
func (r *Report) shownSafely() {
	for i := range r.ServiceAccounts {
		a := &r.ServiceAccounts[i]
		for j := range a.Links {
			a.Links[j].Why = safe.Text(a.Links[j].Why)
		}
		for j := range a.Permissions {
			a.Permissions[j].Why = safe.Text(a.Permissions[j].Why)
		}
		for j := range a.Findings {
			a.Findings[j].shownSafely()
		}
		a.Proof = safe.Text(a.Proof)
	}
	for i := range r.Findings {
		r.Findings[i].shownSafely()
	}
}

func (f *Finding) shownSafely() {
	for _, text := range []*string{&f.Subject, &f.Message, &f.Why, &f.Where} {
		*text = safe.Text(*text)
	}
	f.Fix = safe.Lines(f.Fix)
	for i, a := range f.ServiceAccounts {
		f.ServiceAccounts[i] = safe.Text(a)
	}
}

// plainScalar needs no quotes in YAML, in flow style either.
var plainScalar = regexp.MustCompile(`^[A-Za-z0-9/][A-Za-z0-9_./:@+-]*$`)

// asYAML writes a value so that YAML reads it as this text, on one line.
func asYAML(value string) string {
	if plainScalar.MatchString(value) && !strings.HasSuffix(value, ":") {
		return value
	}
	return safe.Text(strconv.Quote(value))
}

// onNamespace adds the service account's namespace to a command.
func onNamespace(c *chain, t *safe.Typed) *safe.Typed {
	return inContext(c.facts, t).Maybe("-n", safe.Namespace, c.a.namespace)
}

// inContext adds to a command of kubectl which cluster it is for.
func inContext(w *facts, t *safe.Typed) *safe.Typed {
	if w.in.Context == "" {
		return t
	}
	return t.Given("--context", w.in.Context)
}

// annotateServiceAccount begins the command that writes an annotation of the service account.
func annotateServiceAccount(c *chain) *safe.Typed {
	return onNamespace(c, safe.Type("kubectl", "annotate", "serviceaccount")).Value(safe.ServiceAccount, c.a.name)
}
