package awsiam_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// TestStatusOfProvidersAudience: a provider that does not take the tokens' audience breaks
// every role that tokens are to assume, and none by Pod Identity alone.
func TestStatusOfProvidersAudience(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localaws.Options{})
	r := awsiam.Release{File: w.file("serviceAccounts:\n- {name: web}\n- {name: pods, mode: podIdentity}\n"), Name: "shop"}
	w.apply(r)
	verdicts := func() map[string]awsiam.Status {
		all, _, err := w.open(r).Status(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]awsiam.Status{}
		for _, st := range all {
			out[st.ServiceAccount] = st
		}
		return out
	}
	if got := verdicts(); got["web"].Verdict != awsiam.OK {
		t.Fatalf("after apply web is %s: %s", got["web"].Verdict, got["web"].Why)
	}
	provider := "arn:aws:iam::" + account + ":oidc-provider/" + strings.TrimPrefix(issuer, "https://")
	if _, err := w.client().RemoveClientIDFromOpenIDConnectProvider(context.Background(), &iam.RemoveClientIDFromOpenIDConnectProviderInput{
		OpenIDConnectProviderArn: &provider, ClientID: aws.String("sts.amazonaws.com"),
	}); err != nil {
		t.Fatal(err)
	}
	got := verdicts()
	if web := got["web"]; web.Verdict != awsiam.Broken || !strings.Contains(web.Why, `audience "sts.amazonaws.com"`) {
		t.Errorf("web is %s: %s", web.Verdict, web.Why)
	}
	if pods := got["pods"]; pods.Verdict == awsiam.Broken {
		t.Errorf("pods is %s: %s", pods.Verdict, pods.Why)
	}
}
