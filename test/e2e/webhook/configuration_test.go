package webhook_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	"sigs.k8s.io/yaml"

	"github.com/helm-irsa/helm-irsa/test/e2e/webhook"
)

// onEKS is what `kubectl get mutatingwebhookconfiguration pod-identity-webhook -o yaml`
// shows on EKS, without what differs from one cluster to the next.
const onEKS = `
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: pod-identity-webhook}
webhooks:
- admissionReviewVersions: [v1beta1]
  clientConfig: {caBundle: Q0E=, url: "https://127.0.0.1:23443/mutate"}
  failurePolicy: Ignore
  matchPolicy: Equivalent
  name: iam-for-pods.amazonaws.com
  namespaceSelector: {}
  objectSelector:
    matchExpressions: [{key: eks.amazonaws.com/skip-pod-identity-webhook, operator: DoesNotExist}]
  reinvocationPolicy: IfNeeded
  rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods], scope: "*"}]
  sideEffects: None
  timeoutSeconds: 10
`

// TestConfiguration: it is EKS's, the versions of the review aside.
func TestConfiguration(t *testing.T) {
	t.Parallel()
	configuration := webhook.Configuration("https://127.0.0.1:23443/mutate", []byte("CA"))
	configuration.Webhooks[0].AdmissionReviewVersions = []string{"v1beta1"}
	got := marshalled(t, configuration)
	want, err := yaml.YAMLToJSON([]byte(onEKS))
	if err != nil {
		t.Fatal(err)
	}
	if !sameJSON(t, got, want) {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// TestConfigurationReaches: an API server that goes by the configuration reaches the webhook.
func TestConfigurationReaches(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(webhook.New(accounts, webhook.EKS("eu-west-3")))
	defer server.Close()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	registered := webhook.Configuration(server.URL+"/mutate", ca).Webhooks[0]

	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(registered.ClientConfig.CABundle)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	defer transport.CloseIdleConnections()
	question := marshalled(t, review(admissionv1.Create, "Pod", podJSON(t, plainPod)))
	response, err := (&http.Client{Transport: transport}).Post(*registered.ClientConfig.URL, "application/json", bytes.NewReader(question))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var answer admissionv1.AdmissionReview
	if err := json.Unmarshal(body, &answer); err != nil || len(answer.Response.Patch) == 0 {
		t.Errorf("no patch (%v): %s", err, body)
	}
}
