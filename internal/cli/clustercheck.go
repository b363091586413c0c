package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/helm-irsa/helm-irsa/internal/kube"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// uncheckedFlag lets a plan take away from AWS though the clusters could not be compared.
const uncheckedFlag = "--irsa-cluster-unchecked"

// clusterPatience is how long the API server is waited for, once AWS has been read.
const clusterPatience = 10 * time.Second

// clusterCheck finds out whether the cluster that Helm will change is irsa.yaml's, while
// AWS is read. Nothing is changed before it has ended.
type clusterCheck struct {
	o      *wrapperOptions
	file   *spec.File
	stop   context.CancelFunc
	answer chan helmsCluster
	live   helmsCluster // once answer was read
}

// beginClusterCheck starts it; nil where nothing is to be compared: irsa.yaml names no
// cluster and wants nothing of AWS, or Helm changes no cluster.
func (o *wrapperOptions) beginClusterCheck(file *spec.File, namespace string) *clusterCheck {
	if o.args.Command == "template" || !needsAWS(file) && !namesCluster(file) {
		return nil
	}
	ctx, stop := context.WithCancel(o.sys.context())
	c := &clusterCheck{o: o, file: file, stop: stop, answer: make(chan helmsCluster, 1)}
	go func() { c.answer <- o.readCluster(ctx, namespace) }()
	return c
}

// openCluster is the cluster that Helm will change.
func (o *wrapperOptions) openCluster(namespace string) (*kube.Client, error) {
	return kube.Open(kube.Options{Kubeconfig: o.given("kubeconfig"), Namespace: namespace, Getenv: o.kubeEnv})
}

// readCluster asks the API server for its issuer, and the kubeconfig for names.
func (o *wrapperOptions) readCluster(ctx context.Context, namespace string) helmsCluster {
	client, err := o.openCluster(namespace)
	if err != nil {
		return helmsCluster{unread: err}
	}
	live := helmsCluster{server: client.Server(), certified: client.CertifiedName(), context: client.Context(), names: client.EKSNames(), kubeconfig: o.kubeEnv("KUBECONFIG")}
	ctx, stop := context.WithTimeoutCause(ctx, clusterPatience, errors.New("the API server did not answer in time"))
	defer stop()
	if live.issuer, live.unread = client.Issuer(ctx); live.unread != nil && ctx.Err() != nil {
		live.unread = context.Cause(ctx)
	}
	return live
}

// leave ends the check, whether it was waited for or not.
func (c *clusterCheck) leave() {
	if c != nil {
		c.stop()
	}
}

// against compares with irsa.yaml's clusters; s, where there is one, asks EKS for what
// irsa.yaml does not say. The error is that of another cluster.
func (c *clusterCheck) against(s *awsiam.Session) (*comparison, error) {
	if c == nil {
		return nil, nil
	}
	ctx := c.o.sys.context()
	select {
	case c.live = <-c.answer:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	c.pin()
	ours := awsiam.WrittenClusters(c.file)
	if s != nil {
		ours = s.Clusters(ctx, func(id awsiam.ClusterID) bool {
			return id.Issuer == "" || c.live.issuer == "" || c.live.isEKS()
		})
	}
	out := compareClusters(ours, c.live)
	switch {
	case out.match == otherCluster:
		return nil, out.refusal(c.o, c.live)
	case out.match == notCompared:
		c.debug(out)
	}
	return &out, nil
}

// pin lets Helm use the context that was compared, whatever somebody makes the kubeconfig's
// current one while this command asks its question.
func (c *clusterCheck) pin() {
	if c.live.context != "" && c.o.given("kube-context") == "" {
		c.o.helm.Env = append(c.o.helm.Env, "HELM_KUBECONTEXT="+c.live.context)
	}
}

// debug says what could not be compared, where Helm was asked to debug.
func (c *clusterCheck) debug(out comparison) {
	if debugging(c.o.sys) {
		voice{c.o.sys.Stderr}.info("debug: comparing clusters: " + out.reason)
	}
}

// allows says whether a plan may be carried out with what the comparison came to. A plan
// that takes away needs a cluster that was compared, or the flag that says that it need
// not be; one that changes AWS at all needs the release's own cluster. A dry run says what
// the real one would want.
func (c *clusterCheck) allows(got *comparison, p *awsiam.Plan) error {
	if got == nil || p == nil || p.Empty() {
		return nil
	}
	switch {
	case got.match == additionalCluster:
		return got.refusal(c.o, c.live)
	case got.match != notCompared || c.o.unchecked || !p.TakesAway():
		return nil
	}
	err := hinted(fmt.Errorf("comparing clusters: the plan takes away from AWS, and whether Helm's cluster is the one of irsa.yaml is not known: %s", got.reason),
		"make sure that it is (kubectl config current-context), then add %s", uncheckedFlag)
	if c.o.args.DryRun() {
		voice{c.o.sys.Stderr}.warning("without the dry run this ends here: " + strings.TrimPrefix(err.Error(), "comparing clusters: ") + "; add " + uncheckedFlag)
		return nil
	}
	return err
}

// headed prints the comparison above a plan.
func (v planView) headed(c *comparison) {
	if c != nil {
		v.line("", c.heading())
	}
}
