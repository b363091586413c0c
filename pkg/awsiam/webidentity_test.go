package awsiam_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	issuing "github.com/helm-irsa/helm-irsa/internal/localaws/issuer"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// secret is a token that is not to be printed.
type secret string

func (s secret) Reveal() string { return string(s) }

// pods is an account whose role lets apps/web in, and what its pods need.
type pods struct {
	*world
	issuer *issuing.Issuer
	url    string
	waited []time.Duration
	mu     sync.Mutex
	asked  []string
	// given are the secrets that STS gave.
	given []string
}

func newPods(t *testing.T) *pods {
	t.Helper()
	p := &pods{world: newWorld(t, localaws.Options{})}
	var err error
	if p.issuer, err = issuing.New(issuer); err != nil {
		t.Fatal(err)
	}
	p.aws.AddIssuerKeys(issuer, p.issuer.Keys())
	server := httptest.NewServer(http.HandlerFunc(p.answer))
	t.Cleanup(server.Close)
	p.url = server.URL
	return p
}

// make makes the provider and the role.
func (p *pods) make() {
	p.Helper()
	p.apply(awsiam.Release{File: p.file("serviceAccounts: [{name: web, role: {name: web-role}}]\n"), Namespace: "apps", Name: "web"})
}

// answer is local AWS, which keeps what it was asked and what it gave.
func (p *pods) answer(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	p.mu.Lock()
	p.asked = append(p.asked, fmt.Sprintf("%s signed %t", form.Get("Action"), r.Header.Get("Authorization") != ""))
	p.mu.Unlock()
	r.Body = io.NopCloser(bytes.NewReader(body))
	got := httptest.NewRecorder()
	p.aws.ServeHTTP(got, r)
	p.mu.Lock()
	for _, m := range givenSecrets.FindAllStringSubmatch(got.Body.String(), -1) {
		p.given = append(p.given, m[2])
	}
	p.mu.Unlock()
	w.WriteHeader(got.Code)
	_, _ = w.Write(got.Body.Bytes())
}

func (p *pods) token(account, audience string) secret {
	p.Helper()
	token, err := p.issuer.ServiceAccount("apps", account, audience, time.Now(), 10*time.Minute)
	if err != nil {
		p.Fatal(err)
	}
	return secret(token)
}

// try tries a role at an endpoint; waiting is written down and not done.
func (p *pods) try(ctx context.Context, at string, t awsiam.Trial) (awsiam.Answer, error) {
	p.Helper()
	w, err := awsiam.OpenWebIdentity(ctx, awsiam.Options{
		Load:       []func(*config.LoadOptions) error{config.WithBaseEndpoint(at), config.WithSharedConfigFiles(nil)},
		Sleep:      func(_ context.Context, d time.Duration) error { p.waited = append(p.waited, d); return nil },
		RetryDelay: func(int) time.Duration { return 0 },
	})
	if err != nil {
		p.Fatal(err)
	}
	return w.Try(ctx, t)
}

const webRole = "arn:aws:iam::111122223333:role/helm-irsa/web-role"

