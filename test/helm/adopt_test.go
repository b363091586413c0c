package helm

import (
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/test/cluster"
)

// ofEksctl is a service account as eksctl makes it, with what others added.
const ofEksctl = `{"apiVersion":"v1","kind":"ServiceAccount","secrets":[{"name":"web-token"}],"imagePullSecrets":[{"name":"registry"}],
"metadata":{"name":"web","namespace":"ns1","uid":"u","resourceVersion":"5","labels":{"app.kubernetes.io/managed-by":"eksctl","team":"shop"},
"annotations":{"eks.amazonaws.com/role-arn":"arn:aws:iam::111122223333:role/old","note":"keep"}}}`

const webAccount = "/api/v1/namespaces/ns1/serviceaccounts/web"

// TestAdopt: a service account of another tool stops Helm; with --irsa-adopt Helm takes
// it, with all that it had, and the next upgrade finds it its own.
func TestAdopt(t *testing.T) {
	eachHelm(t, func(t *testing.T, h host) {
		h.install(t)
		c := &cluster.Cluster{}
		kubeconfig, stop := c.Start()
		t.Cleanup(stop)
		h.env = append(h.env, "KUBECONFIG="+write(t, filepath.Join(t.TempDir(), "kubeconfig"), kubeconfig, 0o600), "HELM_IRSA_VERIFY=never", "HELM_IRSA_PROVISION=never")
		post(t, kubeconfig, webAccount, ofEksctl)
		before := jsonOf(t, c.Get(webAccount))
		flags := []string{"rel", small(t), "-n", "ns1", "--no-hooks", "--disable-openapi-validation"}
		irsa := func(command string, more ...string) result {
			return h.run(t, append(append([]string{"irsa", command, "--irsa-file", smallSpec(t)}, flags...), more...)...)
		}

		// Helm's own flag takes whatever is there, and we say nothing.
		if r := irsa("install", "--take-ownership", "--dry-run=server"); r.code != 0 || strings.Contains(r.stderr, "adopt") {
			t.Fatalf("a dry run that takes everything: %+v", r)
		}
		// Nothing is to be made in AWS: Helm says what it says, and we whose the service
		// account is.
		r := irsa("install")
		if r.code != 1 || !strings.Contains(r.stderr, "ServiceAccount ns1/web is in the cluster already and belongs to eksctl") || strings.Count(r.stderr, "invalid ownership metadata") != 2 {
			t.Errorf("without the flag: %+v", r)
		}
		r = irsa("install", "--irsa-adopt", "--dry-run=server")
		if r.code != 0 || !strings.Contains(r.stdout, "kind: ServiceAccount") || !strings.Contains(r.stderr, "~ adopt ServiceAccount ns1/web") {
			t.Errorf("dry run: %+v", r)
		}
		if got := jsonOf(t, c.Get(webAccount)); got != before {
			t.Errorf("changed before it was asked for: %s", got)
		}

		if r = irsa("install", "--irsa-adopt", "--irsa-yes"); r.code != 0 {
			t.Fatalf("with the flag: %+v", r)
		}
		after := c.Get(webAccount)
		metadata, _ := after["metadata"].(map[string]any)
		labels, _ := metadata["labels"].(map[string]any)
		annotations, _ := metadata["annotations"].(map[string]any)
		for _, same := range []struct{ got, want any }{
			{labels["app.kubernetes.io/managed-by"], "Helm"}, {labels["team"], "shop"},
			{annotations["meta.helm.sh/release-name"], "rel"}, {annotations["meta.helm.sh/release-namespace"], "ns1"}, {annotations["note"], "keep"},
			{len(after["secrets"].([]any)), 1}, {len(after["imagePullSecrets"].([]any)), 1},
		} {
			if !reflect.DeepEqual(same.got, same.want) {
				t.Errorf("got %v, want %v in %s", same.got, same.want, jsonOf(t, after))
			}
		}
		if role, _ := annotations["eks.amazonaws.com/role-arn"].(string); !strings.HasPrefix(role, "arn:aws:iam::") || strings.HasSuffix(role, "/old") {
			t.Errorf("role %q", role)
		}
		if r = irsa("upgrade"); r.code != 0 || strings.Contains(r.stderr, "adopt") {
			t.Errorf("the next upgrade: %+v", r)
		}

		// Its marks are gone, as after another tool's apply: upgrade has it in the release, and
		// does not ask; nor do we. A new release may not take it.
		labels["app.kubernetes.io/managed-by"] = "eksctl"
		if r = irsa("upgrade"); r.code != 0 || strings.Contains(r.stderr, "already") {
			t.Errorf("upgrade of what the release has: %+v", r)
		}
		flags[0] = "other"
		r = irsa("install", "--irsa-adopt", "--irsa-yes")
		if r.code != 1 || !strings.Contains(r.stderr, "belongs to Helm release rel in namespace ns1 (annotation meta.helm.sh/release-name), which is still there") {
			t.Errorf("another release: %+v", r)
		}
		h.must(t, "uninstall", "rel", "-n", "ns1", "--no-hooks", "--keep-history")
		post(t, kubeconfig, webAccount, strings.Replace(ofEksctl, `"note":"keep"`, `"meta.helm.sh/release-name":"rel"`, 1))
		if r = irsa("install", "--irsa-adopt", "--irsa-yes"); r.code != 0 || !strings.Contains(r.stderr, "belonged to Helm release rel in namespace ns1") {
			t.Errorf("a release that is gone: %+v", r)
		}
	})
}

// post puts an object into the cluster of a kubeconfig, or replaces it.
func post(t *testing.T, kubeconfig, at, body string) {
	t.Helper()
	_, rest, _ := strings.Cut(kubeconfig, `server: "`)
	server, _, _ := strings.Cut(rest, `"`)
	r, err := http.NewRequest(http.MethodPut, server+at, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if said, _ := io.ReadAll(answer.Body); answer.StatusCode != http.StatusOK {
		t.Fatalf("PUT %s: %s", at, said)
	}
}

func jsonOf(t *testing.T, o any) string {
	t.Helper()
	out, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
