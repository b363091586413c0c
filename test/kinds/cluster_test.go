package kinds

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/kube"
)

// cluster is an API server that has one object, and a pod of it where owned is true.
type cluster struct {
	object map[string]any
	plural string
	owned  bool
}

func newCluster(object map[string]any, plural string) *cluster {
	return &cluster{object: object, plural: plural}
}

// open serves it, and gives a client for it.
func (c *cluster) open(t *testing.T) *kube.Client {
	t.Helper()
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "config")
	text := fmt.Sprintf("apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {server: %q}}]\ncontexts: [{name: c, context: {cluster: c}}]\ncurrent-context: c\n", server.URL)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	client, err := kube.Open(kube.Options{Kubeconfig: file, Namespace: "ns1"})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// api is where the API server has the group and version of the object.
func (c *cluster) api() string {
	version := c.object["apiVersion"].(string)
	if strings.Contains(version, "/") {
		return "/apis/" + version
	}
	return "/api/" + version
}

func (c *cluster) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	collection := c.api() + "/namespaces/ns1/" + c.plural
	var answer any
	switch path := r.URL.Path; {
	case path == collection && !c.owned:
		answer = list(c.object)
	case path == collection+"/w":
		answer = c.object
	case path == c.api() && c.owned:
		answer = map[string]any{"resources": []any{map[string]any{"name": c.plural, "kind": c.object["kind"], "namespaced": true}}}
	case path == "/api/v1/namespaces/ns1/pods" && c.owned:
		answer = list(map[string]any{
			"metadata": map[string]any{"name": "p", "namespace": "ns1", "uid": "uid-p", "ownerReferences": []any{map[string]any{
				"apiVersion": c.object["apiVersion"], "kind": c.object["kind"], "name": "w", "uid": "uid-w", "controller": true,
			}}},
			"spec": map[string]any{"serviceAccountName": "web"},
		})
	case strings.Count(path, "/") == 5 || strings.HasPrefix(path, "/apis/") && strings.Count(path, "/") == 6:
		answer = list()
	default:
		w.WriteHeader(http.StatusNotFound)
		answer = map[string]any{"kind": "Status", "apiVersion": "v1", "reason": "NotFound", "code": http.StatusNotFound}
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func list(items ...any) any {
	return map[string]any{"metadata": map[string]any{"resourceVersion": "1"}, "items": append([]any{}, items...)}
}
