package spec

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// TestExpandText: what a placeholder is, and what is not.
func TestExpandText(t *testing.T) {
	t.Parallel()
	value := func(name string) (string, *valueError) {
		return map[string]string{"cluster.name": "prod", "env.A": "${cluster.name}", "env.B": "$"}[name], nil
	}
	for text, want := range map[string]string{
		"plain":                        "plain",
		"${cluster.name}":              "prod",
		"a-${cluster.name}-b":          "a-prod-b",
		"${env.A}":                     "${cluster.name}",
		"${env.B}{cluster.name}":       "${cluster.name}",
		"$${cluster.name}":             "${cluster.name}",
		"$$${cluster.name}":            "$${cluster.name}",
		"$${a}${cluster.name}":         "${a}prod",
		"$ $a {b} } $":                 "$ $a {b} } $",
		"${aws:username}":              "${aws:username}",
		"${aws:PrincipalTag/x, 'y z'}": "${aws:PrincipalTag/x, 'y z'}",
		"${*}${?}${$}":                 "${*}${?}${$}",
		"${saml:sub}/${s3:prefix}":     "${saml:sub}/${s3:prefix}",
		"${graph.facebook.com:id}":     "${graph.facebook.com:id}",
	} {
		if got, err := expandText(text, value); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", text, got, err, want)
		}
	}
}

// TestLiteral: a text that stands for itself comes out as it was, whatever is in it.
func TestLiteral(t *testing.T) {
	t.Parallel()
	value := func(name string) (string, *valueError) { return "", &valueError{message: "asked for " + name} }
	pieces := []string{"$", "{", "}", "${", "${aws:username}", "${*}", "${release.name}", "a", "$${", "${a", ":"}
	for i := range len(pieces) * len(pieces) * len(pieces) * len(pieces) {
		text := ""
		for n := i; n > 0; n /= len(pieces) {
			text += pieces[n%len(pieces)]
		}
		if got, err := expandText(Literal(text), value); err != nil || got != text {
			t.Fatalf("%s: as %s it becomes %q, %v", text, Literal(text), got, err)
		}
	}
	for _, text := range []string{"plain", "${aws:username}/${*}", "$a {b}"} {
		if got := Literal(text); got != text {
			t.Errorf("%s: escaped without need: %s", text, got)
		}
	}
}

const placed = fileHead + `
serviceAccounts:
- name: ${release.name}-worker
  role:
    name: ${cluster.name}-${env.TEAM}
    trust: {subjects: ["system:serviceaccount:${release.namespace}:*"]}
    inlinePolicies: {p: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "arn:${partition}:s3:::${cluster.accountID}.${dnsSuffix}"}]}}
  usedBy:
  - workload: {kind: Deployment, name: "${release.name}-worker"}
  - env: {kind: Deployment, name: x, variable: A, pattern: "^${cluster.name}=(.*)$"}
`

// TestPlaceholders: values come from irsa.yaml, from what is known, and from whoever is asked.
func TestPlaceholders(t *testing.T) {
	t.Parallel()
	asked := []string{}
	known := func(c Cluster) (Known, error) {
		c.Name = "prod.x"
		return Known{Cluster: c, Release: "shop", Namespace: "apps", Getenv: func(n string) string { return map[string]string{"TEAM": "blue"}[n] }, Ask: func(fact string) (string, error) {
			asked = append(asked, fact)
			return map[string]string{"cluster.accountID": "111122223333", "cluster.region": "cn-north-1"}[fact], nil
		}}, nil
	}
	f, _, err := loadAll(t, Options{Known: known}, placed)
	if err != nil {
		t.Fatal(err)
	}
	sa := f.ServiceAccounts[0]
	got := strings.Join([]string{sa.Name, sa.Role.Name, sa.Role.Trust.Subjects[0], sa.UsedBy[0].Workload.Name, sa.UsedBy[1].Env.Pattern, string(sa.Role.InlinePolicies["p"].JSON())}, "\n")
	want := `shop-worker
prod.x-blue
system:serviceaccount:apps:*
shop-worker
^prod\.x=(.*)$
{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws-cn:s3:::111122223333.amazonaws.com.cn"}]}`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	slices.Sort(asked)
	if strings.Join(asked, " ") != "cluster.accountID cluster.region" {
		t.Errorf("asked for %v", asked)
	}
	if f.Values["env.TEAM"] != "blue" || f.Values["release.name"] != "shop" || f.Cluster.Name != "prod.x" {
		t.Errorf("%v, %+v", f.Values, f.Cluster)
	}
}

