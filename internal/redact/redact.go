// Package redact takes names out of what verify found, so that it can be shown to strangers:
// names of objects, roles, policies, clusters and hosts, AWS account IDs, ARNs, issuers, and
// every word that only the inputs have. Whatever has one name is called alike everywhere, so
// that relations stay visible: ns-1/sa-2 and system:serviceaccount:ns-1:sa-2 are one.
//
// It replaces words, not values: a text is cut at everything that no name has in it, and each
// word that the inputs hold is replaced, unless it is one of the program's own (public.go).
// A word that is the name of something is replaced even then.
package redact

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

// word is what may be a name or a part of one. An escape, as internal/safe and JSON write
// them, is none, though letters follow it.
var word = regexp.MustCompile(`\\(?:[abfnrtv"'\\/]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})|[\pL\pM\pN_-]+`)

// shortestPart is how many characters of a word of the inputs give it away.
const shortestPart = 6

// Redactor knows the words of the inputs of one report.
type Redactor struct {
	// names are words that are the name of something, by the class that they are called by;
	// words are all others of the inputs that are not public.
	names map[string]string
	words map[string]bool
	// all are both in lower case, a line each.
	all string

	called map[string]string // by word
	count  map[string]int    // by class
}

// For gives the redactor of a report that was made of an input; files are the names of the
// files that it was read from.
func For(in verify.Input, files []string) (*Redactor, error) {
	c := &collector{names: map[string]string{}, words: map[string]bool{}}
	if err := c.input(in); err != nil {
		return nil, err
	}
	for _, f := range files {
		c.text(f)
	}
	r := &Redactor{names: c.names, words: c.words, called: map[string]string{}, count: map[string]int{}}
	var all []string
	for w := range c.names {
		all = append(all, strings.ToLower(w))
	}
	for w := range c.words {
		all = append(all, strings.ToLower(w))
	}
	slices.Sort(all)
	r.all = "\n" + strings.Join(all, "\n") + "\n"
	return r, nil
}

// Report gives the report without names. The codes, links and verdicts are the same.
func (r *Redactor) Report(in *verify.Report) *verify.Report {
	out := &verify.Report{Status: in.Status, ServiceAccounts: []verify.ServiceAccountReport{}, Findings: r.findings(in.Findings)}
	for _, a := range in.ServiceAccounts {
		a.Namespace, a.Name, a.RoleARN, a.Proof = r.Text(a.Namespace), r.Text(a.Name), r.Text(a.RoleARN), r.Text(a.Proof)
		a.Links = slices.Clone(a.Links)
		for i := range a.Links {
			a.Links[i].Why = r.Text(a.Links[i].Why)
		}
		a.Permissions = slices.Clone(a.Permissions)
		for i := range a.Permissions {
			p := &a.Permissions[i]
			p.Action, p.Resource, p.Why = r.Text(p.Action), r.Text(p.Resource), r.Text(p.Why)
		}
		a.Findings = r.findings(a.Findings)
		out.ServiceAccounts = append(out.ServiceAccounts, a)
	}
	return out
}

func (r *Redactor) findings(in []verify.Finding) []verify.Finding {
	out := []verify.Finding{}
	for _, f := range in {
		for _, text := range []*string{&f.Subject, &f.Message, &f.Why, &f.Fix, &f.Where} {
			*text = r.Text(*text)
		}
		f.ServiceAccounts = slices.Clone(f.ServiceAccounts)
		for i := range f.ServiceAccounts {
			f.ServiceAccounts[i] = r.Text(f.ServiceAccounts[i])
		}
		out = append(out, f)
	}
	return out
}

// Text gives a text without the words of the inputs.
func (r *Redactor) Text(text string) string {
	return word.ReplaceAllStringFunc(text, func(w string) string {
		if strings.HasPrefix(w, `\`) || !r.foreign(w) {
			return w
		}
		return r.call(w)
	})
}

// foreign reports whether a word is of the inputs.
func (r *Redactor) foreign(w string) bool {
	if _, named := r.names[w]; named || r.words[w] {
		return true
	}
	lower := strings.ToLower(w)
	if strings.Contains(r.all, "\n"+lower+"\n") {
		return true // but for its case
	}
	if public(w) {
		return false
	}
	if len(lower) >= shortestPart && strings.Contains(r.all, lower) {
		return true // a part of a word of the inputs
	}
	parts := strings.FieldsFunc(w, func(c rune) bool { return c == '-' || c == '_' })
	return len(parts) > 1 && slices.ContainsFunc(parts, func(p string) bool { return len(p) > 2 && !public(p) && r.foreign(p) })
}

// call gives what a word is called: always the same, and nothing else is called so.
func (r *Redactor) call(w string) string {
	if name, ok := r.called[w]; ok {
		return name
	}
	class := r.names[w]
	if accountID.MatchString(w) {
		class = classAccount
	}
	if class == "" {
		class = classOther
	}
	name := ""
	for taken := true; taken; taken = strings.Contains(r.all, "\n"+name+"\n") { // somebody may be called so
		r.count[class]++
		name = fmt.Sprintf("%s-%d", class, r.count[class])
		if class == classAccount {
			name = fmt.Sprintf("%012d", r.count[class]) // 12 digits, as the formats want it
		}
	}
	r.called[w] = name
	return name
}
