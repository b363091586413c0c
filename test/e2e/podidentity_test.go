package e2e

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-irsa/helm-irsa/internal/localaws/podagent"
	"github.com/helm-irsa/helm-irsa/test/e2e/pods"
	"github.com/helm-irsa/helm-irsa/test/howtos"
)

const (
	// refusedByEKS is all that a pod is told, whichever role refuses it.
	refusedByEKS = "(AccessDeniedException): Unauthorized Exception! EKS does not have permissions to assume the associated role., fault: client"
	everyPod     = `{"Version":"2012-10-17","Statement":[{"Sid":"SID","Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}]}`
)

// TestPodIdentity: an association and no annotation; the pods get the agent's address, and
// with their own token the role from it. Another namespace with an association of the same
// role does not. Then a target role in another AWS account, a session policy, and none of
// both again.
func TestPodIdentity(t *testing.T) {
	scenario(t, func(t *testing.T, h helmProgram) {
		w := newWorld(t, h, paris, "podidentity-"+h.major)
		w.agent()
		paris.associates(w.namespace, func(account string) bool { return w.associated(account) != "" })
		defer paris.associates(w.namespace, nil)
		role := howtos.Role(home, "orders")
		w.irsaYAML(podIdentity(""))
		w.must(w.upgrade("shop", absolute(shop), "--wait")...)
		if got := w.associated("orders"); got != role {
			t.Errorf("the association has the role %q, want %q", got, role)
		}
		for _, pod := range w.pods(w.namespace) {
			for _, c := range pod.Spec.Containers {
				uri, arn := pods.Env(c, pods.CredentialsURI), pods.Env(c, "AWS_ROLE_ARN")
				if arn != "" || (uri != "") != (pod.Spec.ServiceAccountName == "orders") {
					t.Errorf("pod %s (service account %s) has %s %q and AWS_ROLE_ARN %q", pod.Name, pod.Spec.ServiceAccountName, pods.CredentialsURI, uri, arn)
				}
			}
		}
		if got, err := w.assume(w.token(w.namespace+"/orders"), role); err == nil {
			t.Errorf("a role of Pod Identity is taken by a web identity: %s", got)
		}
		w.gets("orders", roleSession(home, "orders"))
		w.narrowed(role)
		got, r := w.verify("shop")
		for _, one := range got.ServiceAccounts {
			if one.Name == "orders" && one.Status == "broken" {
				t.Errorf("verify finds it broken: %s", r)
			}
		}

		w.irsaYAML(podIdentity("targetRoleARN: " + howtos.Role(away, "buckets")))
		w.must(w.upgrade("shop", absolute(shop), "--wait")...)
		w.gets("orders", roleSession(away, "buckets"))

		w.irsaYAML(podIdentity(`disableSessionTags: true, policy: {Version: "2012-10-17", Statement: {Effect: Allow, Action: "iam:ListRoles", Resource: "*"}}`))
		w.must(w.upgrade("shop", absolute(shop), "--wait")...)
		w.gets("orders", roleSession(home, "orders"))
		session := iam.NewFromConfig(w.sessionOf("orders"))
		if _, err := session.ListRoles(w.ctx(), &iam.ListRolesInput{}); err != nil {
			t.Errorf("what the session policy allows is refused: %v", err)
		}
		if _, err := session.GetRole(w.ctx(), &iam.GetRoleInput{RoleName: aws.String("orders")}); !denied(err) {
			t.Errorf("what the session policy does not allow is not refused: %v", err)
		}

		w.irsaYAML(podIdentity(""))
		w.must(w.upgrade("shop", absolute(shop), "--wait")...)
		w.gets("orders", roleSession(home, "orders"))
		if a := w.association("orders"); a.TargetRoleArn != nil || a.Policy != nil || aws.ToBool(a.DisableSessionTags) {
			t.Errorf("the association keeps its settings: %+v", a)
		}

		// To IRSA: the association goes before the new pods come, or the webhook would give them that.
		w.irsaYAML(strings.Replace(podIdentity(""), "mode: podIdentity\n  podIdentity: {}", "mode: irsa", 1))
		r = w.must(w.upgrade("shop", absolute(shop), "--wait")...)
		w.says(r, "loses its Pod Identity association", "at once: new pods would get that")
		if got := w.associated("orders"); got != "" {
			t.Errorf("the association with %s is left", got)
		}
		some := false
		for _, pod := range w.pods(w.namespace) {
			if pod.Spec.ServiceAccountName == "orders" {
				some = true
				w.assumes(pod, role)
			}
		}
		if !some {
			t.Error("no pod runs as orders")
		}

		w.must("irsa", "uninstall", "shop", "-n", w.namespace, "--irsa-yes", "--wait")
		w.nothingLeft()
	})
}

