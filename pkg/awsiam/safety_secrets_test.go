package awsiam_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

const (
	secretKey    = "KEYsecretKEYsecretKEYsecretKEYsecret0123"
	sessionToken = "TOKENsessionTOKENsessionTOKENsession0123"
	webToken     = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJXRUJ0b2tlbiJ9.V0VCc2lnbmF0dXJl"
)

// ear hears all that a run says, and all secrets that AWS gives it.
type ear struct {
	mu      sync.Mutex
	said    bytes.Buffer
	secrets []string
}

func (e *ear) say(v ...any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	fmt.Fprintln(&e.said, v...)
}

// sayError says an error in every form, and all below it.
func (e *ear) sayError(err error) {
	if err == nil {
		return
	}
	e.say(err.Error(), fmt.Sprintf("%v %+v", err, err), hintOf(err))
	switch below := err.(type) {
	case interface{ Unwrap() []error }:
		for _, one := range below.Unwrap() {
			e.sayError(one)
		}
	case interface{ Unwrap() error }:
		e.sayError(below.Unwrap())
	}
}

var givenSecrets = regexp.MustCompile(`<(SecretAccessKey|SessionToken)>([^<]+)<`)

// listening makes a run tell all of it to the ear.
func (e *ear) listening(p *process) *process {
	p.options.Trace = func(a awsiam.Attempt) { e.say(fmt.Sprintf("%+v", a)) }
	p.options.Load = append(p.options.Load, config.WithHTTPClient(clientFunc(func(r *http.Request) (*http.Response, error) {
		answer, err := p.http.Do(r)
		if err == nil {
			text, _ := io.ReadAll(answer.Body)
			answer.Body = io.NopCloser(bytes.NewReader(text))
			e.mu.Lock()
			defer e.mu.Unlock()
			for _, m := range givenSecrets.FindAllSubmatch(text, -1) {
				e.secrets = append(e.secrets, string(m[2]))
			}
		}
		return answer, err
	})))
	return p
}

type clientFunc func(*http.Request) (*http.Response, error)

func (f clientFunc) Do(r *http.Request) (*http.Response, error) { return f(r) }

// hear runs to its end and says what came of it.
func (e *ear) hear(p *process) error {
	s, plan, err := p.plan(context.Background())
	if plan != nil {
		text, _ := json.Marshal(plan)
		e.say(string(text), fmt.Sprintf("%+v", plan.Warnings))
	}
	if err == nil {
		e.say(fmt.Sprintf("%+v", s.Facts()))
		err = s.Apply(context.Background(), plan, nil)
		var left *awsiam.Incomplete
		if errors.As(err, &left) {
			e.say(left.Stopped())
		}
	}
	e.sayError(err)
	return err
}

// TestSecretsStaySecret runs into all sorts of failures, and looks for secrets in all
// that is said.
func TestSecretsStaySecret(t *testing.T) {
	t.Parallel()
	file := load(t, everything)
	c := newCloud(t, localaws.Options{}).furnish(t)
	from, dir := c.snapshot(t), t.TempDir()
	secret := config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("AKIASECRET", secretKey, sessionToken))
	e := &ear{secrets: []string{secretKey, sessionToken, webToken, "WEBtoken", "V0VCc2lnbmF0dXJl"}}
	failed, runs := 0, 0
	run := func(f localaws.Faults, load ...func(*config.LoadOptions) error) {
		c := restored(t, dir, from)
		c.aws.SetFaults(f)
		p := e.listening(c.process(released(file), nil))
		p.options.Load = append(p.options.Load, load...)
		runs++
		if e.hear(p) != nil {
			failed++
		}
	}
	run(localaws.Faults{}, secret)
	for k := 1; k < 60; k += 4 {
		run(localaws.Faults{StopAt: k}, secret)
	}
	for _, permission := range []string{"sts:AssumeRole", "iam:CreateRole", "iam:CreatePolicy", "eks:DescribeCluster", "iam:UpdateAssumeRolePolicy", "iam:GetAccountSummary", "sts:GetCallerIdentity"} {
		run(localaws.Faults{Deny: []string{permission}}, secret)
	}
	run(localaws.Faults{Failed: 1}, secret)
	run(localaws.Faults{Throttled: 1}, secret)

	token, profiles := filepath.Join(t.TempDir(), "token"), filepath.Join(t.TempDir(), "config")
	for path, text := range map[string]string{token: webToken, profiles: fmt.Sprintf(`[profile web]
role_arn = arn:aws:iam::111122223333:role/nobody
web_identity_token_file = %s
[profile chained]
role_arn = arn:aws:iam::111122223333:role/nobody
source_profile = keys
[profile keys]
aws_access_key_id = AKIASECRET
aws_secret_access_key = %s
aws_session_token = %s
`, token, secretKey, sessionToken)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, profile := range []string{"web", "chained", "keys", "nobody"} {
		for _, f := range []localaws.Faults{{}, {StopAt: 1}, {Deny: []string{"sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:GetCallerIdentity"}}} {
			run(f, config.WithCredentialsProvider(nil), config.WithSharedConfigFiles([]string{profiles}), config.WithSharedConfigProfile(profile))
		}
	}
	said := e.said.String()
	for _, s := range e.secrets {
		if i := strings.Index(said, s); i >= 0 {
			t.Errorf("%q is said: %s", s, said[max(0, i-200):min(len(said), i+len(s)+100)])
		}
	}
	t.Logf("%d runs, %d failed, %d secrets looked for in %d bytes", runs, failed, len(e.secrets), len(said))
	if failed < 20 || len(e.secrets) < 10 || !strings.Contains(said, "InvalidIdentityToken") || !strings.Contains(said, "AssumeRole") {
		t.Error("too little has happened")
	}
}
