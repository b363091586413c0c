package upgrade

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/kube"
	"github.com/helm-irsa/helm-irsa/internal/whichcluster"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// UncheckedFlag lets a plan take away from AWS though the clusters could not be compared.
const UncheckedFlag = "--irsa-cluster-unchecked"

// clusterPatience is how long the API server is waited for, once AWS has been read.
const clusterPatience = 10 * time.Second

// clusterCheck finds out whether the cluster that Helm will change is irsa.yaml's, while
// AWS is read. Nothing is changed before it has ended.
type clusterCheck struct {
	r      *request
	reader *LiveReader
	live   whichcluster.Live // once it was read
}

// beginClusterCheck starts it; nil where nothing is to be compared: irsa.yaml names no
// cluster and wants nothing of AWS, or Helm changes no cluster.
func beginClusterCheck(r *request) *clusterCheck {
	if r.Args.Command == "template" || !awsiam.Makes(r.file) && !r.namesCluster() {
		return nil
	}
	return &clusterCheck{r: r, reader: ReadLive(r.Context, r.cluster, r.clusterErr)}
}

// LiveReader reads the cluster behind the kubeconfig, while its caller does something else.
type LiveReader struct {
	stop   context.CancelFunc
	answer chan whichcluster.Live
}

// ReadLive begins to read a cluster: the API server's issuer, and the names that the kubeconfig
// has. failed is why there is no client.
func ReadLive(ctx context.Context, client *kube.Client, failed error) *LiveReader {
	ctx, stop := context.WithCancel(ctx)
	l := &LiveReader{stop: stop, answer: make(chan whichcluster.Live, 1)}
	go func() {
		if failed != nil {
			l.answer <- whichcluster.Live{Unread: failed}
			return
		}
		l.answer <- readLive(ctx, client)
	}()
	return l
}

// Leave ends the reading, whether it was waited for or not.
func (l *LiveReader) Leave() { l.stop() }

// Compare holds what was read against the clusters of irsa.yaml; s, where there is one, asks EKS
// for what irsa.yaml does not say. The error is that of a context that ended.
func (l *LiveReader) Compare(ctx context.Context, file *spec.File, s *awsiam.Session) (whichcluster.Comparison, whichcluster.Live, error) {
	var live whichcluster.Live
	select {
	case live = <-l.answer:
	case <-ctx.Done():
		return whichcluster.Comparison{}, live, ctx.Err()
	}
	ours := awsiam.WrittenClusters(file)
	if s != nil {
		ours = s.Clusters(ctx, func(id whichcluster.ID) bool { return id.Issuer == "" || live.Issuer == "" || live.IsEKS() })
	}
	return whichcluster.Compare(ours, live), live, nil
}

func readLive(ctx context.Context, client *kube.Client) whichcluster.Live {
	live := whichcluster.Live{Kubeconfig: client.Described()}
	ctx, stop := context.WithTimeoutCause(ctx, clusterPatience, errors.New("the API server did not answer in time"))
	defer stop()
	if live.Issuer, live.Unread = client.Issuer(ctx); live.Unread != nil && ctx.Err() != nil {
		live.Unread = context.Cause(ctx)
	}
	return live
}

// leave ends the check, whether it was waited for or not.
func (c *clusterCheck) leave() {
	if c != nil {
		c.reader.Leave()
	}
}

// against compares with irsa.yaml's clusters; s, where there is one, asks EKS for what
// irsa.yaml does not say. The error is that of another cluster.
func (c *clusterCheck) against(s *awsiam.Session) (*whichcluster.Comparison, error) {
	if c == nil {
		return nil, nil
	}
	out, live, err := c.reader.Compare(c.r.Context, c.r.file, s)
	if err != nil {
		return nil, err
	}
	c.live = live
	switch {
	case out.Match == whichcluster.Other:
		return nil, refusal(c.r, out, c.live)
	case out.Match == whichcluster.NotCompared:
		c.debug(out)
	}
	return &out, nil
}

// debug says what could not be compared, where Helm was asked to debug.
func (c *clusterCheck) debug(out whichcluster.Comparison) {
	if c.r.Debug {
		c.r.Say.Info("debug: comparing clusters: " + out.Reason)
	}
}

// allows says whether a plan may be carried out with what the comparison came to. A plan
// that takes away needs a cluster that was compared, or the flag that says that it need
// not be; one that changes AWS at all needs the release's own cluster. A dry run says what
// the real one would want.
func (c *clusterCheck) allows(got *whichcluster.Comparison, p *awsiam.Plan) error {
	if got == nil || p == nil || p.Empty() {
		return nil
	}
	switch {
	case got.Match == whichcluster.Additional:
		return refusal(c.r, *got, c.live)
	case got.Match != whichcluster.NotCompared || c.r.Unchecked || !p.TakesAway():
		return nil
	}
	err := faults.Hinted(fmt.Errorf("comparing clusters: the plan takes away from AWS, and whether Helm's cluster is the one of irsa.yaml is not known: %s", got.Reason),
		"make sure that it is (kubectl config current-context), then add %s", UncheckedFlag)
	if c.r.Args.DryRun() {
		c.r.Say.Warning("without the dry run this ends here: " + strings.TrimPrefix(err.Error(), "comparing clusters: ") + "; add " + UncheckedFlag)
		return nil
	}
	return err
}