// podIdentity is an irsa.yaml with these settings, and with a role in another AWS account
// that may be a target role.
func podIdentity(settings string) string {
	return `accounts: {"` + away + `": {profile: ` + awayProfile + `}}
serviceAccounts:
- name: orders
  mode: podIdentity
  podIdentity: {` + settings + `}
  rollout: true
  role: {name: orders}
- name: buckets
  create: never
  role: {name: buckets, accountID: "` + away + `"}
`
}

// narrowed: another namespace has an association with the role, which that does not trust;
// while it trusts every one, as roles of before did, it gets in, and an upgrade ends that.
func (w *world) narrowed(role string) {
	w.Helper()
	elsewhere := w.namespace + "-elsewhere"
	_, err := w.kube.CoreV1().Namespaces().Create(w.ctx(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: elsewhere}}, metav1.CreateOptions{})
	w.no(err)
	_, err = w.kube.CoreV1().ServiceAccounts(elsewhere).Create(w.ctx(), &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "orders"}}, metav1.CreateOptions{})
	w.no(err)
	made, err := eks.NewFromConfig(w.config(home)).CreatePodIdentityAssociation(w.ctx(), &eks.CreatePodIdentityAssociationInput{
		ClusterName: &w.name, Namespace: &elsewhere, ServiceAccount: aws.String("orders"), RoleArn: &role,
	})
	w.no(err)
	paris.associates(elsewhere, func(account string) bool { return account == "orders" })
	defer paris.associates(elsewhere, nil)
	pod := w.probe(elsewhere + "/orders")
	if got := w.podSession(*pod); got != refusedByEKS {
		w.Errorf("another namespace is not refused: %s", got)
	}

	client, name := iam.NewFromConfig(w.config(home)), aws.String("orders")
	now, err := client.GetRole(w.ctx(), &iam.GetRoleInput{RoleName: name})
	w.no(err)
	_, sid, _ := strings.Cut(aws.ToString(now.Role.AssumeRolePolicyDocument), "HelmIrsa")
	sid = "HelmIrsa" + sid[:strings.IndexAny(sid, `"%`)]
	_, err = client.UpdateAssumeRolePolicy(w.ctx(), &iam.UpdateAssumeRolePolicyInput{RoleName: name, PolicyDocument: aws.String(strings.Replace(everyPod, "SID", sid, 1))})
	w.no(err)
	if got := w.podSession(*pod); got != roleSession(home, "orders") {
		w.Errorf("a role that trusts every association refuses one: %s", got)
	}
	r := w.must(w.upgrade("shop", absolute(shop), "--wait")...)
	w.says(r, "service account "+elsewhere+"/orders of cluster "+w.name+" loses role orders")
	if got := w.podSession(*pod); got != refusedByEKS {
		w.Errorf("another namespace is not refused after the upgrade: %s", got)
	}
	w.gets("orders", roleSession(home, "orders"))

	_, err = eks.NewFromConfig(w.config(home)).DeletePodIdentityAssociation(w.ctx(), &eks.DeletePodIdentityAssociationInput{ClusterName: &w.name, AssociationId: made.Association.AssociationId})
	w.no(err)
	w.no(w.kube.CoreV1().Pods(elsewhere).Delete(w.ctx(), pod.Name, metav1.DeleteOptions{}))
}

// roleSession is a session of a role, without its name.
func roleSession(account, role string) string {
	return "arn:aws:sts::" + account + ":assumed-role/" + role
}

