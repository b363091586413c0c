package awsiam

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// Options say how a Session works; the zero value is a usable one.
type Options struct {
	// Parallel is how many calls run at once; 10 where 0.
	Parallel int
	// QPS is how many attempts at calls begin in a second; as many as there are where 0.
	QPS float64
	// Sleep waits, and ends early with the context's error. The real one where nil.
	Sleep func(context.Context, time.Duration) error
	// RetryDelay is the real time to wait after a call that was throttled or got no
	// answer, for the attempt-th time; Backoff where nil.
	RetryDelay func(attempt int) time.Duration
	// Now tells the time; time.Now where nil.
	Now func() time.Time
	// Trace is told of every attempt at a call, from several goroutines at once.
	Trace func(Attempt)
	// Load are further options for the SDK's configuration.
	Load []func(*config.LoadOptions) error
	// Thumbprint gets the thumbprint of an issuer's certificate authority, for the case
	// that IAM cannot get it itself; over the network where nil. It asks accept about a
	// certificate that nobody vouches for, and gives its error.
	Thumbprint func(ctx context.Context, issuer string, accept func(Certificate) error) (string, error)
	// AcceptCertificate is asked by Apply whether a certificate that nobody vouches for is
	// the right one. Where nil, or where it says no, the OIDC provider is not made.
	AcceptCertificate func(context.Context, Certificate) (bool, error)
	// Reads are what other Sessions have read, and this one takes over and adds to; nil where
	// every Session reads by itself. With it, Apply refuses.
	Reads *Reads
	// WillPlan says that Plan comes next: Open then begins with what Plan needs first.
	WillPlan bool
	// WillVerify says that State comes after Plan: what it needs is then read side by side
	// with what Plan does.
	WillVerify bool
}

const defaultParallel = 10

// Session has the credentials for the AWS accounts of one irsa.yaml.
type Session struct {
	release Release
	opts    Options
	facts   Facts
	slots   chan struct{} // bounds the calls that run at once
	pace    pace          // bounds those of a second
	ahead   *ahead        // nil where nothing was asked ahead
	// nodegroups are the ARNs of the roles of the cluster's node groups, once asked for.
	nodegroups []string
	// read is what was read last, once it was; quotas says that something depends on them.
	read   *reading
	quotas bool
	// described are the answers of EKS, by the cluster's ARN.
	described sync.Map

	mu       sync.Mutex
	accounts map[string]*client
	base     aws.Config
}

// client makes the calls in one AWS account.
type client struct {
	account string
	config  aws.Config
	iam     *iam.Client
}

