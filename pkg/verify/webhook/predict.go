package webhook

import (
	"fmt"
	"path"
	"strings"
)

// Method is how a pod's containers come to credentials.
type Method string

// The two methods; "" where the webhook leaves the pod as it is.
const (
	WebIdentity          Method = "web-identity"          // IRSA
	ContainerCredentials Method = "container-credentials" // EKS Pod Identity
)

// Injection is what the webhook does to a pod.
type Injection struct {
	Method Method
	// Reason says why the pod is left as it is; "" where it is not.
	Reason Code
	// Changed is false also where the webhook would act and finds everything there.
	Changed bool

	Role        string // what AWS_ROLE_ARN is set to; "" with ContainerCredentials
	FullURI     string // what AWS_CONTAINER_CREDENTIALS_FULL_URI is set to; "" with WebIdentity
	TokenFile   string // the token's path as the variable has it; begins with C:\ on Windows
	RegionalSTS bool   // whether AWS_STS_REGIONAL_ENDPOINTS is to be "regional"
	Region      string // what the two region variables are to be; "": they are not set
	MountPath   string
	Volume      Volume
	Label       string // the label that is set to "enabled"; "": none

	// Containers are all of the pod's: first the init containers, as the webhook goes,
	// the ephemeral ones last.
	Containers []Container
	// Notes on the service account and the pod; those on a container are in the container.
	Notes []Note
}

// Token is a projected service account token.
type Token struct {
	Audience string // "": the API server's own
	Path     string // within the volume
	// Expiration is in seconds. Between it and MinExpiration the webhook draws a number;
	// mostly they are equal.
	Expiration    int64
	MinExpiration int64
}

// Volume is where the token comes from.
type Volume struct {
	Name  string
	Added bool  // false: the pod has one of this name, and keeps it
	Token Token // what the webhook adds, or would have added
	// Own is the token in the pod's own volume of this name; nil where it has no such
	// volume, or one without a token.
	Own *Token
}

// Env is a variable with its value.
type Env struct {
	Name  string
	Value string
}

// Container is what the webhook does to one container.
type Container struct {
	Path        string // spec.containers[0]
	Name        string
	Env         []Env // what is added, in the order in which they are appended
	Mount       bool  // the volume is mounted at MountPath, read-only
	Credentials bool  // the two variables are as the webhook sets them, now or before
	Notes       []Note

	list  string
	index int
}

// Predict says what the webhook does with a pod that runs as the service account. The
// service account counts only if it is the one that the pod names, in the pod's
// namespace. For a manifest, make the Pod from what Admitted gives.
func Predict(account Account, pod Pod, config Config) Injection {
	d := decider{account: account, pod: pod, config: config}
	s, reason := d.decide()
	in := Injection{Reason: reason, Notes: d.notes}
	if reason != "" {
		in.Containers = untouched(pod)
		return in
	}
	in.Method, in.Role, in.FullURI = s.method, s.role, s.fullURI
	in.RegionalSTS, in.Region, in.MountPath = s.regionalSTS, s.region, s.mountPath
	in.TokenFile = in.tokenFile(s, pod)
	in.volume(s, pod)
	if s.method == ContainerCredentials {
		// handler.go, getPodSpecPatch: always, under this name whatever the prefix is.
		in.Label = podIdentityLabel
	}
	// handler.go, getPodSpecPatch: init containers, then containers; no others.
	in.containers(s, "initContainers", pod.InitContainers)
	in.containers(s, "containers", pod.Containers)
	in.ephemeral(pod)

	in.Changed = in.Volume.Added || in.Label != ""
	for _, c := range in.Containers {
		in.Changed = in.Changed || len(c.Env) > 0 || c.Mount
	}
	return in
}

// tokenFile is the beginning of getPodSpecPatch of handler.go. Windows is what
// nodeSelector says; the mount's path stays as it is.
func (in *Injection) tokenFile(s settings, pod Pod) string {
	file := path.Join(s.mountPath, s.token.Path)
	switch {
	case pod.NodeSelector["kubernetes.io/os"] == "windows", pod.NodeSelector["beta.kubernetes.io/os"] == "windows":
		return "C:" + strings.ReplaceAll(file, "/", `\`)
	case pod.OS == "windows":
		in.Notes = append(in.Notes, note(WindowsNotRecognised, "spec.os.name", "the webhook takes a pod for Windows by nodeSelector only; this one gets the path %s", file))
	}
	return file
}

// volume is in getPodSpecPatch of handler.go: a volume is known by its name alone.
func (in *Injection) volume(s settings, pod Pod) {
	in.Volume = Volume{Name: s.volume, Added: true, Token: s.token}
	for i, v := range pod.Volumes {
		if v.Name != s.volume {
			continue
		}
		in.Volume.Added = false
		in.Volume.Own = v.token(s.token.Path)
		in.Notes = append(in.Notes, in.Volume.note(fmt.Sprintf("spec.volumes[%d]", i)))
		return
	}
}

// token is the one at the path, or the first where there is none.
func (v PodVolume) token(path string) *Token {
	for _, t := range v.Tokens {
		if t.Path == path {
			return &t
		}
	}
	if len(v.Tokens) > 0 {
		return &v.Tokens[0]
	}
	return nil
}

func (v Volume) note(path string) Note {
	other := func(format string, args ...any) Note {
		return note(VolumeOther, path, "the pod's own volume %s is kept, "+format, append([]any{v.Name}, args...)...)
	}
	switch {
	case v.Own == nil:
		return other("and holds no service account token")
	case v.Own.Path != v.Token.Path:
		return other("and its token is the file %q, not %q", v.Own.Path, v.Token.Path)
	case v.Own.Audience != v.Token.Audience:
		return other("and its token's audience is %q, not %q", v.Own.Audience, v.Token.Audience)
	}
	return note(VolumePresent, path, "the pod's own volume %s is kept, and has such a token", v.Name)
}
