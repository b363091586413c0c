// Package cluster is as much of a Kubernetes API on loopback as Helm needs to install,
// upgrade and remove a release. It keeps objects as they come, checks nothing, and
// starts no pod; a Job is done as soon as it is there. Who gives it an issuer of tokens has
// tokens of its service accounts.
package cluster

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"
)

// object is a Kubernetes object as it came.
type object = map[string]any

// Cluster is an http.Handler; the zero value is an empty cluster.
type Cluster struct {
	// Token makes the token that a TokenRequest asks for; without it there are none.
	Token func(namespace, account, audience string, seconds int64) (string, error)
	// Issuer is what the API server publishes as the issuer of its tokens, as
	// https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#service-account-issuer-discovery
	// has it; where it is empty, there is no such document.
	Issuer string
	// HidesIssuer lets it refuse that document, as to people whom RBAC does not let read it.
	HidesIssuer bool

	mu      sync.Mutex
	objects map[string]object // by path, such as /api/v1/namespaces/epinio/secrets/s3
}

// Start serves the cluster until close, and gives a kubeconfig for it.
func (c *Cluster) Start() (kubeconfig string, stop func()) {
	server := httptest.NewServer(c)
	return `apiVersion: v1
kind: Config
clusters: [{name: test, cluster: {server: "` + server.URL + `"}}]
contexts: [{name: test, context: {cluster: test}}]
current-context: test
`, server.Close
}

// Paths are the objects that there are, by path; without the secrets in which Helm
// keeps its releases.
func (c *Cluster) Paths() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Sorted(maps.Keys(c.objects)), func(p string) bool {
		return strings.Contains(p, "/secrets/sh.helm.release.")
	})
}

// Get is the object at a path; nil where there is none.
func (c *Cluster) Get(path string) map[string]any {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.objects[path]
}

// kinds are the resources of each group and version; a slash at the end means that
// they are in no namespace.
var kinds = map[string]map[string]string{
	"v1": {
		"Namespace": "namespaces/", "Secret": "secrets", "ConfigMap": "configmaps", "Service": "services",
		"ServiceAccount": "serviceaccounts", "Pod": "pods",
	},
	"apps/v1":                      {"Deployment": "deployments", "DaemonSet": "daemonsets", "StatefulSet": "statefulsets"},
	"batch/v1":                     {"Job": "jobs", "CronJob": "cronjobs"},
	"rbac.authorization.k8s.io/v1": {"Role": "roles", "RoleBinding": "rolebindings", "ClusterRole": "clusterroles/", "ClusterRoleBinding": "clusterrolebindings/"},
	"argoproj.io/v1alpha1":         {"Rollout": "rollouts"},
}

// noSchemas is an OpenAPI document without a schema, so that Helm validates nothing: field
// 1 of https://github.com/google/gnostic-models/blob/main/openapiv2/OpenAPIv2.proto,
// which is the only form in which Helm takes it.
const noSchemas = "\n\x032.0"

