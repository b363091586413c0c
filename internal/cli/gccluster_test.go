package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// gcFleet are clusters in a file, each with a context of the kubeconfig that a command gets.
type gcFleet struct {
	Clusters []gcPlayed
}

// gcPlayed is one played cluster: it lists what it has, and no more of a secret than its metadata.
type gcPlayed struct {
	Context string
	// Cluster is an EKS cluster of local AWS; Issuer another one's.
	Cluster, Issuer string
	// Forbid are kinds in the plural that nobody may list; Silent is one that does not answer.
	Forbid  []string
	Silent  bool
	Objects []map[string]any
}

// gcClusters runs `gc-clusters FILE -- COMMAND`.
func gcClusters(args []string) int {
	code, err := playGCClusters(args[0], args[2:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "gc-clusters:", err)
		return 98
	}
	return code
}

func playGCClusters(file string, command []string) (int, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	var fleet gcFleet
	if err := yaml.UnmarshalStrict(text, &fleet); err != nil {
		return 0, err
	}
	var clusters, contexts []string
	for _, c := range fleet.Clusters {
		if c.Issuer == "" {
			c.Issuer = eksIssuer("111122223333", localRegion, c.Cluster)
		}
		server := httptest.NewServer(c)
		defer server.Close()
		url := server.URL
		if c.Silent {
			url = "http://127.0.0.1:1"
		}
		clusters = append(clusters, fmt.Sprintf("{name: %s, cluster: {server: %q}}", c.Context, url))
		contexts = append(contexts, fmt.Sprintf("{name: %[1]s, context: {cluster: %[1]s}}", c.Context))
	}
	config := fmt.Sprintf("apiVersion: v1\nkind: Config\nclusters: [%s]\ncontexts: [%s]\ncurrent-context: %s\n", strings.Join(clusters, ", "), strings.Join(contexts, ", "), fleet.Clusters[0].Context)
	if err := os.WriteFile("gc.kubeconfig", []byte(config), 0o600); err != nil {
		return 0, err
	}
	run := exec.Command(command[0], command[1:]...)
	run.Env = append(os.Environ(), "KUBECONFIG=gc.kubeconfig")
	run.Stdout, run.Stderr = os.Stdout, os.Stderr
	err = run.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), nil
	}
	return 0, err
}

// ServeHTTP answers as the API server does that gc asks.
func (c gcPlayed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer := func(code int, v any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_ = json.NewEncoder(w).Encode(v)
	}
	refuse := func(code int, reason, message string) {
		answer(code, map[string]any{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "message": message, "code": code})
	}
	plural := path.Base(r.URL.Path)
	switch {
	case r.URL.Path == "/.well-known/openid-configuration":
		answer(http.StatusOK, map[string]any{"issuer": c.Issuer})
	case r.Method != http.MethodGet || !slices.Contains([]string{"secrets", "configmaps", "serviceaccounts", "pods"}, plural):
		refuse(http.StatusNotFound, "NotFound", r.URL.Path+" is not here")
	case slices.Contains(c.Forbid, plural):
		refuse(http.StatusForbidden, "Forbidden", plural+" is forbidden")
	case !strings.Contains(r.Header.Get("Accept"), "as=PartialObjectMetadataList"):
		refuse(http.StatusNotAcceptable, "NotAcceptable", "gc asks for more than metadata")
	default:
		answer(http.StatusOK, map[string]any{"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": map[string]any{}, "items": c.list(r, plural)})
	}
}

// selects reports whether a selector takes pods of a service account.
func selects(selector, account string) bool {
	for _, one := range strings.Split(selector, ",") {
		if name, not := strings.CutPrefix(one, "spec.serviceAccountName!="); not && name == account || !not && one != "spec.serviceAccountName="+account {
			return false
		}
	}
	return true
}

// list has the objects of a kind that a request selects, with their metadata alone.
func (c gcPlayed) list(r *http.Request, plural string) []any {
	items := []any{}
	for _, o := range c.Objects {
		kind, _ := o["kind"].(string)
		metadata, _ := o["metadata"].(map[string]any)
		spec, _ := o["spec"].(map[string]any)
		labels, _ := metadata["labels"].(map[string]any)
		namespace := fmt.Sprint(metadata["namespace"])
		label, account := r.URL.Query().Get("labelSelector"), r.URL.Query().Get("fieldSelector")
		switch {
		case strings.ToLower(kind)+"s" != plural,
			strings.Contains(r.URL.Path, "/namespaces/") && !strings.Contains(r.URL.Path, "/namespaces/"+namespace+"/"),
			label == "owner=helm" && labels["owner"] != "helm",
			account != "" && !selects(account, fmt.Sprint(cmp.Or(spec["serviceAccountName"], any("")))):
			continue
		}
		items = append(items, map[string]any{"metadata": metadata})
	}
	return items
}
