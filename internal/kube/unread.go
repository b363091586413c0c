package kube

import "fmt"

// Reason is why something was not read.
type Reason string

// The reasons.
const (
	// Forbidden: the credentials do not allow it.
	Forbidden Reason = "forbidden"
	// NoAPI: the cluster does not serve this kind.
	NoAPI Reason = "no such API"
	// NoObject: the object does not exist. Only Token and Issuer give it; Read leaves the
	// object out.
	NoObject Reason = "not found"
	// Failed: the API server answered with another error.
	Failed Reason = "failed"
)

// Permission is one rule of RBAC. A Resource that begins with a slash is a path of the
// API server, not a kind.
type Permission struct {
	Verb, Group, Resource, Namespace, Name string
}

// String is such as "list deployments.apps in namespace epinio".
func (p Permission) String() string {
	s := p.Verb + " " + p.Resource
	if p.Group != "" {
		s += "." + p.Group
	}
	if p.Name != "" {
		s += " " + p.Name
	}
	if p.Namespace != "" {
		s += " in namespace " + p.Namespace
	}
	return s
}

// Unread is something that could not be looked at. It is an error for calls that ask for
// one thing; Read collects it.
type Unread struct {
	// What is for people: "Pods in namespace epinio".
	What string
	// Kind is such as Pod; empty for what is no object.
	Kind string
	// Permission is what the call needs.
	Permission Permission
	Reason     Reason
	// Message is the API server's.
	Message string
}

// Error says what, why, and what is needed.
func (u *Unread) Error() string {
	switch u.Reason {
	case Forbidden:
		return fmt.Sprintf("%s: forbidden: needs the permission to %s", u.What, u.Permission)
	case NoObject:
		return u.What + ": not found"
	case NoAPI:
		return u.What + ": the cluster has no such API"
	}
	return u.What + ": " + u.Message
}

// ConnectError is a cluster that cannot be asked: no connection, or no credentials that
// it takes.
type ConnectError struct {
	// Server is its address, Context the kubeconfig's name for it.
	Server, Context string
	Err             error
}

// Error names the server. There are no credentials in it.
func (e *ConnectError) Error() string {
	name := e.Server
	if e.Context != "" {
		name += " (context " + e.Context + ")"
	}
	return "cluster " + name + ": " + (&scrubbed{e.Err}).Error()
}

// Unwrap gives the cause.
func (e *ConnectError) Unwrap() error { return e.Err }
