package ownership

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/kube"
)

// client asks a server that gives one answer and keeps the request.
func client(t *testing.T, code int, body string) (*kube.Client, *http.Request, *[]byte) {
	t.Helper()
	var got http.Request
	var sent []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = *r
		sent, _ = io.ReadAll(r.Body)
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	c, err := kube.Open(kube.Options{Getenv: func(name string) string {
		return map[string]string{"HELM_KUBEAPISERVER": server.URL + "/proxied"}[name]
	}})
	if err != nil {
		t.Fatal(err)
	}
	return c, &got, &sent
}

func TestWrite(t *testing.T) {
	t.Parallel()
	a, err := Parse([]byte(live))
	if err != nil {
		t.Fatal(err)
	}
	r := Release{"web", "apps"}
	c, got, sent := client(t, http.StatusOK, "{}")
	if err := Write(t.Context(), c, a, r, Options{DryRun: true}); err != nil {
		t.Fatal(err)
	}
	if got.Method != http.MethodPatch || got.URL.String() != "/proxied/api/v1/namespaces/apps/serviceaccounts/web?dryRun=All&fieldManager=helm-irsa" || got.Header.Get("Content-Type") != "application/merge-patch+json" {
		t.Errorf("%s %s %v", got.Method, got.URL, got.Header)
	}
	// For Helm 3 nothing but the three marks, and for this version alone.
	want := `{"metadata":{"annotations":{"meta.helm.sh/release-name":"web","meta.helm.sh/release-namespace":"apps"},"labels":{"app.kubernetes.io/managed-by":"Helm"},"resourceVersion":"7"}}`
	if string(*sent) != want {
		t.Errorf("sent %s", *sent)
	}

	for code, check := range map[int]func(error) bool{
		http.StatusConflict: func(err error) bool { return errors.Is(err, ErrChanged) },
		http.StatusNotFound: func(err error) bool { return errors.Is(err, ErrChanged) },
		http.StatusForbidden: func(err error) bool {
			return strings.Contains(err.Error(), "needs the permission to patch serviceaccounts web in namespace apps")
		},
		http.StatusUnprocessableEntity: func(err error) bool { return err.Error() == "ServiceAccount apps/web: a policy says no" },
	} {
		body, err := json.Marshal(map[string]string{"kind": "Status", "message": "a policy says no"})
		if err != nil {
			t.Fatal(err)
		}
		c, _, _ := client(t, code, string(body))
		if err := Write(t.Context(), c, a, r, Options{}); err == nil || !check(err) {
			t.Errorf("%d: %v", code, err)
		}
	}
	c, _, _ = client(t, http.StatusBadGateway, "<html>")
	if err := Write(t.Context(), c, a, r, Options{}); err == nil || err.Error() != "ServiceAccount apps/web: 502 Bad Gateway" {
		t.Errorf("a proxy in between: %v", err)
	}
}
