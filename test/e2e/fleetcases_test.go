package e2e

import (
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-irsa/helm-irsa/test/howtos"
)

// fleetCase is a release with one service account and one role, all of one name. The zero value
// of each field is what works. In texts, words in capitals are filled in: see filled.
type fleetCase struct {
	name string
	// in is the AWS account of its role; home where empty.
	in string
	// principal, action and condition are of the role's trust policy.
	principal, action, condition string
	// annotation and value are the service account's; with annotation "-" it has none.
	annotation, value string
	// also are further annotations of the service account.
	also map[string]string
	// noRole: AWS has none.
	noRole bool
	// late: the annotation comes when the pods run.
	late bool
	// pod changes the pods' template.
	pod func(*corev1.PodTemplateSpec)
	// code is what the report says of it first; empty for one that works.
	code string
}

const (
	roleARN   = "eks.amazonaws.com/role-arn"
	usualOnly = `{"StringEquals":{"HOST:sub":"SUBJECT","HOST:aud":"sts.amazonaws.com"}}`
)

// healthy are the ways of people and tools who get it right; the releases take turns in them.
var healthy = []fleetCase{
	{name: "eksctl"}, // as eksctl writes it, with its tags: see makeRole
	{name: "subject-alone", condition: `{"StringEquals":{"HOST:sub":"SUBJECT"}}`},
	{name: "pattern", condition: `{"StringLike":{"HOST:sub":"system:serviceaccount:NAMESPACE:NAME*"},"StringEquals":{"HOST:aud":"sts.amazonaws.com"}}`},
	{name: "list", condition: `{"StringEquals":{"HOST:sub":["system:serviceaccount:elsewhere:NAME","SUBJECT"],"HOST:aud":["sts.amazonaws.com"]}}`},
	{name: "any-value", condition: `{"ForAnyValue:StringEquals":{"HOST:aud":"sts.amazonaws.com"},"StringEquals":{"HOST:sub":"SUBJECT"}}`},
	{name: "ignore-case", condition: `{"StringEqualsIgnoreCase":{"HOST:sub":"SUBJECT"},"StringEquals":{"HOST:aud":"sts.amazonaws.com"}}`},
	{name: "arn-like-name", condition: `{"StringLike":{"HOST:sub":"system:serviceaccount:NAMESPACE:?AME-BUT-FIRST","HOST:aud":"sts.*"}}`},
	{name: "far", in: away},
}

// broken are 20 ways of people who do not.
var broken = []fleetCase{
	{name: "other-name", condition: `{"StringEquals":{"HOST:sub":"system:serviceaccount:NAMESPACE:NAMES","HOST:aud":"sts.amazonaws.com"}}`, code: "sub-service-account-name-mismatch"},
	{name: "other-namespace", condition: `{"StringEquals":{"HOST:sub":"system:serviceaccount:default:NAME","HOST:aud":"sts.amazonaws.com"}}`, code: "sub-namespace-mismatch"},
	{name: "star-in-equals", condition: `{"StringEquals":{"HOST:sub":"system:serviceaccount:NAMESPACE:*","HOST:aud":"sts.amazonaws.com"}}`, code: "sub-wildcard-in-string-equals"},
	{name: "aud-for-sub", condition: `{"StringEquals":{"HOST:aud":"SUBJECT"}}`, code: "aud-key-used-for-sub"},
	{name: "other-audience", condition: `{"StringEquals":{"HOST:sub":"SUBJECT","HOST:aud":"sts.example.com"}}`, code: "aud-value-wrong"},
	{name: "https-in-key", condition: `{"StringEquals":{"https://HOST:sub":"SUBJECT"}}`, code: "condition-key-malformed"},
	{name: "assume-role", action: "sts:AssumeRole", code: "trust-no-web-identity-statement"},
	{name: "aws-principal", principal: `{"AWS":"arn:aws:iam::` + home + `:root"}`, action: "sts:AssumeRole", condition: `{}`, code: "trust-principal-aws-instead-of-federated"},
	{name: "short-provider", principal: `{"Federated":"arn:aws:iam::` + home + `:oidc-provider/oidc.eks.REGION.amazonaws.com"}`, code: "federated-provider-arn-typo"},
	{name: "far-provider", principal: `{"Federated":"arn:aws:iam::` + away + `:oidc-provider/HOST"}`, code: "federated-account-mismatch"},
	{name: "other-cluster", principal: `{"Federated":"arn:aws:iam::` + home + `:oidc-provider/OTHER"}`, condition: `{"StringEquals":{"OTHER:sub":"SUBJECT","OTHER:aud":"sts.amazonaws.com"}}`, code: "issuer-mismatch"},
	{name: "both-at-once", condition: `{"StringEquals":{"HOST:sub":"SUBJECT","OTHER:sub":"SUBJECT"}}`, code: "multi-issuer-conditions-anded"},
	{name: "role-gone", noRole: true, code: "role-missing"},
	{name: "name-for-arn", value: "NAME", code: "role-arn-malformed"},
	{name: "policy-for-role", value: "arn:aws:iam::" + home + ":policy/NAME", code: "role-arn-is-policy-arn"},
	{name: "key-typo", annotation: "eks.amazonaws.com/role_arn", code: "annotation-wrong-key"},
	{name: "on-the-pods", annotation: "-", pod: func(t *corev1.PodTemplateSpec) {
		t.Annotations = map[string]string{roleARN: howtos.Role(home, t.Labels["app"])}
	}, code: "annotation-on-pod-not-serviceaccount"},
	{name: "keys-beside", pod: func(t *corev1.PodTemplateSpec) {
		env := &t.Spec.Containers[0].Env
		*env = append(*env, corev1.EnvVar{Name: "AWS_ACCESS_KEY_ID", Value: "AKIAIOSFODNN7EXAMPLE"}, corev1.EnvVar{Name: "AWS_SECRET_ACCESS_KEY", Value: "x"})
	}, code: "static-credentials-override"},
	{name: "own-audience", also: map[string]string{"eks.amazonaws.com/audience": "api.example.com"}, code: "token-audience-mismatch"},
	{name: "late", late: true, code: "pod-older-than-annotation"},
}

