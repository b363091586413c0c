package e2e

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-irsa/helm-irsa/test/e2e/pods"
)

// identities are what service accounts must assume: the ARN of the role by
// NAMESPACE/NAME. What is not named must have none.
type identities map[string]string

// pods are those of a namespace that run, or have run.
func (w *world) pods(namespace string) []corev1.Pod {
	w.Helper()
	list, err := w.kube.CoreV1().Pods(namespace).List(w.ctx(), metav1.ListOptions{})
	w.no(err)
	return slices.DeleteFunc(list.Items, func(p corev1.Pod) bool { return p.DeletionTimestamp != nil })
}

// started are the UIDs of the pods whose name begins so, in order.
func (w *world) started(workload string) []string {
	w.Helper()
	var out []string
	for _, p := range w.pods(w.namespace) {
		if strings.HasPrefix(p.Name, workload+"-") {
			out = append(out, string(p.UID))
		}
	}
	if len(out) == 0 {
		w.Fatalf("%s has no pod", workload)
	}
	slices.Sort(out)
	return out
}

// proven holds every pod of the namespaces against the role that it must assume: its own token is
// given to STS, as its SDK would. For a service account that no pod runs as, one is made.
// A service account that must not get in is refused, with its own token.
func (w *world) proven(want identities, refused ...string) {
	w.Helper()
	seen := map[string]bool{}
	for _, namespace := range w.namespaces(want) {
		for _, pod := range w.pods(namespace) {
			account := namespace + "/" + pod.Spec.ServiceAccountName
			seen[account] = true
			w.assumes(pod, want[account])
		}
	}
	for account, role := range want {
		if !seen[account] {
			pod := w.probe(account)
			w.assumes(*pod, role)
			w.no(w.kube.CoreV1().Pods(pod.Namespace).Delete(w.ctx(), pod.Name, metav1.DeleteOptions{}))
		}
	}
	if len(refused) == 0 {
		refused = []string{w.namespace + "/default"}
	}
	for _, account := range refused {
		if _, named := want[account]; named {
			w.Fatalf("%s is both to be refused and to have a role", account)
		}
		for _, role := range want {
			if got, err := w.assume(w.token(account), role); !denied(err) {
				w.Errorf("%s is not refused %s: %q, %v", account, role, got, err)
			}
		}
	}
}

func (w *world) namespaces(want identities) []string {
	all := []string{w.namespace}
	for account := range want {
		if namespace, _, _ := strings.Cut(account, "/"); !slices.Contains(all, namespace) {
			all = append(all, namespace)
		}
	}
	return all
}

// assumes: each container of the pod has what lets it assume the role, or nothing where
// there is none.
func (w *world) assumes(pod corev1.Pod, role string) {
	w.Helper()
	for _, c := range pods.Assume(w.ctx(), w.kube, w.sts(), &pod) {
		name := fmt.Sprintf("container %s of pod %s/%s (service account %s)", c.Name, pod.Namespace, pod.Name, pod.Spec.ServiceAccountName)
		switch {
		case c.RoleARN != role:
			w.Errorf("%s has the role %q, want %q", name, c.RoleARN, role)
		case role != "" && c.Session != sessionOf(role):
			w.Errorf("%s does not assume %s: %q, %v", name, role, c.Session, c.Err)
		}
	}
}

func (w *world) sts() pods.STS { return pods.STS{Region: w.where.region, Endpoint: w.aws.URL()} }

// token is one of a service account, for AWS.
func (w *world) token(account string) string {
	w.Helper()
	namespace, name, _ := strings.Cut(account, "/")
	token, err := pods.Token(w.ctx(), w.kube, namespace, name, authenticationv1.TokenRequestSpec{Audiences: []string{"sts.amazonaws.com"}})
	w.no(err)
	return token
}

// assume gives a token to STS, and the session's ARN.
func (w *world) assume(token, role string) (string, error) {
	return w.sts().Assume(w.ctx(), token, role)
}

func sessionOf(role string) string {
	return fmt.Sprintf("arn:aws:sts::%s:assumed-role/%s/%s", strings.Split(role, ":")[4], path.Base(role), pods.SessionName)
}

// denied: STS knows the token and the role, and refuses.
func denied(err error) bool {
	var coded interface{ ErrorCode() string }
	return errors.As(err, &coded) && coded.ErrorCode() == "AccessDenied"
}

// probe makes a pod that runs as a service account, as an operator of the chart would.
func (w *world) probe(account string) *corev1.Pod {
	w.Helper()
	namespace, name, _ := strings.Cut(account, "/")
	pod, err := w.kube.CoreV1().Pods(namespace).Create(w.ctx(), &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "probe-"},
		Spec:       corev1.PodSpec{ServiceAccountName: name, Containers: []corev1.Container{{Name: "main", Image: "registry.example.com/probe:1"}}},
	}, metav1.CreateOptions{})
	w.no(err)
	return pod
}