// TestUnknownValues: what is not known is a fault where it is needed, and an example elsewhere.
func TestUnknownValues(t *testing.T) {
	t.Parallel()
	team := func(c Cluster) (Known, error) {
		return Known{Cluster: c, Getenv: func(string) string { return "blue" }, Ask: func(fact string) (string, error) { return "", errors.New("nobody knows") }}, nil
	}
	for name, c := range map[string]struct {
		o     Options
		wants int
		ends  string
	}{
		"refused":       {Options{Known: team}, 6, ""},
		"for rendering": {Options{Known: team, Unknown: RenderOnly}, 4, "cluster.accountID cluster.region dnsSuffix partition"},
		"examples":      {Options{Known: team, Unknown: Examples}, 0, "cluster.accountID cluster.name dnsSuffix partition release.name release.namespace"},
	} {
		f, _, err := loadAll(t, c.o, placed)
		lines := 0
		if err != nil {
			lines = strings.Count(err.Error(), "\n") + 1
			if !strings.Contains(err.Error(), "release.name is not known: nobody knows") {
				t.Error(err)
			}
		}
		if lines != c.wants {
			t.Errorf("%s: %d faults, want %d: %v", name, lines, c.wants, err)
		}
		if err == nil && strings.Join(f.Examples, " ") != c.ends {
			t.Errorf("%s: %v", name, f.Examples)
		}
	}
}

// TestValuesThatDoNotFit: a value makes a fault where it stands, with the rule of its field.
func TestValuesThatDoNotFit(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"a b":                   `a.yaml:4:28: serviceAccounts[0].role.name: "x-a b" is not a role name; use letters, digits and _+=,.@- only`,
		"a\nb":                  `a.yaml:4:28: serviceAccounts[0].role.name: holds the line end U+000A; a placeholder's value must be one line`,
		"${cluster.name}":       `a.yaml:4:28: serviceAccounts[0].role.name: "x-${cluster.name}" is not a role name; use letters, digits and _+=,.@- only`,
		"":                      `a.yaml:4:28: serviceAccounts[0].role.name: the environment has no A, or it is empty; export A=…`,
		strings.Repeat("a", 63): `a.yaml:4:28: serviceAccounts[0].role.name: a role name is at most 64 characters long, not 65`,
	} {
		_, _, err := loadAll(t, Options{Known: func(c Cluster) (Known, error) {
			return Known{Cluster: c, Getenv: func(string) string { return value }}, nil
		}},
			fileHead+"serviceAccounts:\n- {name: web, role: {name: \"x-${env.A}\"}}\n")
		if err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", value, err, want)
		}
	}
}

// TestDollarsOfPatterns: in a regular expression a dollar sign that is escaped begins no placeholder,
// and the backslash before it may be escaped itself.
func TestDollarsOfPatterns(t *testing.T) {
	t.Parallel()
	known := func(c Cluster) (Known, error) { c.Name = "prod.x"; return Known{Cluster: c}, nil }
	for pattern, want := range map[string]string{
		`"\${(ID)}"`:                `"\${(ID)}"`,
		`\${cluster.name}(a)`:       `\${cluster.name}(a)`,
		`\\${cluster.name}(a)`:      `\\prod\.x(a)`,
		`\\\${cluster.name}(a)`:     `\\\${cluster.name}(a)`,
		`\$$${cluster.name}(a)`:     `\$${cluster.name}(a)`,
		`\${(a)}${cluster.name}\.$`: `\${(a)}prod\.x\.$`,
	} {
		f, _, err := loadAll(t, Options{Known: known}, fileHead+"\nserviceAccounts:\n- name: a\n  usedBy:\n  - env: {kind: Deployment, name: x, variable: A, pattern: '"+pattern+"'}\n")
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
		} else if got := f.ServiceAccounts[0].UsedBy[0].Env.Pattern; got != want {
			t.Errorf("%s became %s, want %s", pattern, got, want)
		}
	}
}
