package awsiam

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/smithy-go"

	"github.com/helm-irsa/helm-irsa/internal/safe"
)

// Fault is one thing that stops a plan or a step of it, and what to do about it.
type Fault struct {
	Message string
	hint    string
	cause   error
	// bare is the same fault for who has no irsa.yaml; nil where it is said alike.
	bare *Fault
}

// Error is the message, without the hint.
func (f *Fault) Error() string { return f.Message }

// Hint is what to type next; it may be empty.
func (f *Fault) Hint() string { return f.hint }

// Unwrap is the error below, such as that of the SDK.
func (f *Fault) Unwrap() error { return f.cause }

// WithoutFile is the fault as it is said to who has no irsa.yaml yet, and names the cluster and AWS
// accounts by flags: to helm irsa import and init.
func (f *Fault) WithoutFile() *Fault {
	if f.bare != nil {
		return f.bare
	}
	return f
}

// or adds how the fault is said without an irsa.yaml; an empty message is the same one.
func (f *Fault) or(hint, message string) *Fault {
	f.bare = &Fault{Message: cmp.Or(safe.Text(message), f.Message), hint: safe.Text(hint), cause: f.cause}
	return f
}

func fault(hint, format string, args ...any) *Fault {
	return &Fault{Message: safe.Text(fmt.Sprintf(format, args...)), hint: safe.Text(hint)}
}

// Faults are all that was found in one go.
type Faults []*Fault

// Error gives one line a fault.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, one := range f {
		lines[i] = one.Message
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the faults one by one.
func (f Faults) Unwrap() []error {
	out := make([]error, len(f))
	for i, one := range f {
		out[i] = one
	}
	return out
}

func (f *Faults) add(hint, format string, args ...any) { *f = append(*f, fault(hint, format, args...)) }

func (f Faults) err() error {
	if len(f) == 0 {
		return nil
	}
	return f
}

