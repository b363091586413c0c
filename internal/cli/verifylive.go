package cli

import (
	"context"
	"errors"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/helm-irsa/helm-irsa/internal/kube"
	"github.com/helm-irsa/helm-irsa/internal/voice"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

const (
	// trialToken is how many seconds a trial's token holds: the least that an API server
	// gives (https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/).
	trialToken = 600
	// parallelTrials is how many service accounts are tried at once.
	parallelTrials = 10
)

// live tries the roles: a token of each service account, from the cluster, is given to STS.
type liveTrials struct {
	token func(ctx context.Context, namespace, account, audience string, seconds int64) (kube.Token, error)
	sts   func(context.Context, awsiam.Trial) (awsiam.Answer, error)
	// step is told how many calls have ended, from several goroutines at once.
	step func(done, total int)
}

// tryRoles adds to the input what came of trying the roles. What may not be tried is
// unknown, and named with the permission that was missing.
func (o *verifyOptions) tryRoles(in *verify.Input) error {
	in.Observed.Tokens, in.Observed.Assumed = map[string]verify.Claims{}, map[string]verify.Assumption{}
	trials := verify.Trials(*in)
	if len(trials) == 0 {
		return nil
	}
	cluster, err := o.openCluster(in.Namespace)
	if err != nil {
		return err
	}
	sts, err := awsiam.OpenWebIdentity(o.sys.context(), awsiam.Options{Trace: tracer(o.sys)})
	if err != nil {
		return err
	}
	bar := newProgress(o.sys)
	err = liveTrials{cluster.Token, sts.Try, bar.step}.run(o.sys.context(), in, trials)
	bar.end()
	if err != nil {
		return err
	}
	for _, t := range trials {
		if why := in.Observed.Assumed[t.Key()].Untried; why != "" {
			voice.To(o.sys.Stderr).Warning("unknown: " + why)
		}
	}
	o.seeCertificates(in)
	return nil
}

// seeCertificates looks at the certificates that STS does not take, so that the repair can
// name a thumbprint. Without them it cannot, and is no less true.
func (o *verifyOptions) seeCertificates(in *verify.Input) {
	for _, issuer := range verify.DoubtedIssuers(*in) {
		prints, err := awsiam.Thumbprints(o.sys.context(), issuer)
		if err != nil {
			voice.To(o.sys.Stderr).Warning("unknown: the thumbprint of " + issuer + ": " + err.Error())
			var hinting interface{ Hint() string }
			if errors.As(err, &hinting) {
				voice.To(o.sys.Stderr).Hint(hinting.Hint())
			}
			continue
		}
		if in.Observed.Thumbprints == nil {
			in.Observed.Thumbprints = map[string][]string{}
		}
		in.Observed.Thumbprints[strings.TrimPrefix(issuer, "https://")] = prints
	}
}

// run tries the roles of trials, those of the input. It gets all tokens first: what they
// say of their issuer counts in what is expected of STS. The error is that of a cluster
// which cannot be asked, or the context's.
func (l liveTrials) run(ctx context.Context, in *verify.Input, trials []verify.Trial) error {
	tokens := make([]kube.Token, len(trials))
	claims := make([]*verify.Claims, len(trials))
	came := make([]verify.Assumption, len(trials))
	if err := l.each(ctx, len(trials), 0, func(ctx context.Context, i int) (err error) {
		tokens[i], claims[i], came[i], err = l.ask(ctx, trials[i])
		return err
	}); err != nil {
		return err
	}
	for i, t := range trials {
		if claims[i] != nil && t.Pod == "" {
			in.Observed.Tokens[t.Key()] = *claims[i]
		}
	}
	trials = verify.Trials(*in) // the same accounts: which they are does not depend on tokens
	if err := l.each(ctx, len(trials), len(trials), func(ctx context.Context, i int) (err error) {
		if claims[i] != nil {
			came[i], err = l.try(ctx, trials[i], tokens[i])
		}
		return err
	}); err != nil {
		return err
	}
	for i, t := range trials {
		in.Observed.Assumed[t.Key()] = came[i]
	}
	return nil
}

// each calls f for 0 to n-1, several at once, after as many others were done before, of
// twice n in all.
func (l liveTrials) each(ctx context.Context, n, before int, f func(context.Context, int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallelTrials)
	var mu sync.Mutex
	done := before
	for i := range n {
		g.Go(func() error {
			err := ctx.Err() // that of a cluster is the same for all: one is enough
			if err == nil {
				err = f(ctx, i)
			}
			mu.Lock()
			defer mu.Unlock()
			done++
			l.step(done, 2*n)
			return err
		})
	}
	return g.Wait()
}

// ask asks the cluster for the service account's token. Without claims there is none, and
// the assumption says why.
func (l liveTrials) ask(ctx context.Context, t verify.Trial) (kube.Token, *verify.Claims, verify.Assumption, error) {
	untried := func(why string) (kube.Token, *verify.Claims, verify.Assumption, error) {
		return kube.Token{}, nil, verify.Assumption{Untried: why}, nil
	}
	if t.Namespace == "" || t.Name == "" {
		return untried("a service account whose namespace or name is not known has no token (add -n NAMESPACE)")
	}
	token, err := l.token(ctx, t.Namespace, t.Name, t.Audience, trialToken)
	var unread *kube.Unread
	switch {
	case errors.As(err, &unread) && unread.Reason == kube.NoObject:
		return kube.Token{}, nil, verify.Assumption{NoAccount: true}, nil
	case errors.As(err, &unread):
		return untried(unread.Error())
	case err != nil:
		return kube.Token{}, nil, verify.Assumption{}, err
	}
	c, err := token.Claims()
	if err != nil {
		return untried("token of ServiceAccount " + t.Namespace + "/" + t.Name + ": " + err.Error())
	}
	return token, &verify.Claims{Issuer: c.Issuer, Subject: c.Subject, Audiences: c.Audiences}, verify.Assumption{}, nil
}

// try gives the token to STS.
func (l liveTrials) try(ctx context.Context, t verify.Trial, token kube.Token) (verify.Assumption, error) {
	a, err := l.sts(ctx, awsiam.Trial{RoleARN: t.RoleARN, Token: token, Region: t.Region, Settle: t.Expected})
	return verify.Assumption{ARN: a.ARN, Call: a.Call, Code: a.Code, Message: a.Message, Unreached: a.Unreached, Endpoint: a.Endpoint}, err
}
