package controlplane_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-irsa/helm-irsa/test/e2e/controlplane"
	"github.com/helm-irsa/helm-irsa/test/e2e/webhook"
)

const issuer = "https://oidc.eks.eu-west-3.amazonaws.com/id/E2E"

// childVariable has this program start a cluster and wait to be killed.
const childVariable = "HELM_IRSA_E2E_TEST_CHILD"

// shared is a cluster for the tests that do not stop parts of it; nil without programs.
var shared *controlplane.Cluster

func TestMain(m *testing.M) {
	if dir := os.Getenv(childVariable); dir != "" {
		os.Exit(child(dir))
	}
	os.Exit(run(m))
}

func run(m *testing.M) (code int) {
	if os.Getenv(controlplane.BinariesVariable) == "" {
		return m.Run()
	}
	c, err := controlplane.Start(context.Background(), controlplane.Options{
		Issuer: issuer, Nodes: 2, Webhook: controlplane.EKS(webhook.EKS("eu-west-3")), Log: os.Stderr,
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	shared = c
	code = m.Run()
	if err := c.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// child says that its cluster runs, and waits.
func child(dir string) int {
	if _, err := controlplane.Start(context.Background(), controlplane.Options{Dir: dir}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println("ready")
	_, _ = bufio.NewReader(os.Stdin).ReadByte()
	return 0
}

func cluster(t *testing.T) *controlplane.Cluster {
	t.Helper()
	needPrograms(t)
	return shared
}

func needPrograms(t *testing.T) {
	t.Helper()
	if os.Getenv(controlplane.BinariesVariable) == "" {
		t.Skipf("%s is not set to what test/e2e/binaries/build.sh prints", controlplane.BinariesVariable)
	}
}

// space makes a namespace, and waits for its service account.
func space(t *testing.T, c *controlplane.Cluster) string {
	t.Helper()
	made, err := c.Client().CoreV1().Namespaces().Create(t.Context(),
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	until(t, "the namespace has its account", func() (bool, error) {
		all, err := c.Client().CoreV1().ServiceAccounts(made.Name).List(t.Context(), metav1.ListOptions{})
		return err == nil && len(all.Items) > 0, err
	})
	return made.Name
}

func podSpec() corev1.PodSpec {
	return corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "example.com/app"}}}
}

// create makes a pod that runs as a service account.
func create(t *testing.T, c *controlplane.Cluster, namespace, account string) *corev1.Pod {
	t.Helper()
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{GenerateName: "pod-"}, Spec: podSpec()}
	pod.Spec.ServiceAccountName = account
	made, err := c.Client().CoreV1().Pods(namespace).Create(t.Context(), pod, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// ready waits until a pod is.
func ready(t *testing.T, c *controlplane.Cluster, pod *corev1.Pod) {
	t.Helper()
	until(t, "pod "+pod.Name+" is Ready", func() (bool, error) {
		now, err := c.Client().CoreV1().Pods(pod.Namespace).Get(t.Context(), pod.Name, metav1.GetOptions{})
		if err != nil {
			return false, err
		}
		for _, condition := range now.Status.Conditions {
			if condition.Type == corev1.PodReady && condition.Status == corev1.ConditionTrue {
				return true, nil
			}
		}
		return false, nil
	})
}

// until waits, for as long as a busy machine may need, and fails on an error.
func until(t *testing.T, what string, is func() (bool, error)) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		switch ok, err := is(); {
		case err != nil:
			t.Fatalf("waiting until %s: %v", what, err)
		case ok:
			return
		}
	}
	t.Fatalf("waited in vain until %s", what)
}
