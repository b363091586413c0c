package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/helm-irsa/helm-irsa/test/e2e/pods"
	"github.com/helm-irsa/helm-irsa/test/howtos"
)

// TestInCluster: the Jobs of docs/in-cluster.md make roles before a release and prove them behind it,
// with the rights that the page gives them in the cluster and no others. No container runs here:
// their commands do, as their service account and with what the webhook would give them.
func TestInCluster(t *testing.T) {
	scenario(t, func(t *testing.T, h helmProgram) {
		w := newWorld(t, h, paris, "team-orders-"+h.major)
		w.must("upgrade", "--install", "first", absolute(helper), "-n", w.namespace, "--create-namespace", "--set", "serviceAccount.name=first") // makes the namespace
		folder := filepath.Join(w.dir, "in-cluster")
		w.no(os.MkdirAll(filepath.Join(folder, "orders"), 0o755))
		for _, name := range []string{"orders/irsa.yaml", "orders/apply.yaml", "verify.yaml", "access.yaml", "platform.yaml"} {
			w.write(filepath.Join(folder, name), w.example(name))
		}
		policies := []string{"irsa", "permissions", "orders", "-n", w.namespace, "-f", folder + "/orders/irsa.yaml"}
		w.write(folder+"/policy.json", w.must(policies...).stdout)
		w.write(folder+"/verify.json", w.must(append(policies, "--verify")...).stdout)
		w.must("irsa", "apply", "platform", "-n", w.namespace+"-identity", "-f", folder+"/platform.yaml", "--yes")

		w.make(folder + "/access.yaml")
		apply := w.job(folder+"/orders/apply.yaml", folder+"/orders")
		if r := apply(); r.code != 0 {
			t.Fatalf("the Job that applies: %s", r)
		}
		if r := apply(); r.code != 0 || !strings.Contains(r.stdout, "Nothing to do") {
			t.Errorf("the Job, once more: %s", r)
		}
		w.must("upgrade", "--install", "orders", absolute(helper), "-n", w.namespace, "--set", "serviceAccount.name=orders",
			"--set", "serviceAccount.annotations.eks\\.amazonaws\\.com/role-arn="+howtos.Role(home, "orders"), "--wait")
		w.platform("orders")
		w.proven(identities{w.namespace + "/orders": howtos.Role(home, "orders")})
		r := w.job(folder+"/verify.yaml", folder+"/orders")()
		if r.code != 0 || !strings.Contains(r.stdout, "<testsuites") || strings.Contains(r.stdout, "<failure") {
			t.Errorf("the Job that verifies: %s", r)
		}
		w.must("irsa", "destroy", "orders", "-n", w.namespace, "-f", folder+"/orders/irsa.yaml", "--yes")
		if r := w.job(folder+"/verify.yaml", folder+"/orders")(); r.code != 2 || !strings.Contains(r.stdout, "role-missing") {
			t.Errorf("the Job, without the role: %s", r)
		}
	})
}

// example is a file of docs/examples/in-cluster, for this scenario's namespace.
func (w *world) example(name string) string {
	w.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs", "examples", "in-cluster", name))
	w.no(err)
	return strings.ReplaceAll(string(text), "team-orders", w.namespace)
}

