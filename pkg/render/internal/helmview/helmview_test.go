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
