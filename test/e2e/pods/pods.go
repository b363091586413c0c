// Package pods does what the AWS SDK in a container does with the identity that the
// webhook gave its pod, from outside: the pods of these clusters run nothing.
package pods

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// SessionName is the one that sessions get.
const SessionName = "pod"

// Container is a container of a pod, and the role that it assumes.
type Container struct {
	Name string
	// RoleARN is AWS_ROLE_ARN; empty where it has none.
	RoleARN string
	// Session is the ARN of the session that STS gave it, where it has a role.
	Session string
	// Err is why it gets none.
	Err error
}

// STS is where tokens are exchanged.
type STS struct{ Region, Endpoint string }

// Assume exchanges, for each container that has a role, the token that is mounted in it.
func Assume(ctx context.Context, kube kubernetes.Interface, at STS, pod *corev1.Pod) []Container {
	var out []Container
	for _, c := range pod.Spec.Containers {
		got := Container{Name: c.Name, RoleARN: Env(c, "AWS_ROLE_ARN")}
		if got.RoleARN != "" {
			var token string
			if token, got.Err = Mounted(ctx, kube, pod, c); got.Err == nil {
				got.Session, got.Err = at.Assume(ctx, token, got.RoleARN)
			}
		}
		out = append(out, got)
	}
	return out
}

// Mounted is the token that the webhook mounted in a container for STS.
func Mounted(ctx context.Context, kube kubernetes.Interface, pod *corev1.Pod, c corev1.Container) (string, error) {
	return mounted(ctx, kube, pod, c, Env(c, "AWS_WEB_IDENTITY_TOKEN_FILE"))
}

// CredentialsURI is the variable that names the agent of EKS Pod Identity.
const CredentialsURI = "AWS_CONTAINER_CREDENTIALS_FULL_URI"

// FromAgent asks the agent of EKS Pod Identity for the credentials of a pod, with the token
// that is mounted in its first container that has any. The agent listens at another address
// than the pod is told, since the test is not on its node.
func FromAgent(ctx context.Context, kube kubernetes.Interface, agent string, pod *corev1.Pod) (aws.Credentials, error) {
	for _, c := range pod.Spec.Containers {
		uri := Env(c, CredentialsURI)
		if uri == "" {
			continue
		}
		told, err := url.Parse(uri)
		if err != nil {
			return aws.Credentials{}, err
		}
		token, err := mounted(ctx, kube, pod, c, Env(c, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"))
		if err != nil {
			return aws.Credentials{}, err
		}
		return endpointcreds.New(agent+told.Path, func(o *endpointcreds.Options) {
			o.AuthorizationToken, o.Retryer = token, aws.NopRetryer{}
		}).Retrieve(ctx)
	}
	return aws.Credentials{}, fmt.Errorf("pod %s/%s is not told of the agent", pod.Namespace, pod.Name)
}

// Env is the value of a variable of a container; empty where it has none.
func Env(c corev1.Container, name string) string {
	for _, e := range c.Env {
		if e.Name == name {
			return e.Value
		}
	}
	return ""
}

// mounted is the token that the kubelet would write to a file of a container: it asks
// for one as the volume under the file says, bound to the pod
// (https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens).
func mounted(ctx context.Context, kube kubernetes.Interface, pod *corev1.Pod, c corev1.Container, file string) (string, error) {
	for _, m := range c.VolumeMounts {
		inside, ok := strings.CutPrefix(file, strings.TrimSuffix(m.MountPath, "/")+"/")
		if !ok {
			continue
		}
		if source := projection(pod, m.Name, inside); source != nil {
			return Token(ctx, kube, pod.Namespace, pod.Spec.ServiceAccountName, authenticationv1.TokenRequestSpec{
				Audiences: []string{source.Audience}, ExpirationSeconds: source.ExpirationSeconds,
				BoundObjectRef: &authenticationv1.BoundObjectReference{Kind: "Pod", APIVersion: "v1", Name: pod.Name, UID: pod.UID},
			})
		}
	}
	return "", fmt.Errorf("no projected token is mounted at %q", file)
}

// projection is the token of a volume at a path in it; nil where there is none.
func projection(pod *corev1.Pod, volume, path string) *corev1.ServiceAccountTokenProjection {
	for _, v := range pod.Spec.Volumes {
		if v.Name != volume || v.Projected == nil {
			continue
		}
		for _, s := range v.Projected.Sources {
			if s.ServiceAccountToken != nil && s.ServiceAccountToken.Path == path {
				return s.ServiceAccountToken
			}
		}
	}
	return nil
}

// Token is a token of a service account.
func Token(ctx context.Context, kube kubernetes.Interface, namespace, account string, spec authenticationv1.TokenRequestSpec) (string, error) {
	answer, err := kube.CoreV1().ServiceAccounts(namespace).CreateToken(ctx, account, &authenticationv1.TokenRequest{Spec: spec}, metav1.CreateOptions{})
	if err != nil {
		return "", err
	}
	return answer.Status.Token, nil
}

// Assume gives a token to STS, which takes it without credentials, and gives the
// session's ARN.
func (s STS) Assume(ctx context.Context, token, role string) (session string, err error) {
	client := sts.New(sts.Options{Region: s.Region, BaseEndpoint: &s.Endpoint, Credentials: aws.AnonymousCredentials{}})
	out, err := client.AssumeRoleWithWebIdentity(ctx, &sts.AssumeRoleWithWebIdentityInput{
		RoleArn: &role, RoleSessionName: aws.String(SessionName), WebIdentityToken: &token,
	})
	if err != nil {
		return "", err
	}
	return *out.AssumedRoleUser.Arn, nil
}
