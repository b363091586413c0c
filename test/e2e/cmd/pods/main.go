// Command pods lists the pods of a namespace of $KUBECONFIG, and which role each assumes when
// its own token is given to STS at $AWS_ENDPOINT_URL: `make demo-cluster` shows it.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"text/tabwriter"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/helm-irsa/helm-irsa/test/e2e/pods"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "pods:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, to io.Writer) error {
	at := pods.STS{Region: os.Getenv("AWS_REGION"), Endpoint: os.Getenv("AWS_ENDPOINT_URL")}
	if len(args) != 1 || os.Getenv("KUBECONFIG") == "" || at.Endpoint == "" || at.Region == "" {
		return errors.New("usage: KUBECONFIG=… AWS_ENDPOINT_URL=… AWS_REGION=… pods NAMESPACE")
	}
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return err
	}
	kube, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	list, err := kube.CoreV1().Pods(args[0]).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "POD\tACCOUNT\tPHASE\tITS TOKEN AT STS")
	for _, pod := range list.Items {
		for _, c := range pods.Assume(ctx, kube, at, &pod) {
			became := cmp.Or(c.Session, "has no role")
			if c.Err != nil {
				became = "refused: " + c.Err.Error()
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", pod.Name, pod.Spec.ServiceAccountName, pod.Status.Phase, became)
		}
	}
	return w.Flush()
}
