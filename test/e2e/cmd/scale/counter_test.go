package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"k8s.io/client-go/rest"
)

// Calls get through, and each is counted for who made it.
func TestCounter(t *testing.T) {
	t.Parallel()
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.URL.Path+" "+r.Header.Get("Authorization"))
	}))
	defer api.Close()
	c, err := startCounter(&rest.Config{Host: api.URL, BearerToken: "token"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.server.Close()
	for _, agent := range []string{"helm-irsa", "Helm/4.3.1", "Helm/4.3.1"} {
		r, err := http.NewRequest(http.MethodGet, c.server.URL+"/api/v1/pods", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("User-Agent", agent)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if string(body) != "/api/v1/pods Bearer token" {
			t.Errorf("%s", body)
		}
	}
	if ours, helms := c.calls(); ours != 1 || helms != 2 {
		t.Errorf("%d of ours, %d of Helm's", ours, helms)
	}
	c.reset()
	if ours, helms := c.calls(); ours != 0 || helms != 0 {
		t.Errorf("after a reset: %d, %d", ours, helms)
	}
}
