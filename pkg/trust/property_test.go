package trust_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// dice makes policies and requests from few words, so that they often meet. The
// seed is fixed: every run sees the same.
type dice struct{ *rand.Rand }

func newDice() dice { return dice{rand.New(rand.NewPCG(3, 1))} }

func (d dice) one(of ...string) string { return of[d.IntN(len(of))] }

func (d dice) values() string {
	var out []string
	for range 1 + d.IntN(2) {
		out = append(out, `"`+d.one("a", "ab", "A", "a*", "?", "*", "", "${k1}", "1", "true")+`"`)
	}
	return "[" + strings.Join(out, ",") + "]"
}

func (d dice) condition() string {
	op := d.one("", "", "", "ForAnyValue:", "ForAllValues:") +
		d.one("StringEquals", "StringLike", "StringEqualsIgnoreCase", "StringNotEquals", "StringNotLike", "NumericLessThan", "Bool") + d.one("", "", "IfExists")
	if d.IntN(8) == 0 {
		return `"Null":{"` + d.one("k1", "k2") + `":"` + d.one("true", "false") + `"}`
	}
	return `"` + op + `":{"` + d.one("k1", "K1", "k2") + `":` + d.values() + `}`
}

func (d dice) statement(effect string) string {
	principal := d.one(`{"AWS":"`+account+`"}`, `{"AWS":"`+userARN+`"}`, `"*"`, `{"AWS":["`+roleARN+`","`+userARN+`"]}`)
	return fmt.Sprintf(`{"Effect":%q,%q:%s,"Action":%q,"Condition":{%s}}`,
		effect, d.one("Principal", "Principal", "Principal", "NotPrincipal"), principal, d.one("sts:AssumeRole", "sts:*"), d.condition())
}

func (d dice) policy(t *testing.T) trust.Document {
	t.Helper()
	var out []string
	for range 1 + d.IntN(2) {
		out = append(out, d.statement(d.one("Allow", "Allow", "Allow", "Deny")))
	}
	return parse(t, `{"Version":"2012-10-17","Statement":[`+strings.Join(out, ",")+`]}`)
}

// requests are all the requests of a few values for the two keys; nil: absent.
func requests() []trust.Request {
	var out []trust.Request
	sets := [][]string{nil, {"a"}, {"ab"}, {"A"}, {""}, {"0"}, {"true"}, {"a", "ab"}}
	for _, who := range []string{userARN, roleARN} {
		for _, one := range sets {
			for _, two := range sets {
				out = append(out, trust.Request{
					Action: "sts:AssumeRole", Principal: trust.Principal{Type: "AWS", ID: who},
					Context: map[string][]string{"k1": one, "k2": two},
				})
			}
		}
	}
	return out
}

// TestUnknownIsSound: what is decided without knowing a key stays so whatever the key is.
func TestUnknownIsSound(t *testing.T) {
	t.Parallel()
	d, all, decided := newDice(), requests(), 0
	for range 400 {
		doc := d.policy(t)
		for _, r := range all {
			less := r
			less.Context = map[string][]string{"k1": r.Context["k1"]}
			less.Unknown = []string{"K2"}
			before, after := trust.Evaluate(doc, less).Verdict, trust.Evaluate(doc, r).Verdict
			if before == trust.Undecided {
				continue
			}
			decided++
			if refused := after == trust.Deny || after == trust.ImplicitDeny; before != after && !(before == trust.ImplicitDeny && refused) {
				t.Fatalf("%s\n%v: %s without k2, %s with it", doc.Text(), r.Context, before, after)
			}
		}
	}
	if decided == 0 {
		t.Error("nothing was ever decided")
	}
}

// TestWidensIsSound: where no widening is seen, nobody gets in who did not before.
func TestWidensIsSound(t *testing.T) {
	t.Parallel()
	d, all, quiet := newDice(), requests(), 0
	for range 3000 {
		before, after := d.policy(t), d.policy(t)
		if len(trust.Widens(before, after)) > 0 {
			continue
		}
		quiet++
		for _, r := range all {
			was, is := trust.Evaluate(before, r).Verdict, trust.Evaluate(after, r).Verdict
			if is == trust.Allow && was != trust.Allow && was != trust.Undecided {
				t.Fatalf("%s\n%s\n%v: %s, then %s", before.Text(), after.Text(), r.Context, was, is)
			}
		}
	}
	if quiet < 50 {
		t.Errorf("only %d pairs did not widen", quiet)
	}
	t.Logf("%d pairs did not widen", quiet)
}

// TestDenyIsSound: a deny that is added lets nobody in.
func TestDenyIsSound(t *testing.T) {
	t.Parallel()
	d, all := newDice(), requests()
	for range 150 {
		doc := d.policy(t)
		with := withDenies(t, doc, parse(t, `{"Statement":[`+d.statement("Deny")+`]}`))
		for _, r := range all {
			was, is := trust.Evaluate(doc, r).Verdict, trust.Evaluate(with, r).Verdict
			if is == trust.Allow && was != trust.Allow || was == trust.Deny && is != trust.Deny {
				t.Fatalf("%s\n%s\n%v: %s, then %s", doc.Text(), with.Text(), r.Context, was, is)
			}
		}
	}
}