func (c *Cluster) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/openapi/v2" {
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = w.Write([]byte(noSchemas)) // fails where the caller has gone
		return
	}
	if r.URL.Path == "/.well-known/openid-configuration" {
		c.publish(w)
		return
	}
	if answer, ok := discovery(r.URL.Path); ok {
		write(w, http.StatusOK, answer)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.objects == nil {
		c.objects = map[string]object{}
	}
	var body object
	if r.Method != http.MethodGet && r.Method != http.MethodDelete {
		var err error
		if body, err = read(r.Body); err != nil {
			fail(w, http.StatusBadRequest, "BadRequest", err.Error())
			return
		}
	}
	switch at := r.URL.Path; r.Method {
	case http.MethodGet:
		if r.URL.Query().Get("watch") != "" { // who is refused lists instead, and finds every Job done
			fail(w, http.StatusBadRequest, "BadRequest", "nothing can be watched here")
			return
		}
		c.get(w, at, r.URL.Query().Get("labelSelector"))
	case http.MethodPost:
		if path.Base(at) == "token" {
			c.token(w, path.Dir(at), body)
			return
		}
		name, _ := body["metadata"].(object)["name"].(string)
		if c.objects[at+"/"+name] != nil {
			fail(w, http.StatusConflict, "AlreadyExists", name+" already exists")
			return
		}
		if path.Base(at) == "jobs" {
			body["status"] = done()
		}
		c.objects[at+"/"+name] = body
		write(w, http.StatusCreated, body)
	case http.MethodPatch:
		// Helm 4 applies on the server; Helm 3 merges the kinds that it does not know. For
		// those that it knows, lists would have to be merged: service accounts here have
		// none to merge.
		kind := r.Header.Get("Content-Type")
		if kind == applyPatch {
			c.apply(w, at, body)
			return
		}
		plain := kind == "application/merge-patch+json" || kind == "application/strategic-merge-patch+json" && path.Base(path.Dir(at)) == "serviceaccounts"
		if c.objects[at] == nil || !plain {
			fail(w, http.StatusUnsupportedMediaType, "UnsupportedMediaType", kind+" is not supported here")
			return
		}
		c.merge(w, at, body, r.URL.Query().Get("dryRun") != "")
	case http.MethodPut:
		c.objects[at] = body
		write(w, http.StatusOK, body)
	case http.MethodDelete:
		if c.objects[at] == nil {
			fail(w, http.StatusNotFound, "NotFound", at+" not found")
			return
		}
		delete(c.objects, at)
		write(w, http.StatusOK, object{"kind": "Status", "apiVersion": "v1", "status": "Success"})
	default:
		fail(w, http.StatusMethodNotAllowed, "MethodNotAllowed", r.Method+" is not supported here")
	}
}

// publish says who issues the cluster's tokens.
func (c *Cluster) publish(w http.ResponseWriter) {
	switch {
	case c.HidesIssuer:
		fail(w, http.StatusForbidden, "Forbidden", `forbidden: User "dev" cannot get path "/.well-known/openid-configuration"`)
	case c.Issuer == "":
		fail(w, http.StatusNotFound, "NotFound", "the server could not find the requested resource")
	default:
		write(w, http.StatusOK, object{"issuer": c.Issuer, "jwks_uri": c.Issuer + "/keys", "response_types_supported": []string{"id_token"}})
	}
}

// token answers a TokenRequest for the service account at a path
// (https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/).
func (c *Cluster) token(w http.ResponseWriter, account string, request object) {
	if c.Token == nil || c.objects[account] == nil {
		fail(w, http.StatusNotFound, "NotFound", account+" not found")
		return
	}
	spec, _ := request["spec"].(object)
	audience := "https://kubernetes.default.svc"
	if audiences, _ := spec["audiences"].([]any); len(audiences) > 0 {
		audience, _ = audiences[0].(string)
	}
	seconds, said := spec["expirationSeconds"].(float64)
	if !said {
		seconds = 3600
	}
	if seconds < 600 {
		fail(w, http.StatusUnprocessableEntity, "Invalid", "may not specify a duration less than 10 minutes")
		return
	}
	text, err := c.Token(path.Base(path.Dir(path.Dir(account))), path.Base(account), audience, int64(seconds))
	if err != nil {
		fail(w, http.StatusInternalServerError, "InternalError", err.Error())
		return
	}
	request["status"] = object{"token": text}
	write(w, http.StatusCreated, request)
}

const applyPatch = "application/apply-patch+yaml"

// apply is a server-side apply where nobody else has changed the object: what is applied
// is all that there is, but for the status, and for what others wrote on a service account
// (https://kubernetes.io/docs/reference/using-api/server-side-apply/).
func (c *Cluster) apply(w http.ResponseWriter, at string, body object) {
	code := http.StatusOK
	if old := c.objects[at]; old == nil {
		code = http.StatusCreated
	} else if path.Base(path.Dir(at)) == "serviceaccounts" {
		merge(old, body)
		body = old
	} else if status, ok := old["status"]; ok {
		body["status"] = status
	}
	if path.Base(path.Dir(at)) == "jobs" {
		body["status"] = done()
	}
	c.objects[at] = body
	write(w, code, body)
}

