package e2e

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/test/e2e/pods"
)

const (
	fleetNamespaces = 5  // of each cluster
	fleetHealthy    = 78 // releases that work, beside ours and the broken ones

	readS3 = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
)

// TestFleet: a hundred releases in two clusters and two AWS accounts, made by us, as eksctl makes
// them, and by hand, 20 of them broken. `helm irsa report` names each broken one by its code and no
// other, and its edges are those that STS grants, which is tried with each pod's token at each role.
func TestFleet(t *testing.T) {
	t.Parallel()
	h := helms[len(helms)-1] // a report is the same with each Helm
	timed(t, "Fleet", h, func(t *testing.T, h helmProgram) {
		f := newFleet(newWorld(t, h, paris, "fleet-ours"))
		f.install()
		f.make()
		got := f.report()
		f.named(got)
		f.granted(got)
		results.tell("Fleet: %d releases, %d edges, %d tokens at %d roles", len(f.releases)+len(f.worlds), len(got.Edges), len(f.tokens), len(f.roles))
	})
}

// fleet is what is looked at.
type fleet struct {
	*world
	worlds   []*world // one in each cluster
	releases []*fleetRelease
	// bystanders have a role and nothing else.
	bystanders []*fleetRelease
	// ours are the service accounts of releases of ours, by CONTEXT: NAMESPACE/NAME.
	ours   map[string]bool
	roles  []string
	tokens []fleetToken
}

// fleetToken is one of a service account, for AWS unless it is the pod's own.
type fleetToken struct {
	account string // CONTEXT: NAMESPACE/NAME
	usual   string
	// role is what the pod was given by the webhook, and own the token that is mounted for it.
	role, own string
}

func newFleet(w *world) *fleet {
	f := &fleet{world: w, worlds: []*world{w, w.standby(w.namespace)}, ours: map[string]bool{}}
	for i := range fleetHealthy {
		c := healthy[i%len(healthy)]
		c.name = fmt.Sprintf("%s-%d", c.name, i)
		f.add(c, i)
	}
	for i, c := range broken {
		f.add(c, i)
	}
	for i, c := range bystanders {
		f.bystanders = append(f.bystanders, f.release(c, i))
	}
	together(f.worlds...)
	return f
}

func (f *fleet) add(c fleetCase, i int) { f.releases = append(f.releases, f.release(c, i)) }

func (f *fleet) release(c fleetCase, i int) *fleetRelease {
	r := &fleetRelease{fleetCase: c, at: f.worlds[i%2], other: f.worlds[1-i%2].where, namespace: fmt.Sprintf("fleet-%d", i/2%fleetNamespaces)}
	if c.in == away {
		r.at, r.other = f.worlds[0], f.worlds[1].where // the one whose provider is there
	}
	return r
}

// context is what a cluster is called in the kubeconfig, as the AWS CLI would.
func (w *world) context() string {
	return fmt.Sprintf("arn:aws:eks:%s:%s:cluster/%s", w.where.region, home, w.name)
}

// together gives the worlds a kubeconfig with the clusters of all of them.
func together(worlds ...*world) {
	w := worlds[0]
	w.Helper()
	all := api.NewConfig()
	for _, w := range worlds {
		one, err := clientcmd.LoadFromFile(w.cluster.Kubeconfig())
		w.no(err)
		of, name := one.Contexts[one.CurrentContext], w.context()
		all.Clusters[name], all.AuthInfos[name] = one.Clusters[of.Cluster], one.AuthInfos[of.AuthInfo]
		all.Contexts[name] = &api.Context{Cluster: name, AuthInfo: name}
		all.Contexts["same-as-"+name] = &api.Context{Cluster: name, AuthInfo: name, Namespace: w.namespace} // people have such
	}
	path := filepath.Join(w.TempDir(), "kubeconfig")
	w.no(clientcmd.WriteToFile(*all, path))
	for _, w := range worlds {
		w.env = append(slices.Clone(w.env), "KUBECONFIG="+path, "HELM_KUBECONTEXT="+w.context())
	}
}