// Open finds credentials, and asks AWS which AWS account they are of. It writes nothing.
// Errors are a *Fault.
func Open(ctx context.Context, r Release, o Options) (*Session, error) {
	if o.Parallel <= 0 {
		o.Parallel = defaultParallel
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.RetryDelay == nil {
		o.RetryDelay = Backoff
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Thumbprint == nil {
		o.Thumbprint = thumbprint
	}
	s := &Session{release: r, opts: o, slots: make(chan struct{}, o.Parallel), accounts: map[string]*client{}}
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	s.ahead = s.lookAhead(ctx)
	if err := findCaller(s, ctx); err != nil {
		s.ahead.giveUp()
		return nil, err
	}
	return s, nil
}

// Facts are what is known so far: after Open the AWS account and region, after Plan all.
func (s *Session) Facts() Facts { return s.facts }

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// load reads the SDK's own configuration: environment, shared files, and so on.
func (s *Session) load(ctx context.Context) error {
	options := s.common()
	if region := s.release.File.Cluster.Region; region != "" {
		options = append(options, config.WithRegion(region))
	}
	cfg, err := config.LoadDefaultConfig(ctx, append(options, s.opts.Load...)...)
	if name, ok := isNoProfile(err); ok {
		return noProfile(err, name, nil)
	}
	if err != nil {
		return &Fault{Message: "reading the AWS configuration: " + oneLine(err), hint: "aws configure list shows what is used", cause: err}
	}
	if cfg.Region == "" {
		return fault("write cluster.region into irsa.yaml, or set AWS_REGION", "%s", noRegion).or("add --cluster-region REGION, or set AWS_REGION", "")
	}
	s.base = cfg
	s.base.Credentials = s.opts.Reads.credentials("", spec.PartitionOf(cfg.Region), cfg.Credentials)
	return nil
}

const noRegion = "no AWS region is known"

// common is what every configuration gets. The SDK says nothing itself: what matters
// comes back as an error.
func (s *Session) common() []func(*config.LoadOptions) error {
	return []func(*config.LoadOptions) error{
		config.WithRetryer(s.newRetryer), config.WithAPIOptions(slices.Concat(paced(s), s.traced())), config.WithLogger(logging.Nop{}),
	}
}

// caller asks whose credentials a configuration has, which also shows whether they work.
func (s *Session) caller(ctx context.Context, cfg aws.Config, doing string) (*sts.GetCallerIdentityOutput, error) {
	if cfg.Credentials == nil {
		return nil, noCredentials(fmt.Errorf("none are configured"))
	}
	keys, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		if codeOf(err) != "" {
			return nil, explain(err, subject{doing: doing})
		}
		return nil, noCredentials(err)
	}
	out, err := s.opts.Reads.caller(ctx, keys, func() (*sts.GetCallerIdentityOutput, error) { return callerOf(ctx, cfg) })
	return out, explain(err, subject{doing: doing, resource: "*"})
}

// callerOf asks STS.
func callerOf(ctx context.Context, cfg aws.Config) (*sts.GetCallerIdentityOutput, error) {
	// The first call of all: where AWS cannot be reached, the user learns it soon.
	out, err := sts.NewFromConfig(cfg, func(o *sts.Options) { o.RetryMaxAttempts = callerAttempts }).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if isCode(err, "Throttling", "ThrottlingException", "TooManyRequestsException", "InternalFailure", "ServiceUnavailable") {
		// It can be reached, and only has no time yet.
		out, err = sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	}
	return out, err
}

// in gives the client for an AWS account: that of the current credentials, or what
// accounts in irsa.yaml says. The AWS account is asked for once, so that a profile of
// another AWS account than was thought writes nothing there.
func (s *Session) in(ctx context.Context, account string) (*client, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.accounts[account]; c != nil {
		return c, nil
	}
	access, ok := s.release.File.Accounts[account]
	if !ok {
		return nil, fault(
			fmt.Sprintf("add to irsa.yaml: accounts: {\"%s\": {profile: NAME}}, or use credentials of that AWS account", account),
			"the credentials are of AWS account %s (%s), and irsa.yaml does not say how to reach AWS account %s", s.facts.CallerAccount, s.facts.Caller, account).
			or(fmt.Sprintf("add --aws-account %s=PROFILE, or use credentials of that AWS account", account),
				fmt.Sprintf("the credentials are of AWS account %s (%s), and nobody said how AWS account %s is reached", s.facts.CallerAccount, s.facts.Caller, account))
	}
	cfg, err := s.configFor(ctx, access)
	var f *Fault
	if _, ok := isNoProfile(err); ok && errors.As(err, &f) {
		f.or(f.hint, f.Message+", which --aws-account names")
		f.Message += ", which accounts in irsa.yaml names"
	}
	if err != nil {
		return nil, err
	}
	who, err := s.caller(ctx, cfg, "reaching AWS account "+account+" as "+accessName(access))
	if err != nil {
		return nil, err
	}
	if got := aws.ToString(who.Account); got != account {
		return nil, fault(fmt.Sprintf("correct accounts[%q] in irsa.yaml", account),
			"%s is of AWS account %s, not %s", accessName(access), got, account).or("correct --aws-account "+account+"=PROFILE", "")
	}
	return s.remember(account, aws.ToString(who.Arn), cfg), nil
}

// remember makes the client of an AWS account, which asks as by.
func (s *Session) remember(account, by string, cfg aws.Config) *client {
	cfg = cfg.Copy()
	cfg.APIOptions = slices.Concat(cfg.APIOptions, s.opts.Reads.shared(account, by))
	c := &client{account: account, config: cfg, iam: iam.NewFromConfig(cfg)}
	s.accounts[account] = c
	return c
}

func accessName(a spec.AccountAccess) string {
	if a.Profile != "" {
		return "profile " + a.Profile
	}
	return "role " + a.AssumeRoleARN
}

func (s *Session) configFor(ctx context.Context, access spec.AccountAccess) (aws.Config, error) {
	if access.AssumeRoleARN != "" {
		cfg := s.base.Copy()
		provider := stscreds.NewAssumeRoleProvider(sts.NewFromConfig(s.base), access.AssumeRoleARN, func(o *stscreds.AssumeRoleOptions) {
			o.RoleSessionName = "helm-irsa"
		})
		cfg.Credentials = s.opts.Reads.credentials(accessName(access), spec.PartitionOf(cfg.Region), aws.NewCredentialsCache(provider))
		return cfg, nil
	}
	options := slices.Concat(s.common(), []func(*config.LoadOptions) error{config.WithRegion(s.base.Region)}, s.opts.Load, []func(*config.LoadOptions) error{config.WithSharedConfigProfile(access.Profile)})
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if name, ok := isNoProfile(err); ok {
		return cfg, noProfile(err, name, nil)
	}
	if err != nil {
		return cfg, &Fault{Message: "reading AWS profile " + access.Profile + ": " + oneLine(err), cause: err}
	}
	cfg.Credentials = s.opts.Reads.credentials(accessName(access), spec.PartitionOf(cfg.Region), cfg.Credentials)
	return cfg, nil
}

// eksIn is the EKS client for an AWS account and region.
func (s *Session) eksIn(ctx context.Context, account, region string) (*eks.Client, error) {
	c, err := s.in(ctx, account)
	if err != nil {
		return nil, err
	}
	return eks.NewFromConfig(c.config, func(o *eks.Options) { o.Region = region }), nil
}

// each runs f for every item, side by side within the slots and begun in their order,
// and gives the error of each. Items that have not begun when the context ends are not
// begun.
func each[T any](ctx context.Context, s *Session, items []T, f func(T) error) []error {
	failed := make([]error, len(items))
	var wait sync.WaitGroup
	for i, item := range items {
		select {
		case s.slots <- struct{}{}:
		case <-ctx.Done():
			failed[i] = ctx.Err()
			continue
		}
		wait.Go(func() {
			defer func() { <-s.slots }()
			if failed[i] = ctx.Err(); failed[i] == nil {
				failed[i] = f(item)
			}
		})
	}
	wait.Wait()
	return failed
}

// first is the first error that is one.
func first(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
