package helmview

import (
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/render"
)

const (
	deployment = "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 2\n  template:\n    spec:\n      serviceAccountName: old\n      containers:\n      - {name: c, env: [{name: X, value: old}]}\n"
	configMap  = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata:\n  c.yaml: |\n    a: old\n    b: 1\n  t.toml: |\n    a = 1\n"
	binding    = "---\nkind: RoleBinding\nmetadata: {name: b}\nsubjects:\n- {kind: ServiceAccount, name: old, namespace: ns}\n"
)

// TestCheck: what the report names is asked for, and anything else that differs is seen.
func TestCheck(t *testing.T) {
	t.Parallel()
	change := func(kind, name, action, field, to string) render.Change {
		return render.Change{Action: action, Field: field, To: to, Object: render.Object{Kind: kind, Name: name}}
	}
	account := change("Deployment", "web", "set", "spec.template.spec.serviceAccountName", "new")
	for name, tt := range map[string]struct {
		before, from, to string
		changes          []render.Change
		wrong            string // in the error; empty: none
	}{
		"nothing":                 {before: deployment},
		"as reported":             {deployment, "serviceAccountName: old", "serviceAccountName: new", []render.Change{account}, ""},
		"twice reported":          {deployment, "serviceAccountName: old", "serviceAccountName: new", []render.Change{account, account}, ""},
		"not reported":            {deployment, "serviceAccountName: old", "serviceAccountName: new", nil, "besides what the report names"},
		"not there":               {deployment, "", "", []render.Change{account}, "it is not there"},
		"another value":           {deployment, "serviceAccountName: old", "serviceAccountName: other", []render.Change{account}, "it is not there"},
		"one more":                {deployment, "serviceAccountName: old", "serviceAccountName: new\n      hostname: x", []render.Change{account}, "besides what the report names"},
		"no YAML any more":        {deployment, "replicas: 2", "replicas: {", nil, "not read any more"},
		"overruled by a merge":    {deployment, "serviceAccountName: old", "serviceAccountName: new\n      <<: {serviceAccountName: old}", []render.Change{account}, "it is not there"},
		"another object":          {deployment, "serviceAccountName: old", "serviceAccountName: new", []render.Change{change("Deployment", "x", "set", account.Field, "new")}, "0 such objects"},
		"a variable":              {deployment, "value: old", "value: new", []render.Change{change("Deployment", "web", "set", "env X of container c", "new")}, ""},
		"a variable, not there":   {deployment, "", "", []render.Change{change("Deployment", "web", "set", "env X of container c", "new")}, "it is not there"},
		"a variable of another":   {deployment, "value: old", "value: new", []render.Change{change("Deployment", "web", "set", "env Y of container c", "new")}, "it is not there"},
		"a text":                  {configMap, "a: old", "a: new", []render.Change{change("ConfigMap", "m", "set", "data.c.yaml → a", "new")}, ""},
		"a text, something else":  {configMap, "a: old\n    b: 1", "a: new\n    b: 2", []render.Change{change("ConfigMap", "m", "set", "data.c.yaml → a", "new")}, "besides what the report names"},
		"a text of another form":  {configMap, "a = 1", "a = \"new\"", []render.Change{change("ConfigMap", "m", "set", "data.t.toml → a", "new")}, ""},
		"a text, not there":       {configMap, "", "", []render.Change{change("ConfigMap", "m", "set", "data.t.toml → a", "new")}, "it is not there"},
		"a subject":               {binding, "subjects:", "subjects:\n- {kind: ServiceAccount, name: new, namespace: ns}", []render.Change{change("RoleBinding", "b", "add", "subjects", "ServiceAccount ns/new")}, ""},
		"a subject, another":      {binding, "subjects:", "subjects:\n- {kind: ServiceAccount, name: evil, namespace: ns}", []render.Change{change("RoleBinding", "b", "add", "subjects", "ServiceAccount ns/new")}, "it is not there"},
		"a subject, one more":     {binding, "subjects:", "subjects:\n- {kind: ServiceAccount, name: new, namespace: ns}\n- {kind: User, name: x}", []render.Change{change("RoleBinding", "b", "add", "subjects", "ServiceAccount ns/new")}, "besides what the report names"},
		"removed":                 {deployment, "  replicas: 2\n", "", []render.Change{change("Deployment", "web", "remove", "spec.replicas", "")}, ""},
		"removed, and still here": {deployment, "", "", []render.Change{change("Deployment", "web", "remove", "spec.replicas", "")}, "it is not there"},
		"parents that were made":  {deployment, "  replicas: 2\n", "  replicas: 2\n  a: {b: {c: new}}\n", []render.Change{change("Deployment", "web", "add", "spec.a.b.c", "new")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			after := tt.before
			if tt.from != "" {
				if after = strings.Replace(tt.before, tt.from, tt.to, 1); after == tt.before {
					t.Fatal("the case changes nothing")
				}
			}
			err := Check([]byte(tt.before), []byte(after), tt.changes)
			if (err == nil) != (tt.wrong == "") || err != nil && !strings.Contains(err.Error(), tt.wrong) {
				t.Errorf("%v, want an error with %q", err, tt.wrong)
			}
		})
	}
}

