package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helm-irsa/helm-irsa/test/cluster"
)

// owned is metadata of an object that another manages.
func owned(name, version, kind, by string) string {
	return fmt.Sprintf(`{"name":%q,"uid":%q,"managedFields":[{"manager":"x"}],"ownerReferences":[{"apiVersion":%q,"kind":%q,"name":%q,"uid":%q,"controller":true}]}`, name, "uid-"+name, version, kind, by, "uid-"+by)
}

func bare(name string) string { return fmt.Sprintf(`{"name":%q,"uid":%q}`, name, "uid-"+name) }

// thing is an object whose pods run as a service account.
func thing(r resource, meta, account string, replicas ...int) string {
	inner := object{"serviceAccountName": account}
	for _, part := range slices.Backward(r.row().Pods[0].Holder) {
		inner = object{part.Key: inner}
	}
	if len(replicas) > 0 {
		inner["spec"].(object)["replicas"] = replicas[0]
	}
	inner["metadata"] = json.RawMessage(meta)
	text, err := json.Marshal(inner)
	if err != nil {
		panic(err)
	}
	return string(text)
}

const hook = `{"metadata":{"name":%q},"webhooks":[{"name":%q,"clientConfig":%s,"rules":[{"operations":["CREATE"],"apiGroups":[""],"apiVersions":["v1"],"resources":[%q]}]}]}`

// shop is a cluster with much of what there can be.
func shop(t *testing.T) *api {
	t.Helper()
	a := newAPI(t)
	a.serve("apps")
	a.serve("jobs")
	a.serve("hooks")
	a.add(t, namespaces, "", `{"metadata":{"name":"apps","labels":{"a":"b"}}}`)
	a.add(t, namespaces, "", `{"metadata":{"name":"jobs"}}`)
	for _, name := range []string{"web", "db", "default"} {
		a.add(t, serviceAccounts, "apps", fmt.Sprintf(`{"metadata":{"name":%q,"managedFields":[{"manager":"x"}]},"secrets":[{"name":"only-a-name"}]}`, name))
	}
	a.add(t, deployments, "apps", thing(deployments, bare("web"), "web"))
	a.add(t, replicaSets, "apps", thing(replicaSets, owned("web-1", "apps/v1", "Deployment", "web"), "web", 0))
	a.add(t, replicaSets, "apps", thing(replicaSets, owned("web-2", "apps/v1", "Deployment", "web"), "web", 1))
	a.add(t, pods, "apps", thing(pods, owned("web-2-x", "apps/v1", "ReplicaSet", "web-2"), "web"))
	a.add(t, deployments, "apps", thing(deployments, bare("scaled-to-nothing"), "web"))
	a.add(t, deployments, "apps", thing(deployments, bare("stranger"), "default"))
	// A rollout that is under way: the Deployment has another service account already.
	a.add(t, deployments, "apps", thing(deployments, bare("moving"), "default"))
	a.add(t, replicaSets, "apps", thing(replicaSets, owned("moving-1", "apps/v1", "Deployment", "moving"), "web", 0))
	a.add(t, pods, "apps", thing(pods, owned("moving-1-x", "apps/v1", "ReplicaSet", "moving-1"), "web"))
	// An operator's.
	set := resource{"apps/v1", "StatefulSet", "statefulsets"}
	a.add(t, set, "apps", thing(set, owned("db", "example.com/v1", "Postgres", "main"), "db"))
	a.add(t, pods, "apps", thing(pods, owned("db-0", "apps/v1", "StatefulSet", "db"), "db"))
	a.answers["/apis/example.com/v1"] = func(w http.ResponseWriter, _ *http.Request) {
		reply(w, object{"resources": []object{{"name": "postgreses/status", "kind": "Postgres", "namespaced": true}, {"name": "postgreses", "kind": "Postgres", "namespaced": true}, {"name": "fleets", "kind": "Fleet"}}})
	}
	a.add(t, resource{"example.com/v1", "Postgres", "postgreses"}, "apps", `{"metadata":`+owned("main", "example.com/v1", "Fleet", "all")+`,"spec":{"backup":"big 12345678901234567890"}}`)
	a.add(t, resource{"example.com/v1", "Fleet", "fleets"}, "", `{"metadata":{"name":"all"}}`)
	a.add(t, networkPolicies, "apps", `{"metadata":{"name":"closed"}}`)
	a.add(t, builtIn("CronJob"), "jobs", thing(builtIn("CronJob"), bare("nightly"), "worker"))
	a.add(t, builtIn("CronJob"), "jobs", thing(builtIn("CronJob"), bare("weekly"), "default"))
	a.add(t, serviceAccounts, "jobs", `{"metadata":{"name":"worker"}}`)
	a.add(t, serviceAccounts, "jobs", `{"metadata":{"name":"other"}}`)
	a.add(t, webhooks, "", fmt.Sprintf(hook, "pod-identity-webhook", "pod-identity-webhook.amazonaws.com", `{"service":{"namespace":"hooks","name":"identity"}}`, "pods"))
	a.add(t, webhooks, "", fmt.Sprintf(hook, "anything", "anything.example.com", `{"url":"https://x"}`, "*"))
	a.add(t, webhooks, "", fmt.Sprintf(hook, "of-nodes", "nodes.example.com", `{"url":"https://x"}`, "nodes"))
	a.add(t, deployments, "hooks", thing(deployments, bare("identity"), "identity"))
	a.add(t, configMaps, "hooks", `{"metadata":{"name":"pod-identity-webhook"},"data":{"config":"{}"}}`)
	a.add(t, configMaps, "hooks", `{"metadata":{"name":"another"}}`)
	a.add(t, configMaps, systemNamespace, `{"metadata":{"name":"aws-auth"}}`)
	a.add(t, configMaps, "apps", `{"metadata":{"name":"kube-root-ca.crt"},"data":{"ca.crt":"x"}}`)
	a.add(t, daemonSets, systemNamespace, `{"metadata":{"name":"aws-node"}}`)
	return a
}

