package webhook_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"
)

// role is what service accounts of the tests are annotated with.
const role = "arn:aws:iam::111122223333:role/s3-reader"

// account annotated with pairs of key and value; the prefix of EKS is put before the keys.
func account(name string, annotations ...string) *corev1.ServiceAccount {
	a := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name, Annotations: map[string]string{}}}
	for i := 0; i < len(annotations); i += 2 {
		a.Annotations["eks.amazonaws.com/"+annotations[i]] = annotations[i+1]
	}
	return a
}

// podJSON turns the YAML of a pod into what an API server sends.
func podJSON(t *testing.T, text string) []byte {
	t.Helper()
	data, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func podOf(t *testing.T, data []byte) *corev1.Pod {
	t.Helper()
	pod := &corev1.Pod{}
	if err := json.Unmarshal(data, pod); err != nil {
		t.Fatal(err)
	}
	return pod
}

func marshalled(t *testing.T, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func review(operation admissionv1.Operation, kind string, object []byte) admissionv1.AdmissionReview {
	return admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: "admission.k8s.io/v1", Kind: "AdmissionReview"},
		Request: &admissionv1.AdmissionRequest{
			UID: "7", Namespace: "ns", Operation: operation,
			Kind:   metav1.GroupVersionKind{Version: "v1", Kind: kind},
			Object: runtime.RawExtension{Raw: object},
		},
	}
}

// post sends a review and gives the answer to it.
func post(t *testing.T, h http.Handler, question admissionv1.AdmissionReview) *admissionv1.AdmissionResponse {
	t.Helper()
	status, body := send(h, string(marshalled(t, question)))
	if status != http.StatusOK {
		t.Fatalf("status %d: %s", status, body)
	}
	var answer admissionv1.AdmissionReview
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatal(err)
	}
	// What the API server refuses an answer for.
	if answer.TypeMeta != question.TypeMeta || answer.Response == nil || answer.Response.UID != question.Request.UID {
		t.Fatalf("the answer is not to the question: %s", body)
	}
	if patched := len(answer.Response.Patch) > 0; patched != (answer.Response.PatchType != nil) ||
		patched && *answer.Response.PatchType != admissionv1.PatchTypeJSONPatch {
		t.Fatalf("patch and patchType do not go together: %s", body)
	}
	return answer.Response
}

func send(h http.Handler, body string) (status int, answer string) {
	request := httptest.NewRequest(http.MethodPost, "/mutate", strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, request)
	return recorder.Code, recorder.Body.String()
}

// patched applies a patch as the API server does; none leaves the pod as it is.
func patched(t *testing.T, pod, patch []byte) []byte {
	t.Helper()
	if len(patch) == 0 {
		return pod
	}
	operations, err := jsonpatch.DecodePatch(patch)
	if err != nil {
		t.Fatalf("the patch is none: %v\n%s", err, patch)
	}
	out, err := operations.Apply(pod)
	if err != nil {
		t.Fatalf("the patch does not apply: %v\n%s\n%s", err, patch, pod)
	}
	return out
}

// described says of a pod what a webhook may have changed, a line for each thing.
func described(t *testing.T, data []byte) string {
	t.Helper()
	pod := podOf(t, data)
	var out bytes.Buffer
	for _, key := range []string{"eks.amazonaws.com/pod-identity", "app"} {
		if value, ok := pod.Labels[key]; ok {
			fmt.Fprintf(&out, "label %s=%s\n", key, value)
		}
	}
	for _, v := range pod.Spec.Volumes {
		fmt.Fprintf(&out, "volume %s", v.Name)
		if v.Projected != nil && len(v.Projected.Sources) == 1 {
			token := v.Projected.Sources[0].ServiceAccountToken
			fmt.Fprintf(&out, " %s for %q, %d s", token.Path, token.Audience, *token.ExpirationSeconds)
		}
		fmt.Fprintln(&out)
	}
	for _, c := range pod.Spec.InitContainers {
		describe(&out, "init "+c.Name, c)
	}
	for _, c := range pod.Spec.Containers {
		describe(&out, c.Name, c)
	}
	return out.String()
}

func describe(out *bytes.Buffer, name string, c corev1.Container) {
	fmt.Fprintf(out, "%s:\n", name)
	for _, v := range c.Env {
		fmt.Fprintf(out, "  %s=%s\n", v.Name, v.Value)
	}
	for _, m := range c.VolumeMounts {
		fmt.Fprintf(out, "  %s at %s", m.Name, m.MountPath)
		if m.ReadOnly {
			fmt.Fprint(out, " to read")
		}
		fmt.Fprintln(out)
	}
}
