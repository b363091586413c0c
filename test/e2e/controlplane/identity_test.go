package controlplane_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// A token for AWS has the issuer, the service account and the audience, and is signed
// with the key that the cluster publishes.
func TestToken(t *testing.T) {
	t.Parallel()
	c := cluster(t)
	namespace := space(t, c)
	answer, err := c.Client().CoreV1().ServiceAccounts(namespace).CreateToken(t.Context(), "default", &authenticationv1.TokenRequest{
		Spec: authenticationv1.TokenRequestSpec{Audiences: []string{"sts.amazonaws.com"}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.ParseSigned(answer.Status.Token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	var keys jose.JSONWebKeySet
	if err := json.Unmarshal(c.Keys(), &keys); err != nil {
		t.Fatal(err)
	}
	var claims jwt.Claims
	if err := token.Claims(keys, &claims); err != nil { // with the key of the token's key ID
		t.Fatalf("key %s of %s: %v", token.Headers[0].KeyID, c.Keys(), err)
	}
	if claims.Issuer != issuer || claims.Subject != "system:serviceaccount:"+namespace+":default" || !slices.Equal(claims.Audience, jwt.Audience{"sts.amazonaws.com"}) {
		t.Errorf("claims are %+v", claims)
	}
}

// A user without a role is known, and refused.
func TestKubeconfigFor(t *testing.T) {
	t.Parallel()
	c := cluster(t)
	path, err := c.KubeconfigFor("somebody", "nobodies")
	if err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	who, err := client.AuthenticationV1().SelfSubjectReviews().Create(t.Context(), &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if info := who.Status.UserInfo; info.Username != "somebody" || !slices.Contains(info.Groups, "nobodies") {
		t.Errorf("the cluster takes the user for %+v", info)
	}
	if _, err := client.CoreV1().Pods("default").List(t.Context(), metav1.ListOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("listing pods: %v, want that it is forbidden", err)
	}
}

// Pods get the identity of their service account while the webhook is up; while it is
// down they are made without.
func TestWebhook(t *testing.T) {
	t.Parallel()
	c := cluster(t)
	namespace := space(t, c)
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{
		Name: "app", Annotations: map[string]string{"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/app"},
	}}
	if _, err := c.Client().CoreV1().ServiceAccounts(namespace).Create(t.Context(), account, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	has := func(pod *corev1.Pod) bool {
		return slices.ContainsFunc(pod.Spec.Containers[0].Env, func(v corev1.EnvVar) bool { return v.Name == "AWS_ROLE_ARN" })
	}
	// Right after it was registered, the API server may not have heard of it.
	until(t, "a pod gets its role", func() (bool, error) { return has(create(t, c, namespace, "app")), nil })
	if has(create(t, c, namespace, "default")) {
		t.Error("a pod without a role got one")
	}
	if err := c.StopWebhook(); err != nil {
		t.Fatal(err)
	}
	pod := create(t, c, namespace, "app")
	if has(pod) {
		t.Error("a pod got its role from a webhook that is down")
	}
	ready(t, c, pod)
	if err := c.StartWebhook(); err != nil {
		t.Fatal(err)
	}
	if !has(create(t, c, namespace, "app")) {
		t.Error("a pod got no role after the webhook came back")
	}
}
