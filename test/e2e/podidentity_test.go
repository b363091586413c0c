package e2e

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-irsa/helm-irsa/test/e2e/pods"
	"github.com/helm-irsa/helm-irsa/test/howtos"
)

// TestPodIdentity: an association and no annotation; the pods get the agent's address.
// The exchange of their token is the agent's, and not tried.
func TestPodIdentity(t *testing.T) {
	scenario(t, func(t *testing.T, h helmProgram) {
		w := newWorld(t, h, paris, "podidentity-"+h.major)
		w.agent()
		paris.associates(w.namespace, func(account string) bool { return w.associated(account) != "" })
		defer paris.associates(w.namespace, nil)
		w.irsaYAML("serviceAccounts:\n- name: orders\n  mode: podIdentity\n  rollout: true\n  role: {name: orders}\n")
		w.must(w.upgrade("shop", absolute(shop), "--wait")...)
		role := howtos.Role(home, "orders")
		if got := w.associated("orders"); got != role {
			t.Errorf("the association has the role %q, want %q", got, role)
		}
		for _, pod := range w.pods(w.namespace) {
			for _, c := range pod.Spec.Containers {
				uri, arn := pods.Env(c, "AWS_CONTAINER_CREDENTIALS_FULL_URI"), pods.Env(c, "AWS_ROLE_ARN")
				if arn != "" || (uri != "") != (pod.Spec.ServiceAccountName == "orders") {
					t.Errorf("pod %s (account %s) has AWS_CONTAINER_CREDENTIALS_FULL_URI %q and AWS_ROLE_ARN %q", pod.Name, pod.Spec.ServiceAccountName, uri, arn)
				}
			}
		}
		if got, err := w.assume(w.token(w.namespace+"/orders"), role); err == nil {
			t.Errorf("a role of Pod Identity is taken by a web identity: %s", got)
		}
		got, r := w.verify("shop")
		if r.code != 0 && r.code != 3 || len(got.ServiceAccounts) != 1 || got.ServiceAccounts[0].Status == "broken" {
			t.Errorf("verify finds it broken: %s", r)
		}

		w.must("irsa", "uninstall", "shop", "-n", w.namespace, "--irsa-yes", "--wait")
		if got := w.associated("orders"); got != "" {
			t.Errorf("the association with %s is left", got)
		}
		w.nothingLeft()
	})
}

// associated is the role of an account's association; empty where there is none.
func (w *world) associated(account string) string {
	client := eks.NewFromConfig(w.config(home))
	list, err := client.ListPodIdentityAssociations(w.ctx(), &eks.ListPodIdentityAssociationsInput{ClusterName: &w.name, Namespace: &w.namespace, ServiceAccount: &account})
	if err != nil || len(list.Associations) == 0 {
		return ""
	}
	one, err := client.DescribePodIdentityAssociation(w.ctx(), &eks.DescribePodIdentityAssociationInput{ClusterName: &w.name, AssociationId: list.Associations[0].AssociationId})
	if err != nil {
		return ""
	}
	return aws.ToString(one.Association.RoleArn)
}

// agent is the DaemonSet of EKS's add-on, as far as it can be seen from outside. It stays.
func (w *world) agent() {
	w.Helper()
	labels := map[string]string{"app.kubernetes.io/name": "eks-pod-identity-agent"}
	_, err := w.kube.AppsV1().DaemonSets("kube-system").Create(w.ctx(), &appsv1.DaemonSet{
		ObjectMeta: metav1.ObjectMeta{Name: "eks-pod-identity-agent"},
		Spec: appsv1.DaemonSetSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{HostNetwork: true, Containers: []corev1.Container{{Name: "agent", Image: "registry.example.com/agent:1"}}},
			},
		},
	}, metav1.CreateOptions{})
	if !apierrors.IsAlreadyExists(err) {
		w.no(err)
	}
}