// standby is a world in the other cluster, which this one's AWS knows as well.
func (w *world) standby(namespace string) *world {
	w.Helper()
	other := w.beside(montreal, namespace)
	other.name = "standby"
	w.no(w.aws.AddIssuerKeySet(montreal.issuer, other.cluster.Keys()))
	w.aws.AddCluster(localaws.Cluster{Account: home, Region: montreal.region, Name: other.name, Version: "1.36", Issuer: montreal.issuer})
	return other
}

// install installs a release of ours in each cluster, one after the other.
func (f *fleet) install() {
	f.Helper()
	for i, w := range f.worlds {
		orders, reports := fmt.Sprintf("ours-orders-%d", i), fmt.Sprintf("ours-reports-%d", i)
		w.irsaYAML(strings.Replace(shopAccounts(orders, reports), "name: "+reports+"}", "name: "+reports+", policyARNs: ["+readS3+"]}", 1))
		w.must(w.upgrade("shop", absolute(shop), "--wait", "--irsa-verify=never")...)
		for _, name := range []string{"orders", "reports"} {
			f.ours[w.context()+": "+w.namespace+"/"+name] = true
		}
	}
}

// make makes the other releases: the roles and providers, the service accounts, the pods.
func (f *fleet) make() {
	f.Helper()
	for account, of := range map[string][]*world{home: f.worlds, away: f.worlds[:1]} {
		for _, w := range of {
			_, err := iam.NewFromConfig(f.config(account)).CreateOpenIDConnectProvider(f.ctx(), &iam.CreateOpenIDConnectProviderInput{Url: &w.where.issuer, ClientIDList: []string{"sts.amazonaws.com"}})
			var there *types.EntityAlreadyExistsException // our releases made it
			if !errors.As(err, &there) {
				f.no(err)
			}
		}
	}
	for _, w := range f.worlds {
		for i := range fleetNamespaces {
			w.makeNamespace(fmt.Sprintf("fleet-%d", i))
		}
	}
	for _, r := range f.bystanders {
		f.makeRole(r)
	}
	for _, r := range f.releases {
		if !r.noRole {
			f.makeRole(r)
		}
		_, err := r.at.kube.CoreV1().ServiceAccounts(r.namespace).Create(f.ctx(), r.serviceAccount(), metav1.CreateOptions{})
		f.no(err)
		_, err = r.at.kube.AppsV1().Deployments(r.namespace).Create(f.ctx(), r.deployment(), metav1.CreateOptions{})
		f.no(err)
	}
	for _, r := range f.releases {
		f.await("a pod of "+r.name+" to run", func() bool { return len(r.running(f.ctx())) == 1 })
		if r.late {
			// Kubernetes tells times by the second: one of the same would be of one apply.
			made := r.running(f.ctx())[0].CreationTimestamp.Time
			f.await("the second of that pod to pass", func() bool { return time.Since(made) > time.Second })
			account, err := r.at.kube.CoreV1().ServiceAccounts(r.namespace).Get(f.ctx(), r.name, metav1.GetOptions{})
			f.no(err)
			r.annotate(account)
			_, err = r.at.kube.CoreV1().ServiceAccounts(r.namespace).Update(f.ctx(), account, metav1.UpdateOptions{FieldManager: "kubectl-annotate"})
			f.no(err)
		}
	}
}

// running are the pods of a release that run.
func (r *fleetRelease) running(ctx context.Context) []corev1.Pod {
	list, err := r.at.kube.CoreV1().Pods(r.namespace).List(ctx, metav1.ListOptions{LabelSelector: "app=" + r.name})
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(list.Items, func(p corev1.Pod) bool { return p.Status.Phase != corev1.PodRunning })
}

// makeRole makes a role that may read S3, with the tags that eksctl gives
// (https://github.com/eksctl-io/eksctl, pkg/apis/eksctl.io/v1alpha5/types.go) to one of its own.
func (f *fleet) makeRole(r *fleetRelease) {
	f.Helper()
	client := iam.NewFromConfig(f.config(r.account()))
	in := &iam.CreateRoleInput{RoleName: &r.name, AssumeRolePolicyDocument: aws.String(r.trust())}
	if strings.HasPrefix(r.name, "eksctl") {
		in.Tags = []types.Tag{{Key: aws.String("alpha.eksctl.io/cluster-name"), Value: &r.at.name}, {Key: aws.String("alpha.eksctl.io/iamserviceaccount-name"), Value: aws.String(r.namespace + "/" + r.name)}}
	}
	_, err := client.CreateRole(f.ctx(), in)
	f.no(err)
	_, err = client.AttachRolePolicy(f.ctx(), &iam.AttachRolePolicyInput{RoleName: &r.name, PolicyArn: aws.String(readS3)})
	f.no(err)
}

