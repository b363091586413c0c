package trust_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

var (
	ours   = trust.Owner{Cluster: "prod_cluster", Namespace: "epinio", Release: "epinio"}
	theirs = trust.Owner{Cluster: "prod_cluster", Namespace: "epinio", Release: "other"}
)

func built(t *testing.T, subjects ...string) []trust.Statement {
	t.Helper()
	tr := trust.Trust{Issuers: []trust.Issuer{{URL: issuer, ProviderARN: providerARN}}, Audience: "sts.amazonaws.com", Subjects: subjects}
	if len(subjects) > 1 {
		tr.Pods = []trust.PodIdentity{association(nil)}
	}
	out, err := tr.Statements()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func merge(t *testing.T, d trust.Document, o trust.Owner, statements []trust.Statement) trust.Document {
	t.Helper()
	out, err := trust.Merge(d, o, statements)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestOwner(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, o := range []trust.Owner{ours, theirs, {}, {Cluster: "a", Namespace: "bc"}, {Cluster: "ab", Namespace: "c"}, {Cluster: "a", Release: "bc"}} {
		sid := o.Sid(12)
		if seen[sid] || !regexp.MustCompile(`^[A-Za-z0-9]{1,30}$`).MatchString(sid) {
			t.Errorf("%+v: %s", o, sid)
		}
		seen[sid] = true
	}
	if got := ours.Sid(1); got != "HelmIrsa760fbde53724N1" {
		t.Errorf("the Sid is now %s: statements in the field would be orphaned", got)
	}
	for sid, want := range map[string]bool{
		ours.Sid(1): true, ours.Sid(10): true, ours.Sid(1) + "x": false, strings.TrimSuffix(ours.Sid(1), "1"): false, theirs.Sid(1): false, "": false, "1": false,
	} {
		d := parse(t, `{"Statement":[{"Sid":"`+sid+`","Effect":"Allow","Principal":"*","Action":"sts:*"}]}`)
		if got := ours.Owns(d.Statements()[0]); got != want {
			t.Errorf("owns %q: %v", sid, got)
		}
		if got := trust.Ours(d.Statements()[0]); got != (want || sid == theirs.Sid(1)) {
			t.Errorf("%q is ours: %v", sid, got)
		}
	}
}

const foreign = `{
    "Version": "2012-10-17",
    "Statement": [
        { "Effect": "Allow",   "Principal": {"AWS": ["111122223333"]}, "Action": ["sts:AssumeRole"] },
        {
            "Sid": "HelmIrsaHandmade",
            "Effect": "Deny", "Principal": "*", "Action": "sts:TagSession"
        }
    ],
    "Id": "theirs"
}
`

func TestMerge(t *testing.T) {
	t.Parallel()
	d := parse(t, foreign)
	a := merge(t, d, ours, built(t, "s1", "s2"))
	if len(a.Statements()) != 4 || a.Statements()[2].Sid() != ours.Sid(1) || a.Statements()[3].Sid() != ours.Sid(2) {
		t.Fatalf("%s", a.Text())
	}
	keeps(t, a, d)
	if again := merge(t, a, ours, built(t, "s2", "s1")); again.Text() != a.Text() {
		t.Errorf("merging twice changes\n%s\nto\n%s", a.Text(), again.Text())
	}
	both := merge(t, a, theirs, built(t, "s9"))
	keeps(t, both, a)
	changed := merge(t, both, ours, built(t, "s1"))
	if n := len(changed.Statements()); n != 4 || changed.Statements()[2].Sid() != ours.Sid(1) || changed.Statements()[3].Sid() != theirs.Sid(1) {
		t.Errorf("changed:\n%s", changed.Text())
	}
	keeps(t, changed, d)
	rest, err := trust.Remove(changed, ours)
	if err != nil {
		t.Fatal(err)
	}
	keeps(t, rest, d)
	if rest, err = trust.Remove(rest, theirs); err != nil || rest.Text() != foreign {
		t.Errorf("removing leaves, %v,\n%s\nwant\n%s", err, rest.Text(), foreign)
	}
}

// keeps checks that every statement of before is in after, byte for byte, in its order.
func keeps(t *testing.T, after, before trust.Document) {
	t.Helper()
	rest := after.Statements()
	for _, s := range before.Statements() {
		for len(rest) > 0 && rest[0].Text() != s.Text() {
			rest = rest[1:]
		}
		if len(rest) == 0 {
			t.Fatalf("%s is not in\n%s", s.Text(), after.Text())
		}
		rest = rest[1:]
	}
}

func TestMergeFromNothing(t *testing.T) {
	t.Parallel()
	d := merge(t, trust.Document{}, ours, built(t, "s1"))
	if err := d.Check(); err != nil || d.Version() != trust.Version2012 || len(d.Statements()) != 1 {
		t.Errorf("%v\n%s", err, d.Text())
	}
	none, err := trust.Remove(d, ours)
	if err != nil || len(none.Statements()) != 0 {
		t.Errorf("%v %s", err, none.Text())
	}
	if again := merge(t, none, ours, built(t, "s1")); !trust.Equal(again, d) {
		t.Errorf("%s", again.Text())
	}
	if empty, err := trust.Remove(trust.Document{}, ours); err != nil || len(empty.Statements()) != 0 {
		t.Errorf("%v %s", err, empty.Text())
	}
}

func TestMergeLoneStatement(t *testing.T) {
	t.Parallel()
	text := `{"Version":"2012-10-17","Statement":{ "Effect":"Allow","Principal":"*","Action":"sts:AssumeRole" } }`
	d := parse(t, text)
	if same, err := trust.Remove(d, ours); err != nil || same.Text() != text {
		t.Errorf("%v %s", err, same.Text())
	}
	keeps(t, merge(t, d, ours, built(t, "s1")), d)
}

func TestMergeFault(t *testing.T) {
	t.Parallel()
	_, err := trust.Merge(trust.Document{}, ours, []trust.Statement{{}})
	if err == nil || err.Error() != "trust statement 1 is empty" {
		t.Error(err)
	}
}

// TestMergeKeepsOwnBytes: a statement of ours that someone wrote in another way
// stays so, and one that is there twice goes.
func TestMergeKeepsOwnBytes(t *testing.T) {
	t.Parallel()
	own := built(t, "s1")
	plain := merge(t, trust.Document{}, ours, own).Statements()[0].Text()
	spaced := strings.Replace(strings.Replace(plain, `"Effect":`, ` "Effect" : `, 1), `"sts.amazonaws.com"`, `["sts.amazonaws.com"]`, 1)
	d := parse(t, `{"Version":"2012-10-17","Statement":[`+spaced+","+plain+"]}")
	if got := merge(t, d, ours, own).Text(); got != `{"Version":"2012-10-17","Statement":[`+spaced+"]}" {
		t.Errorf("%s", got)
	}
}

// TestKeeper: who keeps a role, as its Sids say.
func TestKeeper(t *testing.T) {
	t.Parallel()
	statement := association(nil).Statement()
	merged := func(d trust.Document, o trust.Owner, m trust.Mark) trust.Document {
		t.Helper()
		out, err := trust.MergeAs(d, o, m, []trust.Statement{statement, statement})
		if err != nil {
			t.Fatal(err)
		}
		again, err := trust.MergeAs(out, o, m, []trust.Statement{statement, statement})
		if err != nil || again.Text() != out.Text() {
			t.Fatalf("merging twice is not merging once: %v\n%s", err, again.Text())
		}
		return out
	}
	is := func(what string, d trust.Document, o trust.Owner, adopted bool) {
		t.Helper()
		keeper, ok := trust.KeeperOf(d)
		if !ok || keeper.ID != o.ID() || keeper.Adopted != adopted {
			t.Errorf("%s: %+v, %v", what, keeper, ok)
		}
	}
	if _, ok := trust.KeeperOf(trust.Document{}); ok {
		t.Error("a role without a trust policy has a keeper")
	}
	d := merged(trust.Document{}, ours, trust.Mark{})
	is("the first", d, ours, false)
	d = merged(d, theirs, trust.Mark{})
	is("the first, of two", d, ours, false)
	first, err := trust.First(d, theirs)
	if err != nil {
		t.Fatal(err)
	}
	is("put first", first, theirs, false)
	if len(first.Statements()) != 4 || first.Statements()[2].Sid() != ours.Sid(1) {
		t.Errorf("put first: %s", first.Text())
	}
	is("adopted by the second", merged(d, theirs, trust.Mark{Adopted: true}), theirs, true)
	is("adopted by the first", merged(d, ours, trust.Mark{Adopted: true}), ours, true)

	consents := merged(d, ours, trust.Mark{Consent: "a/@ b/c"})
	keeper, _ := trust.KeeperOf(consents)
	is("with a consent", consents, ours, false)
	if !keeper.Consents("a/@ b/c") || keeper.Consents("a/@") || keeper.Consents("") {
		t.Error("the consent is not what was given")
	}
	if keeper, _ := trust.KeeperOf(d); keeper.Consents("a/@ b/c") || keeper.Consents("") {
		t.Error("there is a consent where none was given")
	}
	if back := merged(consents, ours, trust.Mark{}); back.Text() != d.Text() {
		t.Errorf("taking the consent back does not end where it began: %s", back.Text())
	}
	for _, sid := range []string{"HelmIrsa760fbde53724B1", "HelmIrsa760fbde53724N1W", "HelmIrsa760fbde53724N1W123", "HelmIrsa760fbde53724NW0123456789abcdef", "HelmIrsa760FBDE53724N1"} {
		d, err := trust.Parse(`{"Version":"2012-10-17","Statement":[{"Sid":"` + sid + `","Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}]}`)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := trust.KeeperOf(d); ok {
			t.Errorf("%s counts as a Sid of ours", sid)
		}
	}
}
