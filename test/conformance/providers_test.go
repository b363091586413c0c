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

func providerTags(t *testing.T, e *env) {
	arn := e.createProvider(t)
	must(e.iam.TagOpenIDConnectProvider(t.Context(), &iam.TagOpenIDConnectProviderInput{
		OpenIDConnectProviderArn: arn, Tags: []types.Tag{tag("b", "2"), tag("a", "1"), tag("c", "")},
	}))(t)
	must(e.iam.UntagOpenIDConnectProvider(t.Context(), &iam.UntagOpenIDConnectProviderInput{
		OpenIDConnectProviderArn: arn, TagKeys: []string{"helm-irsa.dev/cluster", "nothing"},
	}))(t)
	want := []types.Tag{tag("a", "1"), tag("b", "2"), tag("c", "")}
	var got []types.Tag
	pages := 0
	in := &iam.ListOpenIDConnectProviderTagsInput{OpenIDConnectProviderArn: arn, MaxItems: ptr(int32(2))}
	for p := iam.NewListOpenIDConnectProviderTagsPaginator(e.iam, in); p.HasMorePages(); pages++ {
		got = append(got, must(p.NextPage(t.Context()))(t).Tags...)
	}
	e.equal(t, "", "tags, by key", got, want)
	e.equal(t, "", "pages", pages, 2)

	_, err := e.iam.TagOpenIDConnectProvider(t.Context(), &iam.TagOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, Tags: []types.Tag{tag("d#", "")}})
	e.refused(t, "", "an odd tag key", err, "ValidationError")
	none := ptr("arn:aws:iam::" + e.id + ":oidc-provider/none.example")
	for what, call := range map[string]func() error{
		"tagging": func() error {
			_, err := e.iam.TagOpenIDConnectProvider(t.Context(), &iam.TagOpenIDConnectProviderInput{OpenIDConnectProviderArn: none, Tags: want})
			return err
		},
		"untagging": func() error {
			_, err := e.iam.UntagOpenIDConnectProvider(t.Context(), &iam.UntagOpenIDConnectProviderInput{OpenIDConnectProviderArn: none, TagKeys: []string{"a"}})
			return err
		},
		"listing tags": func() error {
			_, err := e.iam.ListOpenIDConnectProviderTags(t.Context(), &iam.ListOpenIDConnectProviderTagsInput{OpenIDConnectProviderArn: none})
			return err
		},
		"setting thumbprints": func() error {
			_, err := e.iam.UpdateOpenIDConnectProviderThumbprint(t.Context(), &iam.UpdateOpenIDConnectProviderThumbprintInput{OpenIDConnectProviderArn: none, ThumbprintList: []string{thumbprint}})
			return err
		},
	} {
		e.refused(t, "", what+" of a provider that is none", call(), "NoSuchEntity")
	}
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
		e.refused(t, "client-ids", "adding a client ID", err, "")
	}
	got := must(e.iam.GetOpenIDConnectProvider(t.Context(), &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn}))(t)
	e.equal(t, "client-ids", "client IDs", got.ClientIDList, []string{"sts.amazonaws.com", "second"})
	for range 2 { // and so is removing
		_, err := e.iam.RemoveClientIDFromOpenIDConnectProvider(t.Context(), &iam.RemoveClientIDFromOpenIDConnectProviderInput{
			OpenIDConnectProviderArn: arn, ClientID: ptr("sts.amazonaws.com"),
		})
		e.refused(t, "client-ids", "removing a client ID", err, "")
	}
	got = must(e.iam.GetOpenIDConnectProvider(t.Context(), &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn}))(t)
	e.equal(t, "client-ids", "client IDs left", got.ClientIDList, []string{"second"})

	bare := must(e.iam.CreateOpenIDConnectProvider(t.Context(), &iam.CreateOpenIDConnectProviderInput{Url: ptr("https://bare.example")}))(t)
	got = must(e.iam.GetOpenIDConnectProvider(t.Context(), &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: bare.OpenIDConnectProviderArn}))(t)
	e.equal(t, "", "client IDs", len(got.ClientIDList), 0)
	e.equal(t, "no-thumbprint", "thumbprints", len(got.ThumbprintList), 1)
}
