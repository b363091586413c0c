package localaws

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Faults make the server as unpleasant as the real ones can be. Calls are numbered
// from 1, in the order in which they come in after SetFaults.
type Faults struct {
	// Latency is waited before every answer.
	Latency time.Duration
	// Throttled and Failed are shares of the calls, 0 to 1, that are answered with
	// Throttling and with a status 500, without being acted on. Which ones follows
	// from Options.Seed and the call's number.
	Throttled, Failed float64
	// Propagation is how long a role or policy that was created is seen by no other
	// call, but for another create of the same name; Options.Clock tells the time.
	Propagation time.Duration
	// DropAt is the number of a call that is acted on, and whose connection is then
	// closed without an answer; 0 for none.
	DropAt int
	// StopAt is the number of the first call from which on none is acted on or
	// answered: connections are closed; 0 for none.
	StopAt int
	// Deny are permissions, such as iam:CreateRole or iam:PassRole: calls that need one
	// of them are answered with AccessDenied. Operations that AWS asks no permission for,
	// such as sts:GetCallerIdentity, can be named all the same.
	Deny []string
	// Before and After are told of each call, before it is acted on and after it was,
	// before its answer leaves. They may be called from several goroutines at once.
	Before, After func(Call)
}

// SetFaults puts the faults in force, in place of those before, and numbers calls from 1 again.
func (s *Server) SetFaults(f Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.Deny = slices.Clone(f.Deny)
	s.faults, s.number = f, 0
}

// strike is what the faults say to the call of this number before it is acted on;
// nil where they let it pass.
func (f Faults) strike(seed uint64, c Call) *apiError {
	roll := rand.New(rand.NewPCG(seed, uint64(c.Number))).Float64()
	switch {
	case roll < f.Throttled:
		return throttled(c.Service)
	case roll < f.Throttled+f.Failed:
		return failed(c.Service)
	}
	needs := c.Needs
	if len(needs) == 0 {
		needs = []Permission{{c.Service + ":" + c.Operation, "*"}}
	}
	for _, p := range needs {
		if slices.Contains(f.Deny, p.Action) {
			return denied(c, p, "identity-based")
		}
	}
	return nil
}

// drops reports whether the call of this number goes without an answer.
func (f Faults) drops(number int) bool { return number == f.DropAt || f.stops(number) }

// stops reports whether the call of this number is not even acted on.
func (f Faults) stops(number int) bool { return f.StopAt > 0 && number >= f.StopAt }

// throttled is worded as in https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
// and https://docs.aws.amazon.com/eks/latest/APIReference/CommonErrors.html.
func throttled(service string) *apiError {
	if strings.HasPrefix(service, "eks") {
		return refuse(http.StatusTooManyRequests, "ThrottlingException", "Rate exceeded")
	}
	return refuse(http.StatusBadRequest, "Throttling", "Rate exceeded")
}

func failed(service string) *apiError {
	const message = "The request processing has failed because of an unknown error, exception or failure."
	switch service {
	case "iam":
		return refuse(http.StatusInternalServerError, "ServiceFailure", message)
	case "eks":
		return refuse(http.StatusInternalServerError, "ServerException", message)
	case eksAuth:
		return refuse(http.StatusInternalServerError, "InternalServerException", message)
	}
	return refuse(http.StatusInternalServerError, "InternalFailure", message)
}

// denied is worded as in
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html.
func denied(c Call, p Permission, policy string) *apiError {
	status, code := http.StatusForbidden, "AccessDenied"
	switch c.Service {
	case "eks":
		code = "AccessDeniedException"
	case eksAuth:
		status, code = http.StatusBadRequest, "AccessDeniedException"
	}
	return refuse(status, code, "User: %s is not authorized to perform: %s on resource: %s because no %s policy allows the %s action",
		c.Caller, p.Action, p.Resource, policy, p.Action)
}
