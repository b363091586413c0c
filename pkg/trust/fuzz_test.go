package trust_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// seedPolicies gives the golden policies and a few odd ones to a fuzz target.
func seedPolicies(f *testing.F, add func(string)) {
	f.Helper()
	cases, err := readCases(goldenFolder, true)
	if err != nil {
		f.Fatal(err)
	}
	for _, c := range cases {
		add(string(c.Files["trust.json"]))
	}
	for _, text := range []string{
		foreign, allowAll, "%7B%22Statement%22%3A%5B%5D%7D", `{"Statement":{}}`, `{"Statement":[]}`, "[[", `{"a":{"a":1,"a":2}}`,
		decisionPolicy("Ay Du Dn"), statement(`"Effect":"Allow","Principal":"*","Action":"a","Condition":{"ArnLike":{"k":"a:${b:c}:d:e:f:g"}}`),
		statement(`"Effect":"Deny","NotPrincipal":{"AWS":["a","` + sessionARN + `"]},"NotAction":["*?"],"Condition":{"DateLessThan":{"k":[1e999,"99999999999999999999"]}}`),
	} {
		add(text)
	}
}

// FuzzRoundTrip: what is read is kept, and the canonical form says the same and stays as it is.
func FuzzRoundTrip(f *testing.F) {
	seedPolicies(f, func(s string) { f.Add(s) })
	f.Fuzz(func(t *testing.T, text string) {
		d, err := trust.Parse(text)
		if err != nil {
			if _, ok := err.(trust.Faults); !ok || err.Error() == "" {
				t.Fatalf("%q: %T %v", text, err, err)
			}
			return
		}
		again := parse(t, d.Text())
		if again.Text() != d.Text() || !trust.Equal(again, d) {
			t.Fatalf("%q reads back as %q", text, again.Text())
		}
		if b, err := json.Marshal(d); err != nil || !json.Valid(b) {
			t.Fatalf("%q marshals to %q, %v", text, b, err)
		}
		canonical := trust.Canonical(d)
		back := parse(t, canonical)
		if trust.Canonical(back) != canonical || !trust.Equal(back, d) || trust.Diff(d, back) != nil {
			t.Fatalf("%q is\n%s\nand then\n%s", text, canonical, trust.Canonical(back))
		}
		if w := trust.Widens(d, back); len(w) > 0 || len(trust.Widens(back, d)) > 0 {
			t.Fatalf("%q widens itself: %v", text, w)
		}
		_ = d.Check()
		_ = trust.Size(d)
	})
}

// FuzzEvaluate: nothing panics, an added deny lets nobody in, a document that does
// not widen another lets in no more, and to know less never allows more.
func FuzzEvaluate(f *testing.F) {
	seedPolicies(f, func(s string) { f.Add(s, decisionPolicy("Dy Du"), "sts:AssumeRole", "test:key", "a", uint8(0)) })
	f.Fuzz(func(t *testing.T, text, denies, action, key, value string, who uint8) {
		d, err := trust.Parse(text)
		if err != nil {
			return
		}
		principals := []trust.Principal{{"AWS", sessionARN}, {"AWS", account}, {"Federated", providerARN}, {"Service", value}, {"AWS", value}}
		r := trust.Request{Action: action, Principal: principals[int(who)%len(principals)], Context: map[string][]string{key: {value}}, Unknown: []string{"dim:*"}}
		before := trust.Evaluate(d, r)
		_ = before.Explain()
		r.Context, r.Unknown = nil, append(r.Unknown, key)
		if less := trust.Evaluate(d, r); less.Verdict == trust.Allow && before.Verdict != trust.Allow && len(key) > 0 && !strings.HasSuffix(key, "*") {
			t.Fatalf("%q: %s with %s=%q, allowed without knowing it", text, before.Verdict, key, value)
		}
		r.Context, r.Unknown = map[string][]string{key: {value}}, r.Unknown[:1]
		more, err := trust.Parse(denies)
		if err != nil {
			return
		}
		if after := trust.Evaluate(more, r); after.Verdict == trust.Allow && before.Verdict == trust.ImplicitDeny && len(trust.Widens(d, more)) == 0 {
			t.Fatalf("%q lets in more than %q, which Widens does not see", denies, text)
		}
		with := withDenies(t, d, more)
		after := trust.Evaluate(with, r)
		if after.Verdict == trust.Allow && before.Verdict != trust.Allow || before.Verdict == trust.Deny && after.Verdict != trust.Deny {
			t.Fatalf("%q: %s; with denies\n%s\n%s", text, before.Verdict, with.Text(), after.Verdict)
		}
	})
}

