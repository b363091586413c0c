package awsiam

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"
)

// WebIdentity gives tokens of pods to STS, as the SDK in a pod does: without credentials,
// since the token is what STS goes by
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html).
// Endpoints are those of the SDK's configuration.
type WebIdentity struct {
	config aws.Config
	opts   Options
}

// Secret is a text that does not print itself, such as a token.
type Secret interface{ Reveal() string }

// OpenWebIdentity reads the SDK's configuration. It makes no call and looks for no
// credentials. Errors are a *Fault.
func OpenWebIdentity(ctx context.Context, o Options) (*WebIdentity, error) {
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.RetryDelay == nil {
		o.RetryDelay = Backoff
	}
	s := &Session{opts: o}
	options := slices.Concat(s.common(), o.Load, []func(*config.LoadOptions) error{
		config.WithCredentialsProvider(aws.AnonymousCredentials{}), config.WithRetryer(s.shortRetryer),
	})
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if name, ok := isNoProfile(err); ok {
		return nil, noProfile(err, name, nil)
	}
	if err != nil {
		return nil, &Fault{Message: "reading the AWS configuration: " + oneLine(err), hint: "aws configure list shows what is used", cause: err}
	}
	return &WebIdentity{cfg, o}, nil
}

// shortRetryer tries throttling, 5xx and broken connections again, for some seconds.
func (s *Session) shortRetryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.RateLimiter = 3, ratelimit.None
		o.Backoff = retry.BackoffDelayerFunc(func(attempt int, _ error) (time.Duration, error) { return s.opts.RetryDelay(attempt), nil })
	})
}

// Trial is a role that a token is to get.
type Trial struct {
	RoleARN string
	Token   Secret
	// Region is whose STS is asked; the SDK's own where empty.
	Region string
	// Settle waits out what IAM does not show everywhere yet: for a role that should let
	// the token in.
	Settle bool
}

// Answer is what STS said: ARN, Code or Unreached is set. There is no secret in it.
type Answer struct {
	// ARN is whose the credentials were, as GetCallerIdentity tells.
	ARN string
	// Call is the call that was refused; Code and Message are STS's error.
	Call, Code, Message string
	// Unreached says why there is no answer of STS, Endpoint which host was asked, where
	// that is known.
	Unreached, Endpoint string
}

// trialSession is how long the credentials of a trial hold: the shortest that STS gives.
const trialSession = 900

// settleWaits are what a trial waits for IAM, in all 15 seconds: what was just made is
// refused for some.
var settleWaits = []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}

// patience is for one trial, all attempts at its calls: a network that swallows packets
// gives no error.
const patience = 30 * time.Second

// Try asks STS for the role, and asks with the credentials whose they are. They are
// forgotten then. The error is the context's.
func (w *WebIdentity) Try(ctx context.Context, t Trial) (Answer, error) {
	for attempt := 0; ; attempt++ {
		a := w.once(ctx, t)
		if err := ctx.Err(); err != nil {
			return Answer{}, err
		}
		if attempt == len(settleWaits) || !t.Settle || !unsettled(a) {
			return a, nil
		}
		if err := w.opts.Sleep(ctx, settleWaits[attempt]); err != nil {
			return Answer{}, err
		}
	}
}

// unsettled: a refusal that goes by itself where the role, its trust or the provider was
// just made, or the issuer did not answer STS in time.
func unsettled(a Answer) bool {
	return a.Code == "AccessDenied" || a.Code == "IDPCommunicationError" ||
		a.Code == "InvalidIdentityToken" && (strings.Contains(a.Message, "No OpenIDConnect provider") || strings.Contains(a.Message, "retrieve verification key"))
}

func (w *WebIdentity) once(ctx context.Context, t Trial) Answer {
	cfg := w.config.Copy()
	if t.Region != "" {
		cfg.Region = t.Region
	}
	if cfg.Region == "" {
		return Answer{Unreached: "no AWS region is known, such as from AWS_REGION"}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	token := t.Token.Reveal()
	out, err := sts.NewFromConfig(cfg).AssumeRoleWithWebIdentity(ctx, &sts.AssumeRoleWithWebIdentityInput{
		RoleArn: &t.RoleARN, WebIdentityToken: &token,
		RoleSessionName: aws.String("helm-irsa-verify"), DurationSeconds: aws.Int32(trialSession),
	})
	if err != nil {
		return refusedBy("sts:AssumeRoleWithWebIdentity", err, token)
	}
	c := out.Credentials
	if c == nil {
		c = &types.Credentials{} // GetCallerIdentity then says that they are none
	}
	key, secret, session := aws.ToString(c.AccessKeyId), aws.ToString(c.SecretAccessKey), aws.ToString(c.SessionToken)
	cfg.Credentials = credentials.NewStaticCredentialsProvider(key, secret, session)
	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return refusedBy("sts:GetCallerIdentity", err, token, key, secret, session)
	}
	return Answer{ARN: aws.ToString(who.Arn)}
}

// refusedBy takes an error apart, and the secrets out of it.
func refusedBy(call string, err error, secrets ...string) Answer {
	a := Answer{Call: call}
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() != "UnknownError" { // which is something else than an AWS answering
		a.Code, a.Message = scrubbed(api.ErrorCode(), secrets), scrubbed(api.ErrorMessage(), secrets)
		return a
	}
	var at *url.Error
	if errors.As(err, &at) {
		if u, err := url.Parse(at.URL); err == nil {
			a.Endpoint = u.Host
		}
	}
	a.Unreached = scrubbed(rootOf(err).Error(), secrets)
	return a
}

// jwt is a token, or a part of one: each begins with base64 of {" .
var jwt = regexp.MustCompile(`eyJ[\w-]+(?:\.[\w-]+)*\.?`)

// longestMessage is more than any of STS's own.
const longestMessage = 500

// scrubbed is a text of the other side on one line, without secrets: AWS quotes a value
// that it does not take, and what answers may not be AWS.
func scrubbed(text string, secrets []string) string {
	for _, s := range secrets {
		for _, part := range append([]string{s, url.QueryEscape(s)}, strings.Split(s, ".")...) {
			if len(part) >= 8 {
				text = strings.ReplaceAll(text, part, "[secret]")
			}
		}
	}
	text = strings.Join(strings.Fields(jwt.ReplaceAllString(text, "[secret]")), " ")
	if len(text) > longestMessage {
		text = strings.ToValidUTF8(text[:longestMessage], "") + " …"
	}
	return text
}
