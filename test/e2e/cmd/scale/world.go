package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/test/e2e/controlplane"
	"github.com/helm-irsa/helm-irsa/test/e2e/webhook"
)

const (
	awsAccount  = "111122223333"
	region      = "eu-west-3"
	clusterName = "scale"
	issuer      = "https://oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"
)

// awsLatency is how long every call of AWS takes, as in `make bench`.
const awsLatency = 50 * time.Millisecond

// world is one Helm, a new cluster, and an AWS that has the cluster and nothing else.
type world struct {
	helm     helm
	programs programs
	cluster  *controlplane.Cluster
	counter  *counter
	aws      *localaws.Server
	dir      string
	env      []string
}

func newWorld(ctx context.Context, h helm, p programs, dir string) (*world, error) {
	w := &world{helm: h, programs: p, dir: dir}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if err := w.start(ctx); err != nil {
		w.stop()
		return nil, err
	}
	w.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + dir, "LC_ALL=C",
		"HELM_CONFIG_HOME=" + filepath.Join(dir, "config"), "HELM_CACHE_HOME=" + filepath.Join(dir, "cache"), "HELM_DATA_HOME=" + filepath.Join(dir, "data"),
		"HELM_PLUGINS=" + p.plugins, "KUBECONFIG=" + w.cluster.Kubeconfig(),
		"AWS_EC2_METADATA_DISABLED=true", "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull, "AWS_CONFIG_FILE=" + os.DevNull,
		"AWS_ENDPOINT_URL=" + w.aws.URL(), "AWS_ACCESS_KEY_ID=LOCALAWS" + awsAccount, "AWS_SECRET_ACCESS_KEY=x", "AWS_REGION=" + region,
	}
	return w, nil
}

func (w *world) start(ctx context.Context) (err error) {
	if w.cluster, err = controlplane.Start(ctx, controlplane.Options{
		Name: clusterName, Issuer: issuer, Webhook: controlplane.EKS(webhook.EKS(region)),
	}); err != nil {
		return err
	}
	if w.counter, err = startCounter(w.cluster.Config()); err != nil {
		return err
	}
	if w.aws, err = localaws.New(localaws.Options{Account: awsAccount}); err != nil {
		return err
	}
	if err := w.aws.AddIssuerKeySet(issuer, w.cluster.Keys()); err != nil {
		return err
	}
	w.aws.AddCluster(localaws.Cluster{Account: awsAccount, Region: region, Name: clusterName, Version: "1.36", Issuer: issuer})
	w.aws.AddCredential("LOCALAWS"+awsAccount, localaws.Credential{Account: awsAccount})
	w.aws.SetFaults(localaws.Faults{Latency: awsLatency})
	return w.aws.Start()
}

func (w *world) stop() error {
	if w.aws != nil {
		_ = w.aws.Close() // nobody calls it any more
	}
	if w.counter != nil {
		w.counter.server.Close()
	}
	if w.cluster != nil {
		return w.cluster.Stop()
	}
	return nil
}

// release is a release of a chart in a namespace of its own.
type release struct {
	name, namespace, chart, file string
}

// line is what a Helm is told to upgrade, or to install where it is not there.
func (r release) line() []string {
	return []string{r.name, r.chart, "--install", "--namespace", r.namespace, "--create-namespace"}
}

// ours is `helm irsa upgrade` of it.
func (w *world) ours(r release) command {
	args := append([]string{"irsa", "upgrade"}, r.line()...)
	return command{path: w.helm.path, args: append(args, "--irsa-file", r.file, "--irsa-yes"), env: w.env}
}

// direct is helm-irsa itself, as Helm starts it.
func (w *world) direct(args ...string) command {
	return command{path: w.programs.helmIRSA, args: args, env: append(w.env[:len(w.env):len(w.env)], "HELM_BIN="+w.helm.path)}
}

// plain is `helm upgrade` of it with the same post-renderer.
func (w *world) plain(r release) command {
	flags, env := w.programs.rendererFlags(w.helm, []string{"-f", r.file, "--namespace", r.namespace, "--release", r.name})
	c := w.bare(r)
	return command{path: c.path, args: append(c.args, flags...), env: append(w.env[:len(w.env):len(w.env)], env...)}
}

// bare is `helm upgrade` of it and nothing else.
func (w *world) bare(r release) command {
	return command{path: w.helm.path, args: append([]string{"upgrade"}, r.line()...), env: w.env}
}

// calm waits until so many pods of a namespace are Ready and no others are there, so that
// what the cluster does on its own is not in the next measurement.
func (w *world) calm(ctx context.Context, namespace string, pods int) error {
	ctx, cancel := context.WithTimeout(ctx, patienceOfAll)
	defer cancel()
	for {
		list, err := w.cluster.Client().CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return fmt.Errorf("waiting for the pods in %s: %w", namespace, err)
		}
		if len(list.Items) == pods && allReady(list.Items) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %d pods in %s, of which there are %d: %w", pods, namespace, len(list.Items), ctx.Err())
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func allReady(pods []corev1.Pod) bool {
	for _, p := range pods {
		ready := false
		for _, c := range p.Status.Conditions {
			ready = ready || c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
		}
		if !ready || p.DeletionTimestamp != nil {
			return false
		}
	}
	return true
}
