package webhook

import "fmt"

// Code says what a Note is about. Codes are stable.
type Code string

// Why a pod is left as it is; see Injection.Reason.
const (
	NotShown          Code = "not-shown"             // the label that opts out
	NoAccountName     Code = "no-account-name"       // the pod names no service account
	DeprecatedAccount Code = "deprecated-account"    // only in the deprecated field, which the webhook does not read
	AccountMissing    Code = "account-missing"       // no such service account, nor in the ConfigMap
	NoRole            Code = "no-role-arn"           // the service account has no role-arn annotation
	EmptyRole         Code = "empty-role-arn"        // it has one, and it is empty
	EmptyConfigMap    Code = "config-map-empty-role" // the ConfigMap names the service account without a role
)

// What the webhook makes of the service account and the pod.
const (
	RoleMalformed        Code = "role-arn-malformed"      // used as it is, and logged
	RoleComposed         Code = "role-arn-composed"       // completed from a name
	RoleFromConfigMap    Code = "role-from-config-map"    // no annotation gave it
	PodIdentityFirst     Code = "pod-identity-first"      // an association hides the role-arn
	AudienceEmpty        Code = "audience-empty"          // the token is for the API server
	STSUnreadable        Code = "sts-regional-unreadable" // no boolean: the webhook's default stays
	ExpirationUnreadable Code = "expiration-unreadable"   // no number: ignored
	ExpirationRaised     Code = "expiration-raised"       // below the minimum
	ExpirationLong       Code = "expiration-long"         // above what EKS gives
	ExpirationRefused    Code = "expiration-refused"      // the API server refuses the pod
	SkipUnreadable       Code = "skip-unreadable"         // no CSV: nothing is skipped
	SkipMatchesNothing   Code = "skip-matches-nothing"    // no container has that name
	IgnoredOnPod         Code = "ignored-on-pod"          // is read on service accounts only
	IgnoredOnAccount     Code = "ignored-on-account"      // is read on pods only
	WindowsNotRecognised Code = "windows-not-recognised"  // only nodeSelector counts
	VolumePresent        Code = "volume-present"          // the pod's own, and it gives the same token
	VolumeOther          Code = "volume-other"            // the pod's own, and it gives something else
)

// What is left alone in a container.
const (
	Skipped               Code = "skipped"                 // by the annotation skip-containers
	Ephemeral             Code = "ephemeral"               // the webhook does not look at these
	CredentialsEnvPresent Code = "credentials-env-present" // one of its two variables is set: it sets neither
	AlreadyInjected       Code = "already-injected"        // both are as it sets them, as in a live pod
	RegionEnvPresent      Code = "region-env-present"      // one of the two is set: it sets neither
	STSEnvPresent         Code = "sts-env-present"
	EverythingPresent     Code = "everything-present" // not even the mount is added
	EnvFromUnread         Code = "env-from-unread"    // what is set there counts as not set
	MountPresent          Code = "mount-present"      // the container's own, at the same path
	MountElsewhere        Code = "mount-elsewhere"    // the container's own, and the token's path is not in it
	MountPathTaken        Code = "mount-path-taken"   // another volume is there: the API server refuses the pod
)

// Note is something that a person would want to know of a prediction.
type Note struct {
	Code Code
	// Path is the field in question: metadata.annotations["…"], spec.containers[0].env[1];
	// "" where it is none but the webhook's own configuration.
	Path string
	// Account: the field is the service account's. Else it is the pod's.
	Account bool
	// Text is a sentence without a full stop.
	Text string
}

func note(code Code, path, format string, args ...any) Note {
	return Note{Code: code, Path: path, Text: fmt.Sprintf(format, args...)}
}

func annotationPath(key string) string { return fmt.Sprintf("metadata.annotations[%q]", key) }
