package upgrade

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/helm-irsa/helm-irsa/internal/kube"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// A pod keeps the role that it was made with, and uses it until it has ended. So what a plan
// takes away waits for the pods that would lose it.
const (
	// replacing is how long pods are waited for that Helm has replaced: Helm's --wait ends
	// before a Deployment has let go of the last of the old ones (pkg/kube/ready.go of
	// Helm 3, deploymentReady, lets maxUnavailable be missing).
	replacing = 10 * time.Second
	// collecting is how long pods of a release that is gone are waited for that nobody has told
	// to end yet: the garbage collector does so some time after their owner was deleted
	// (https://kubernetes.io/docs/concepts/architecture/garbage-collection/#background-deletion).
	collecting = 5 * time.Second
	// endingWithin is how long those are waited for that end: half as long again as the 30
	// seconds that they have where nothing else is said (terminationGracePeriodSeconds).
	endingWithin = 45 * time.Second
	lookAgainIn  = 500 * time.Millisecond
)

// losers are the pods that lose something by a plan. Of those that keep their role, and it may
// do less, only those count that are about to end, or run as one of rolling, the service accounts
// whose workloads replace their pods, NAMESPACE/NAME: the others are what the release is now.
func losers(ctx context.Context, r *request, p *awsiam.Plan, rolling map[string]string) ([]kube.Holder, error) {
	losses := p.Losses()
	if len(losses) == 0 {
		return nil, nil
	}
	if r.clusterErr != nil {
		return nil, r.clusterErr
	}
	var out []kube.Holder
	for _, namespace := range whereLost(r, losses) {
		all, err := r.cluster.Holders(ctx, namespace)
		if err != nil {
			return nil, err
		}
		for _, h := range all {
			switch extentOf(losses, h) {
			case awsiam.LosesRole:
				out = append(out, h)
			case awsiam.LosesPermissions:
				if h.Ending || rolling[h.Namespace+"/"+h.Account] != "" {
					out = append(out, h)
				}
			}
		}
	}
	return out, nil
}

// whereLost are the namespaces in which pods may lose something: the release's, those of its
// service accounts, and those of all whom a role let in; the empty one, for all, where a pattern
// stands for them.
func whereLost(r *request, losses []awsiam.Loss) []string {
	out := namespacesOf(r.file, r.namespace)
	for _, l := range losses {
		names, all := l.Namespaces()
		if all {
			return []string{""}
		}
		out = append(out, names...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// extentOf is the most that a pod loses.
func extentOf(losses []awsiam.Loss, h kube.Holder) awsiam.Extent {
	pod, most := awsiam.Pod{Namespace: h.Namespace, ServiceAccount: h.Account, RoleARN: h.RoleARN, Audience: h.Audience}, awsiam.LosesNothing
	for _, l := range losses {
		most = max(most, l.Of(pod))
	}
	return most
}

// await waits for the pods that lose something by a plan to end, as long as they may take; more
// is how long those may that nobody has told to end. What is left is given.
func await(r *request, p *awsiam.Plan, rolling map[string]string, more time.Duration) ([]kube.Holder, error) {
	ctx, begun, told := r.Context, time.Now(), false
	for {
		held, err := losers(ctx, r, p, rolling)
		patience := more
		if more > 0 && !slices.ContainsFunc(held, func(h kube.Holder) bool { return !h.Ending }) {
			patience = endingWithin
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

// stillHeld are the pods that stand in the way of a plan once Helm has succeeded. They are waited
// for only where Helm was told to wait.
func stillHeld(r *request, p *awsiam.Plan, rolling map[string]string) ([]kube.Holder, error) {
	if r.waits() {
		return await(r, p, rolling, replacing)
	}
	return await(r, p, rolling, 0)
}

// stillRunning are the pods that run with what a plan takes away, once the release is gone
// and they had time to end: those of an object that Helm keeps (the annotation
// helm.sh/resource-policy: keep) run for good.
func stillRunning(r *request, p *awsiam.Plan) ([]kube.Holder, error) {
	return await(r, p, nil, collecting)
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// waits: Helm was told to wait for the pods. Helm 4 has hookOnly, which does not
// (pkg/cmd/flags.go, AddWaitFlag).
func (r *request) waits() bool {
	return r.Args.On("wait") && r.given("wait") != "hookOnly" || r.removesOnFailure() != ""
}

// namespacesOf are the release's namespace and those of its service accounts.
func namespacesOf(file *spec.File, release string) []string {
	out := []string{release}
	for _, sa := range file.ServiceAccounts {
		out = append(out, sa.NamespaceIn(release))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// sayStillHeld says which pods stand in the way, and how they get the new role.
func sayStillHeld(r *request, held []kube.Holder) {
	restarts, names := map[string][]string{}, map[string][]string{}
	for _, h := range held {
		what := heldWords(h)
		names[what] = append(names[what], h.Namespace+"/"+h.Pod)
		if h.Workload != "" && !h.Ending && !slices.Contains(restarts[h.Namespace], h.Workload) {
			restarts[h.Namespace] = append(restarts[h.Namespace], h.Workload)
		}
	}
	for _, what := range slices.Sorted(maps.Keys(names)) {
		r.Say.Warning(fmt.Sprintf("%s stays as it is in AWS: pods still run with it: %s", what, shortList(names[what])))
	}
	for _, n := range slices.Sorted(maps.Keys(restarts)) {
		t := safe.Type("kubectl", "rollout", "restart").Flag("-n", safe.Namespace, n)
		for _, workload := range restarts[n] {
			t.Value(safe.Workload, workload)
		}
		if r.given("kube-context") != "" {
			t.Given("--context", r.given("kube-context"))
		}
		r.Say.Hint("to give them the new role: " + t.String() + " (rollout: true in irsa.yaml does that with every change)")
	}
	r.Say.Hint("to take it away once they have ended: " + r.again("apply"))
}

func heldWords(h kube.Holder) string {
	if h.RoleARN == "" {
		return "the Pod Identity association of service account " + h.Namespace + "/" + h.Account
	}
	return h.RoleARN
}

// sayStillRunning says that nothing goes from AWS as long as those pods run.
func sayStillRunning(r *request, held []kube.Holder) {
	pods := map[string][]kube.Holder{}
	for _, h := range held {
		pods[heldWords(h)] = append(pods[heldWords(h)], h)
	}
	for _, what := range slices.Sorted(maps.Keys(pods)) {
		r.Say.Warning(fmt.Sprintf("the release is gone, and pods still run with %s: %s", what, podNames(pods[what])))
	}
	r.Say.Info("what the release owns in AWS stays as long as they run")
	r.Say.Hint("to delete it once they have ended: " + r.again("destroy"))
}

func podNames(held []kube.Holder) string {
	var out []string
	for _, h := range held {
		out = append(out, h.Namespace+"/"+h.Pod)
	}
	slices.Sort(out)
	return shortList(slices.Compact(out))
}

// atMost is how many names a line has.
const atMost = 5

func shortList(names []string) string {
	if more := len(names) - atMost; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:atMost], ", "), more)
	}
	return strings.Join(names, ", ")
}
