package upgrade

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// UncheckedFlag lets a plan take away from AWS though the clusters could not be compared.
const UncheckedFlag = "--irsa-cluster-unchecked"

// clusterPatience is how long the API server is waited for, once AWS has been read.
const clusterPatience = 10 * time.Second

// clusterCheck finds out whether the cluster that Helm will change is irsa.yaml's, while
// AWS is read. Nothing is changed before it has ended.
type clusterCheck struct {
	r      *request
	stop   context.CancelFunc
	answer chan helmsCluster
	live   helmsCluster // once answer was read
}

// beginClusterCheck starts it; nil where nothing is to be compared: irsa.yaml names no
// cluster and wants nothing of AWS, or Helm changes no cluster.
func beginClusterCheck(r *request) *clusterCheck {
	if r.Args.Command == "template" || !needsAWS(r.file) && !namesCluster(r.file) {
		return nil
	}
	ctx, stop := context.WithCancel(r.Context)
	c := &clusterCheck{r: r, stop: stop, answer: make(chan helmsCluster, 1)}
	go func() { c.answer <- readCluster(r, ctx) }()
	return c
}

// readCluster asks the API server for its issuer, and the kubeconfig for names.
func readCluster(r *request, ctx context.Context) helmsCluster {
	if r.clusterErr != nil {
		return helmsCluster{unread: r.clusterErr}
	}
	client := r.cluster
	live := helmsCluster{server: client.Server(), certified: client.CertifiedName(), context: client.Context(), names: client.EKSNames(), kubeconfig: r.kubeEnv("KUBECONFIG")}
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
	ctx := c.r.Context
	select {
	case c.live = <-c.answer:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	ours := awsiam.WrittenClusters(c.r.file)
	if s != nil {
		ours = s.Clusters(ctx, func(id awsiam.ClusterID) bool {
			return id.Issuer == "" || c.live.issuer == "" || c.live.isEKS()
		})
	}
	out := compareClusters(ours, c.live)
	switch {
	case out.match == otherCluster:
		return nil, out.refusal(c.r, c.live)
	case out.match == notCompared:
		c.debug(out)
	}
	return &out, nil
}

// debug says what could not be compared, where Helm was asked to debug.
func (c *clusterCheck) debug(out comparison) {
	if c.r.Debug {
		c.r.Say.Info("debug: comparing clusters: " + out.reason)
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
		return got.refusal(c.r, c.live)
	case got.match != notCompared || c.r.Unchecked || !p.TakesAway():
		return nil
	}
	err := faults.Hinted(fmt.Errorf("comparing clusters: the plan takes away from AWS, and whether Helm's cluster is the one of irsa.yaml is not known: %s", got.reason),
		"make sure that it is (kubectl config current-context), then add %s", UncheckedFlag)
	if c.r.Args.DryRun() {
		c.r.Say.Warning("without the dry run this ends here: " + strings.TrimPrefix(err.Error(), "comparing clusters: ") + "; add " + UncheckedFlag)
		return nil
	}
	return err
}
