package kube

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestReleases: records in secrets and configmaps, over pages, each release once; of no secret
// anything but metadata is asked for.
func TestReleases(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.pages = 2
	for i, kind := range []resource{secrets, configMaps} {
		a.objects[kind.path("")] = []object{}
		for version := range 3 {
			a.add(t, kind, "", fmt.Sprintf(`{"metadata":{"name":"sh.helm.release.v1.r%d.v%d","namespace":"apps","labels":{"owner":"helm","name":"r%[1]d"}}}`, i, version))
		}
	}
	found, err := a.client(t).Releases(t.Context())
	if err != nil || !slices.Equal(found, []Release{{"apps", "r0"}, {"apps", "r1"}}) {
		t.Errorf("%v, %v", found, err)
	}
	for _, r := range a.calls {
		if r.Header.Get("Accept") != onlyMetadata || r.URL.Query().Get("labelSelector") != "owner=helm" {
			t.Errorf("%s was asked for as %s", r.URL, r.Header.Get("Accept"))
		}
	}
}

// TestReleasesThatMayNotBeListed: where one of the two may not be listed, nothing is known.
func TestReleasesThatMayNotBeListed(t *testing.T) {
	t.Parallel()
	for _, denied := range []resource{secrets, configMaps} {
		a := newAPI(t)
		for _, kind := range []resource{secrets, configMaps} {
			a.objects[kind.path("")] = []object{}
		}
		a.deny[denied.path("")] = true
		found, err := a.client(t).Releases(t.Context())
		var unread *Unread
		if !errors.As(err, &unread) || unread.Reason != Forbidden || found != nil || !strings.Contains(err.Error(), "list "+denied.plural) {
			t.Errorf("%s: %v, %v", denied.plural, found, err)
		}
	}
}

// TestServiceAccountsOfAll: with the roles that any annotation names.
func TestServiceAccountsOfAll(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.objects[serviceAccounts.path("")] = []object{}
	a.add(t, serviceAccounts, "", `{"metadata":{"name":"web","namespace":"apps","annotations":{"my.webhook/role-arn":"arn:aws:iam::111122223333:role/x","note":"of the team"}}}`)
	found, err := a.client(t).ServiceAccounts(t.Context())
	if err != nil || len(found) != 1 || !slices.Equal(found[0].RoleARNs, []string{"arn:aws:iam::111122223333:role/x"}) || found[0].Namespace+"/"+found[0].Name != "apps/web" {
		t.Errorf("%+v, %v", found, err)
	}
}

// TestHasPods: one that is there is enough; a namespace that is gone has none.
func TestHasPods(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.objects[pods.path("apps")] = []object{}
	a.add(t, pods, "apps", `{"metadata":{"name":"p"}}`)
	c := a.client(t)
	if has, err := c.HasPods(t.Context(), "apps", "web"); !has || err != nil {
		t.Errorf("%t, %v", has, err)
	}
	if q := a.calls[0].URL.Query(); q.Get("fieldSelector") != "spec.serviceAccountName=web" || q.Get("limit") != "1" {
		t.Errorf("asked for %v", q)
	}
	if has, err := c.HasPods(t.Context(), "gone", "web"); has || err != nil {
		t.Errorf("%t, %v", has, err)
	}
}

// TestStrays: the API server is asked by namespace for pods of none of the service accounts that
// are there, and only where it may matter.
func TestStrays(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.objects[pods.path("apps")] = []object{}
	a.add(t, pods, "apps", `{"metadata":{"name":"p","namespace":"apps"}}`)
	a.add(t, pods, "", `{"metadata":{"name":"p","namespace":"apps"}}`)
	a.add(t, pods, "", `{"metadata":{"name":"q","namespace":"apps"}}`)
	a.add(t, pods, "", `{"metadata":{"name":"r","namespace":"other"}}`)
	got, err := a.client(t).Strays(t.Context(), map[string][]string{"apps": {"default", "web"}}, func(n string) bool { return n == "apps" })
	if !slices.Equal(got, []string{"apps"}) || err != nil {
		t.Errorf("%v, %v", got, err)
	}
	if n := len(a.calls); n != 2 {
		t.Fatalf("%d calls", n)
	}
	if q := a.calls[1].URL.Query(); q.Get("fieldSelector") != "spec.serviceAccountName!=,spec.serviceAccountName!=default,spec.serviceAccountName!=web" || q.Get("limit") != "1" {
		t.Errorf("asked for %v", q)
	}
}
