package verify

import (
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// Cluster is a whole cluster, judged: the report, and what runs as each of its service accounts,
// whether that has a role or not.
type Cluster struct {
	*Report
	Accounts []Account
}

// Account is a service account of a cluster, and what uses it.
type Account struct {
	Namespace, Name string
	// Object declares it; nil where no object does.
	Object *manifest.Object
	// By is what gives it its role; empty where it has none.
	By GivenBy
	// Writer is who writes the service account again, whatever is changed on it by hand; empty
	// where nobody is known to.
	Writer string
	// Workloads are what people wrote to have its pods, as KIND NAMESPACE/NAME, and Makers their
	// objects, as far as they were read. Pods counts those that run.
	Workloads []string
	Makers    []*manifest.Object
	Pods      int
	// StaticKeys say which of its containers have access keys, and where from.
	StaticKeys []string
	// NodeRole are the workloads that show by a variable that they use AWS, and have no
	// credentials but those of the node's role.
	NodeRole []string
}

// GivenBy is what gives a service account its role.
type GivenBy string

// What gives a service account its role.
const (
	ByAnnotation  GivenBy = "annotation"
	ByAssociation GivenBy = "association"
	// ByWebhook: the ConfigMap of a pod identity webhook that somebody runs.
	ByWebhook GivenBy = "webhookConfigMap"
	// ByPods: its pods, or what makes them, name the role themselves.
	ByPods GivenBy = "pods"
	// ByTrust: nothing but the role's trust policy, which names the service account.
	ByTrust GivenBy = "trust"
)

// VerifyCluster judges the service accounts of a whole cluster as Verify does those of a release.
// Objects are all that the cluster has of the kinds that were read, Snapshot the AWS accounts
// that its service accounts have roles in, and Release and Namespace are empty. A service
// account that nothing gives a role is not judged.
func VerifyCluster(in Input) *Cluster {
	in.whole = true
	w := newFacts(in)
	out := &Cluster{Report: verified(w)}
	for _, a := range w.order {
		if a.name != "" {
			out.Accounts = append(out.Accounts, accountIn(w, a))
		}
	}
	return out
}

func accountIn(w *facts, a *serviceAccount) Account {
	out := Account{Namespace: a.namespace, Name: a.name, Object: a.object(), By: givenBy(w, a), Writer: safe.Text(writerOf(a.object()))}
	for _, p := range a.pods {
		by, name := maker(w, p)
		if !slices.Contains(out.Workloads, name) {
			out.Workloads = append(out.Workloads, name)
		}
		if by != nil && !slices.Contains(out.Makers, by) {
			out.Makers = append(out.Makers, by)
		}
		if p.isPod() && !terminating(p) {
			out.Pods += 1 + p.alike
		}
		var keys []finding
		add := func(f finding, ok bool) {
			if ok {
				keys = append(keys, f)
			}
		}
		for _, ct := range p.containers() {
			add(staticKeys(w, p, ct))
		}
		add(keysInFile(w, p))
		for _, f := range keys {
			if said := safe.Text(f.Message); !slices.Contains(out.StaticKeys, said) {
				out.StaticKeys = append(out.StaticKeys, said)
			}
		}
		if out.By == "" && len(keys) == 0 && speaksOfAWS(p) != "" && !slices.Contains(out.NodeRole, name) {
			out.NodeRole = append(out.NodeRole, name)
		}
	}
	return out
}

// maker is what a person wrote to have the pod, and its name; the object is nil where it is known
// only by what the pod says of it, as where its kind is one that nobody knows.
func maker(w *facts, p *pod) (*manifest.Object, string) {
	by := author(w, p).from
	for _, r := range manifest.List(by.Body, "metadata", "ownerReferences") {
		if controls, _ := manifest.Dig(r, "controller").(bool); !controls {
			continue
		}
		kind, name := manifest.Text(r, "kind"), manifest.Text(r, "name")
		// A Deployment names its ReplicaSets so (k8s.io/kubernetes/pkg/controller/deployment/sync.go, generateReplicaSetName).
		hash := manifest.Text(by.Body, "metadata", "labels", "pod-template-hash")
		if deployment, ok := strings.CutSuffix(name, "-"+hash); ok && kind == "ReplicaSet" {
			kind, name = "Deployment", deployment
		}
		return nil, safe.Text(manifest.Object{Kind: kind, Namespace: namespaceOf(w, by), Name: name}.String())
	}
	return by, safe.Text(by.String())
}

// givenBy says what gives the service account its role. An association goes before the annotation,
// and that before the webhook's ConfigMap.
func givenBy(w *facts, a *serviceAccount) GivenBy {
	_, configured := webhookTold(w).entry(a.key)
	switch {
	case !a.chained:
		return ""
	case a.association != nil:
		return ByAssociation
	case manifest.Text(a.annotations(), roleKey) != "":
		return ByAnnotation
	case configured:
		return ByWebhook
	case a.presumed != nil:
		return ByTrust
	}
	return ByPods
}

// ofCluster: the role trusts tokens of the cluster's issuer, as far as that is known.
func ofCluster(w *facts, r *awsstate.Role) bool {
	issuer := trust.ProviderName(w.snapshot.Cluster.Issuer)
	if issuer == "" || r.Trust == nil {
		return true
	}
	return slices.ContainsFunc(r.Trust.Statements(), func(s trust.Statement) bool {
		principals, _ := s.Principals()
		return slices.ContainsFunc(principals, func(p trust.Principal) bool {
			return strings.HasSuffix(p.ID, ":oidc-provider/"+issuer) || p.ID == trust.PodIdentityService
		})
	})
}

// Roles judges roles by themselves: who gets into them that nobody named, and whether their
// policies are as good as administrator. The findings are by the role's ARN.
func Roles(state *awsstate.State, arns []string) map[string][]Finding {
	w := newFacts(Input{Snapshot: state, whole: true})
	out := map[string][]Finding{}
	for _, arn := range arns {
		c := aboutCluster(w)
		c.holder = holderOf(w, arn)
		r := &result{of: c}
		wideTrust(c, r, c.holder)
		widePermissions(c, r, c.holder)
		for _, f := range r.findings {
			said := f.told(f.repair.steps())
			said.shownSafely()
			out[arn] = append(out[arn], said)
		}
	}
	return out
}
