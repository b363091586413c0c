package helm

import (
	"testing"

	"helm.sh/helm/v3/pkg/strvals"
)

// TestSetString lets Helm's own parser read what SetString wrote.
func TestSetString(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		path, value, arg string
		keys             []string
	}{
		{"a", "x", "a=x", []string{"a"}},
		{"server.stagingServiceAccountName", "epinio-staging", "server.stagingServiceAccountName=epinio-staging", []string{"server", "stagingServiceAccountName"}},
		{`a\.b.c`, "x", `a\.b.c=x`, []string{"a.b", "c"}},
		{"a,b", "x", `a\,b=x`, []string{"a,b"}},
		{`a\,b`, "x", `a\,b=x`, []string{"a,b"}},
		{"a=b", "x", `a\=b=x`, []string{"a=b"}},
		{"a", "x,y=z", `a=x\,y=z`, []string{"a"}},
		{"a", `x\y`, `a=x\\y`, []string{"a"}},
		{"a", "{x}", `a=\{x}`, []string{"a"}},
		{"a", "true", "a=true", []string{"a"}},
		{"a", "", "a=", []string{"a"}},
	} {
		got := SetString(c.path, c.value)
		if got != c.arg {
			t.Errorf("SetString(%q, %q) = %q, want %q", c.path, c.value, got, c.arg)
			continue
		}
		values, err := strvals.ParseString(got)
		if err != nil {
			t.Errorf("%s: %v", got, err)
			continue
		}
		var at any = values
		for _, k := range c.keys {
			m, _ := at.(map[string]any)
			at = m[k]
		}
		if at != c.value {
			t.Errorf("%s: Helm reads %v, want %q", got, values, c.value)
		}
	}
}