func TestWebIdentity(t *testing.T) {
	t.Parallel()
	p := newPods(t)
	p.make()
	trial := awsiam.Trial{RoleARN: webRole, Token: p.token("web", "sts.amazonaws.com"), Region: region}
	got, err := p.try(t.Context(), p.url, trial)
	if err != nil || got != (awsiam.Answer{ARN: "arn:aws:sts::111122223333:assumed-role/web-role/helm-irsa-verify"}) {
		t.Errorf("%+v, %v", got, err)
	}
	if asked := strings.Join(p.asked, ", "); asked != "AssumeRoleWithWebIdentity signed false, GetCallerIdentity signed true" {
		t.Errorf("asked %s", asked)
	}
	for name, c := range map[string]struct{ role, account, audience, code, message string }{
		"another account":  {webRole, "other", "sts.amazonaws.com", "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"},
		"no such role":     {webRole + "2", "web", "sts.amazonaws.com", "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"},
		"another audience": {webRole, "web", "vault", "InvalidIdentityToken", "Incorrect token audience"},
		"no provider":      {strings.Replace(webRole, "1111", "4444", 1), "web", "sts.amazonaws.com", "InvalidIdentityToken", "No OpenIDConnect provider found in your account for " + issuer},
	} {
		got, err := p.try(t.Context(), p.url, awsiam.Trial{RoleARN: c.role, Token: p.token(c.account, c.audience), Region: region})
		if err != nil || got != (awsiam.Answer{Call: "sts:AssumeRoleWithWebIdentity", Code: c.code, Message: c.message}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if len(p.waited) != 0 {
		t.Errorf("waited %v for what is not expected", p.waited)
	}
}

// TestWebIdentitySettles: a role that should let the token in is waited for, some seconds.
func TestWebIdentitySettles(t *testing.T) {
	t.Parallel()
	p := newPods(t)
	trial := awsiam.Trial{RoleARN: webRole, Token: p.token("web", "sts.amazonaws.com"), Region: region, Settle: true}
	got, err := p.try(t.Context(), p.url, trial)
	if err != nil || got.Code != "InvalidIdentityToken" || len(p.waited) != 4 {
		t.Errorf("%+v, %v, waited %v", got, err, p.waited)
	}
	trial.Token = secret("no.token")
	if got, err = p.try(t.Context(), p.url, trial); err != nil || !strings.Contains(got.Message, "not a valid JWT") || len(p.waited) != 4 {
		t.Errorf("%+v, %v, waited %v for what no time mends", got, err, p.waited)
	}
	trial.Token = p.token("web", "sts.amazonaws.com")
	w, err := awsiam.OpenWebIdentity(t.Context(), awsiam.Options{
		Load:  []func(*config.LoadOptions) error{config.WithBaseEndpoint(p.url), config.WithSharedConfigFiles(nil)},
		Sleep: func(context.Context, time.Duration) error { p.make(); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := w.Try(t.Context(), trial); err != nil || got.ARN == "" {
		t.Errorf("%+v, %v, once it is there", got, err)
	}
}

func TestWebIdentityUnreached(t *testing.T) {
	t.Parallel()
	p := newPods(t)
	trial := awsiam.Trial{RoleARN: webRole, Token: p.token("web", "sts.amazonaws.com"), Region: region, Settle: true}
	gone := httptest.NewServer(nil)
	gone.Close()
	if got, err := p.try(t.Context(), gone.URL, trial); err != nil || got.Unreached == "" || got.Endpoint != strings.TrimPrefix(gone.URL, "http://") || got.Code != "" || len(p.waited) != 0 {
		t.Errorf("%+v, %v, waited %v", got, err, p.waited)
	}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, "<html><body>go away<br></body></html>")
	}))
	defer proxy.Close()
	if got, err := p.try(t.Context(), proxy.URL, trial); err != nil || got.Unreached == "" || got.Code != "" {
		t.Errorf("%+v, %v of what is no STS", got, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := p.try(ctx, p.url, trial); !errors.Is(err, context.Canceled) {
		t.Errorf("%+v, %v after an interrupt", got, err)
	}
}

// TestWebIdentitySecrets: whoever answers quotes what he got, and no answer has it.
func TestWebIdentitySecrets(t *testing.T) {
	t.Parallel()
	p := newPods(t)
	p.make()
	token := p.token("web", "sts.amazonaws.com")
	var said strings.Builder
	for _, what := range []string{"AssumeRoleWithWebIdentity", "GetCallerIdentity"} {
		quoting := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			form, _ := url.ParseQuery(string(body))
			if form.Get("Action") != what {
				r.Body = io.NopCloser(bytes.NewReader(body))
				p.answer(w, r)
				return
			}
			parts := strings.Split(string(token), ".")
			quoted := append([]string{form.Get("WebIdentityToken"), url.QueryEscape(string(token)), string(token[:200]), r.Header.Get("X-Amz-Security-Token")}, append(parts, p.given...)...)
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `<ErrorResponse><Error><Code>ValidationError</Code><Message>no: %s</Message></Error></ErrorResponse>`, strings.Join(quoted, " "))
		}))
		defer quoting.Close()
		got, err := p.try(t.Context(), quoting.URL, awsiam.Trial{RoleARN: webRole, Token: token, Region: region})
		if err != nil || got.Call != "sts:"+what || got.Code != "ValidationError" || !strings.HasPrefix(got.Message, "no: [secret]") {
			t.Errorf("%+v, %v", got, err)
		}
		fmt.Fprintf(&said, "%+v %v\n", got, err)
	}
	secrets := append(strings.Split(string(token), "."), p.given...)
	if len(secrets) < 5 {
		t.Fatalf("%d secrets", len(secrets))
	}
	for _, s := range secrets {
		if strings.Contains(said.String(), s[:len(s)/2]) || strings.Contains(said.String(), s[len(s)/2:]) {
			t.Errorf("%s is said: %s", s, said.String())
		}
	}
}