// make makes the objects of a file, which the API server validates strictly.
func (w *world) make(file string) []runtime.Object {
	w.Helper()
	text, err := os.ReadFile(file)
	w.no(err)
	strictly := metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict}
	var out []runtime.Object
	for d := utilyaml.NewDocumentDecoder(io.NopCloser(bytes.NewReader(text))); ; {
		doc := make([]byte, 1<<20)
		n, err := d.Read(doc)
		if errors.Is(err, io.EOF) {
			return out
		}
		w.no(err)
		o, _, err := scheme.Codecs.UniversalDeserializer().Decode(doc[:n], nil, nil)
		w.no(err)
		switch o := o.(type) {
		case *corev1.Namespace:
			_, err = w.kube.CoreV1().Namespaces().Create(w.ctx(), o, strictly)
		case *corev1.ServiceAccount:
			_, err = w.kube.CoreV1().ServiceAccounts(o.Namespace).Create(w.ctx(), o, strictly)
		case *rbacv1.Role:
			_, err = w.kube.RbacV1().Roles(o.Namespace).Create(w.ctx(), o, strictly)
		case *rbacv1.RoleBinding:
			_, err = w.kube.RbacV1().RoleBindings(o.Namespace).Create(w.ctx(), o, strictly)
		case *rbacv1.ClusterRole:
			_, err = w.kube.RbacV1().ClusterRoles().Create(w.ctx(), o, strictly)
			w.Cleanup(func() { _ = w.kube.RbacV1().ClusterRoles().Delete(w.ctx(), o.Name, metav1.DeleteOptions{}) })
		case *rbacv1.ClusterRoleBinding:
			_, err = w.kube.RbacV1().ClusterRoleBindings().Create(w.ctx(), o, strictly)
			w.Cleanup(func() { _ = w.kube.RbacV1().ClusterRoleBindings().Delete(w.ctx(), o.Name, metav1.DeleteOptions{}) })
		case *batchv1.Job:
			strictly.DryRun = []string{metav1.DryRunAll} // nothing here runs it
			_, err = w.kube.BatchV1().Jobs(o.Namespace).Create(w.ctx(), o, strictly)
		default:
			err = fmt.Errorf("%s: what to do with %T?", file, o)
		}
		w.no(err)
		out = append(out, o)
	}
}

// job gives what runs a Job's command: as its service account, with the token and the role that the
// webhook would give its pod. Mounted is the folder that stands for /irsa.
func (w *world) job(file, mounted string) func() result {
	w.Helper()
	var job *batchv1.Job
	for _, o := range w.make(file) {
		job = o.(*batchv1.Job)
	}
	pod := job.Spec.Template.Spec
	account, err := w.kube.CoreV1().ServiceAccounts(job.Namespace).Get(w.ctx(), pod.ServiceAccountName, metav1.GetOptions{})
	w.no(err)
	inside := *w
	inside.env = slices.DeleteFunc(slices.Clone(w.env), func(pair string) bool {
		return strings.HasPrefix(pair, "AWS_ACCESS_KEY_ID=") || strings.HasPrefix(pair, "AWS_SECRET_ACCESS_KEY=") || strings.HasPrefix(pair, "KUBECONFIG=")
	})
	// The SDK reads AWS_ENDPOINT_URL after it has made the client that trades the token
	// (github.com/aws/aws-sdk-go-v2/config@v1.33.15 config.go, defaultAWSConfigResolvers).
	inside.env = append(inside.env, "AWS_ENDPOINT_URL_STS="+w.aws.URL(), "KUBECONFIG="+w.kubeconfigOf(job.Namespace, pod.ServiceAccountName), "AWS_ROLE_ARN="+account.Annotations["eks.amazonaws.com/role-arn"],
		"AWS_WEB_IDENTITY_TOKEN_FILE="+w.write(filepath.Join(w.TempDir(), "token"), w.token(job.Namespace+"/"+pod.ServiceAccountName)))
	for _, v := range pod.Containers[0].Env {
		inside.env = append(inside.env, v.Name+"="+v.Value)
	}
	command := slices.Clone(pod.Containers[0].Command)
	if command[0] != "helm" {
		w.Fatalf("%s runs %q", file, command)
	}
	for i := range command {
		command[i] = strings.Replace(command[i], "/irsa/", mounted+"/", 1)
	}
	return func() result { return inside.run(command[1:]...) }
}

// kubeconfigOf is one with the token of a service account for the API server.
func (w *world) kubeconfigOf(namespace, account string) string {
	w.Helper()
	config, err := clientcmd.LoadFromFile(w.cluster.Kubeconfig())
	w.no(err)
	token, err := pods.Token(w.ctx(), w.kube, namespace, account, authenticationv1.TokenRequestSpec{})
	w.no(err)
	config.AuthInfos = map[string]*clientcmdapi.AuthInfo{"job": {Token: token}}
	for _, c := range config.Contexts {
		c.AuthInfo = "job"
	}
	file := filepath.Join(w.TempDir(), "kubeconfig")
	w.no(clientcmd.WriteToFile(*config, file))
	return file
}
