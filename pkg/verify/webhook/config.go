package webhook

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Limits of the token's lifetime, in seconds (pkg/constants.go). The webhook raises to
// the minimum and knows no maximum (pkg/validation.go).
const (
	MinExpiration     int64 = 600
	DefaultExpiration int64 = 86400
	// jitterExpiration is the least that Pod Identity's jitter may choose.
	jitterExpiration int64 = 79200
)

// Names that no flag of the webhook changes (handler.go, NewModifier and getPodSpecPatch).
const (
	webIdentityVolume = "aws-iam-token"
	webIdentityToken  = "token"
	podIdentityLabel  = "eks.amazonaws.com/pod-identity"
)

// Config is how the webhook was started (main.go); each field is a flag. Begin with
// Defaults or EKS: an empty field is a flag that was set to nothing.
type Config struct {
	AnnotationPrefix string // --annotation-prefix
	Audience         string // --token-audience
	Expiration       int64  // --token-expiration, in seconds
	MountPath        string // --token-mount-path
	Region           string // --aws-default-region; "": no region is set
	RegionalSTS      bool   // --sts-regional-endpoint

	// Compose is --compose-role-arn: what a role-arn without "arn:" is completed with;
	// nil where the flag is not set.
	Compose *Compose
	// ConfigMap is what --watch-config-map reads, by "namespace/name"; see ParseConfigMap.
	ConfigMap map[string]Entry
	// PodIdentity is the side of EKS Pod Identity, which goes before any role-arn.
	PodIdentity PodIdentity

	// SkipLabel is no flag, but the label with which a pod opts out of being shown to
	// the webhook (objectSelector in deploy/mutatingwebhook.yaml; EKS has it too). The
	// API server decides it; "" where the webhook's configuration has no such selector.
	SkipLabel string
}

// Compose completes role names to ARNs (main.go, from instance metadata).
type Compose struct {
	Partition string
	AccountID string
}

// PodIdentity is what the webhook knows of EKS Pod Identity
// (pkg/containercredentials/config.go).
type PodIdentity struct {
	Audience   string // --container-credentials-audience
	MountPath  string // --container-credentials-token-mount-path
	VolumeName string // --container-credentials-token-volume-name
	TokenPath  string // --container-credentials-token-path
	FullURI    string // --container-credentials-full-uri

	// Identities are the service accounts with an association
	// (--watch-container-credentials-config, a file that EKS writes).
	Identities map[Identity]bool
}

// Identity names a service account.
type Identity struct {
	Namespace string
	Name      string
}

// Entry is what the webhook keeps of a service account (cache.go, Entry).
type Entry struct {
	RoleARN         string
	Audience        string
	UseRegionalSTS  bool
	TokenExpiration int64
}

// Defaults is the webhook without any flag, deployed as deploy/ does (main.go).
func Defaults() Config {
	return Config{
		AnnotationPrefix: "eks.amazonaws.com",
		Audience:         "sts.amazonaws.com",
		Expiration:       DefaultExpiration,
		MountPath:        "/var/run/secrets/eks.amazonaws.com/serviceaccount",
		PodIdentity: PodIdentity{
			Audience:   "pods.eks.amazonaws.com",
			MountPath:  "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount",
			VolumeName: "eks-pod-identity-token",
			TokenPath:  "eks-pod-identity-token",
			FullURI:    "http://169.254.170.23/v1/credentials",
		},
		SkipLabel: "eks.amazonaws.com/skip-pod-identity-webhook",
	}
}

// EKS is the webhook that EKS runs for a cluster of the given region: it sets the
// region, and regional STS endpoints are the default since Kubernetes 1.22 (EKS user
// guide, "Configure the AWS Security Token Service endpoint for a service account").
// The flags themselves are not published.
func EKS(region string) Config {
	c := Defaults()
	c.Region = region
	c.RegionalSTS = true
	return c
}

// ParseConfigMap reads the key "config" of the ConfigMap pod-identity-webhook for
// Config.ConfigMap (cache.go, populateCacheFromCM). A namespace of "*" stands for every
// namespace; no other pattern works. The webhook itself dies of a key without "/" and of
// an entry that is null; here both are errors.
func ParseConfigMap(config string) (map[string]Entry, error) {
	var raw map[string]*Entry
	if err := json.Unmarshal([]byte(config), &raw); err != nil {
		return nil, fmt.Errorf("the webhook's ConfigMap: %w", err)
	}
	entries := make(map[string]Entry, len(raw))
	for key, entry := range raw {
		parts := strings.Split(key, "/")
		if len(parts) < 2 {
			return nil, fmt.Errorf("the webhook's ConfigMap: %q is not namespace/name", key)
		}
		if entry == nil {
			return nil, fmt.Errorf("the webhook's ConfigMap: %q is null", key)
		}
		entries[parts[0]+"/"+parts[1]] = *entry
	}
	return entries, nil
}
