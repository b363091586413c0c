package webhook_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/helm-irsa/helm-irsa/test/e2e/webhook"
)

// accounts has one service account with a role, ns/s3, and one that cannot be looked up.
// As a client's Get does, it refuses to look up one without a name.
func accounts(_ context.Context, namespace, name string) (*corev1.ServiceAccount, error) {
	switch namespace + "/" + name {
	case "ns/s3":
		return account("s3", "role-arn", role), nil
	case "ns/":
		return nil, errors.New("resource name may not be empty")
	case "ns/broken":
		return nil, errors.New("the API server does not answer")
	}
	return nil, nil
}

// TestHandler: which requests are for the webhook.
func TestHandler(t *testing.T) {
	t.Parallel()
	pod := podJSON(t, plainPod)
	for name, c := range map[string]struct {
		change  func(*admissionv1.AdmissionReview)
		patched bool
	}{
		"create":  {func(*admissionv1.AdmissionReview) {}, true},
		"v1beta1": {func(r *admissionv1.AdmissionReview) { r.APIVersion = "admission.k8s.io/v1beta1" }, true},
		"update":  {func(r *admissionv1.AdmissionReview) { r.Request.Operation = admissionv1.Update }, false},
		"delete, which sends none": {func(r *admissionv1.AdmissionReview) {
			r.Request.Operation, r.Request.Object.Raw = admissionv1.Delete, nil
		}, false},
		"subresource": {func(r *admissionv1.AdmissionReview) { r.Request.SubResource = "binding" }, false},
		"other kind":  {func(r *admissionv1.AdmissionReview) { r.Request.Kind.Kind = "ConfigMap" }, false},
		"other group": {func(r *admissionv1.AdmissionReview) { r.Request.Kind.Group = "example.com" }, false},
		"other namespace, though the pod says this one": {func(r *admissionv1.AdmissionReview) {
			r.Request.Namespace = "other"
			r.Request.Object.Raw = podJSON(t, "metadata: {namespace: ns}\n"+strings.SplitN(plainPod, "\n", 3)[2])
		}, false},
		"no service account named": {func(r *admissionv1.AdmissionReview) {
			r.Request.Object.Raw = podJSON(t, "spec: {serviceAccount: s3, containers: [{name: app}]}")
		}, false},
		"unknown service account": {func(r *admissionv1.AdmissionReview) {
			r.Request.Object.Raw = bytes.Replace(pod, []byte(`"s3"`), []byte(`"nobody"`), 1)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			question := review(admissionv1.Create, "Pod", pod)
			c.change(&question)
			answer := post(t, webhook.New(accounts, webhook.Options{}), question)
			if !answer.Allowed {
				t.Error("not allowed")
			}
			if got := len(answer.Patch) > 0; got != c.patched {
				t.Errorf("patched: %v, want %v\n%s", got, c.patched, answer.Patch)
			}
		})
	}
}

// TestAssociations: they are looked up for the service account of the pod, and are there
// or not.
func TestAssociations(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		account string
		want    string
	}{
		"there":                     {"s3", "AWS_CONTAINER_CREDENTIALS_FULL_URI"},
		"of no account":             {"nobody", "AWS_CONTAINER_CREDENTIALS_FULL_URI"},
		"not there":                 {"plain", ""},
		"not to look up":            {"secret", "500 look up the association of ServiceAccount ns/secret: denied\n"},
		"service account not there": {"broken", "500 look up ServiceAccount ns/broken: the API server does not answer\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := webhook.New(accounts, webhook.Options{Associations: func(_ context.Context, namespace, account string) (bool, error) {
				if account == "secret" {
					return false, errors.New("denied")
				}
				return namespace == "ns" && (account == "s3" || account == "nobody"), nil
			}})
			question := review(admissionv1.Create, "Pod", bytes.Replace(podJSON(t, plainPod), []byte(`"s3"`), []byte(`"`+c.account+`"`), 1))
			if line, failed := strings.CutPrefix(c.want, "500 "); failed {
				if status, got := send(h, string(marshalled(t, question))); status != http.StatusInternalServerError || got != line {
					t.Errorf("%d %q, want 500 %q", status, got, line)
				}
				return
			}
			answer := post(t, h, question)
			if c.want == "" && answer.Patch != nil || !strings.Contains(string(answer.Patch), c.want) {
				t.Errorf("patch %s, want %q in it", answer.Patch, c.want)
			}
		})
	}
}

// TestRefused: what is no review gets a line that says why.
func TestRefused(t *testing.T) {
	t.Parallel()
	h := webhook.New(accounts, webhook.Options{})
	for name, c := range map[string]struct{ body, want string }{
		"nothing":       {"", "read the AdmissionReview: unexpected end of JSON input\n"},
		"no JSON":       {"{", "read the AdmissionReview: unexpected end of JSON input\n"},
		"other kind":    {`{"apiVersion":"v1","kind":"Pod"}`, "read the AdmissionReview: kind \"Pod\" of \"v1\" is not one\n"},
		"other version": {`{"apiVersion":"admission.k8s.io/v2","kind":"AdmissionReview"}`, "read the AdmissionReview: kind \"AdmissionReview\" of \"admission.k8s.io/v2\" is not one\n"},
		"no request":    {`{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}`, "read the AdmissionReview: it has no request with a uid\n"},
		"no uid":        {`{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{}}`, "read the AdmissionReview: it has no request with a uid\n"},
		"no pod": {
			`{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"7","operation":"CREATE","kind":{"version":"v1","kind":"Pod"},"object":[]}}`,
			"read the pod of request 7: json: cannot unmarshal array into Go value of type v1.Pod\n",
		},
		"too long": {strings.Repeat(" ", 17<<20), "read the AdmissionReview: http: request body too large\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, got := send(h, c.body)
			if status != http.StatusBadRequest || got != c.want {
				t.Errorf("%d %q, want 400 %q", status, got, c.want)
			}
		})
	}
	for name, c := range map[string]struct {
		method, contentType string
		want                int
	}{
		"GET":  {http.MethodGet, "application/json", http.StatusMethodNotAllowed},
		"YAML": {http.MethodPost, "application/yaml", http.StatusUnsupportedMediaType},
		"none": {http.MethodPost, "", http.StatusUnsupportedMediaType},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request := httptest.NewRequest(c.method, "/mutate", strings.NewReader("{}"))
			request.Header.Set("Content-Type", c.contentType)
			recorder := httptest.NewRecorder()
			h.ServeHTTP(recorder, request)
			if recorder.Code != c.want {
				t.Errorf("status %d, want %d", recorder.Code, c.want)
			}
		})
	}
}
