package e2e

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/test/howtos"
)

const helper = "charts/qovery-sa-helper"

// beside is a world with another namespace and the same AWS, maybe in another cluster.
func (w *world) beside(where *shared, namespace string) *world {
	w.Helper()
	other := *w
	other.where, other.cluster, other.namespace, other.dir = where, where.start(w.T), namespace, w.TempDir()
	other.kube = other.cluster.Client()
	other.env = append(append([]string{}, w.env...), "KUBECONFIG="+other.cluster.Kubeconfig(), "AWS_REGION="+where.region)
	return &other
}

// platform runs a workload as a service account, as a platform does that lets its users
// bring the service account alone.
func (w *world) platform(account string) {
	w.Helper()
	labels := map[string]string{"app": "by-the-platform"}
	_, err := w.kube.AppsV1().Deployments(w.namespace).Create(w.ctx(), &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "by-the-platform"},
		Spec: appsv1.DeploymentSpec{Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: corev1.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{Labels: labels},
			Spec:       corev1.PodSpec{ServiceAccountName: account, Containers: []corev1.Container{{Name: "main", Image: "registry.example.com/app:1"}}},
		}},
	}, metav1.CreateOptions{})
	w.no(err)
	w.await("a pod of the platform's workload", func() bool { return len(w.uids()) > 0 })
}

// platformEnds takes that workload away.
func (w *world) platformEnds() {
	w.Helper()
	background := metav1.DeletePropagationBackground
	w.no(w.kube.AppsV1().Deployments(w.namespace).Delete(w.ctx(), "by-the-platform", metav1.DeleteOptions{PropagationPolicy: &background}))
	w.await("the platform's workload to go", func() bool { return len(w.pods(w.namespace)) == 0 })
}

// TestSharedRole: two releases in two namespaces have one role; the one that is left
// keeps it.
func TestSharedRole(t *testing.T) {
	scenario(t, func(t *testing.T, h helmProgram) {
		first := newWorld(t, h, paris, "shared-a-"+h.major)
		second := first.beside(paris, "shared-b-"+h.major)
		bare := first.iam()
		for _, w := range []*world{first, second} {
			shares := ""
			if w == first {
				shares = fmt.Sprintf(", sharedWith: [%q]", second.namespace+"/app")
			}
			w.irsaYAML("serviceAccounts:\n- name: app\n  role: {name: app" + shares + "}\n")
			w.must(w.upgrade("app", absolute(helper), "--set", "serviceAccount.name=app", "--wait")...)
			w.platform("app")
		}
		role := howtos.Role(home, "app")
		for _, w := range []*world{first, second} {
			want := identities{w.namespace + "/app": role}
			w.proven(want)
			w.agrees("app", want)
		}

		token := first.token(first.namespace + "/app")
		first.platformEnds()
		first.must("irsa", "uninstall", "app", "-n", first.namespace, "--irsa-yes", "--wait")
		first.nothingLeft()
		if got, err := first.assume(token, role); err == nil {
			t.Errorf("the service account of the release that is gone still assumes %s", got)
		}
		want := identities{second.namespace + "/app": role}
		second.proven(want)
		second.agrees("app", want)

		second.must("irsa", "uninstall", "app", "-n", second.namespace, "--irsa-yes", "--wait")
		second.must("irsa", "destroy", "app", "-n", second.namespace, "--oidc-provider", "--yes")
		if left := first.iam(); left != bare {
			t.Errorf("in AWS there is\n%s\nbefore, there was\n%s", left, bare)
		}
	})
}

// TestWildcardRole: a role for the service account of every namespace of a pattern is
// used from one that came later, by plain Helm, and by no other.
func TestWildcardRole(t *testing.T) {
	scenario(t, func(t *testing.T, h helmProgram) {
		w := newWorld(t, h, paris, "wild-"+h.major+"-production")
		w.irsaYAML(fmt.Sprintf("serviceAccounts:\n- name: app\n  role: {name: app, trust: {subjects: [\"system:serviceaccount:wild-%s-*:app\"]}}\n", h.major))
		w.must(w.upgrade("app", absolute(helper), "--set", "serviceAccount.name=app", "--wait")...)
		w.platform("app")
		role := howtos.Role(home, "app")
		w.agrees("app", identities{w.namespace + "/app": role})

		clone := w.beside(paris, "wild-"+h.major+"-preview")
		clone.must("upgrade", "--install", "app", absolute(helper), "-n", clone.namespace, "--create-namespace", "--set", "serviceAccount.name=app", "--set", "awsRoleArn="+role)
		clone.platform("app")
		other := "other-" + h.major + "/app"
		w.account(other)
		clone.proven(identities{clone.namespace + "/app": role}, clone.namespace+"/default", other)
		clone.agrees("app", identities{clone.namespace + "/app": role}, "-f", w.dir+"/irsa.yaml")
	})
}