// merge merges a patch, unless it is for another version of the object
// (https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions).
func (c *Cluster) merge(w http.ResponseWriter, at string, patch object, dryRun bool) {
	metadata, _ := patch["metadata"].(object)
	live, _ := c.objects[at]["metadata"].(object)
	if version := metadata["resourceVersion"]; version != nil && version != "" && version != live["resourceVersion"] {
		fail(w, http.StatusConflict, "Conflict", "the object has been modified; please apply your changes to the latest version and try again")
		return
	}
	if !dryRun {
		merge(c.objects[at], patch)
		version, _ := live["resourceVersion"].(string)
		n, _ := strconv.Atoi(version) // an object without one had 0
		live["resourceVersion"] = strconv.Itoa(n + 1)
	}
	write(w, http.StatusOK, c.objects[at])
}

// done is the status of a Job that has run.
func done() object {
	return object{"succeeded": 1, "conditions": []object{{"type": "Complete", "status": "True"}}}
}

// merge is a JSON merge patch (https://www.rfc-editor.org/rfc/rfc7386).
func merge(into, patch object) {
	for key, value := range patch {
		inner, isObject := value.(object)
		old, wasObject := into[key].(object)
		switch {
		case value == nil:
			delete(into, key)
		case isObject && wasObject:
			merge(old, inner)
		default:
			into[key] = value
		}
	}
}

// read takes JSON, the YAML that is applied, and the protobuf in which Helm writes its
// own secrets (which begins as
// https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding says).
func read(from io.Reader) (o object, err error) {
	text, err := io.ReadAll(from)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(text, []byte("k8s\x00")) {
		typed, kind, err := scheme.Codecs.UniversalDeserializer().Decode(text, nil, nil)
		if err != nil {
			return nil, err
		}
		typed.GetObjectKind().SetGroupVersionKind(*kind)
		if text, err = json.Marshal(typed); err != nil {
			return nil, err
		}
	}
	return o, yaml.Unmarshal(text, &o)
}

// get gives an object, or the list of those in a collection that have the labels.
func (c *Cluster) get(w http.ResponseWriter, at, selector string) {
	if found := c.objects[at]; found != nil {
		write(w, http.StatusOK, found)
		return
	}
	for version, resources := range kinds {
		for kind, resource := range resources {
			if path.Base(at) != strings.TrimSuffix(resource, "/") {
				continue
			}
			items := []object{}
			for _, p := range slices.Sorted(maps.Keys(c.objects)) {
				if path.Dir(p) == at && selects(selector, c.objects[p]) {
					items = append(items, c.objects[p])
				}
			}
			write(w, http.StatusOK, object{"kind": kind + "List", "apiVersion": version, "metadata": object{}, "items": items})
			return
		}
	}
	fail(w, http.StatusNotFound, "NotFound", at+" not found")
}

// selects knows selectors of the form a=b,c=d, which are Helm's.
func selects(selector string, o object) bool {
	metadata, _ := o["metadata"].(object)
	labels, _ := metadata["labels"].(object)
	for part := range strings.SplitSeq(selector, ",") {
		name, value, ok := strings.Cut(part, "=")
		if ok && labels[name] != value {
			return false
		}
	}
	return true
}

// discovery says which kinds there are.
func discovery(at string) (answer object, ok bool) {
	switch at {
	case "/version":
		return object{"major": "1", "minor": "33", "gitVersion": "v1.33.0"}, true
	case "/api":
		return object{"kind": "APIVersions", "versions": []string{"v1"}}, true
	case "/apis":
		groups := []object{}
		for _, version := range slices.Sorted(maps.Keys(kinds)) {
			if group, v, ok := strings.Cut(version, "/"); ok {
				one := object{"groupVersion": version, "version": v}
				groups = append(groups, object{"name": group, "versions": []object{one}, "preferredVersion": one})
			}
		}
		return object{"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}, true
	case "/openapi/v3":
		return object{"paths": object{}}, true
	}
	version := strings.TrimPrefix(strings.TrimPrefix(at, "/apis/"), "/api/")
	if kinds[version] == nil {
		return nil, false
	}
	resources := []object{}
	for _, kind := range slices.Sorted(maps.Keys(kinds[version])) {
		name, cluster := strings.CutSuffix(kinds[version][kind], "/")
		resources = append(resources, object{"name": name, "kind": kind, "namespaced": !cluster, "verbs": []string{"get", "list", "create", "update", "delete"}})
	}
	return object{"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": resources}, true
}

func fail(w http.ResponseWriter, code int, reason, message string) {
	write(w, code, object{"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message})
}

func write(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v) // fails where the caller has gone
}
