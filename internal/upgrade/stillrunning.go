package upgrade

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/helm-irsa/helm-irsa/internal/kube"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// After Helm has removed a release, its pods may run on: those that end use what they have
// until they have ended, and those of an object that Helm keeps (the annotation
// helm.sh/resource-policy: keep) run for good.
const (
	// collecting is how long pods are waited for that nobody has told to end yet: the
	// garbage collector does so some time after their owner was deleted
	// (https://kubernetes.io/docs/concepts/architecture/garbage-collection/#background-deletion).
	collecting = 5 * time.Second
	// endingWithin is how long those are waited for that end: half as long again as the 30
	// seconds that they have where nothing else is said (terminationGracePeriodSeconds).
	endingWithin = 45 * time.Second
)

// stillRunning are the pods that run with what a plan takes away, once the release is gone
// and they had time to end.
func stillRunning(r *request, p *awsiam.Plan) ([]kube.Holder, error) {
	l := lossOf(p)
	for _, sa := range r.file.ServiceAccounts {
		l.accounts = append(l.accounts, sa.NamespaceIn(r.namespace)+"/"+sa.Name)
	}
	if l.none() {
		return nil, nil
	}
	if r.clusterErr != nil {
		return nil, r.clusterErr
	}
	ctx, begun, told := r.Context, time.Now(), false
	for {
		held, err := holders(ctx, r.cluster, namespacesOf(r.file, r.namespace), l)
		patience := endingWithin
		if slices.ContainsFunc(held, func(h kube.Holder) bool { return !h.Ending }) {
			patience = collecting
		}
		if err != nil || len(held) == 0 || time.Since(begun) >= patience {
			return held, err
		}
		if !told {
			r.Say.Info("waiting for pods to end that run with what goes from AWS: " + podNames(held))
			told = true
		}
		if err := wait(ctx, lookAgainIn); err != nil {
			return nil, err
		}
	}
}

func podNames(held []kube.Holder) string {
	var out []string
	for _, h := range held {
		out = append(out, h.Namespace+"/"+h.Pod)
	}
	slices.Sort(out)
	return shortList(slices.Compact(out))
}

// sayStillRunning says that nothing goes from AWS as long as those pods run.
func sayStillRunning(r *request, held []kube.Holder) {
	v, pods := r.Say, map[string][]kube.Holder{}
	for _, h := range held {
		pods[heldWords(h)] = append(pods[heldWords(h)], h)
	}
	for _, what := range slices.Sorted(maps.Keys(pods)) {
		v.Warning(fmt.Sprintf("the release is gone, and pods still run with %s: %s", what, podNames(pods[what])))
	}
	v.Info("what the release owns in AWS stays as long as they run")
	v.Hint("to delete it once they have ended: " + r.again("destroy"))
}
