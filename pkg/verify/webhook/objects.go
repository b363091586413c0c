package webhook

import (
	"cmp"
	"fmt"
)

// Account is what the webhook reads of a ServiceAccount (main.go,
// stripDownServiceAccount). The zero value stands for one that does not exist.
type Account struct {
	Namespace   string
	Name        string
	Annotations map[string]string
}

// NewAccount reads a ServiceAccount. The namespace is for objects without one; where
// both are empty it is "default". The error names every field whose type the API server
// would refuse, and the result lacks those.
func NewAccount(object map[string]any, namespace string) (Account, error) {
	var r reader
	meta := r.object(object, "metadata", "")
	a := Account{
		Namespace:   namespaceOf(r.text(meta, "namespace", "metadata"), namespace),
		Name:        r.text(meta, "name", "metadata"),
		Annotations: r.texts(meta, "annotations", "metadata"),
	}
	return a, r.err()
}

// Pod is what the webhook reads of a pod, and what the notes are made from.
type Pod struct {
	Namespace   string
	Labels      map[string]string
	Annotations map[string]string

	ServiceAccountName string
	ServiceAccount     string // the deprecated field
	NodeSelector       map[string]string
	OS                 string // spec.os.name

	Volumes             []PodVolume
	InitContainers      []PodContainer
	Containers          []PodContainer
	EphemeralContainers []PodContainer
}

// PodVolume is a volume that the pod has by itself.
type PodVolume struct {
	Name   string
	Tokens []Token // its projected service account tokens
}

// PodContainer is a container as it came.
type PodContainer struct {
	Name    string
	Env     []Env // "" is the value of one that has valueFrom
	EnvFrom bool
	Mounts  []PodMount
}

// PodMount is a mount that a container has by itself.
type PodMount struct {
	Volume string
	Path   string
	Part   bool // only a part of the volume: subPath or subPathExpr is set
}

// NewPod reads a pod, or a pod template. The namespace is for objects without one, as
// templates are; where both are empty it is "default". The error names every field whose
// type the API server would refuse, and the Pod lacks those.
func NewPod(object map[string]any, namespace string) (Pod, error) {
	var r reader
	meta := r.object(object, "metadata", "")
	spec := r.object(object, "spec", "")
	p := Pod{
		Namespace:           namespaceOf(r.text(meta, "namespace", "metadata"), namespace),
		Labels:              r.texts(meta, "labels", "metadata"),
		Annotations:         r.texts(meta, "annotations", "metadata"),
		ServiceAccountName:  r.text(spec, "serviceAccountName", "spec"),
		ServiceAccount:      r.text(spec, "serviceAccount", "spec"),
		NodeSelector:        r.texts(spec, "nodeSelector", "spec"),
		OS:                  r.text(r.object(spec, "os", "spec"), "name", "spec.os"),
		InitContainers:      r.containers(spec, "initContainers"),
		Containers:          r.containers(spec, "containers"),
		EphemeralContainers: r.containers(spec, "ephemeralContainers"),
	}
	for i, v := range r.objects(spec, "volumes", "spec") {
		p.Volumes = append(p.Volumes, r.volume(v, fmt.Sprintf("spec.volumes[%d]", i)))
	}
	return p, r.err()
}

func (r *reader) containers(spec map[string]any, key string) []PodContainer {
	var all []PodContainer
	for i, o := range r.objects(spec, key, "spec") {
		path := fmt.Sprintf("spec.%s[%d]", key, i)
		c := PodContainer{
			Name:    r.text(o, "name", path),
			EnvFrom: len(r.objects(o, "envFrom", path)) > 0,
		}
		for j, env := range r.objects(o, "env", path) {
			at := fmt.Sprintf("%s.env[%d]", path, j)
			c.Env = append(c.Env, Env{r.text(env, "name", at), r.text(env, "value", at)})
		}
		for j, m := range r.objects(o, "volumeMounts", path) {
			at := fmt.Sprintf("%s.volumeMounts[%d]", path, j)
			c.Mounts = append(c.Mounts, PodMount{
				Volume: r.text(m, "name", at),
				Path:   r.text(m, "mountPath", at),
				Part:   r.text(m, "subPath", at) != "" || r.text(m, "subPathExpr", at) != "",
			})
		}
		all = append(all, c)
	}
	return all
}

func (r *reader) volume(o map[string]any, path string) PodVolume {
	v := PodVolume{Name: r.text(o, "name", path)}
	projected := r.object(o, "projected", path)
	for i, source := range r.objects(projected, "sources", path+".projected") {
		at := fmt.Sprintf("%s.projected.sources[%d]", path, i)
		token := r.object(source, "serviceAccountToken", at)
		if token == nil {
			continue
		}
		at += ".serviceAccountToken"
		seconds, set := r.seconds(token, "expirationSeconds", at)
		if !set {
			seconds = 3600 // the API server's default
		}
		v.Tokens = append(v.Tokens, Token{
			Audience:      r.text(token, "audience", at),
			Expiration:    seconds,
			MinExpiration: seconds,
			Path:          r.text(token, "path", at),
		})
	}
	return v
}

func namespaceOf(own, given string) string { return cmp.Or(own, given, "default") }

// Admitted is the pod as the API server shows it to the webhook, in what matters here: a
// namespace, and the service account's name from the deprecated field, or "default"
// (conversion and the ServiceAccount admission, which come first). A manifest needs this
// before NewPod; what reaches the webhook without it names no service account and gets
// nothing. The object itself is not changed.
func Admitted(object map[string]any, namespace string) map[string]any {
	pod, ok := clone(object).(map[string]any)
	if !ok || pod == nil {
		return map[string]any{}
	}
	var r reader
	meta, spec := r.object(pod, "metadata", ""), r.object(pod, "spec", "")
	own := r.text(meta, "namespace", "metadata")
	name := cmp.Or(r.text(spec, "serviceAccountName", "spec"), r.text(spec, "serviceAccount", "spec"), "default")
	if len(r.faults) > 0 {
		return pod // NewPod says what is wrong
	}
	if meta == nil {
		meta = map[string]any{}
		pod["metadata"] = meta
	}
	if spec == nil {
		spec = map[string]any{}
		pod["spec"] = spec
	}
	meta["namespace"] = namespaceOf(own, namespace)
	spec["serviceAccountName"], spec["serviceAccount"] = name, name
	return pod
}

// clone copies decoded JSON or YAML in depth.
func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if v == nil {
			return v
		}
		to := make(map[string]any, len(v))
		for k := range v {
			to[k] = clone(v[k])
		}
		return to
	case []any:
		if v == nil {
			return v
		}
		to := make([]any, len(v))
		for i := range v {
			to[i] = clone(v[i])
		}
		return to
	}
	return v
}
