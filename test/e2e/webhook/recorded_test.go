package webhook_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/helm-irsa/helm-irsa/test/e2e/webhook"
)

// recording is the file that IRSA_WEBHOOK names: what the real webhook answers when it
// runs with --aws-default-region=eu-west-3.
type recording struct {
	ServiceAccounts []corev1.ServiceAccount
	Cases           []struct {
		Case    string
		Pod     json.RawMessage
		Allowed bool
		Patch   json.RawMessage
	}
}

func (r recording) account(_ context.Context, namespace, name string) (*corev1.ServiceAccount, error) {
	for _, a := range r.ServiceAccounts {
		if a.Namespace == namespace && a.Name == name {
			return &a, nil
		}
	}
	return nil, nil
}

// TestRecorded: the same answer as the real webhook's to every pod, operation by operation.
func TestRecorded(t *testing.T) {
	t.Parallel()
	file := os.Getenv("IRSA_WEBHOOK")
	if file == "" {
		t.Skip("IRSA_WEBHOOK names no recording of the real webhook")
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var real recording
	if err := json.Unmarshal(data, &real); err != nil {
		t.Fatal(err)
	}
	if len(real.Cases) == 0 {
		t.Fatalf("%s has no cases", file)
	}
	h := webhook.New(real.account, webhook.Options{Region: "eu-west-3"})
	for _, c := range real.Cases {
		t.Run(c.Case, func(t *testing.T) {
			t.Parallel()
			question := review(admissionv1.Create, "Pod", c.Pod)
			question.Request.Namespace = "wh"
			answer := post(t, h, question)
			if answer.Allowed != c.Allowed {
				t.Errorf("allowed %v, the real one %v", answer.Allowed, c.Allowed)
			}
			want := c.Patch
			if string(want) == "null" {
				want = nil
			}
			if !sameJSON(t, answer.Patch, want) {
				t.Errorf("patch:\n%s\nthe real one's:\n%s", answer.Patch, want)
			}
			if got, want := patched(t, c.Pod, answer.Patch), patched(t, c.Pod, want); !sameJSON(t, got, want) {
				t.Errorf("pod:\n%s\nby the real one's patch:\n%s", got, want)
			}
		})
	}
}

func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	if len(a) == 0 || len(b) == 0 {
		return len(a) == len(b)
	}
	var left, right any
	if err := errors.Join(json.Unmarshal(a, &left), json.Unmarshal(b, &right)); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(left, right)
}
