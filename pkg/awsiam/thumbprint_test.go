package awsiam_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// unreaching is an IAM that cannot reach the issuer, and so makes no provider unless it is
// told the thumbprint
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html, Errors).
type unreaching struct {
	http.Handler
	print string // that it was told
}

func (u *unreaching) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body)) // EKS's is none, and has no action
	if err == nil && form.Get("Action") == "CreateOpenIDConnectProvider" {
		if u.print = form.Get("ThumbprintList.member.1"); u.print == "" {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `<ErrorResponse><Error><Type>Sender</Type><Code>OpenIdIdpCommunicationError</Code><Message>Please make sure that the issuer can be reached</Message></Error></ErrorResponse>`)
			return
		}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	u.Handler.ServeHTTP(w, r)
}

// TestThumbprint: where IAM cannot get the issuer's thumbprint itself it is told; where we
// cannot get it either, IAM's error is what the user sees.
func TestThumbprint(t *testing.T) {
	t.Parallel()
	const print = "9e99a48a9960b14926bb7f3b02e22da2b0ab7280"
	for _, reached := range []error{nil, errors.New("no route")} {
		w := newWorld(t, localaws.Options{})
		iam := &unreaching{Handler: w.aws}
		server := httptest.NewServer(iam)
		t.Cleanup(server.Close)
		asked := ""
		s, err := awsiam.Open(context.Background(), awsiam.Release{File: w.file("serviceAccounts: [{name: web}]\n"), Namespace: "apps", Name: "web"}, awsiam.Options{
			Load: []func(*config.LoadOptions) error{
				config.WithBaseEndpoint(server.URL), config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("AKIATEST", "secret", "")),
			},
			Thumbprint: func(_ context.Context, issuer string, _ func(awsiam.Certificate) error) (string, error) {
				asked = issuer
				return print, reached
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		p, err := s.Plan(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		err = s.Apply(context.Background(), p, nil)
		switch {
		case asked != issuer:
			t.Errorf("the thumbprint of %q was got, want that of %q", asked, issuer)
		case reached == nil && (err != nil || iam.print != print):
			t.Errorf("IAM was told %q: %v", iam.print, err)
		case reached != nil && (err == nil || !strings.Contains(err.Error(), "iam:CreateOpenIDConnectProvider: OpenIdIdpCommunicationError: ")):
			t.Errorf("the error is %v", err)
		}
	}
}

// TestAcceptCertificate: a thumbprint that nobody vouches for is IAM's only where somebody
// said so. Else the error has all that it takes to do it by hand.
func TestAcceptCertificate(t *testing.T) {
	t.Parallel()
	shown := awsiam.Certificate{Host: "idp.example", Subject: "CN=\x1b[2Jx", SHA1: strings.Repeat("a1", 20), SHA256: strings.Repeat("b2", 32)}
	for what, accept := range map[string]func(context.Context, awsiam.Certificate) (bool, error){
		"nobody": nil,
		"no":     func(context.Context, awsiam.Certificate) (bool, error) { return false, nil },
		"yes":    func(_ context.Context, c awsiam.Certificate) (bool, error) { return c == shown, nil },
	} {
		w := newWorld(t, localaws.Options{})
		iam := &unreaching{Handler: w.aws}
		server := httptest.NewServer(iam)
		t.Cleanup(server.Close)
		s, err := awsiam.Open(context.Background(), awsiam.Release{File: w.file("serviceAccounts: [{name: web}]\n"), Namespace: "apps", Name: "web"}, awsiam.Options{
			Load: []func(*config.LoadOptions) error{
				config.WithBaseEndpoint(server.URL), config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("AKIATEST", "secret", "")),
			},
			Thumbprint: func(_ context.Context, _ string, ask func(awsiam.Certificate) error) (string, error) {
				return shown.SHA1, ask(shown)
			},
			AcceptCertificate: accept,
		})
		if err != nil {
			t.Fatal(err)
		}
		p, err := s.Plan(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		err = s.Apply(context.Background(), p, nil)
		if what == "yes" {
			if err != nil || iam.print != shown.SHA1 {
				t.Errorf("%s: IAM was told %q: %v", what, iam.print, err)
			}
			continue
		}
		var fault *awsiam.Fault
		if !errors.As(err, &fault) || iam.print != "" {
			t.Errorf("%s: IAM was told %q: %v", what, iam.print, err)
			continue
		}
		for _, want := range []string{`subject "CN=\x1b[2Jx", SHA-1 ` + shown.SHA1 + ", SHA-256 " + shown.SHA256, "IAM cannot reach the issuer"} {
			if !strings.Contains(fault.Message, want) {
				t.Errorf("%s: %s", what, fault.Message)
			}
		}
		if want := "aws iam create-open-id-connect-provider --url " + issuer + " --client-id-list sts.amazonaws.com --thumbprint-list " + shown.SHA1; !strings.HasSuffix(fault.Hint(), want) {
			t.Errorf("%s: %s", what, fault.Hint())
		}
	}
}
