package localaws

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// EKS Auth, which the agent of EKS Pod Identity asks for the credentials of a pod
// (https://docs.aws.amazon.com/eks/latest/APIReference/API_auth_AssumeRoleForPodIdentity.html).
// All its errors have the status 400, as its model says.

// podAudience is that of the tokens that it takes, and nothing else's
// (https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html).
const podAudience = "pods.eks.amazonaws.com"

// How long the credentials last
// (https://docs.aws.amazon.com/eks/latest/userguide/pod-id-assign-target-role.html, "Caching
// considerations"): a role's longest session "doesn't limit sessions assumed by AWS services"
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_manage-assume.html), role chaining
// is limited to an hour.
const (
	podSession    = 6 * 3600
	targetSession = 3600
)

func podRefused(code, format string, args ...any) error {
	return refuse(http.StatusBadRequest, code, format, args...)
}

// mayNotAssume is all that EKS says, whichever role refuses, and why.
func mayNotAssume() error {
	return podRefused("AccessDeniedException", "Unauthorized Exception! EKS does not have permissions to assume the associated role.")
}

// boundPod is what a token says of the pod that it was made for
// (https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/).
type boundPod struct {
	Namespace      string `json:"namespace"`
	ServiceAccount struct {
		Name string `json:"name"`
	} `json:"serviceaccount"`
	Pod struct {
		Name string `json:"name"`
		UID  string `json:"uid"`
	} `json:"pod"`
}

func (c *call) assumeRoleForPodIdentity() (any, error) {
	found, err := c.cluster()
	if err != nil {
		return nil, err
	}
	t, pod, err := c.podToken(found)
	if err != nil {
		return nil, err
	}
	a := found.associated(pod.Namespace, pod.ServiceAccount.Name)
	if a == nil {
		return nil, notFoundForPod(pod)
	}
	session, err := c.podSession(found, a, pod)
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"subject":                map[string]any{"namespace": pod.Namespace, "serviceAccount": pod.ServiceAccount.Name},
		"audience":               t.audiences[0],
		"podIdentityAssociation": map[string]any{"associationArn": found.associationARN(a.ID), "associationId": a.ID},
		"assumedRoleUser":        map[string]any{"arn": session.ARN, "assumeRoleId": session.UserID},
		"credentials": map[string]any{
			"accessKeyId": session.keyID, "secretAccessKey": session.secret, "sessionToken": session.token, "expiration": epoch(session.expires),
		},
	}, nil
}

func notFoundForPod(pod boundPod) error {
	return podRefused("ResourceNotFoundException", "No association found for service account %s in namespace %s", pod.ServiceAccount.Name, pod.Namespace)
}

// podToken reads the pod's token and checks it: by the cluster's issuer, for this audience,
// and bound to a pod.
func (c *call) podToken(found *cluster) (token, boundPod, error) {
	invalid := func(why string) (token, boundPod, error) {
		return token{}, boundPod{}, podRefused("InvalidTokenException", "The token included in the request is invalid: %s", why)
	}
	t, err := parseToken(c.podTokenText())
	if err != nil {
		return invalid(asAPIError(err).message)
	}
	var claims struct {
		Kubernetes boundPod `json:"kubernetes.io"`
	}
	pod := &claims.Kubernetes
	_ = t.signed.UnsafeClaimsWithoutVerification(&claims) // what is no pod is bound to none
	switch {
	case t.issuer != found.Issuer:
		return invalid("it is not of the cluster's issuer")
	case c.keys.err != nil:
		return invalid(asAPIError(c.keys.err).message)
	case t.verify(c.keys.keys) != nil:
		return invalid("its signature is not the cluster's")
	case t.expires == nil || t.expired(c.time):
		return token{}, boundPod{}, podRefused("ExpiredTokenException", "The token included in the request is expired.")
	case t.early(c.time):
		return invalid("it is not valid yet")
	case !slices.Equal(t.audiences, []string{podAudience}):
		return invalid("its audience is not " + podAudience)
	case t.subject != "system:serviceaccount:"+pod.Namespace+":"+pod.ServiceAccount.Name || pod.Pod.Name == "" || pod.Pod.UID == "":
		return invalid("it is not bound to a pod")
	}
	return t, *pod, nil
}

