package kube

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"k8s.io/klog/v2"
)

// TestOddAnswers: what is no answer of a Kubernetes API, or half of one, is said in one line and
// not quoted.
func TestOddAnswers(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		answer  func(w http.ResponseWriter)
		reached bool // and what is asked for stays unread
		want    string
	}{
		"a page of a proxy": {func(w http.ResponseWriter) { fmt.Fprint(w, "<html>hunter2") }, false, "answers something that is not of a Kubernetes API: "},
		"another shape":     {func(w http.ResponseWriter) { reply(w, []string{"hunter2"}) }, false, "answers something that is not of a Kubernetes API: "},
		"nothing":           {func(http.ResponseWriter) {}, false, "answers something that is not of a Kubernetes API: EOF"},
		"too much":          {func(w http.ResponseWriter) { reply(w, object{"items": strings.Repeat("hunter2", 200)}) }, false, "answers more than 1000 bytes"},
		"half of it": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, `{"items":[`)
		}, false, "unexpected EOF"},
		"a proxy's refusal": {func(w http.ResponseWriter) { http.Error(w, "<html>hunter2", http.StatusForbidden) }, true, "forbidden: needs the permission to list pods in namespace apps"},
		"a proxy's error":   {func(w http.ResponseWriter) { http.Error(w, "<html>hunter2", http.StatusBadGateway) }, true, "pods in namespace apps: 502 Bad Gateway"},
		"an unsaid error":   {func(w http.ResponseWriter) { status(w, http.StatusConflict, "Conflict", "") }, true, "pods in namespace apps: 409 Conflict"},
		"what it says":      {func(w http.ResponseWriter) { status(w, http.StatusConflict, "Conflict", "not now") }, true, "pods in namespace apps: not now"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t)
			a.answers[pods.path("apps")] = func(w http.ResponseWriter, _ *http.Request) { c.answer(w) }
			client := a.client(t)
			client.http.Transport = bounded{http.DefaultTransport, 1000}
			_, err := client.Holders(t.Context(), "apps")
			unread, cluster := (*Unread)(nil), (*ConnectError)(nil)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v\nwant: %s", err, c.want)
			}
			if errors.As(err, &unread) != c.reached || errors.As(err, &cluster) == c.reached {
				t.Errorf("%T", err)
			}
			if unread != nil && strings.Contains(unread.Message, "hunter2") {
				t.Errorf("it has the message %q", unread.Message)
			}
		})
	}
}

// TestQuiet: client-go logs to the process's stderr, unless it is told of another place.
func TestQuiet(t *testing.T) {
	t.Parallel()
	asked := false
	err := newAPI(t).client(t).ask(t.Context(), Unread{}, func(ctx context.Context) error {
		asked = true
		if klog.FromContext(ctx).Enabled() {
			return errors.New("it logs")
		}
		return nil
	})
	if err != nil || !asked {
		t.Error(err, asked)
	}
}
