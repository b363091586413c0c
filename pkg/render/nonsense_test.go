package render

import (
	"regexp"
	"strings"
	"testing"
)

// TestNonsense: where a name or an ARN may not stand, and what text it may take the place of.
func TestNonsense(t *testing.T) {
	t.Parallel()
	const (
		arn = "arn:aws:iam::111122223333:role/new"
		old = "arn:aws:iam::111122223333:role/x,y=z@w"
	)
	name, role := wanted{value: "new"}, wanted{value: arn, role: true}
	for _, tt := range []struct {
		w        wanted
		key, old string
		want     string // of the message; empty where it may stand there
	}{
		{name, "serviceAccountName", "", ""}, {name, "account", "old", ""}, {name, "a", "old.name-2", ""},
		{name, "role-arn", "", "for a role's ARN"}, {name, "eks.amazonaws.com/role-arn", "", "for a role's ARN"}, {name, "AWS_ROLE_ARN", "", "for a role's ARN"},
		{name, "roleARN", "", "for a role's ARN"}, {name, "iamRoleArn", "x", "for a role's ARN"}, {name, "role_arns", "", "for a role's ARN"}, {name, "roleArnPrefix", "", ""},
		{name, "a", old, "for a role's ARN"}, {name, "a", "arn: x", "would take the place"},
		{name, "a", "--x=y", "would take the place"}, {name, "a", "-x", "would take the place"}, {name, "a", "a b", "would take the place"}, {name, "a", "a\nb", "would take the place"},
		{name, "a", "a\tb", "would take the place"}, {name, "a", "a=b", "would take the place"}, {name, "a", "a,b", "would take the place"}, {name, "a", "{a}", "would take the place"},
		{name, "a", "system:serviceaccount:ns:x", "would take the place"}, {name, "a", "system:node", ""}, {name, "a", "new", ""},
		{name, "a", "${A}", ""}, {name, "a", "$(A)", ""}, {name, "a", "{{ .a }}", ""}, {name, "a", "<a b>", ""},
		{name, "a", "${A} x", "would take the place"}, {name, "a", "x ${A}", "would take the place"}, {name, "a", "${A}, ${B}", "would take the place"}, {name, "a", "{{ a }} {{ b }}", "would take the place"},
		{name, "a", "${A} {x}", "would take the place"}, {name, "a", "<a> b>", "would take the place"},
		{role, "role-arn", "", ""}, {role, "a", old, ""}, {role, "a", "name", ""}, {role, "a", "a=b", "would take the place"}, {role, "a", old + " x", "would take the place"},
		{role, "serviceAccountName", "", "for a service account's name"}, {role, "serviceAccount", "", "for a service account's name"}, {role, "SERVICE_ACCOUNT", "", "for a service account's name"},
		{role, "kubernetes.service-account", "", "for a service account's name"}, {role, "jobServiceAccountName", "", "for a service account's name"}, {role, "serviceAccountRole", "", ""},
	} {
		m, bad := tt.w.nonsense(tt.key, tt.old)
		if bad != (tt.want != "") || !strings.Contains(m.Message, tt.want) {
			t.Errorf("%s at %q in place of %q: %v, %q, want %q", tt.w.value, tt.key, tt.old, bad, m.Message, tt.want)
		}
		if bad && m.Hint == "" {
			t.Errorf("%q at %q: nothing is said of what to write", tt.old, tt.key)
		}
	}
}

// TestPatternFor: the pattern that is suggested finds what is to be replaced, and nothing else.
func TestPatternFor(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		old  string
		role bool
		want string
	}{
		{"--service-account=old", false, `^--service-account=(.*)$`}, {"a.b=c=d", false, `^a\.b=(.*)$`},
		{"system:serviceaccount:ns:old", false, `^system:serviceaccount:[^:]*:(.*)$`}, {"system:serviceaccount:a=b", true, `^system:serviceaccount:a=(.*)$`},
		{"a: b\nc=d", false, ""}, {"a b", true, ""}, {"=x", false, ""}, {"a b=c", false, "^a b=(.*)$"},
		{"a: b\njob.serviceAccountName: \"old\"\n", false, `job\.serviceAccountName: "` + oneWord},
		{"--service-account old -x", false, "--service-account " + oneWord}, {"-a=b --service-account=old", false, "--service-account=" + oneWord},
		{"exec x --role old", true, "--role " + oneWord}, {"x arn:aws:iam::111122223333:role/x y", true, "(" + arnWord + ")"},
		{"service_account = 'old'", false, "service_account = '" + oneWord}, {"iam-role: old", false, ""},
	} {
		got := patternFor(tt.old, tt.role)
		if got != tt.want {
			t.Errorf("%q: %s, want %s", tt.old, got, tt.want)
		}
		if got != "" {
			if found, ok := matches(regexp.MustCompile(got), tt.old, "new"); !ok || len(found) != 1 {
				t.Errorf("%q: %s finds %q", tt.old, got, found)
			}
		}
	}
	for text, want := range map[string]string{"a": `"a"`, "a\nb": `"a …"`, strings.Repeat("é", 60): `"` + strings.Repeat("é", 60) + `"`, strings.Repeat("é", 61): `"` + strings.Repeat("é", 60) + ` …"`} {
		if got := shown(text); got != want {
			t.Errorf("%q is shown as %s", text, got)
		}
	}
}