func TestReadAccounts(t *testing.T) {
	t.Parallel()
	a := shop(t)
	got, err := a.client(t).Read(t.Context(), Query{Accounts: []Account{{"apps", "web"}, {"apps", "db"}, {"jobs", "worker"}, {"jobs", "gone"}}})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "objects", names(got), []string{
		"Fleet /all", "MutatingWebhookConfiguration /anything", "MutatingWebhookConfiguration /pod-identity-webhook", "Namespace /apps", "Namespace /jobs",
		"ConfigMap apps/kube-root-ca.crt", "Deployment apps/moving", "Deployment apps/scaled-to-nothing", "Deployment apps/web", "NetworkPolicy apps/closed",
		"Pod apps/db-0", "Pod apps/moving-1-x", "Pod apps/web-2-x", "Postgres apps/main", "ReplicaSet apps/moving-1", "ReplicaSet apps/web-2",
		"ServiceAccount apps/db", "ServiceAccount apps/web", "StatefulSet apps/db",
		"ConfigMap hooks/pod-identity-webhook", "Deployment hooks/identity",
		"CronJob jobs/nightly", "ServiceAccount jobs/worker", "ConfigMap kube-system/aws-auth",
	})
	if len(got.Unread) != 0 || !got.IsWhole("ServiceAccount", "jobs") || !got.IsWhole("MutatingWebhookConfiguration", "") || got.IsWhole("ServiceAccount", "hooks") {
		t.Errorf("unread %v, whole %v", got.Unread, got.Whole)
	}
	for _, path := range a.asked() {
		if !strings.HasPrefix(path, "GET ") || strings.Contains(path, "secret") {
			t.Errorf("asked %s", path)
		}
	}
	checkObjects(t, got)
}

// TestReadAgent: what shows whether nodes have the agent is read where it is asked for.
func TestReadAgent(t *testing.T) {
	t.Parallel()
	for _, asked := range []bool{false, true} {
		got, err := shop(t).client(t).Read(t.Context(), Query{Accounts: []Account{{"apps", "web"}}, Agent: asked})
		if err != nil || slices.Contains(names(got), "DaemonSet kube-system/aws-node") != asked || len(got.Unread) != 0 {
			t.Errorf("asked %v: %v, %v, %v", asked, names(got), got.Unread, err)
		}
	}
}