// withDenies adds the Deny statements of another document.
func withDenies(t *testing.T, d, more trust.Document) trust.Document {
	t.Helper()
	var items []string
	for _, s := range d.Statements() {
		items = append(items, s.Text())
	}
	for _, s := range more.Statements() {
		if !s.Allows() {
			items = append(items, s.Text())
		}
	}
	return parse(t, `{"Version":"`+d.Version()+`","Statement":[`+strings.Join(items, ",")+`]}`)
}

// FuzzMerge: merging and removing touches no statement of others.
func FuzzMerge(f *testing.F) {
	seedPolicies(f, func(s string) { f.Add(s, "s1", "s2*") })
	f.Fuzz(func(t *testing.T, text, a, b string) {
		d, err := trust.Parse(text)
		if err != nil || a == "" || b == "" || len(d.Text()) > 1<<16 {
			return
		}
		for _, s := range d.Statements() {
			if trust.Ours(s) {
				return // then there is something to remove
			}
		}
		merged := merge(t, d, ours, built(t, a, b))
		keeps(t, merged, d)
		if len(merged.Statements()) != len(d.Statements())+2 {
			t.Fatalf("%q became %q", text, merged.Text())
		}
		if again := merge(t, merged, ours, built(t, b, a)); again.Text() != merged.Text() {
			t.Fatalf("%q became %q", merged.Text(), again.Text())
		}
		rest, err := trust.Remove(merge(t, merged, theirs, built(t, a)), ours)
		if err != nil {
			t.Fatal(err)
		}
		keeps(t, rest, d)
		rest, err = trust.Remove(rest, theirs)
		if err != nil || !trust.Equal(rest, d) || len(rest.Statements()) != len(d.Statements()) {
			t.Fatalf("%v: %q became %q", err, text, rest.Text())
		}
		keeps(t, rest, d)
	})
}

// FuzzPermissions: a permission policy that is read is kept, its canonical form says
// the same, stays as it is and is refused or taken alike, and every fault has a place.
func FuzzPermissions(f *testing.F) {
	seedPolicies(f, func(s string) { f.Add(s) })
	for _, text := range permitted {
		f.Add(text)
	}
	for text := range prohibited {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := trust.ParsePermissions(text)
		if err != nil {
			placed(t, text, err)
			return
		}
		if size := trust.Size(d); size > len(d.Text()) || size == 0 {
			t.Fatalf("%q has the size %d", d.Text(), size)
		}
		again := parsePermissions(t, url.PathEscape(d.Text()))
		if again.Text() != d.Text() || !trust.Equal(d, d) || !trust.Equal(again, d) {
			t.Fatalf("%q reads back as %q", text, again.Text())
		}
		canonical := trust.Canonical(d)
		back := parsePermissions(t, canonical)
		if trust.Canonical(back) != canonical || !trust.Equal(back, d) || trust.Diff(d, back) != nil {
			t.Fatalf("%q is\n%s\nand then\n%s", text, canonical, trust.Canonical(back))
		}
		checked := d.CheckPermissions()
		placed(t, d.Text(), checked)
		// Escapes hide characters that IAM does not take, and canonical has them plain,
		// or the other way round.
		plain := !strings.ContainsAny(d.Text(), "\u2028\u2029") && !strings.Contains(d.Text(), `\u`)
		if other := back.CheckPermissions(); plain && (checked == nil) != (other == nil) {
			t.Fatalf("%q: %v, but canonical: %v", text, checked, other)
		}
		for _, s := range d.Statements() {
			_, _ = s.Resources()
		}
		_ = d.Check()
	})
}

// placed wants an error to be Faults that say something, each at a place in the text.
func placed(t *testing.T, text string, err error) {
	t.Helper()
	if err == nil {
		return
	}
	list, ok := err.(trust.Faults)
	if !ok || len(list) == 0 {
		t.Fatalf("%q: %T %v", text, err, err)
	}
	encoded := strings.HasPrefix(strings.TrimSpace(text), "%")
	lines := strings.Split(text, "\n")
	for _, fault := range list {
		switch {
		case fault.Message == "" || !encoded && fault.Line == 0:
			t.Fatalf("%q: %+v", text, fault)
		case encoded:
		case fault.Line > len(lines) || fault.Column > utf8.RuneCountInString(lines[fault.Line-1])+1:
			t.Fatalf("%q: %+v is behind the end", text, fault)
		}
	}
}
