package kube

import (
	"errors"
	"strings"
	"testing"
)

func TestServiceAccount(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.add(t, serviceAccounts, "apps", `{"metadata": {"name": "web", "managedFields": [{"manager": "eksctl"}]}}`)
	c := a.client(t)
	d, err := c.ServiceAccount(t.Context(), "", "web") // the kubeconfig's namespace
	if err != nil || !strings.Contains(string(d), `"kind":"ServiceAccount"`) || !strings.Contains(string(d), "eksctl") {
		t.Errorf("got %s, %v", d, err)
	}
	if d, err := c.ServiceAccount(t.Context(), "apps", "none"); d != nil || err != nil {
		t.Errorf("got %+v, %v", d, err)
	}
	a.deny[serviceAccounts.path("apps")] = true
	var unread *Unread
	if _, err := c.ServiceAccount(t.Context(), "apps", "web"); !errors.As(err, &unread) || unread.Reason != Forbidden {
		t.Errorf("got %v", err)
	}
	same(t, "calls", a.asked(), []string{
		"GET /api/v1/namespaces/apps/serviceaccounts/none",
		"GET /api/v1/namespaces/apps/serviceaccounts/web", "GET /api/v1/namespaces/apps/serviceaccounts/web",
	})
}
