package conformance

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

const (
	issuerURL  = "https://oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"
	thumbprint = "9e99a48a9960b14926bb7f3b02e22da2b0ab7280"
)

func (e *env) createProvider(t *testing.T) *string {
	t.Helper()
	return must(e.iam.CreateOpenIDConnectProvider(t.Context(), &iam.CreateOpenIDConnectProviderInput{
		Url: ptr(issuerURL), ClientIDList: []string{"sts.amazonaws.com"}, ThumbprintList: []string{thumbprint},
		Tags: []types.Tag{tag("helm-irsa.dev/cluster", "prod_cluster")},
	}))(t).OpenIDConnectProviderArn
}

func providers(t *testing.T, e *env) {
	arn := e.createProvider(t)
	e.equal(t, "", "ARN", *arn, "arn:aws:iam::"+e.id+":oidc-provider/oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE")
	got := must(e.iam.GetOpenIDConnectProvider(t.Context(), &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn}))(t)
	e.equal(t, "", "URL", *got.Url, strings.TrimPrefix(issuerURL, "https://"))
	e.equal(t, "", "client IDs", got.ClientIDList, []string{"sts.amazonaws.com"})
	e.equal(t, "", "thumbprints", got.ThumbprintList, []string{thumbprint})
	e.equal(t, "", "tags", pairs(got.Tags), map[string]string{"helm-irsa.dev/cluster": "prod_cluster"})
	e.equal(t, "", "date is missing", got.CreateDate == nil, false)

	list := must(e.iam.ListOpenIDConnectProviders(t.Context(), nil))(t).OpenIDConnectProviderList
	e.equal(t, "", "providers", len(list), 1)
	e.equal(t, "", "listed ARN", *list[0].Arn, *arn)

	other := strings.Repeat("a", 40)
	must(e.iam.UpdateOpenIDConnectProviderThumbprint(t.Context(), &iam.UpdateOpenIDConnectProviderThumbprintInput{
		OpenIDConnectProviderArn: arn, ThumbprintList: []string{other},
	}))(t)
	must(e.iam.TagOpenIDConnectProvider(t.Context(), &iam.TagOpenIDConnectProviderInput{
		OpenIDConnectProviderArn: arn, Tags: []types.Tag{tag("a", "1")},
	}))(t)
	got = must(e.iam.GetOpenIDConnectProvider(t.Context(), &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn}))(t)
	e.equal(t, "", "thumbprints", got.ThumbprintList, []string{other})
	e.equal(t, "", "tags", pairs(got.Tags), map[string]string{"helm-irsa.dev/cluster": "prod_cluster", "a": "1"})

	for range 2 { // deleting is idempotent
		must(e.iam.DeleteOpenIDConnectProvider(t.Context(), &iam.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn}))(t)
	}
	_, err := e.iam.GetOpenIDConnectProvider(t.Context(), &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn})
	e.refused(t, "", "getting what was deleted", err, "NoSuchEntity")
}

func providerFaults(t *testing.T, e *env) {
	e.createProvider(t)
	for _, c := range []struct {
		what string
		in   iam.CreateOpenIDConnectProviderInput
		code string
	}{
		{"the same again", iam.CreateOpenIDConnectProviderInput{Url: ptr(issuerURL), ThumbprintList: []string{thumbprint}}, "EntityAlreadyExists"},
		{"no scheme", iam.CreateOpenIDConnectProviderInput{Url: ptr("example.com"), ThumbprintList: []string{thumbprint}}, "ValidationError"},
		{"short thumbprint", iam.CreateOpenIDConnectProviderInput{Url: ptr("https://a.example"), ThumbprintList: []string{strings.Repeat("a", 41)}}, "ValidationError"},
		{"long URL", iam.CreateOpenIDConnectProviderInput{Url: ptr("https://a.example/" + strings.Repeat("a", 255)), ThumbprintList: []string{thumbprint}}, "ValidationError"},
		{"long client ID", iam.CreateOpenIDConnectProviderInput{Url: ptr("https://a.example"), ThumbprintList: []string{thumbprint}, ClientIDList: []string{strings.Repeat("a", 256)}}, "ValidationError"},
		{"many client IDs", iam.CreateOpenIDConnectProviderInput{Url: ptr("https://a.example"), ThumbprintList: []string{thumbprint}, ClientIDList: strings.Split(strings.Repeat("a,", 100)+"a", ",")}, "LimitExceeded"},
		{"many thumbprints", iam.CreateOpenIDConnectProviderInput{Url: ptr("https://a.example"), ThumbprintList: []string{thumbprint, thumbprint, thumbprint, thumbprint, thumbprint, thumbprint}}, "InvalidInput"},
	} {
		_, err := e.iam.CreateOpenIDConnectProvider(t.Context(), &c.in)
		e.refused(t, "", c.what, err, c.code)
	}
}

func providerClientIDs(t *testing.T, e *env) {
	arn := e.createProvider(t)
	for range 2 { // adding is idempotent
		_, err := e.iam.AddClientIDToOpenIDConnectProvider(t.Context(), &iam.AddClientIDToOpenIDConnectProviderInput{
			OpenIDConnectProviderArn: arn, ClientID: ptr("second"),
		})
		e.refused(t, "add-client-id", "adding a client ID", err, "")
	}
	got := must(e.iam.GetOpenIDConnectProvider(t.Context(), &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn}))(t)
	e.equal(t, "add-client-id", "client IDs", got.ClientIDList, []string{"sts.amazonaws.com", "second"})

	bare := must(e.iam.CreateOpenIDConnectProvider(t.Context(), &iam.CreateOpenIDConnectProviderInput{Url: ptr("https://bare.example")}))(t)
	got = must(e.iam.GetOpenIDConnectProvider(t.Context(), &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: bare.OpenIDConnectProviderArn}))(t)
	e.equal(t, "", "client IDs", len(got.ClientIDList), 0)
	e.equal(t, "no-thumbprint", "thumbprints", len(got.ThumbprintList), 1)
}