// bystanders are roles that no service account names, and that let more in than one, or less. Their code is
// among those of the role.
var bystanders = []fleetCase{
	{name: "open", condition: `{"StringEquals":{"HOST:aud":"sts.amazonaws.com"}}`, code: "trust-too-wide"},
	{name: "by-namespace", condition: `{"StringLike":{"HOST:sub":"system:serviceaccount:fleet-1:*"}}`, code: "role-shared"},
	{name: "by-pattern", condition: `{"StringLike":{"HOST:sub":"system:serviceaccount:fleet-?:l*-3"}}`},
	{name: "by-negation", condition: `{"StringNotLike":{"HOST:sub":"system:serviceaccount:fleet-?:*"},"StringLike":{"HOST:sub":"system:serviceaccount:fleet-*"}}`},
	{name: "not-yet", condition: `{"StringLike":{"HOST:sub":"system:serviceaccount:fleet-0:*"},"DateGreaterThan":{"aws:CurrentTime":"2100-01-01T00:00:00Z"}}`},
	{name: "other-case", condition: `{"StringEquals":{"HOST:sub":"System:ServiceAccount:fleet-0:default"}}`},
	{name: "old", in: away, condition: `{"StringEquals":{"HOST:sub":"system:serviceaccount:fleet-2:gone"}}`, code: "role-unreachable"},
	{name: "no-provider", in: away, principal: `{"Federated":"arn:aws:iam::` + away + `:oidc-provider/OTHER"}`, condition: `{"StringLike":{"OTHER:sub":"system:serviceaccount:fleet-2:*"}}`},
}

// fleetRelease is a case in a namespace of a cluster.
type fleetRelease struct {
	fleetCase
	at        *world
	other     *shared // the cluster that it is not in
	namespace string
}

// filled fills in the words of a text.
func (r *fleetRelease) filled(text string) string {
	host := strings.TrimPrefix(r.at.where.issuer, "https://")
	return strings.NewReplacer(
		"?AME-BUT-FIRST", "?"+r.name[1:], "NAMESPACE", r.namespace, "NAME", r.name, "SUBJECT", "system:serviceaccount:"+r.namespace+":"+r.name,
		"HOST", host, "OTHER", strings.TrimPrefix(r.other.issuer, "https://"), "REGION", r.at.where.region,
	).Replace(text)
}

func (r *fleetRelease) account() string {
	if r.in != "" {
		return r.in
	}
	return home
}

func (r *fleetRelease) role() string { return howtos.Role(r.account(), r.name) }

func (r *fleetRelease) trust() string {
	principal, action, condition := r.principal, r.action, r.condition
	if principal == "" {
		principal = `{"Federated":"arn:aws:iam::` + r.account() + `:oidc-provider/HOST"}`
	}
	if action == "" {
		action = "sts:AssumeRoleWithWebIdentity"
	}
	if condition == "" {
		condition = usualOnly
	}
	return r.filled(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":` + principal + `,"Action":"` + action + `","Condition":` + condition + `}]}`)
}

// meta marks an object as Helm does (helm.sh/helm/v3/pkg/action/validate.go).
func (r *fleetRelease) meta() metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name: r.name, Namespace: r.namespace, Labels: map[string]string{"app.kubernetes.io/managed-by": "Helm"},
		Annotations: map[string]string{"meta.helm.sh/release-name": r.name, "meta.helm.sh/release-namespace": r.namespace},
	}
}

func (r *fleetRelease) serviceAccount() *corev1.ServiceAccount {
	out := &corev1.ServiceAccount{ObjectMeta: r.meta()}
	for key, value := range r.also {
		out.Annotations[key] = value
	}
	if !r.late {
		r.annotate(out)
	}
	return out
}

func (r *fleetRelease) deployment() *appsv1.Deployment {
	labels := map[string]string{"app": r.name}
	template := corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{
		ServiceAccountName: r.name, Containers: []corev1.Container{{Name: "main", Image: "registry.example.com/app:1"}},
	}}
	if r.pod != nil {
		r.pod(&template)
	}
	return &appsv1.Deployment{ObjectMeta: r.meta(), Spec: appsv1.DeploymentSpec{Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: template}}
}

// annotate names the role.
func (r *fleetRelease) annotate(a *corev1.ServiceAccount) {
	key, value := r.annotation, r.filled(r.value)
	if key == "" {
		key = roleARN
	}
	if value == "" {
		value = r.role()
	}
	if key != "-" {
		a.Annotations[key] = value
	}
}