// checkObjects: each says what it is, and only service accounts tell who wrote them.
func checkObjects(t *testing.T, got *Result) {
	t.Helper()
	for _, o := range got.Objects {
		if o.Body["kind"] != o.Kind || o.Body["apiVersion"] != o.APIVersion || o.APIVersion == "" || !o.Live {
			t.Errorf("%+v", o)
		}
		if has := object(o.Body).dig("metadata", "managedFields") != nil; has != (o.Kind == "ServiceAccount" && o.Namespace == "apps") {
			t.Errorf("%s %s: managedFields: %v", o.Kind, o.Name, has)
		}
	}
}

func TestReadNamespace(t *testing.T) {
	t.Parallel()
	a := shop(t)
	got, err := a.client(t).Read(t.Context(), Query{Namespaces: []string{""}, Accounts: []Account{{"apps", "web"}}}) // the kubeconfig's: apps
	if err != nil {
		t.Fatal(err)
	}
	all := names(got)
	for name, want := range map[string]bool{
		"Deployment apps/stranger": true, "ServiceAccount apps/default": true, "ReplicaSet apps/web-1": false, "ReplicaSet apps/moving-1": true, "CronJob jobs/weekly": false,
	} {
		if slices.Contains(all, name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
	// With several service accounts, or all, the API server cannot choose the pods.
	for _, r := range a.calls {
		if r.URL.Query().Has("fieldSelector") {
			t.Errorf("asked %s", r.URL)
		}
	}
}

func TestReadPages(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.serve("apps")
	a.pages = 3
	for i := range 10 {
		a.add(t, serviceAccounts, "apps", fmt.Sprintf(`{"metadata":{"name":"a%d"}}`, i))
		a.add(t, pods, "apps", thing(pods, bare(fmt.Sprintf("p%d", i)), fmt.Sprintf("a%d", i%2)))
	}
	c := a.client(t)
	got, err := c.Read(t.Context(), Query{Accounts: []Account{{"apps", "a0"}}})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "objects", names(got), []string{"Pod apps/p0", "Pod apps/p2", "Pod apps/p4", "Pod apps/p6", "Pod apps/p8", "ServiceAccount apps/a0"})
	calls := 0
	for _, r := range a.calls {
		if r.URL.Path == pods.path("apps") {
			calls++
			if r.URL.Query().Get("limit") != "500" || r.URL.Query().Get("fieldSelector") != "spec.serviceAccountName=a0" {
				t.Errorf("asked %s", r.URL)
			}
		}
	}
	if calls != 4 {
		t.Errorf("%d calls for 10 pods in pages of 3", calls)
	}
	// The rest expires: the list is read again, in one.
	all := a.objects[pods.path("apps")]
	a.answers[pods.path("apps")] = func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("continue") {
			status(w, http.StatusGone, "Expired", "too old")
			return
		}
		a.list(w, r, all)
	}
	if again, err := c.Read(t.Context(), Query{Namespaces: []string{"apps"}}); err != nil || len(again.Objects) != 20 || len(again.Unread) != 0 {
		t.Errorf("%v, %v", again, err)
	}
}

