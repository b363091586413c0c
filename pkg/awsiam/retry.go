package awsiam

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go/middleware"
)

// A call is tried so often before it fails. With a third of all calls throttled, one
// in 3^12 (half a million) still fails.
const maxAttempts = 12

// callerAttempts are for the first call, some five seconds; nothing is lost with it.
const callerAttempts = 6

// The first wait, doubled with every attempt up to the longest; the real one is
// between half of it and all of it, so that calls that failed together do not come
// back together.
const (
	firstBackoff   = 100 * time.Millisecond
	longestBackoff = 10 * time.Second
)

// Backoff is how long to wait after a call that failed for the attempt-th time.
func Backoff(attempt int) time.Duration {
	d := longestBackoff
	if attempt < 16 {
		d = min(firstBackoff<<attempt, longestBackoff)
	}
	return d/2 + rand.N(d/2+1)
}

// newRetryer tries again what the SDK's standard retryer does (throttling, 5xx, broken
// connections), and what IAM says of a second change at the same time: "The request was
// rejected because multiple requests to change this object were submitted
// simultaneously" (ConcurrentModification,
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagRole.html).
//
// The standard one also stops trying once a bucket of retries is empty. That is for
// services under load; here it would end an apply in the middle, so there is none.
func (s *Session) newRetryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = maxAttempts
		o.RateLimiter = ratelimit.None
		o.Backoff = retry.BackoffDelayerFunc(func(attempt int, _ error) (time.Duration, error) { return s.opts.RetryDelay(attempt), nil })
		o.Retryables = append(o.Retryables, retry.RetryableErrorCode{Codes: map[string]struct{}{
			"ConcurrentModification": {}, "ConcurrentModificationException": {},
			"EntityTemporarilyUnmodifiable": {}, "ServiceFailure": {}, "ServerException": {},
		}})
	})
}

// settleTime is how long a change is waited for that AWS has accepted and does not show
// yet. IAM promises no time: "changes … might not be immediately visible"
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html); seconds
// are usual.
const settleTime = 2 * time.Minute

// settle runs f until it succeeds, or fails in another way than with one of the codes
// that say: what was just made is not visible yet.
func (s *Session) settle(ctx context.Context, f func() error, codes ...string) error {
	end := s.opts.Now().Add(settleTime)
	for attempt := 1; ; attempt++ {
		err := f()
		if err == nil || !isCode(err, codes...) || s.opts.Now().After(end) {
			return err
		}
		if stop := s.opts.Sleep(ctx, Backoff(attempt)); stop != nil {
			return stop
		}
	}
}

// Attempt is one attempt at a call. It has no arguments, no documents, no credentials.
type Attempt struct {
	Service, Operation, Region string
	Duration                   time.Duration
	// Code is AWS's error code; empty for success, "failed" where AWS did not answer.
	Code string
}

// traced tells Options.Trace of every attempt.
func (s *Session) traced() []func(*middleware.Stack) error {
	if s.opts.Trace == nil {
		return nil
	}
	return []func(*middleware.Stack) error{func(stack *middleware.Stack) error {
		return stack.Finalize.Add(middleware.FinalizeMiddlewareFunc("helmIrsaTrace", func(
			ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
		) (middleware.FinalizeOutput, middleware.Metadata, error) {
			from := time.Now()
			out, metadata, err := next.HandleFinalize(ctx, in)
			a := Attempt{
				Service: awsmiddleware.GetServiceID(ctx), Operation: awsmiddleware.GetOperationName(ctx),
				Region: awsmiddleware.GetRegion(ctx), Duration: time.Since(from), Code: codeOf(err),
			}
			if err != nil && a.Code == "" && !errors.Is(err, context.Canceled) {
				a.Code = "failed"
			}
			s.opts.Trace(a)
			return out, metadata, err
		}), middleware.After)
	}}
}
