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

const (
	// replacing is how long pods are waited for that Helm has replaced: Helm's --wait ends
	// before a Deployment has let go of the last of the old ones (pkg/kube/ready.go of
	// Helm 3, deploymentReady, lets maxUnavailable be missing).
	replacing   = 10 * time.Second
	lookAgainIn = 500 * time.Millisecond
)

// loss is what a plan takes from pods.
type loss struct {
	// deleted are the ARNs of the roles that go; left those of the roles that let in others
	// than these service accounts, NAMESPACE/NAME, from then on.
	deleted, left, accounts []string
	// associations are the service accounts that lose a Pod Identity association.
	associations []string
}

func lossOf(p *awsiam.Plan) loss {
	var out loss
	for _, c := range p.Changes {
		switch {
		case c.Type == awsiam.TypeRole && c.Action == awsiam.Delete:
			out.deleted = append(out.deleted, c.ARN)
		case c.Type == awsiam.TypeAssociation && c.Action == awsiam.Delete:
			out.associations = append(out.associations, c.Name)
		case p.Leaving && (c.Type == awsiam.TypeRole || c.Type == awsiam.TypeTrust):
			out.left = append(out.left, c.ARN)
		}
	}
	return out
}

func (l loss) none() bool { return len(l.deleted)+len(l.left)+len(l.associations) == 0 }

// hits reports whether a pod runs with what goes.
func (l loss) hits(h kube.Holder) bool {
	account := h.Namespace + "/" + h.Account
	if h.RoleARN == "" {
		return slices.Contains(l.associations, account)
	}
	return slices.Contains(l.deleted, h.RoleARN) || slices.Contains(l.left, h.RoleARN) && slices.Contains(l.accounts, account)
}

// stillHeld are the pods that run with a role which is about to be deleted, and are to go on
// running. A pod keeps the role that it was made with, and nothing restarts it but a change
// of its template.
func stillHeld(r *request, p *awsiam.Plan) ([]kube.Holder, error) {
	l := lossOf(p)
	if l.none() {
		return nil, nil
	}
	if r.clusterErr != nil {
		return nil, r.clusterErr
	}
	ctx := r.Context
	end := time.Now()
	if r.waits() {
		end = end.Add(replacing)
	}
	for {
		held, err := holders(ctx, r.cluster, namespacesOf(r.file, r.namespace), l)
		held = slices.DeleteFunc(held, func(h kube.Holder) bool { return h.Ending })
		if err != nil || len(held) == 0 || !time.Now().Before(end) {
			return held, err
		}
		if err := wait(ctx, lookAgainIn); err != nil {
			return nil, err
		}
	}
}

func holders(ctx context.Context, client *kube.Client, namespaces []string, l loss) ([]kube.Holder, error) {
	var out []kube.Holder
	for _, namespace := range namespaces {
		all, err := client.Holders(ctx, namespace)
		if err != nil {
			return nil, err
		}
		for _, h := range all {
			if l.hits(h) {
				out = append(out, h)
			}
		}
	}
	return out, nil
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
	v := r.Say
	restarts, names := map[string][]string{}, map[string][]string{}
	for _, h := range held {
		what := heldWords(h)
		names[what] = append(names[what], h.Namespace+"/"+h.Pod)
		if h.Workload != "" && !slices.Contains(restarts[h.Namespace], h.Workload) {
			restarts[h.Namespace] = append(restarts[h.Namespace], h.Workload)
		}
	}
	for _, what := range slices.Sorted(maps.Keys(names)) {
		v.Warning(fmt.Sprintf("%s stays in AWS: pods still run with it: %s", what, shortList(names[what])))
	}
	for _, n := range slices.Sorted(maps.Keys(restarts)) {
		t := safe.Type("kubectl", "rollout", "restart").Flag("-n", safe.Namespace, n)
		for _, workload := range restarts[n] {
			t.Value(safe.Workload, workload)
		}
		if r.given("kube-context") != "" {
			t.Given("--context", r.given("kube-context"))
		}
		v.Hint("to give them the new role: " + t.String() + " (rollout: true in irsa.yaml does that with every change)")
	}
	v.Hint("to take the old one away then: " + r.again("apply"))
}

func heldWords(h kube.Holder) string {
	if h.RoleARN == "" {
		return "the Pod Identity association of service account " + h.Namespace + "/" + h.Account
	}
	return h.RoleARN
}

// atMost is how many names a line has.
const atMost = 5

func shortList(names []string) string {
	if more := len(names) - atMost; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:atMost], ", "), more)
	}
	return strings.Join(names, ", ")
}