// TestCheckPlaces: of everything that a report can name, the place that it names is asked for,
// and every other one is held to what it was. In each case a document comes in, and is right
// with one result and wrong with others.
func TestCheckPlaces(t *testing.T) {
	t.Parallel()
	const (
		other = "kind: Other\nmetadata: {name: o}\n"
		env   = "kind: Pod\nmetadata: {name: o}\nspec: {containers: [%c, %d]}\n"
	)
	set := func(fieldsAndValues ...string) []render.Change {
		var out []render.Change
		for i := 0; i < len(fieldsAndValues); i += 2 {
			out = append(out, render.Change{Action: "set", Field: fieldsAndValues[i], To: fieldsAndValues[i+1], Object: render.Object{Kind: "Other", Name: "o"}})
		}
		return out
	}
	of := func(kind, name string, changes []render.Change) []render.Change {
		for i := range changes {
			changes[i].Object = render.Object{Kind: kind, Name: name}
		}
		return changes
	}
	removed := func(field string) []render.Change {
		return []render.Change{{Action: "remove", Field: field, Object: render.Object{Kind: "Other", Name: "o"}}}
	}
	pod := func(c, d string) string { return strings.NewReplacer("%c", c, "%d", d).Replace(env) }
	for name, tt := range map[string]struct {
		changes       []render.Change
		before, right string
		wrong         []string
	}{
		"no separator":              {nil, "kind: A\n", "kind: A\n", []string{"kind: B\n"}},
		"a separator":               {nil, "---\n\ufeffkind: A\na: 1\n", "---\n\ufeffkind: A\na: 1\n", []string{"---\n\ufeffkind: B\na: 1\n", "---\n\ufeffkind: A\na: 2\n"}},
		"with a comment":            {nil, "--- # c\n\ufeffkind: A\na: 1\n", "--- # c\n\ufeffkind: A\na: 1\n", []string{"--- # c\n\ufeffkind: A\na: 2\n"}},
		"a mark behind a separator": {set("a", "1"), "---\n\ufeffmetadata: {name: o}\nkind: Other\na: 0\n", "---\n\ufeffmetadata: {name: o}\nkind: Other\na: \"1\"\n", nil},
		"what is no separator":      {nil, "--- {kind: A}\n", "--- {kind: A}\n", []string{"--- {kind: B}\n"}},

		"another kind":                    {of("Another", "o", set("a", "1")), other + "a: 0\n", "", []string{other + "a: 1\n"}},
		"another name":                    {of("Other", "p", set("a", "1")), other + "a: 0\n", "", []string{other + "a: 1\n"}},
		"a name that is made":             {set("a", "1"), "kind: Other\nmetadata: {generateName: o}\na: 0\n", "kind: Other\nmetadata: {generateName: o}\na: \"1\"\n", []string{other + "a: \"1\"\n"}},
		"an empty name":                   {set("a", "1"), "kind: Other\nmetadata: {name: \"\", generateName: o}\na: 0\n", "kind: Other\nmetadata: {name: \"\", generateName: o}\na: \"1\"\n", nil},
		"a name that Helm takes for true": {of("Other", "yes", set("a", "1")), "kind: Other\nmetadata: {name: yes}\na: 0\n", "kind: Other\nmetadata: {name: yes}\na: \"1\"\n", nil},
		"another one":                     {set("a", "1"), "kind: Other\nmetadata: {name: yes}\na: 0\n", "", []string{"kind: Other\nmetadata: {name: yes}\na: \"1\"\n"}},
		"a name that is only like true":   {of("Other", "on", set("a", "1")), other + "a: 0\n", "", []string{other + "a: \"1\"\n"}},
		"items of what is no list":        {set("a", "1"), other + "items: [{kind: A}]\na: 0\n", other + "items: [{kind: A}]\na: \"1\"\n", []string{other + "items: [{kind: B}]\na: \"1\"\n"}},
		"a list without items":            {of("OtherList", "o", set("a", "1")), "kind: OtherList\nmetadata: {name: o}\na: 0\n", "kind: OtherList\nmetadata: {name: o}\na: \"1\"\n", nil},
		"an item of a typed list":         {set("a", "1"), "kind: OtherList\nitems:\n- metadata: {name: o}\n  a: 0\n- metadata: {name: p}\n  a: 0\n", "kind: OtherList\nitems:\n- metadata: {name: o}\n  a: \"1\"\n- metadata: {name: p}\n  a: 0\n", []string{"kind: OtherList\nitems:\n- metadata: {name: o}\n  a: 0\n- metadata: {name: p}\n  a: \"1\"\n"}},

		"an element by its number": {
			set("l[1].a", "new"), other + "l: [{a: x, b: y}, {a: x, b: y}, {a: x}]\n", other + "l: [{a: x, b: y}, {a: new, b: y}, {a: x}]\n",
			[]string{other + "l: [{a: new, b: y}, {a: x, b: y}, {a: x}]\n", other + "l: [{a: new, b: y}, {a: new, b: y}, {a: x}]\n", other + "l: [{a: x, b: y}, {a: new, b: z}, {a: x}]\n", other + "l: [{a: x, b: y}, {a: new, b: y}]\n"},
		},
		"an element by a field": {
			set("l[id=k].a", "new"), other + "l: [{id: j, a: x}, {id: k, a: x}]\n", other + "l: [{id: j, a: x}, {id: k, a: new}]\n",
			[]string{other + "l: [{id: j, a: new}, {id: k, a: x}]\n", other + "l: [{id: j, a: new}, {id: k, a: new}]\n", other + "l: [{id: j, a: z}, {id: k, a: new}]\n"},
		},
		"every element": {
			set("l[*].a", "new"), other + "l: [{a: x, b: y}, {a: x}]\n", other + "l: [{a: new, b: y}, {a: new}]\n", []string{other + "l: [{a: new, b: z}, {a: new}]\n", other + "l: [{a: x, b: y}, {a: x}]\n"},
		},
		"an element that is text": {set("l[1]", "new"), other + "l: [x, y, z]\n", other + "l: [x, new, z]\n", []string{other + "l: [new, y, z]\n", other + "l: [new, new, z]\n", other + "l: [x, new, new]\n", other + "l: [x, y, z]\n"}},
		"every element, as text":  {set("l[*]", "new"), other + "l: [x, y]\n", other + "l: [new, new]\n", []string{other + "l: [x, y]\n", other + "l: [new, new, new]\n"}},
		"a list is no mapping":    {set("l.a", "new"), other + "l: [{a: x}]\n", "", []string{other + "l: [{a: new}]\n"}},
		"a list has no keys":      {set("l.x.a", "new"), other + "l: [{a: x}]\n", "", []string{other + "l: [{a: new}]\n"}},
		"a mapping is no list":    {set("l[*].a", "new"), other + "l: {a: x}\n", "", []string{other + "l: {a: new}\n"}},
		"an element that is TOML": {set("l[0] → a", "new"), other + "l: [\"a = 'x'\", y]\n", other + "l: [\"a = 'new'\", y]\n", []string{other + "l: [\"a = 'new'\", z]\n"}},

		"keys with dots, and without": {set("a.b.c", "new"), other + "a: {b.c: x, b: {c: x, d: y}}\n", other + "a: {b.c: x, b: {c: new, d: y}}\n", []string{other + "a: {b.c: new, b: {c: x, d: y}}\n", other + "a: {b.c: x, b: {c: new, d: z}}\n"}},
		"data of its own":             {set("data.b.c", "new"), other + "data: {b: {c: x, d: y}}\n", other + "data: {b: {c: new, d: y}}\n", []string{other + "data: {b: {c: new, d: z}}\n"}},
		"data with dots":              {set("data.b.c", "new"), other + "data: {b.c: x, b.d: y}\n", other + "data: {b.c: new, b.d: y}\n", []string{other + "data: {b.c: x, b.d: new}\n"}},
		"a text at the top":           {set("t → a", "new"), other + "t: a = 'x'\nb: y\n", other + "t: a = 'new'\nb: y\n", []string{other + "t: a = 'x'\nb: y\n", other + "t: a = 'new'\nb: z\n"}},

		"JSON":                 {set("data.t → a", "new"), other + "data: {t: '{\"a\": \"x\", \"b\": 1}'}\n", other + "data: {t: '{\"a\": \"new\", \"b\": 1}'}\n", []string{other + "data: {t: '{\"a\": \"new\", \"b\": 2}'}\n", other + "data: {t: '{\"a\": \"x\", \"b\": \"new\"}'}\n"}},
		"base64":               {set("data.s", "new"), other + "data: {s: b2xk, t: eA==}\n", other + "data: {s: bmV3, t: eA==}\n", []string{other + "data: {s: bmV4, t: eA==}\n", other + "data: {s: b2xk, t: bmV3}\n", other + "data: {s: '-bmV3', t: eA==}\n"}},
		"YAML in base64":       {set("data.t → a", "new"), other + "data: {t: YTogeApiOiAxCg==}\n", other + "data: {t: YTogbmV3CmI6IDEK}\n", []string{other + "data: {t: YTogbmV3CmI6IDIK}\n", other + "data: {t: YTogeApiOiAxCg==}\n"}},
		"a text as a whole":    {set("data.t", "a: new"), other + "data: {t: 'a: x'}\n", other + "data: {t: 'a: new'}\n", []string{other + "data: {t: 'a: old'}\n"}},
		"a text in two ways":   {set("data.t → a", "new", "data.t", "two"), other + "data: {t: \"a: x\\nb: one\"}\n", other + "data: {t: \"a: new\\nb: two\"}\n", []string{other + "data: {t: \"a: new\\nb: one\"}\n"}},
		"a text within a text": {set("data.t → a → b", "new"), other + "data: {t: \"a: 'b: x'\\nc: d\"}\n", other + "data: {t: \"a: 'b: new'\\nc: d\"}\n", []string{other + "data: {t: \"a: 'b: new'\\nc: e\"}\n", other + "data: {t: \"a: 'b: x'\\nc: new\"}\n"}},

		"a variable of one container": {
			of("Pod", "o", set("env X of container c", "new")), pod("{name: c, env: [{name: X, value: x}, {name: Y, value: y}]}", "{name: d, env: [{name: X, value: x}]}"),
			pod("{name: c, env: [{name: X, value: new}, {name: Y, value: y}]}", "{name: d, env: [{name: X, value: x}]}"),
			[]string{
				pod("{name: c, env: [{name: X, value: new}, {name: Y, value: z}]}", "{name: d, env: [{name: X, value: x}]}"), pod("{name: c, env: [{name: X, value: new}, {name: Y, value: y}]}", "{name: d, env: [{name: X, value: z}]}"),
				pod("{name: c, env: [{name: X, value: x}, {name: Y, value: new}]}", "{name: d, env: [{name: X, value: new}]}"), pod("{name: c, env: [{name: X, value: new}]}", "{name: d, env: [{name: X, value: x}]}"),
			},
		},
		"a variable that is added": {
			of("Pod", "o", set("env a..b of container c", "new")), pod("{name: c}", "{name: d}"), pod("{name: c, env: [{name: a..b, value: new}]}", "{name: d}"), []string{pod("{name: c}", "{name: d, env: [{name: a..b, value: new}]}")},
		},
		"a pull secret": {
			set("imagePullSecrets", "new"), other + "imagePullSecrets: [{name: old}]\n", other + "imagePullSecrets: [{name: new}, {name: old}]\n",
			[]string{other + "imagePullSecrets: [{name: old}]\n", other + "imagePullSecrets: [{name: new}, {name: older}]\n", other + "imagePullSecrets: [new, {name: old}]\n", other + "imagePullSecrets: [{name: new}]\n"},
		},
		"the first pull secret": {set("imagePullSecrets", "new"), other, other + "imagePullSecrets: [{name: new}]\n", []string{other, other + "imagePullSecrets: [{name: new}, {name: older}]\n"}},

		"what was missing is made":     {set("spec.a", "new"), other, other + "spec: {a: new}\n", []string{other + "spec: {a: new, b: c}\n", other + "spec: {}\n"}},
		"one of two is removed":        {removed("s.a.b"), other + "s: {a: {b: 1, c: 2}}\n", other + "s: {a: {c: 2}}\n", []string{other + "s: {a: {c: 3}}\n", other + "s: {a: {b: 1}}\n"}},
		"removed with what held it":    {removed("s.a.b"), other + "s: {a: {b: 1}, c: 2}\n", other + "s: {c: 2}\n", []string{other + "s: {c: 3}\n", other + "s: {a: text, c: 2}\n", other + "s: {a: [b], c: 2}\n"}},
		"removed, and null is left":    {removed("s.a.b"), other + "s: {a: {b: 1}, c: 2}\n", other + "s: {a: null, c: 2}\n", nil},
		"removed, and {} is left":      {removed("s.a.b"), other + "s: {a: {b: 1}, c: 2}\n", other + "s: {a: {}, c: 2}\n", nil},
		"removed, with more than that": {removed("s.a.b"), other + "s: {a: {b: 1, d: 3}, c: 2}\n", "", []string{other + "s: {c: 2}\n", other + "s: {a: {}, c: 2}\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.right != "" {
				if err := Check([]byte(tt.before), []byte(tt.right), tt.changes); err != nil {
					t.Errorf("%s\nis refused: %v", tt.right, err)
				}
			}
			for _, wrong := range tt.wrong {
				if Check([]byte(tt.before), []byte(wrong), tt.changes) == nil {
					t.Errorf("%s\nis taken", wrong)
				}
			}
		})
	}
}