// fleetReport is what `helm irsa report -o json` prints, as far as this looks at it.
type fleetReport struct {
	Missing         []struct{ What, Why string }
	ServiceAccounts []struct {
		Cluster, Namespace, Name, Status, RoleARN string
		Release                                   *struct{ Name string }
		Findings                                  []string
	}
	Roles []struct {
		ARN, Owner string
		Findings   []string
	}
	Edges []struct {
		Cluster, Namespace, ServiceAccount, RoleARN, Allowed string
		Named                                                bool
	}
}

func (f *fleet) report() *fleetReport {
	f.Helper()
	args := []string{"irsa", "report", "--profile", homeProfile, "--profile", awayProfile, "-o", "json"}
	for _, w := range f.worlds {
		args = append(args, "--context", w.context(), "--context", "same-as-"+w.context())
	}
	r := f.run(args...)
	f.says(r, "contexts "+f.context()+" and same-as-"+f.context()+" are of one cluster")
	var out fleetReport
	if err := json.Unmarshal([]byte(r.stdout), &out); err != nil || r.code != 2 {
		f.Fatalf("helm irsa report: %v: %s", err, r)
	}
	for _, m := range out.Missing {
		f.Errorf("the report lacks %s: %s", m.What, m.Why)
	}
	return &out
}

// isFleet: a namespace of this scenario; others share the clusters.
func isFleet(namespace string) bool { return strings.HasPrefix(namespace, "fleet-") }

// named holds what the report says of each service account against what is wrong with it.
func (f *fleet) named(got *fleetReport) {
	f.Helper()
	want := map[string]string{}
	for _, r := range f.releases {
		want[r.at.context()+": "+r.namespace+"/"+r.name] = r.code
	}
	for name := range f.ours {
		want[name] = ""
	}
	for _, a := range got.ServiceAccounts {
		name := a.Cluster + ": " + a.Namespace + "/" + a.Name
		code, known := want[name]
		if !isFleet(a.Namespace) || !known && a.Status == "" {
			continue
		}
		delete(want, name)
		switch {
		case !known:
			f.Errorf("%s should have no role, and is %s: %q", name, a.Status, a.Findings)
		case code == "" && (a.Status != "ok" || len(a.Findings) > 0):
			f.Errorf("%s works, and is %s: %q", name, a.Status, a.Findings)
		case code != "" && (a.Status != "broken" || len(a.Findings) == 0 || a.Findings[0] != code):
			f.Errorf("%s is %s: %q, want %s first", name, a.Status, a.Findings, code)
		}
		if !f.ours[name] && known && (a.Release == nil || a.Release.Name != a.Name) {
			f.Errorf("%s: its release is %v", name, a.Release)
		}
	}
	for name := range want {
		f.Errorf("the report does not have %s", name)
	}
	for _, r := range got.Roles {
		base := r.ARN[strings.LastIndexByte(r.ARN, '/')+1:]
		if strings.HasPrefix(base, "eksctl-") != strings.HasPrefix(r.Owner, "eksctl, ") || strings.HasPrefix(base, "ours-") != strings.HasPrefix(r.Owner, "helm-irsa, ") {
			f.Errorf("role %s is owned by %q", base, r.Owner)
		}
		for _, b := range f.bystanders {
			if b.role() == r.ARN && b.code != "" && !slices.Contains(r.Findings, b.code) {
				f.Errorf("role %s has %q, want %s", base, r.Findings, b.code)
			}
		}
	}
}

