package kube

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// api is an API server with memory: lists in pages, what it refuses, and who asked.
type api struct {
	mu      sync.Mutex
	objects map[string][]object         // by the path of their collection
	answers map[string]http.HandlerFunc // by path, before all else
	deny    map[string]bool             // by path; of a whole collection where it has no name
	pages   int                         // largest page; as asked where 0
	calls   []*http.Request
	server  *httptest.Server
}

func newAPI(t *testing.T) *api {
	t.Helper()
	a := &api{objects: map[string][]object{}, answers: map[string]http.HandlerFunc{}, deny: map[string]bool{}}
	a.server = httptest.NewServer(a)
	t.Cleanup(a.server.Close)
	return a
}

// serve makes collections that are there and empty.
func (a *api) serve(namespace string) {
	for _, r := range namespaced {
		a.objects[r.path(namespace)] = []object{}
	}
	for _, p := range []string{namespaces.path(""), webhooks.path(""), configMaps.path(systemNamespace)} {
		if a.objects[p] == nil {
			a.objects[p] = []object{}
		}
	}
}

// add takes an object, as JSON.
func (a *api) add(t *testing.T, r resource, namespace, text string) {
	t.Helper()
	var o object
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if namespace != "" {
		o["metadata"].(map[string]any)["namespace"] = namespace
	}
	a.objects[r.path(namespace)] = append(a.objects[r.path(namespace)], o)
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.calls = append(a.calls, r)
	answer := a.answers[r.URL.Path]
	a.mu.Unlock()
	collection, single := a.objects[r.URL.Path]
	one, name := a.objects[path.Dir(r.URL.Path)], path.Base(r.URL.Path)
	switch {
	case answer != nil:
		answer(w, r)
	case a.deny[r.URL.Path] || a.deny[path.Dir(r.URL.Path)]:
		status(w, http.StatusForbidden, "Forbidden", r.URL.Path+" is forbidden: User \"eve\" may not")
	case single:
		a.list(w, r, collection)
	case slices.ContainsFunc(one, func(o object) bool { return o.name() == name }):
		reply(w, one[slices.IndexFunc(one, func(o object) bool { return o.name() == name })])
	default:
		status(w, http.StatusNotFound, "NotFound", "the server could not find the requested resource")
	}
}

// list gives a page; the continue token is where the next begins.
func (a *api) list(w http.ResponseWriter, r *http.Request, all []object) {
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	start, _ := strconv.Atoi(r.URL.Query().Get("continue"))
	if a.pages > 0 && limit > 0 {
		limit = a.pages
	}
	meta, end := object{"resourceVersion": "7"}, len(all)
	if limit > 0 && start+limit < end {
		end = start + limit
		meta["continue"] = strconv.Itoa(end)
	}
	reply(w, object{"metadata": meta, "items": all[start:end]}) // items say neither kind nor apiVersion
}

// asked are the paths that were asked for, sorted.
func (a *api) asked() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := []string{}
	for _, r := range a.calls {
		out = append(out, r.Method+" "+r.URL.Path)
	}
	slices.Sort(out)
	return out
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func status(w http.ResponseWriter, code int, reason, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(object{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "message": message, "code": code})
}

// client opens the fake through a kubeconfig.
func (a *api) client(t *testing.T) *Client {
	t.Helper()
	c, err := Open(Options{Kubeconfig: kubeconfig(t, a.server.URL)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// kubeconfig writes one with the contexts test and other.
func kubeconfig(t *testing.T, server string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config")
	text := fmt.Sprintf(`apiVersion: v1
kind: Config
clusters:
- {name: test, cluster: {server: %q}}
- {name: other, cluster: {server: "https://other.example:6443"}}
users:
- {name: someone, user: {token: of-the-kubeconfig}}
contexts:
- {name: test, context: {cluster: test, user: someone, namespace: apps}}
- {name: other, context: {cluster: other, user: someone}}
current-context: test
`, server)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// names are the objects as Kind namespace/name.
func names(r *Result) []string {
	out := []string{}
	for _, d := range r.Objects {
		out = append(out, strings.TrimPrefix(d.Kind+" "+d.Namespace+"/"+d.Name, " "))
	}
	return out
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n%s\nwant:\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
