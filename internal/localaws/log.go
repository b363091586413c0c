package localaws

import "slices"

// Call is one call that came in, as the log keeps it. Documents, tokens and
// credentials are never in it.
type Call struct {
	// Number counts from 1 since SetFaults.
	Number int
	// Service is iam, sts, eks or eks-auth; Operation such as CreateRole.
	Service, Operation string
	// Account and Caller, an ARN, are whose credentials signed it; empty where none did.
	Account, Caller string
	// Resource is what IAM holds the operation's permission against: an ARN, * for an
	// operation without resource-level permissions, empty for one that needs none.
	Resource string
	// Needs are all permissions that the call takes, Resource's first, whether the
	// server acted on it or not.
	Needs []Permission
	// Args are the arguments that say what the call is about, by AWS's names.
	Args map[string]string
	// Acted: the server ran the operation; not so where a fault struck or stopped it.
	Acted bool
	// Code is the error code that the call came to; empty for success.
	Code string
	// Dropped: the connection was closed without an answer.
	Dropped bool
}

// logged are the arguments that the log keeps.
var logged = []string{
	"RoleName", "PolicyName", "PolicyArn", "VersionId", "PermissionsBoundary", "OpenIDConnectProviderArn", "Url", "ClientID",
	"Path", "PathPrefix", "Scope", "Marker", "RoleArn", "RoleSessionName",
	"clusterName", "nodegroupName", "associationId", "namespace", "serviceAccount", "roleArn",
}

// Calls are all calls that came in since the last ResetCalls, in the order in which they were answered.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// ResetCalls empties the log.
func (s *Server) ResetCalls() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = nil
}

func (s *Server) record(c Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, c)
}
