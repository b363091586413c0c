package awsiam

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/middleware"
)

// Reads are the answers that AWS gave to several Sessions of one process, so that each thing is
// asked once for all of them: an AWS account is read once however many releases have roles in
// it. A Session with Reads plans and does not apply: before a change AWS is read anew, and these
// answers would be old.
//
// A Reads is for Sessions that are opened with the same environment and the same Options.Load.
type Reads struct {
	mu      sync.Mutex
	answers map[string]*answer
	sources map[string]aws.CredentialsProvider
}

// NewReads is one without answers.
func NewReads() *Reads {
	return &Reads{answers: map[string]*answer{}, sources: map[string]aws.CredentialsProvider{}}
}

// answer is what a call gave, once done is closed. An error is that of the credentials by
// which was asked: others may be told more.
type answer struct {
	done chan struct{}
	by   string
	out  any
	err  error
}

// once gives what ask gives, and asks only where nobody has asked for the key before.
func (r *Reads) once(ctx context.Context, key, by string, ask func() (any, error)) (any, error) {
	if r == nil {
		return ask()
	}
	for {
		r.mu.Lock()
		a := r.answers[key]
		if a == nil {
			a = &answer{done: make(chan struct{}), by: by}
			r.answers[key] = a
			r.mu.Unlock()
			a.out, a.err = ask()
			close(a.done)
			return a.out, a.err
		}
		r.mu.Unlock()
		select {
		case <-a.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if a.err == nil || a.by == by && !isStopped(a.err) {
			return a.out, a.err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r.mu.Lock()
		if r.answers[key] == a {
			delete(r.answers, key)
		}
		r.mu.Unlock()
	}
}

func isStopped(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// shared makes the clients of an AWS account, which asks as by, look here before they read.
func (r *Reads) shared(account, by string) []func(*middleware.Stack) error {
	if r == nil {
		return nil
	}
	return []func(*middleware.Stack) error{func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("helmIrsaReads", func(
			ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
		) (out middleware.InitializeOutput, metadata middleware.Metadata, err error) {
			key, ok := readKey(ctx, account, in.Parameters)
			if !ok {
				return next.HandleInitialize(ctx, in)
			}
			result, err := r.once(ctx, key, by, func() (any, error) {
				out, _, err := next.HandleInitialize(ctx, in)
				return out.Result, err
			})
			return middleware.InitializeOutput{Result: copyOf(result)}, metadata, err
		}), middleware.After)
	}}
}

// readKey is what a call asks for, where it only reads. IAM is the same in every region of a
// partition, and an AWS account is of one partition.
func readKey(ctx context.Context, account string, parameters any) (string, bool) {
	service, operation, region := awsmiddleware.GetServiceID(ctx), awsmiddleware.GetOperationName(ctx), awsmiddleware.GetRegion(ctx)
	reads := strings.HasPrefix(operation, "Get") || strings.HasPrefix(operation, "List") || strings.HasPrefix(operation, "Describe")
	text, err := json.Marshal(parameters)
	if !reads || err != nil {
		return "", false
	}
	if service == "IAM" {
		region = ""
	}
	return strings.Join([]string{account, region, service, operation, string(text)}, "\x00"), true
}

// copyOf is a copy of what the SDK gave: it writes the metadata of the call into it.
func copyOf(result any) any {
	from := reflect.ValueOf(result)
	if from.Kind() != reflect.Pointer || from.IsNil() {
		return result
	}
	to := reflect.New(from.Type().Elem())
	to.Elem().Set(from.Elem())
	return to.Interface()
}

// credentials are those that a Session found by this name in a partition, or before it another.
func (r *Reads) credentials(name, partition string, found aws.CredentialsProvider) aws.CredentialsProvider {
	if r == nil {
		return found
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	key := partition + "\x00" + name
	if r.sources[key] == nil {
		r.sources[key] = found
	}
	return r.sources[key]
}

// caller is whose some credentials are: ask is asked once for each.
func (r *Reads) caller(ctx context.Context, keys aws.Credentials, ask func() (*sts.GetCallerIdentityOutput, error)) (*sts.GetCallerIdentityOutput, error) {
	out, err := r.once(ctx, fmt.Sprintf("caller\x00%s", keys.AccessKeyID), keys.AccessKeyID, func() (any, error) { return ask() })
	who, _ := out.(*sts.GetCallerIdentityOutput)
	return who, err
}
