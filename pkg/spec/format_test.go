package spec

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// Where the loader checks by code and the schema by pattern, both say the same.
func TestChecksAgreeWithPatterns(t *testing.T) {
	t.Parallel()
	samples := []string{"a", "a b", "arn:aws:iam::111122223333:role/app", "arn:aws:iam::111122223333:role/a/b/app",
		"arn:aws:iam::111122223333:role//app", "arn:aws:iam::111122223333:role/app/", "arn:aws:iam::aws:role/app",
		"arn:aws:iam::aws:policy/A", "arn:aws:iam::111122223333:policy/x/A", "arn:aws:iam::111122223333:policy/A B",
		"arn:aws:iam::111122223333:policy:A", "arn:aws:sts::111122223333:role/app", "arn:aws-cn:iam::111122223333:role/é",
		"arn:aws:iam::111122223333:role/é/app", "arn:aws:iam::111122223333:role/a:b/app", "arn:aws:iam::111122223333:role/a:b",
		"arn:aws:iam::111122223333:role/" + strings.Repeat("p", 510) + "/app",
		"arn:aws:iam::111122223333:role/" + strings.Repeat("p", 511) + "/app",
		"arn:aws:iam::111122223333:role/" + strings.Repeat("r", 64), "arn:aws:iam::111122223333:role/" + strings.Repeat("r", 65),
		"arn:aws:iam::111122223333:policy/" + strings.Repeat("r", 128), "arn:aws:iam::111122223333:policy/" + strings.Repeat("r", 129),
		"arn:x:iam::111122223333:role/app", "arn:aws:iam::11112222333:role/app", "arn:aws:iam:x:111122223333:role/app"}
	for p := range badPaths {
		if p != "" {
			samples = append(samples, p)
		}
	}
	for name, f := range formats {
		if f.pattern != "" && f.takesEmpty != matches(f.pattern, "") {
			t.Errorf("%s: takesEmpty is wrong", name)
		}
		for _, s := range samples {
			if f.check == nil || f.pattern == "" {
				continue
			}
			if byCode, byPattern := f.check(s) == nil, matches(f.pattern, s); byCode != byPattern {
				t.Errorf("%s %q: code says %v, pattern %v", name, s, byCode, byPattern)
			}
		}
	}
}

// The pattern for session durations has the range of 1h to 12h in it.
func TestSessionPattern(t *testing.T) {
	t.Parallel()
	try := func(s string) {
		d, err := time.ParseDuration(s)
		want := err == nil && d >= time.Hour && d <= 12*time.Hour
		if got := matches(sessionPattern, s); got != want {
			t.Errorf("%s: %v, want %v", s, got, want)
		}
	}
	for n := 1; n < 50_000; n += 7 {
		try(fmt.Sprintf("%ds", n))
	}
	for n := 1; n < 1000; n++ {
		try(fmt.Sprintf("%dm", n))
		try(fmt.Sprintf("%dm%ds", n, n%60))
		try(fmt.Sprintf("%dh%dm%ds", 1+n%15, n%60, n%59))
	}
	for _, n := range []int{3599, 3600, 43199, 43200, 43201} {
		try(fmt.Sprintf("%ds", n))
	}
	for _, s := range []string{"", "1h90m", "1.5h", "-2h", "+2h", "2 h", "2H", "3600", "1d", "1h 30m", "01h", "30m1h"} {
		if matches(sessionPattern, s) {
			t.Errorf("%q is accepted", s)
		}
	}
}

func TestLetsEveryAccountIn(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"*": true, "system:*": true, "system:serviceaccount:*": true, "system:serviceaccount:*:*": true,
		"system:serviceaccount:?*:*": true, "system:serviceaccount:**:*?": true,
		"system:serviceaccount:a:*": false, "system:serviceaccount:*:a": false, "system:serviceaccount:z*": false,
		"system:serviceaccount:a:b": false, "": false,
	} {
		if got := LetsEveryAccountIn(s); got != want {
			t.Errorf("%s: %v", s, got)
		}
	}
}

// Each way to write a duration, in the type that carries it.
func TestDuration(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int{"1h": 3600, "1h30m": 5400, "90m": 5400, "3600s": 3600, "7200": 7200, "3600.0": 3600, "": 3600} {
		in := in
		if in == "" {
			in = `""`
		}
		f, err := Parse("", []byte("apiVersion: helm-irsa.dev/v1alpha1\nkind: ReleaseIdentity\ndefaults: {maxSessionDuration: "+in+"}\n"))
		if err != nil || f.Defaults.MaxSessionDuration.Seconds() != want {
			t.Errorf("%s: %v, %v", in, f, err)
		}
	}
	if b, err := Duration(90 * time.Minute).MarshalJSON(); err != nil || string(b) != `"1h30m0s"` {
		t.Errorf("%s, %v", b, err)
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	f, err := Parse("", []byte(`{apiVersion: helm-irsa.dev/v1alpha1, kind: ReleaseIdentity, cluster: {accountID: "111122223333"},
defaults: {permissionsBoundary: "arn:aws:iam::111122223333:policy/b", tags: {a: "1", b: "1"}},
policies: [{name: P, file: p.json}],
serviceAccounts: [{name: x, role: {tags: {b: "2"}, maxSessionDuration: 2h}}, {name: y, role: {arn: "arn:aws:iam::444455556666:role/y"}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	x, y := f.ServiceAccounts[0], f.ServiceAccounts[1]
	want := Role{AccountID: "111122223333", Path: "/helm-irsa/", PermissionsBoundary: "arn:aws:iam::111122223333:policy/b",
		MaxSessionDuration: Duration(2 * time.Hour), Tags: map[string]string{"a": "1", "b": "2"}, Trust: Trust{Audience: "sts.amazonaws.com"}}
	if !reflect.DeepEqual(x.Role, want) {
		t.Errorf("%+v", x.Role)
	}
	if x.Create != CreateAuto || x.Mode != "irsa" || f.Policies[0].Path != "/helm-irsa/" {
		t.Errorf("%+v", f)
	}
	if y.Role.Path != "" || y.Role.AccountID != "" || y.Role.Tags != nil {
		t.Errorf("a role given by ARN got defaults: %+v", y.Role)
	}
	if x.Line != 4 || x.Column != 19 {
		t.Errorf("entry at %d:%d", x.Line, x.Column)
	}
}

// TestCreate: the constants are what the field takes.
func TestCreate(t *testing.T) {
	t.Parallel()
	field, _ := reflect.TypeFor[ServiceAccount]().FieldByName("Create")
	if got := field.Tag.Get("enum"); got != strings.Join([]string{CreateAuto, CreateAlways, CreateNever}, ",") {
		t.Errorf("create is one of %s", got)
	}
}

// TestFormatsTakeNothingHidden: what every text is refused for, no format's pattern takes, so
// that an editor with the schema says what validate says.
func TestFormatsTakeNothingHidden(t *testing.T) {
	t.Parallel()
	for name, f := range formats {
		for _, r := range "\t\n\r\x1b\u00ad\u200b\u202e\u2028" {
			for _, text := range []string{string(r), "a" + string(r) + "b", "a" + string(r)} {
				if f.pattern != "" && matches(f.pattern, text) && (f.reject == "" || !matches(f.reject, text)) {
					t.Errorf("%s takes %q", name, text)
				}
			}
		}
	}
}