// podTokenText is the token in the body; empty where there is none.
func (q *request) podTokenText() string {
	var in struct{ Token string }
	_ = json.Unmarshal(q.body, &in) // what is no JSON has no token
	return in.Token
}

func (c *cluster) associated(namespace, name string) *association {
	for _, a := range c.Associations {
		if a.Namespace == namespace && a.ServiceAccount == name {
			return a
		}
	}
	return nil
}

// externalID is what EKS gives to the trust policy of a target role.
func (c *cluster) externalID(a *association) string {
	return strings.Join([]string{c.Region, c.Account, c.Name, a.Namespace, a.ServiceAccount}, "/")
}

// podSession takes the role for the pod, and with it the target role where there is one. A
// session policy is on the last of them.
func (c *call) podSession(found *cluster, a *association, pod boundPod) (*sessionMade, error) {
	r := c.roleOfARN(a.RoleARN)
	if r == nil {
		return nil, mayNotAssume()
	}
	tags := map[string]string{}
	if !a.DisableSessionTags {
		tags = map[string]string{
			"eks-cluster-arn": found.arn("cluster/" + found.Name), "eks-cluster-name": found.Name,
			"kubernetes-namespace": pod.Namespace, "kubernetes-service-account": pod.ServiceAccount.Name,
			"kubernetes-pod-name": pod.Pod.Name, "kubernetes-pod-uid": pod.Pod.UID,
		}
	}
	q := sessionRequest{roleARN: a.RoleARN, name: podSessionName(found.Name, pod), seconds: podSession}
	by := c.withTags(trust.Request{Principal: trust.Principal{Type: "Service", ID: podAudience}, Context: c.context(q)}, tags)
	by.Context["aws:PrincipalIsAWSService"], by.Context["aws:PrincipalServiceName"] = []string{"true"}, []string{podAudience}
	by.Context["aws:SourceArn"], by.Context["aws:SourceAccount"] = []string{found.arn("cluster/" + found.Name)}, []string{found.Account}
	if !c.lets(r, by, tags) {
		return nil, mayNotAssume()
	}
	if a.TargetRoleARN == "" {
		return c.newSession(r, q, tags, a.Policy), nil
	}
	target := c.roleOfARN(a.TargetRoleARN)
	if target == nil || !c.chains(r, target, a, found.externalID(a), q, tags) {
		return nil, mayNotAssume()
	}
	q.roleARN, q.seconds = target.ARN, targetSession
	return c.newSession(target, q, tags, a.Policy), nil
}

// chains reports whether the association's role may assume the target role.
func (c *call) chains(from, to *role, a *association, externalID string, q sessionRequest, tags map[string]string) bool {
	own, _ := parseARN(from.ARN)
	other, _ := parseARN(to.ARN)
	by := c.withTags(trust.Request{Principal: trust.Principal{Type: "AWS", ID: from.ARN}, Context: c.context(q)}, tags)
	by.Context["aws:PrincipalArn"], by.Context["aws:PrincipalAccount"] = []string{from.ARN}, []string{own.account}
	for key, value := range tagValues(from, tags) {
		by.Context["aws:PrincipalTag/"+key] = []string{value}
	}
	if a.DisableSessionTags {
		by.Context["sts:ExternalId"] = []string{externalID}
	}
	if !c.lets(to, by, tags) {
		return false
	}
	// In one AWS account, a trust policy that names the role is enough; else the role's own
	// policies must allow it too
	// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html).
	if own.account == other.account && namesPrincipal(to.Trust, from.ARN) {
		return true
	}
	return !slices.ContainsFunc(actionsWith(tags), func(action string) bool { return !c.roleAllows(from, Permission{action, to.ARN}) })
}

// podSessionName is eks-CLUSTER-POD- and something that nobody else has, in 64 characters.
func podSessionName(cluster string, pod boundPod) string {
	head := "eks-" + cluster + "-" + pod.Pod.Name
	return head[:min(len(head), 27)] + "-" + uuid([]byte(pod.Pod.UID))
}