// gets: the pods of a service account have a session of this role.
func (w *world) gets(account, session string) {
	w.Helper()
	some := false
	for _, pod := range w.pods(w.namespace) {
		if pod.Spec.ServiceAccountName == account {
			some = true
			if got := w.podSession(pod); got != session {
				w.Errorf("pod %s gets %s, want %s", pod.Name, got, session)
			}
		}
	}
	if !some {
		w.Errorf("no pod runs as %s", account)
	}
}

// podSession is the session that a pod gets from the agent, or what the agent says.
func (w *world) podSession(pod corev1.Pod) string {
	w.Helper()
	cfg, err := w.fromAgent(pod)
	if err != nil {
		_, said, _ := strings.Cut(err.Error(), "]: ")
		return strings.TrimSpace(said)
	}
	me, err := sts.NewFromConfig(cfg).GetCallerIdentity(w.ctx(), &sts.GetCallerIdentityInput{})
	w.no(err)
	arn := aws.ToString(me.Arn)
	return arn[:strings.LastIndexByte(arn, '/')]
}

// sessionOf is the AWS SDK's configuration in the pods of a service account.
func (w *world) sessionOf(account string) aws.Config {
	w.Helper()
	for _, pod := range w.pods(w.namespace) {
		if pod.Spec.ServiceAccountName == account {
			cfg, err := w.fromAgent(pod)
			w.no(err)
			return cfg
		}
	}
	w.Fatalf("no pod runs as %s", account)
	return aws.Config{}
}

// fromAgent asks the agent of the pod's node for credentials, with the pod's own token.
func (w *world) fromAgent(pod corev1.Pod) (aws.Config, error) {
	w.Helper()
	agent := httptest.NewServer(&podagent.Agent{
		Cluster: w.name, Region: w.where.region, Endpoint: w.aws.URL(), Node: aws.Credentials{AccessKeyID: key(home), SecretAccessKey: "x"},
	})
	defer agent.Close()
	got, err := pods.FromAgent(w.ctx(), w.kube, agent.URL, &pod)
	if err != nil {
		return aws.Config{}, err
	}
	cfg, err := config.LoadDefaultConfig(w.ctx(), config.WithRegion(w.where.region), config.WithBaseEndpoint(w.aws.URL()),
		config.WithCredentialsProvider(credentials.StaticCredentialsProvider{Value: got}))
	w.no(err)
	return cfg, nil
}

// associated is the role of a service account's association; empty where there is none.
func (w *world) associated(account string) string {
	return aws.ToString(w.association(account).RoleArn)
}

// association is that of a service account; empty where there is none.
func (w *world) association(account string) types.PodIdentityAssociation {
	client := eks.NewFromConfig(w.config(home))
	list, err := client.ListPodIdentityAssociations(w.ctx(), &eks.ListPodIdentityAssociationsInput{ClusterName: &w.name, Namespace: &w.namespace, ServiceAccount: &account})
	if err != nil || len(list.Associations) == 0 {
		return types.PodIdentityAssociation{}
	}
	one, err := client.DescribePodIdentityAssociation(w.ctx(), &eks.DescribePodIdentityAssociationInput{ClusterName: &w.name, AssociationId: list.Associations[0].AssociationId})
	if err != nil {
		return types.PodIdentityAssociation{}
	}
	return *one.Association
}

// agent is the DaemonSet of EKS's add-on, as far as it can be seen from outside. It stays.
func (w *world) agent() {
	w.Helper()
	labels := map[string]string{"app.kubernetes.io/name": "eks-pod-identity-agent"}
	_, err := w.kube.AppsV1().DaemonSets("kube-system").Create(w.ctx(), &appsv1.DaemonSet{
		ObjectMeta: metav1.ObjectMeta{Name: "eks-pod-identity-agent"},
		Spec: appsv1.DaemonSetSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{HostNetwork: true, Containers: []corev1.Container{{Name: "agent", Image: "registry.example.com/agent:1"}}},
			},
		},
	}, metav1.CreateOptions{})
	if !apierrors.IsAlreadyExists(err) {
		w.no(err)
	}
}
