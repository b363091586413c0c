package hints

import "github.com/helm-irsa/helm-irsa/pkg/spec"

// Hint is one place of a document that speaks of a role or of a service account.
type Hint struct {
	Kind  Kind
	Path  string
	Value string
	// Name is the variable, or the key within a text, that has the value; empty where Path says
	// all.
	Name string
	// ServiceAccount is the name of the service account that the place is about; empty where it
	// says none.
	ServiceAccount string
	// Create is what the place says of making that service account; nil where it says nothing.
	Create *bool
}

// Kind says what stands at a place.
type Kind int

const (
	// Role is an annotation role-arn that is meant for a service account.
	Role Kind = iota
	// OnPod is the same on a pod, its template, or what makes pods.
	OnPod
	// Glued is key and value of the annotation in one text, or the key cut at its dots.
	Glued
	// WrongKey is a service account's annotation under another key; Value is "KEY: VALUE".
	WrongKey
	// ServiceAccount is values that name a service account, or have one created.
	ServiceAccount
	// Assume is a setting that makes the application assume a role.
	Assume
	// WebIdentity is a role that the application assumes with a token by itself.
	WebIdentity
	// Profile is the text of an AWS configuration file.
	Profile
	// Duration is how long a session the application asks for.
	Duration
	// Keys are access keys among the variables that values or a resource give to containers.
	Keys
	// TokenFile is a token file of the API server's among them.
	TokenFile
	// Preset is a role or another token file among them; Value is "NAME: VALUE".
	Preset
	// Kiam is an annotation of kiam or kube2iam that values give to pods.
	Kiam
	// Names is a text that names a service account for pods which are made later: a variable, or
	// a field in JSON or YAML text.
	Names
	// Mention is the ARN of a role in a setting that speaks of one.
	Mention
	// Hops are nodes whose metadata pods cannot reach.
	Hops
)

// The annotations that matter.
const (
	RoleKey       = spec.RoleAnnotation
	AudienceKey   = spec.AudienceAnnotation
	RegionalKey   = spec.RegionalAnnotation
	expirationKey = spec.ExpirationAnnotation
	KiamKey       = "iam.amazonaws.com/role"
)

// APIServerTokens is where Kubernetes mounts the token for the API server.
const APIServerTokens = "/var/run/secrets/kubernetes.io/serviceaccount"
