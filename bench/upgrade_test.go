package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// call sends one object to the played API.
func (a *apiServer) call(t *testing.T, method, path, body string) int {
	t.Helper()
	r, err := http.NewRequest(method, a.server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode
}

// An upgrade counts where the release has the next revision, and its service account the
// role.
func TestAdvanced(t *testing.T) {
	t.Parallel()
	const (
		secrets  = "/api/v1/namespaces/epinio/secrets"
		accounts = "/api/v1/namespaces/epinio/serviceaccounts"
		revision = `{"metadata":{"name":"sh.helm.release.v1.epinio.v1","labels":{"status":"deployed"}}}`
		account  = `{"metadata":{"name":"epinio-server","annotations":{"eks.amazonaws.com/role-arn":"arn:aws:iam::123456789012:role/epinio-server-role"}}}`
	)
	for name, c := range map[string]struct{ secret, account, want string }{
		"right":      {revision, account, ""},
		"failed":     {strings.Replace(revision, "deployed", "failed", 1), account, `status "failed"`},
		"no next":    {strings.Replace(revision, "v1\"", "v2\"", 1), account, `status ""`},
		"other role": {revision, strings.Replace(account, "server-role", "other", 1), "other"},
		"no role":    {revision, `{"metadata":{"name":"epinio-server"}}`, `has role ""`},
	} {
		a := startAPIServer(0)
		defer a.server.Close()
		for path, body := range map[string]string{secrets: c.secret, accounts: c.account} {
			if code := a.call(t, http.MethodPost, path, body); code != http.StatusCreated {
				t.Fatalf("%s: %d", path, code)
			}
		}
		err := a.advanced()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if code := a.call(t, http.MethodPatch, accounts+"/epinio-server", `{}`); code != http.StatusMethodNotAllowed {
			t.Errorf("a patch is answered with %d: an upgrade that changes something would pass", code)
		}
	}
}

func TestHelmVersion(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile(filepath.Join("..", "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(makefile), "HELM3_VERSION := "+helmVersion+"\n") {
		t.Errorf("the Makefile has another Helm 3 than %s", helmVersion)
	}
}