func TestReadUnread(t *testing.T) {
	t.Parallel()
	a := shop(t)
	a.deny[pods.path("apps")] = true
	a.deny[webhooks.path("")] = true
	a.deny[configMaps.path(systemNamespace)] = true
	a.deny["/apis/example.com/v1/namespaces/apps/postgreses"] = true
	delete(a.objects, builtIn("CronJob").path("apps"))
	broken := 0
	a.answers[deployments.path("apps")] = func(w http.ResponseWriter, _ *http.Request) {
		broken++
		status(w, http.StatusInternalServerError, "InternalError", "etcd is on fire")
	}
	busy := 0
	a.answers[replicaSets.path("apps")] = func(w http.ResponseWriter, _ *http.Request) {
		if busy++; busy < 3 {
			w.Header().Set("Retry-After", "0")
			status(w, http.StatusTooManyRequests, "TooManyRequests", "later")
			return
		}
		reply(w, object{"items": []object{}})
	}
	got, err := a.client(t).Read(t.Context(), Query{Namespaces: []string{"apps"}})
	if err != nil {
		t.Fatal(err)
	}
	said := []string{}
	for _, u := range got.Unread {
		said = append(said, u.Kind+": "+u.Error())
		if u.Reason == Forbidden && !strings.Contains(u.Message, "eve") {
			t.Errorf("%+v has not what the API server said", u)
		}
	}
	same(t, "unread", said, []string{
		"ConfigMap: ConfigMap kube-system/aws-auth: forbidden: needs the permission to get configmaps aws-auth in namespace kube-system",
		"ConfigMap: ConfigMap kube-system/pod-identity-webhook: forbidden: needs the permission to get configmaps pod-identity-webhook in namespace kube-system",
		"Postgres: Postgres apps/main: forbidden: needs the permission to get postgreses.example.com main in namespace apps",
		"CronJob: cronjobs in namespace apps: the cluster has no such API",
		"Deployment: deployments in namespace apps: etcd is on fire",
		"MutatingWebhookConfiguration: mutatingwebhookconfigurations: forbidden: needs the permission to list mutatingwebhookconfigurations.admissionregistration.k8s.io",
		"Pod: pods in namespace apps: forbidden: needs the permission to list pods in namespace apps",
	})
	for kind, want := range map[string]bool{"Pod": false, "CronJob": false, "Deployment": false, "ServiceAccount": true, "ReplicaSet": true} {
		if got.IsWhole(kind, "apps") != want {
			t.Errorf("%s is whole: %v", kind, !want)
		}
	}
	if broken != 1 || busy != 3 {
		t.Errorf("asked %d times where it is broken, %d where it is busy", broken, busy)
	}
}

// TestReadOwners: what owners say of themselves is anybody's, and leads nowhere else.
func TestReadOwners(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.serve("apps")
	a.answers["/apis/example.com/v1"] = func(w http.ResponseWriter, _ *http.Request) {
		reply(w, object{"resources": []object{{"name": "things", "kind": "Thing", "namespaced": true}}})
	}
	for i, o := range [][3]string{
		{"v1", "Node", "n"}, {"v1", "Secret", "s"}, {"../../v1", "Thing", "x"}, {"a/b/c", "Thing", "x"}, {"example.com/v1", "Thing", "../../secrets/s"},
		{"example.com/v1", "Thing", "gone"}, {"example.com/v1", "Other", "x"}, {"absent.com/v1", "Thing", "x"},
	} {
		a.add(t, pods, "apps", thing(pods, owned(fmt.Sprintf("p%d", i), o[0], o[1], o[2]), "web"))
	}
	got, err := a.client(t).Read(t.Context(), Query{Namespaces: []string{"apps"}})
	if err != nil {
		t.Fatal(err)
	}
	said := []string{}
	for _, u := range got.Unread {
		said = append(said, u.Error())
	}
	same(t, "unread", said, []string{
		"Other apps/x: the cluster has no such API", `Thing apps/../../secrets/s: "../../secrets/s" is no name`,
		"kinds of ../../v1: no apiVersion", "kinds of a/b/c: no apiVersion", "kinds of absent.com/v1: the cluster has no such API",
	})
	for _, path := range a.asked() {
		if strings.Contains(path, "..") || strings.Contains(path, "secrets") || strings.Contains(path, "nodes") {
			t.Errorf("asked %s", path)
		}
	}
}

