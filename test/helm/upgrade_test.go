package helm

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

// lastRevision is a release whose user once said color=red.
const lastRevision = `- name: rel
  version: 1
  namespace: ns1
  info: {status: deployed}
  config: {color: red}
  chart:
    metadata: {name: web, version: 1.0.0, apiVersion: v2}
    values: {serviceAccountName: other, color: blue}
  manifest: ""
`

// TestUpgradeKeepsValues: upgrade without values keeps those of the last
// revision (pkg/action/upgrade.go, reuseValues), also where irsa.yaml adds one;
// with values of the user's own it does not, as ever.
func TestUpgradeKeepsValues(t *testing.T) {
	eachHelm(t, func(t *testing.T, h host) {
		h.install(t)
		chart := small(t)
		write(t, filepath.Join(chart, "templates", "color.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: color}\ndata: {color: {{ .Values.color }}}\n", 0o644)
		write(t, filepath.Join(chart, "values.yaml"), "serviceAccountName: other\ncolor: blue\n", 0o644)
		// Helm keeps releases in memory and asks the cluster for its version alone.
		h.env = append(h.env, "HELM_DRIVER=memory", "HELM_MEMORY_DRIVER_DATA="+write(t, filepath.Join(t.TempDir(), "releases.yaml"), lastRevision, 0o644))
		args := []string{"irsa", "upgrade", "rel", chart, "-n", "ns1", "--irsa-file", spec(t, "  usedBy:\n  - value: serviceAccountName\n"),
			"--irsa-provision=never", "--dry-run=client", "--disable-openapi-validation", "--kube-apiserver", apiserver(t)}
		for color, more := range map[string][]string{"red": nil, "blue": {"--set", "x=y"}} {
			r := h.run(t, append(args, more...)...)
			if r.code != 0 || !strings.Contains(r.stdout, "color: "+color) || strings.Contains(r.stdout, "serviceAccountName: other") {
				t.Errorf("%q, want color %s: %+v", more, color, r)
			}
		}
	})
}

// apiserver answers what Helm asks before it renders.
func apiserver(t *testing.T) string {
	t.Helper()
	answers := map[string]string{
		"/version": `{"major":"1","minor":"31","gitVersion":"v1.31.0"}`,
		"/api":     `{"kind":"APIVersions","versions":["v1"]}`,
		"/api/v1":  `{"kind":"APIResourceList","groupVersion":"v1","resources":[]}`,
		"/apis":    `{"kind":"APIGroupList","apiVersion":"v1","groups":[]}`,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		answer, ok := answers[r.URL.Path]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			answer = `{"kind":"Status","apiVersion":"v1","status":"Failure","code":404}`
		}
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(server.Close)
	return server.URL
}
