package cli

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

// deletedRoles are the ARNs of the roles that a plan deletes.
func deletedRoles(p *awsiam.Plan) []string {
	var out []string
	for _, c := range p.Changes {
		if c.Type == awsiam.TypeRole && c.Action == awsiam.Delete {
			out = append(out, c.ARN)
		}
	}
	return out
}

// stillHeld are the pods that run with a role which is about to be deleted. A pod keeps the
// role that it was made with, and nothing restarts it but a change of its template.
func (p provisioned) stillHeld(o *wrapperOptions, file *spec.File, namespace string) ([]kube.Holder, error) {
	roles := deletedRoles(p.later)
	if len(roles) == 0 {
		return nil, nil
	}
	client, err := o.openCluster(namespace)
	if err != nil {
		return nil, err
	}
	ctx := o.sys.context()
	end := time.Now()
	if o.waits() {
		end = end.Add(replacing)
	}
	for {
		held, err := holders(ctx, client, namespacesOf(file, namespace), roles)
		if err != nil || len(held) == 0 || !time.Now().Before(end) {
			return held, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(lookAgainIn):
		}
	}
}

func holders(ctx context.Context, client *kube.Client, namespaces, roles []string) ([]kube.Holder, error) {
	var out []kube.Holder
	for _, namespace := range namespaces {
		all, err := client.Holders(ctx, namespace)
		if err != nil {
			return nil, err
		}
		for _, h := range all {
			if slices.Contains(roles, h.RoleARN) {
				out = append(out, h)
			}
		}
	}
	return out, nil
}

// waits: Helm was told to wait for the pods. Helm 4 has hookOnly, which does not
// (pkg/cmd/flags.go, AddWaitFlag).
func (o *wrapperOptions) waits() bool {
	v, given := o.args.Given("wait")
	return given && v != "false" && v != "hookOnly" || o.removesOnFailure() != ""
}

// namespacesOf are the release's namespace and those of its accounts.
func namespacesOf(file *spec.File, release string) []string {
	out := []string{release}
	for _, sa := range file.ServiceAccounts {
		out = append(out, inNamespace(sa, release))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// sayStillHeld says which pods stand in the way, and how they get the new role.
func (p provisioned) sayStillHeld(o *wrapperOptions, namespace string, held []kube.Holder) {
	v := voice{o.sys.Stderr}
	restarts, names := map[string][]string{}, map[string][]string{}
	for _, h := range held {
		names[h.RoleARN] = append(names[h.RoleARN], h.Namespace+"/"+h.Pod)
		if h.Workload != "" && !slices.Contains(restarts[h.Namespace], h.Workload) {
			restarts[h.Namespace] = append(restarts[h.Namespace], h.Workload)
		}
	}
	for _, arn := range slices.Sorted(maps.Keys(names)) {
		v.warning(fmt.Sprintf("%s stays in AWS: pods still run with it: %s", arn, shortList(names[arn])))
	}
	for _, n := range slices.Sorted(maps.Keys(restarts)) {
		t := safe.Type("kubectl", "rollout", "restart").Flag("-n", safe.Namespace, n)
		for _, workload := range restarts[n] {
			t.Value(safe.Workload, workload)
		}
		if o.given("kube-context") != "" {
			t.Given("--context", o.given("kube-context"))
		}
		v.hint("to give them the new role: " + t.String() + " (rollout: true in irsa.yaml does that with every change)")
	}
	v.hint("to take the old one away then: " + o.irsaAgain("apply", namespace))
}

// atMost is how many names a line has.
const atMost = 5

func shortList(names []string) string {
	if more := len(names) - atMost; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:atMost], ", "), more)
	}
	return strings.Join(names, ", ")
}
