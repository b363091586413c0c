package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
)

// maxReview is more than the API server sends: it takes requests of 3 MiB.
const maxReview = 16 << 20

// New gives a webhook that answers AdmissionReviews, POSTed to any path. It gives
// identities to pods that are created, and lets everything else through untouched.
// What is no review gets status 400 and a line; where a lookup fails, the status is
// 500, and the failure policy decides about the pod.
func New(accounts Accounts, o Options) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if status := acceptable(r); status != http.StatusOK {
			http.Error(w, "want a POST of application/json", status)
			return
		}
		review, err := readReview(http.MaxBytesReader(w, r.Body, maxReview))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		response, err := (&lookups{accounts, o}).answer(r.Context(), review.Request)
		switch {
		case errors.As(err, new(*badObjectError)):
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		case err != nil:
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		// An error here is a connection that is gone.
		_ = json.NewEncoder(w).Encode(admissionv1.AdmissionReview{TypeMeta: review.TypeMeta, Response: response})
	})
}

func acceptable(r *http.Request) int {
	if r.Method != http.MethodPost {
		return http.StatusMethodNotAllowed
	}
	if mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mediaType != "application/json" {
		return http.StatusUnsupportedMediaType
	}
	return http.StatusOK
}

// readReview takes v1, and v1beta1, which EKS registers and which looks the same; the
// answer has the version of the question.
func readReview(body io.Reader) (*admissionv1.AdmissionReview, error) {
	review := &admissionv1.AdmissionReview{}
	data, err := io.ReadAll(body)
	if err != nil {
		return nil, fmt.Errorf("read the AdmissionReview: %w", err)
	}
	if err := json.Unmarshal(data, review); err != nil {
		return nil, fmt.Errorf("read the AdmissionReview: %w", err)
	}
	known := review.APIVersion == "admission.k8s.io/v1" || review.APIVersion == "admission.k8s.io/v1beta1"
	if review.Kind != "AdmissionReview" || !known {
		return nil, fmt.Errorf("read the AdmissionReview: kind %q of %q is not one", review.Kind, review.APIVersion)
	}
	if review.Request == nil || review.Request.UID == "" {
		return nil, errors.New("read the AdmissionReview: it has no request with a uid")
	}
	return review, nil
}

// lookups are what a webhook asks about a pod.
type lookups struct {
	accounts Accounts
	Options
}

// badObjectError says that the object of a request is not what its kind says.
type badObjectError struct{ error }

func (l *lookups) answer(ctx context.Context, request *admissionv1.AdmissionRequest) (*admissionv1.AdmissionResponse, error) {
	untouched := &admissionv1.AdmissionResponse{UID: request.UID, Allowed: true}
	if !createsPod(request) {
		return untouched, nil
	}
	pod := &corev1.Pod{}
	if err := json.Unmarshal(request.Object.Raw, pod); err != nil {
		return nil, &badObjectError{fmt.Errorf("read the pod of request %s: %w", request.UID, err)}
	}
	// The API server does not write it into the object of a request.
	pod.Namespace = request.Namespace
	if pod.Spec.ServiceAccountName == "" {
		return untouched, nil
	}
	who, err := l.identity(ctx, pod.Namespace, pod.Spec.ServiceAccountName)
	if err != nil {
		return nil, err
	}
	patch, err := Mutate(pod, who, l.Options)
	if err != nil || patch == nil {
		return untouched, err
	}
	jsonPatch := admissionv1.PatchTypeJSONPatch
	return &admissionv1.AdmissionResponse{UID: request.UID, Allowed: true, Patch: patch, PatchType: &jsonPatch}, nil
}

func createsPod(request *admissionv1.AdmissionRequest) bool {
	kind := request.Kind
	return request.Operation == admissionv1.Create && request.SubResource == "" &&
		kind.Group == "" && kind.Version == "v1" && kind.Kind == "Pod"
}

func (l *lookups) identity(ctx context.Context, namespace, name string) (who Identity, err error) {
	if who.Account, err = l.accounts(ctx, namespace, name); err != nil {
		return who, fmt.Errorf("look up ServiceAccount %s/%s: %w", namespace, name, err)
	}
	if l.Associations == nil {
		return who, nil
	}
	if who.Associated, err = l.Associations(ctx, namespace, name); err != nil {
		return who, fmt.Errorf("look up the association of ServiceAccount %s/%s: %w", namespace, name, err)
	}
	return who, nil
}