// TestReplaceGroup: every match is replaced, only the group of each, and a second time nothing
// is: the value is there already, even where the group does not match it.
func TestReplaceGroup(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		pattern, text, want string
		found               []string
		ok                  bool
	}{
		{"^a=(.*)$", "a=old", "a=new", []string{"old"}, true},
		{"a=([a-z]*)", "x a=old, a=older; a=", "x a=new, a=new; a=new", []string{"old", "older", ""}, true},
		{"a=(old)", "a=old a=x", "a=new a=x", []string{"old"}, true},
		{"a=(old)", "a=new", "a=new", nil, true},
		{"a=(old|x)(?:;|$)", "a=new;", "a=new;", nil, true},
		{"(?:b|a=(old))", "b a=old", "b a=new", []string{"old"}, true},
		{"a=(old)", "a=other", "a=other", nil, false},
		{"(?m)^a (.*)$", "b\na old\nc", "b\na new\nc", []string{"old"}, true},
		{"(old)", "", "", nil, false},
		{"(?m)^a (.*)$", "b\r\na old\r\nc", "b\r\na new\r\nc", []string{"old"}, true},
		{"a (.*)$", "a old\r", "a new", []string{"old\r"}, true},
	} {
		re := regexp.MustCompile(tt.pattern)
		found, ok := matches(re, tt.text, "new")
		if ok != tt.ok || strings.Join(found, "|") != strings.Join(tt.found, "|") || len(found) != len(tt.found) {
			t.Errorf("%s in %q: %q %v, want %q %v", tt.pattern, tt.text, found, ok, tt.found, tt.ok)
		}
		once := replaceGroup(re, tt.text, "new")
		if once != tt.want {
			t.Errorf("%s in %q: %q, want %q", tt.pattern, tt.text, once, tt.want)
		}
		if _, ok := matches(re, once, "new"); tt.ok && !ok {
			t.Errorf("%s does not match its own result %q", tt.pattern, once)
		}
	}
}

// TestTakenFor: what a text is taken for, and why.
func TestTakenFor(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ format, key, want string }{
		{"", "a.toml", "TOML, since its key ends in .toml"}, {"", "a.TOML", "TOML, since its key ends in .toml"}, {"", "a.ini", "INI, since its key ends in .ini"},
		{"", "a.cfg", "INI, since its key ends in .cfg"}, {"", "a.properties", "properties, since its key ends in .properties"}, {"", "a.env", "properties, since its key ends in .env"},
		{"", "a.yaml", "YAML, since its key ends in .yaml"}, {"", "a.yml", "YAML, since its key ends in .yml"}, {"", "a.json", "JSON, since its key ends in .json"},
		{"", "a.conf", "YAML or JSON, since its key says nothing else"}, {"", "a", "YAML or JSON, since its key says nothing else"},
		{"toml", "a.ini", "TOML, since irsa.yaml says format: toml"}, {"yaml", "a.toml", "YAML or JSON, since irsa.yaml says format: yaml"},
		{"json", "a", "YAML or JSON, since irsa.yaml says format: json"}, {"properties", "a", "properties, since irsa.yaml says format: properties"},
	} {
		format, why := takenFor(tt.format, tt.key)
		known := tt.want[:strings.IndexByte(tt.want, ',')]
		if why != tt.want || (format == "") != (strings.HasPrefix(known, "YAML") || known == "JSON") {
			t.Errorf("%q, %q: %q %q, want %q", tt.format, tt.key, format, why, tt.want)
		}
	}
}
