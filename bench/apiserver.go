package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/helm-irsa/helm-irsa/test/cluster"
)

// apiServer is the Kubernetes API that the tests play, with a latency. It refuses
// patches: an upgrade that would change an object fails.
type apiServer struct {
	cluster cluster.Cluster
	latency time.Duration
	server  *httptest.Server
	// revision is the last one of the release.
	revision int
}

func startAPIServer(latency time.Duration) *apiServer {
	a := &apiServer{latency: latency}
	a.server = httptest.NewServer(a)
	return a
}

func (a *apiServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if a.latency > 0 {
		time.Sleep(a.latency)
	}
	if r.Method == http.MethodPatch {
		http.Error(w, "this upgrade would change "+r.URL.Path, http.StatusMethodNotAllowed)
		return
	}
	a.cluster.ServeHTTP(w, r)
}

// advanced reports whether the release is at the next revision, and its service account
// has its role.
func (a *apiServer) advanced() error {
	a.revision++
	const namespace = "/api/v1/namespaces/epinio/"
	secret := a.cluster.Get(fmt.Sprintf("%ssecrets/sh.helm.release.v1.epinio.v%d", namespace, a.revision))
	if status := text(secret, "metadata", "labels", "status"); status != "deployed" {
		return fmt.Errorf("revision %d of the release has status %q", a.revision, status)
	}
	account := a.cluster.Get(namespace + "serviceaccounts/epinio-server")
	if arn := text(account, "metadata", "annotations", "eks.amazonaws.com/role-arn"); arn != scenarioARN(0) {
		return fmt.Errorf("ServiceAccount epinio-server has role %q", arn)
	}
	return nil
}

// text is the text at a path of fields; empty where there is none.
func text(o map[string]any, path ...string) string {
	for _, field := range path[:len(path)-1] {
		o, _ = o[field].(map[string]any)
	}
	s, _ := o[path[len(path)-1]].(string)
	return s
}