// TestSecondCluster: the service account of the same name in another cluster may assume
// the role, once irsa.yaml names that cluster.
func TestSecondCluster(t *testing.T) {
	scenario(t, func(t *testing.T, h helmProgram) {
		w := newWorld(t, h, paris, "second-"+h.major)
		other := w.beside(montreal, w.namespace)
		w.no(w.aws.AddIssuerKeySet(montreal.issuer, other.cluster.Keys()))
		w.aws.AddCluster(localaws.Cluster{Account: home, Region: montreal.region, Name: "standby", Version: "1.36", Issuer: montreal.issuer})
		role := howtos.Role(home, "app")
		want := identities{w.namespace + "/app": role}

		w.irsaYAML("serviceAccounts:\n- name: app\n  role: {name: app}\n")
		w.must(w.upgrade("app", absolute(helper), "--set", "serviceAccount.name=app", "--wait")...)
		w.platform("app")
		w.proven(want)

		other.name = "standby"
		other.irsaYAML("serviceAccounts:\n- name: app\n  role: {arn: " + role + "}\n")
		other.must(other.upgrade("app", absolute(helper), "--set", "serviceAccount.name=app", "--wait", "--irsa-verify=never")...)
		other.platform("app")
		if got, err := other.assume(other.token(w.namespace+"/app"), role); err == nil {
			t.Errorf("the second cluster's service account assumes %s before irsa.yaml names that cluster", got)
		}
		other.names("app", w.namespace+"/app", "oidc-provider-missing", "issuer-mismatch")

		w.write(w.dir+"/irsa.yaml", fmt.Sprintf(`apiVersion: helm-irsa.dev/v1alpha1
kind: ReleaseIdentity
cluster: {name: %s, region: %s, accountID: "%s", additional: [{name: standby, region: %s}]}
defaults: {path: /}
serviceAccounts:
- name: app
  role: {name: app}
`, w.name, paris.region, home, montreal.region))
		w.must(w.upgrade("app", absolute(helper), "--set", "serviceAccount.name=app", "--wait")...)
		for _, each := range []*world{w, other} {
			each.proven(want)
			each.agrees("app", want)
		}
	})
}

// TestFromPublicChart: a release of the public chart, whose role was made by hand,
// becomes one of ours, and keeps its ServiceAccount.
func TestFromPublicChart(t *testing.T) {
	scenario(t, func(t *testing.T, h helmProgram) {
		w := newWorld(t, h, paris, "public-"+h.major)
		role := howtos.Role(home, "by-hand")
		_, err := iam.NewFromConfig(w.config(home)).CreateRole(w.ctx(), &iam.CreateRoleInput{RoleName: aws.String("by-hand"), AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)})
		w.no(err)
		w.must("upgrade", "--install", "identity", absolute("test/e2e/testdata/qovery-public"), "-n", w.namespace, "--create-namespace", "--set", "serviceAccount.name=app", "--set", "awsRoleArn="+role)
		before, err := w.kube.CoreV1().ServiceAccounts(w.namespace).Get(w.ctx(), "app", metav1.GetOptions{})
		w.no(err)

		w.irsaYAML("serviceAccounts:\n- name: app\n  role: {name: by-hand}\n")
		// The role is somebody else's until its owner says otherwise.
		w.fails(w.upgrade("identity", absolute(helper), "--set", "serviceAccount.name=app"), "by-hand", "--adopt role/by-hand")
		w.must("irsa", "apply", "identity", "-n", w.namespace, "--adopt", "role/by-hand", "--yes")
		w.must(w.upgrade("identity", absolute(helper), "--set", "serviceAccount.name=app", "--wait")...)
		after, err := w.kube.CoreV1().ServiceAccounts(w.namespace).Get(w.ctx(), "app", metav1.GetOptions{})
		w.no(err)
		if after.UID != before.UID {
			t.Error("the ServiceAccount is a new one")
		}
		w.platform("app")
		want := identities{w.namespace + "/app": role}
		w.proven(want)
		w.agrees("identity", want)
	})
}
