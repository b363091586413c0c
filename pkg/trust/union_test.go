package trust_test

import (
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

func permissionsOf(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

func TestUnion(t *testing.T) {
	t.Parallel()
	const (
		get     = `{"Sid":"A","Effect":"Allow","Action":"s3:GetObject","Resource":"*"}`
		getAnon = `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}`
		put     = `{"Sid":"A","Effect":"Allow","Action":"s3:PutObject","Resource":"*"}`
		putAnon = `{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}`
		all     = `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`
		noPut   = `{"Effect":"Deny","Action":"s3:Put*","Resource":"*"}`
		noPutB  = `{"Effect":"Deny","Action":"s3:PutObject","Resource":"arn:aws:s3:::b/*"}`
		own     = `{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::${aws:username}/*"}`
		other   = `{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::c/*"}`
	)
	for _, c := range []struct{ name, before, after, want string }{
		{"the same", permissionsOf(get), permissionsOf(get), permissionsOf(get)},
		{"another Sid, and nothing else", permissionsOf(getAnon), permissionsOf(get), permissionsOf(get)},
		{"a Sid that both have", permissionsOf(get), permissionsOf(put), permissionsOf(put, getAnon)},
		{"one that lies within the other", permissionsOf(getAnon), permissionsOf(all), permissionsOf(all)},
		{"less than before", permissionsOf(all), permissionsOf(getAnon), permissionsOf(getAnon, all)},
		{"a Deny of both", permissionsOf(all, noPut), permissionsOf(get, noPut), permissionsOf(get, all, noPut)},
		{"a Deny of the new one comes last", permissionsOf(all), permissionsOf(all, noPut), permissionsOf(all)},
		{"a Deny of the old one goes first", permissionsOf(all, noPut), permissionsOf(all), permissionsOf(all)},
		{"a Deny of what the new one does not allow stays", permissionsOf(all, noPut), permissionsOf(getAnon), permissionsOf(getAnon, all, noPut)},
		{"a Deny of what the old one does not allow is there at once", permissionsOf(getAnon), permissionsOf(all, noPut), permissionsOf(all, noPut)},
		{"a Deny on other resources stays", permissionsOf(all, noPutB), permissionsOf(other), permissionsOf(other, all, noPutB)},
		{"a variable may be any resource", permissionsOf(all, noPutB), permissionsOf(own), permissionsOf(own, all)},
		{"the smaller of two that deny", permissionsOf(all, noPut), permissionsOf(all, noPutB), permissionsOf(all, noPutB)},
		{"no document before", "", permissionsOf(put), permissionsOf(put)},
		{"no document after", permissionsOf(put), "", permissionsOf(put)},
		{"the version of the new one", strings.Replace(permissionsOf(getAnon), "2012-10-17", "2008-10-17", 1), permissionsOf(putAnon), permissionsOf(putAnon, getAnon)},
	} {
		read := func(text string) trust.Document {
			if text == "" {
				return trust.Document{}
			}
			return parsePermissions(t, text)
		}
		got, err := trust.Union(read(c.before), read(c.after))
		if err != nil || got.Text() != c.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", c.name, err, got.Text(), c.want)
		}
	}
	old := parsePermissions(t, strings.Replace(permissionsOf(own), "2012-10-17", "2008-10-17", 1))
	if d, err := trust.Union(old, parsePermissions(t, permissionsOf(get))); err == nil {
		t.Errorf("the union of two versions with variables is %s", d.Text())
	}
	if d, err := trust.Union(parse(t, allowAll), parsePermissions(t, permissionsOf(get))); err == nil {
		t.Errorf("the union of a trust and permissions is %s", d.Text())
	}
}

func TestLost(t *testing.T) {
	t.Parallel()
	const (
		both  = `{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":["arn:aws:s3:::a/*","arn:aws:s3:::b/*"]}`
		get   = `{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::a/*"}`
		bound = `{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::a/*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}`
		not   = `{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}`
		deny  = `{"Effect":"Deny","Action":"s3:GetObject","NotResource":["a","b","c","d","e"]}`
	)
	for _, c := range []struct{ before, after, want string }{
		{both, both, ""},
		{get, both, "s3:Get* on arn:aws:s3:::a/*"},
		{both, get, "s3:GetObject on arn:aws:s3:::b/*; s3:PutObject on arn:aws:s3:::a/*, arn:aws:s3:::b/*"},
		{bound, both, "s3:Get* on arn:aws:s3:::a/* with conditions on aws:SecureTransport"},
		{not, both, "all but iam:* on *"},
		{both, both + "," + deny, "s3:GetObject on all but a, b, c, d and more, which is denied"},
	} {
		before, after := parsePermissions(t, permissionsOf(c.before)), parsePermissions(t, permissionsOf(c.after))
		if got := strings.Join(trust.Lost(before, after), "; "); got != c.want {
			t.Errorf("from %s to %s: %s, want %s", c.before, c.after, got, c.want)
		}
		if got := trust.Narrows(before, after); got != (c.want != "") {
			t.Errorf("from %s to %s: Narrows says %v", c.before, c.after, got)
		}
	}
}

// allowsBoth holds a union against its two sides: what a side allows, it allows, and
// without a Deny, what neither allows, it does not.
func allowsBoth(t *testing.T, before, after, union trust.Document, r trust.Request) {
	t.Helper()
	was, is, both := trust.Evaluate(before, r).Verdict, trust.Evaluate(after, r).Verdict, trust.Evaluate(union, r).Verdict
	if (was == trust.Allow || is == trust.Allow) && both != trust.Allow {
		t.Fatalf("%s and %s: the union of\n%s and\n%s is\n%s, which says %s of %+v", was, is, before.Text(), after.Text(), union.Text(), both, r)
	}
	if both == trust.Allow && was == trust.ImplicitDeny && is == trust.ImplicitDeny {
		t.Fatalf("the union of\n%s and\n%s is\n%s, which alone allows %+v", before.Text(), after.Text(), union.Text(), r)
	}
}

// sides hold a union against its two sides by the comparisons of this package.
func sides(t *testing.T, before, after, union trust.Document) {
	t.Helper()
	for _, side := range []trust.Document{before, after} {
		if !denies(before) && !denies(after) && trust.Narrows(side, union) {
			t.Fatalf("the union %s narrows %s", union.Text(), side.Text())
		}
		again, err := trust.Union(union, side)
		if err != nil {
			t.Fatal(err)
		}
		if !denies(before) && !denies(after) && (trust.Narrows(union, again) || trust.Narrows(again, union)) {
			t.Fatalf("with %s, the union %s becomes %s", side.Text(), union.Text(), again.Text())
		}
	}
	sids := map[string]int{}
	for _, s := range union.Statements() {
		if sids[s.Sid()]++; s.Sid() != "" && sids[s.Sid()] > 1 && unique(before) && unique(after) {
			t.Fatalf("Sid %q is there twice: %s", s.Sid(), union.Text())
		}
	}
}

func denies(d trust.Document) bool {
	for _, s := range d.Statements() {
		if !s.Allows() {
			return true
		}
	}
	return false
}

func unique(d trust.Document) bool {
	sids := map[string]bool{}
	for _, s := range d.Statements() {
		if s.Sid() != "" && sids[s.Sid()] {
			return false
		}
		sids[s.Sid()] = true
	}
	return true
}

func TestUnionIsSound(t *testing.T) {
	t.Parallel()
	d := newDice()
	all := requests()
	for range 500 {
		before, after := d.policy(t), d.policy(t)
		union, err := trust.Union(before, after)
		if err != nil {
			t.Fatal(err)
		}
		sides(t, before, after, union)
		for _, r := range all {
			allowsBoth(t, before, after, union, r)
		}
	}
}

// FuzzUnion: a union allows what either side does, of trust and of permissions.
func FuzzUnion(f *testing.F) {
	seedPolicies(f, func(s string) { f.Add(s, decisionPolicy("Ay Dn"), "sts:AssumeRole", "*", "test:key", "a", uint8(0)) })
	for _, text := range permitted {
		f.Add(text, permissionsOf(`{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b*"}`), "s3:GetObject", "arn:aws:s3:::b/a", "aws:username", "u", uint8(1))
	}
	f.Fuzz(func(t *testing.T, a, b, action, resource, key, value string, who uint8) {
		if before, err := trust.Parse(a); err == nil {
			if after, err := trust.Parse(b); err == nil {
				if union, err := trust.Union(before, after); err == nil {
					sides(t, before, after, union)
					principals := []trust.Principal{{"AWS", sessionARN}, {"Federated", providerARN}, {"Service", value}}
					allowsBoth(t, before, after, union, trust.Request{Action: action, Principal: principals[int(who)%len(principals)], Context: map[string][]string{key: {value}}})
				}
			}
		}
		before, err := trust.ParsePermissions(a)
		if err != nil {
			return
		}
		after, err := trust.ParsePermissions(b)
		if err != nil {
			return
		}
		union, err := trust.Union(before, after)
		if err != nil {
			return
		}
		sides(t, before, after, union)
		access := trust.Access{Action: action, Resource: resource, Context: map[string][]string{key: {value}}}
		was, is, both := trust.EvaluateAccess(before, access).Verdict, trust.EvaluateAccess(after, access).Verdict, trust.EvaluateAccess(union, access).Verdict
		if (was == trust.Allow || is == trust.Allow) && both != trust.Allow {
			t.Fatalf("%s and %s: the union of\n%s and\n%s is\n%s, which says %s of %+v", was, is, a, b, union.Text(), both, access)
		}
		if both == trust.Allow && was == trust.ImplicitDeny && is == trust.ImplicitDeny {
			t.Fatalf("the union of\n%s and\n%s is\n%s, which alone allows %+v", a, b, union.Text(), access)
		}
	})
}