// granted holds the report's edges against STS.
func (f *fleet) granted(got *fleetReport) {
	f.Helper()
	if f.tokens == nil {
		f.gather()
	}
	type edge struct{ account, role string }
	granted := map[edge]bool{}
	var mu sync.Mutex
	var wait sync.WaitGroup
	for _, token := range f.tokens {
		wait.Go(func() {
			for _, role := range f.roles {
				try := token.usual
				if token.own != "" && token.role == role {
					try = token.own
				}
				if yes := f.takes(try, role); yes {
					mu.Lock()
					granted[edge{token.account, role}] = true
					mu.Unlock()
				}
			}
		})
	}
	wait.Wait()
	told := map[edge]bool{}
	for _, e := range got.Edges {
		if !isFleet(e.Namespace) {
			continue
		}
		at := edge{e.Cluster + ": " + e.Namespace + "/" + e.ServiceAccount, e.RoleARN}
		switch {
		case e.Allowed == "yes":
			told[at] = true
		case e.Allowed == "unknown" && strings.HasSuffix(e.RoleARN, "/not-yet"): // its condition is of more than the token
		case e.Allowed != "no":
			f.Errorf("the report does not know (%s) whether %s gets role %s", e.Allowed, at.account, at.role)
		}
	}
	for at := range granted {
		if !told[at] {
			f.Errorf("STS gives %s role %s, and the report has no such edge", at.account, at.role)
		}
	}
	for at := range told {
		if !granted[at] {
			f.Errorf("the report lets %s have role %s, and STS does not", at.account, at.role)
		}
	}
	if len(granted) < fleetHealthy {
		f.Errorf("STS grants %d pairs, which are too few to compare", len(granted))
	}
}

// gather gets the roles of both AWS accounts, and tokens of each pod.
func (f *fleet) gather() {
	f.Helper()
	for _, id := range []string{home, away} {
		pages := iam.NewListRolesPaginator(iam.NewFromConfig(f.config(id)), &iam.ListRolesInput{})
		for pages.HasMorePages() {
			page, err := pages.NextPage(f.ctx())
			f.no(err)
			for _, r := range page.Roles {
				f.roles = append(f.roles, *r.Arn)
			}
		}
	}
	for _, w := range f.worlds {
		namespaces := []string{w.namespace}
		for i := range fleetNamespaces {
			namespaces = append(namespaces, fmt.Sprintf("fleet-%d", i))
		}
		for _, namespace := range namespaces {
			f.gatherTokens(w, namespace)
		}
	}
}

// gatherTokens gets a token of each service account of a namespace, bound to one of its pods where it
// has any.
func (f *fleet) gatherTokens(w *world, namespace string) {
	f.Helper()
	running := map[string]*corev1.Pod{}
	for _, pod := range w.pods(namespace) {
		running[pod.Spec.ServiceAccountName] = &pod
	}
	accounts, err := w.kube.CoreV1().ServiceAccounts(namespace).List(f.ctx(), metav1.ListOptions{})
	f.no(err)
	for _, a := range accounts.Items {
		token := fleetToken{account: w.context() + ": " + namespace + "/" + a.Name}
		ask := authenticationv1.TokenRequestSpec{Audiences: []string{"sts.amazonaws.com"}}
		if pod := running[a.Name]; pod != nil {
			ask.BoundObjectRef = &authenticationv1.BoundObjectReference{Kind: "Pod", APIVersion: "v1", Name: pod.Name, UID: pod.UID}
			c := pod.Spec.Containers[0]
			if token.role = pods.Env(c, "AWS_ROLE_ARN"); token.role != "" {
				token.own, err = pods.Mounted(f.ctx(), w.kube, pod, c)
				f.no(err)
			}
		}
		token.usual, err = pods.Token(f.ctx(), w.kube, namespace, a.Name, ask)
		f.no(err)
		f.tokens = append(f.tokens, token)
	}
}

// takes gives a token to STS for a role. STS takes it unsigned, as SDKs send it
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html); ten
// thousand times, the SDK would take a minute.
func (f *fleet) takes(token, role string) bool {
	answer, err := http.PostForm(f.aws.URL(), url.Values{
		"Action": {"AssumeRoleWithWebIdentity"}, "Version": {"2011-06-15"}, "RoleArn": {role}, "RoleSessionName": {"fleet"}, "WebIdentityToken": {token},
	})
	if err != nil {
		f.Error(err)
		return false
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		f.Error(err)
	}
	if answer.StatusCode == http.StatusOK {
		return true
	}
	var refused struct{ Error struct{ Code string } }
	if err := xml.Unmarshal(text, &refused); err != nil || !slices.Contains([]string{"AccessDenied", "InvalidIdentityToken"}, refused.Error.Code) {
		f.Errorf("STS says of role %s: %s", role, text)
	}
	return false
}