func TestConnectError(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	a := newAPI(t)
	a.answers["/version"] = func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>Sign in") }
	a.answers["/.well-known/openid-configuration"] = func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://elsewhere.example", http.StatusFound)
	}
	a.answers[pods.path("apps")] = func(w http.ResponseWriter, _ *http.Request) { status(w, http.StatusUnauthorized, "Unauthorized", "no") }
	c := a.client(t)
	closed, err := Open(Options{Kubeconfig: kubeconfig(t, "http://me:hunter2@"+at)})
	if err != nil {
		t.Fatal(err)
	}
	_, refused := closed.Read(t.Context(), Query{Namespaces: []string{"apps"}})
	_, html := c.ServerVersion(t.Context())
	_, unauthorized := c.Read(t.Context(), Query{Namespaces: []string{"apps"}})
	for want, err := range map[string]error{
		"cluster http://" + at + " (context test): dial tcp " + at + ": connect: connection refused":         refused,
		"cluster " + a.server.URL + " (context test): answers something that is not of a Kubernetes API: ":   html,
		"cluster " + a.server.URL + " (context test): it does not accept the credentials (401 Unauthorized)": unauthorized,
	} {
		if fault := (*ConnectError)(nil); !errors.As(err, &fault) || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "of-the-kubeconfig") {
			t.Errorf("%v\nwant: %s", err, want)
		}
	}
	// A redirect is not followed: the credentials would go along.
	if _, err := c.Issuer(t.Context()); err == nil || err.Error() != "issuer of the cluster's tokens: 302 Found" {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Read(ctx, Query{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestIssuer(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	const path = "/.well-known/openid-configuration"
	a.answers[path] = func(w http.ResponseWriter, _ *http.Request) { reply(w, object{"issuer": "https://issuer"}) }
	c := a.client(t)
	if got, err := c.Issuer(t.Context()); err != nil || got != "https://issuer" {
		t.Errorf("%s, %v", got, err)
	}
	delete(a.answers, path)
	a.deny[path] = true
	_, err := c.Issuer(t.Context())
	if u := (*Unread)(nil); !errors.As(err, &u) || u.Reason != Forbidden || u.Permission.String() != "get "+path {
		t.Errorf("%v", err)
	}
}

// TestParallel: as many calls as may be run at once, and no more.
func TestParallel(t *testing.T) {
	t.Parallel()
	a := shop(t)
	c, err := Open(Options{Kubeconfig: kubeconfig(t, a.server.URL), Parallel: 2})
	if err != nil {
		t.Fatal(err)
	}
	running, most := make(chan struct{}, 100), make(chan int, 1000)
	c.http.Transport = through(func(r *http.Request) (*http.Response, error) {
		running <- struct{}{}
		most <- len(running)
		time.Sleep(2 * time.Millisecond)
		<-running
		return http.DefaultTransport.RoundTrip(r)
	})
	if _, err := c.Read(t.Context(), Query{Namespaces: []string{"apps", "jobs"}}); err != nil {
		t.Fatal(err)
	}
	close(most)
	highest := 0
	for n := range most {
		highest = max(highest, n)
	}
	if highest != 2 {
		t.Errorf("%d calls ran at once, want 2", highest)
	}
}

type through func(*http.Request) (*http.Response, error)

func (f through) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestOtherCluster: the cluster that Helm's tests have serves only some of the kinds.
func TestOtherCluster(t *testing.T) {
	t.Parallel()
	var played cluster.Cluster
	text, stop := played.Start()
	t.Cleanup(stop)
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Open(Options{Kubeconfig: file})
	if err != nil {
		t.Fatal(err)
	}
	post, err := http.Post(c.Server()+deployments.path("epinio"), "application/json", strings.NewReader(thing(deployments, bare("server"), "epinio-server")))
	if err != nil || post.StatusCode != http.StatusCreated {
		t.Fatal(post, err)
	}
	_ = post.Body.Close()
	got, err := c.Read(t.Context(), Query{Accounts: []Account{{"epinio", "epinio-server"}}})
	if err != nil || len(got.Objects) != 1 || got.Objects[0].Name != "server" {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, u := range got.Unread {
		if u.Reason != NoAPI {
			t.Errorf("%+v", u)
		}
	}
	if !got.IsWhole("Pod", "epinio") || got.IsWhole("MutatingWebhookConfiguration", "") {
		t.Errorf("whole: %v", got.Whole)
	}
}