// codeOf is AWS's error code; empty where AWS did not answer with one.
func codeOf(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func isCode(err error, codes ...string) bool {
	got := codeOf(err)
	for _, c := range codes {
		if got == c {
			return true
		}
	}
	return false
}

func isMissing(err error) bool { return isCode(err, "NoSuchEntity", "ResourceNotFoundException") }

// subject says what a call was about, for its error.
type subject struct {
	doing   string // creating role NAME
	account string
	// resource is the ARN that the call needs its permission on, or *.
	resource string
}

// quotaCodes are the codes of Service Quotas for the calls that count against one
// (https://docs.aws.amazon.com/general/latest/gr/iam-service.html).
var quotaCodes = map[string]string{
	"CreateRole":                  "L-FE177D64 (roles per account)",
	"CreatePolicy":                "L-E95E4862 (customer managed policies per account)",
	"CreateOpenIDConnectProvider": "L-858F3967 (OpenID Connect providers per account)",
	"AttachRolePolicy":            "L-0DA4ABF3 (managed policies per role)",
	"UpdateAssumeRolePolicy":      "L-C07B4B0D (role trust policy length)",
}

// explain turns the SDK's error into one that names the call, the resource, AWS's code
// and what to do. Nil stays nil; a Fault and a Meanwhile stay as they are.
func explain(err error, s subject) error {
	var known *Fault
	var changed *Meanwhile
	if err == nil || errors.As(err, &known) || errors.As(err, &changed) || errors.Is(err, context.Canceled) {
		return err
	}
	operation, service := "", ""
	var op *smithy.OperationError
	if errors.As(err, &op) {
		operation, service = op.OperationName, strings.ToLower(op.ServiceID)
	}
	f := &Fault{cause: err}
	s.doing = safe.Text(s.doing)
	in := ""
	if s.account != "" {
		in = " in AWS account " + s.account
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		f.Message = fmt.Sprintf("%s%s: %s:%s: %v", s.doing, in, service, operation, rootOf(err))
		f.hint = "is the network there, and does AWS_ENDPOINT_URL point to the right place?"
		if isCredentials(err) {
			return noCredentials(err)
		}
		return f
	}
	f.Message = fmt.Sprintf("%s%s: %s:%s: %s: %s", s.doing, in, service, operation, safe.Text(api.ErrorCode()), safe.Text(api.ErrorMessage()))
	f.hint = adviceFor(api, service+":"+operation, s)
	return f.or(strings.TrimSuffix(f.hint, printsPolicy), "")
}

// adviceFor says what to do about an error of AWS, by its code.
func adviceFor(e smithy.APIError, call string, s subject) string {
	_, operation, _ := strings.Cut(call, ":")
	switch e.ErrorCode() {
	case "AccessDenied", "AccessDeniedException", "UnauthorizedOperation":
		return allow(e.ErrorMessage(), call, s)
	case "LimitExceeded", "LimitExceededException":
		if quota := quotaCodes[operation]; quota != "" {
			return "ask for more of quota " + quota + " in Service Quotas, or remove what nobody uses"
		}
		return "remove what nobody uses, or ask for more in Service Quotas"
	case "ExpiredToken", "ExpiredTokenException", "RequestExpired":
		return "get new credentials, such as with: aws sso login"
	case "InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "AuthFailure", "IncompleteSignature", "MissingAuthenticationToken":
		return "AWS does not know these credentials: aws sts get-caller-identity shows which are used"
	case "Throttling", "ThrottlingException", "TooManyRequestsException":
		return "AWS kept asking for fewer calls: run the same command again in a while; it goes on where it stopped"
	case "ServiceFailure", "ServiceUnavailable", "InternalFailure", "ServerException":
		return "AWS failed: run the same command again in a while; it goes on where it stopped"
	}
	return ""
}

// rootOf is the innermost error: the layers above only repeat the call.
func rootOf(err error) error {
	for {
		below := errors.Unwrap(err)
		if below == nil {
			return err
		}
		err = below
	}
}

// isCredentials: the SDK signs a call before it sends it, and says so where it could not.
func isCredentials(err error) bool {
	var signing *smithy.GenericAPIError
	if errors.As(err, &signing) {
		return false
	}
	var op *smithy.OperationError
	for e := err; e != nil; e = errors.Unwrap(e) {
		if inner, ok := e.(*smithy.OperationError); ok {
			op = inner
		}
	}
	return op != nil && (op.ServiceID == "ec2imds" || op.ServiceID == "SSO" || op.ServiceID == "SSO OIDC")
}

func noCredentials(cause error) *Fault {
	text, hint := oneLine(rootOf(cause)), "set AWS_PROFILE, sign in with aws sso login, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
	var process *processcreds.ProviderError
	switch {
	case ofThisMachine(cause):
		text = "there are none in the environment, in the AWS profile, or from this machine"
	case errors.As(cause, &process): // its own words went to stderr already
		text = "the credential_process of the AWS profile failed: " + text
		hint = "see whether it is installed and works by itself: aws configure get credential_process shows it"
	}
	return &Fault{Message: "finding AWS credentials: " + text, hint: hint, cause: cause}
}

// ofThisMachine: the last place where the SDK looks for credentials, the metadata service of EC2,
// had none either. What it says of that helps nobody who is not on EC2.
func ofThisMachine(err error) bool {
	for e := err; e != nil; e = errors.Unwrap(e) {
		if op, ok := e.(*smithy.OperationError); ok && op.ServiceID == "ec2imds" {
			return true
		}
	}
	return false
}

func noProfile(cause error, name string, known []string) *Fault {
	f := &Fault{Message: fmt.Sprintf("there is no AWS profile %q", name), cause: cause}
	if len(known) > 0 {
		f.hint = "the profiles are: " + strings.Join(known, ", ")
	} else {
		f.hint = "aws configure list-profiles shows what there is"
	}
	return f
}

func isNoProfile(err error) (string, bool) {
	var missing config.SharedConfigProfileNotExistError
	if errors.As(err, &missing) {
		return missing.Profile, true
	}
	return "", false
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
