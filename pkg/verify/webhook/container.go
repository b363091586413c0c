package webhook

import (
	"fmt"
	"path"
	"slices"
)

// The variables (handler.go, addEnvToContainer; pkg/constants.go).
const (
	envRoleARN       = "AWS_ROLE_ARN"
	envTokenFile     = "AWS_WEB_IDENTITY_TOKEN_FILE"
	envFullURI       = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
	envAuthTokenFile = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
	envRegion        = "AWS_REGION"
	envDefaultRegion = "AWS_DEFAULT_REGION"
	envSTS           = "AWS_STS_REGIONAL_ENDPOINTS"
)

func (in *Injection) containers(s settings, list string, all []PodContainer) {
	for i, c := range all {
		out := container(list, i, c)
		if s.skip[c.Name] {
			out.note(Skipped, "", "the pod's annotation skip-containers names this container")
		} else {
			in.inject(&out, c)
		}
		in.Containers = append(in.Containers, out)
	}
}

func (in *Injection) ephemeral(pod Pod) {
	for i, c := range pod.EphemeralContainers {
		out := container("ephemeralContainers", i, c)
		out.note(Ephemeral, "", "the webhook does not look at ephemeral containers")
		in.Containers = append(in.Containers, out)
	}
}

// untouched are the containers of a pod that is left as it is.
func untouched(pod Pod) []Container {
	var all []Container
	for i, c := range pod.InitContainers {
		all = append(all, container("initContainers", i, c))
	}
	for i, c := range pod.Containers {
		all = append(all, container("containers", i, c))
	}
	for i, c := range pod.EphemeralContainers {
		all = append(all, container("ephemeralContainers", i, c))
	}
	return all
}

func container(list string, i int, c PodContainer) Container {
	return Container{Path: fmt.Sprintf("spec.%s[%d]", list, i), Name: c.Name, list: list, index: i}
}

func (c *Container) note(code Code, field, format string, args ...any) {
	c.Notes = append(c.Notes, note(code, c.Path+field, format, args...))
}

// inject is addEnvToContainer of handler.go. A variable counts as set by its name, with
// any value or none; envFrom is not looked at.
func (in *Injection) inject(out *Container, c PodContainer) {
	first, second := Env{envRoleARN, in.Role}, Env{envTokenFile, in.TokenFile}
	if in.Method == ContainerCredentials {
		first, second = Env{envFullURI, in.FullURI}, Env{envAuthTokenFile, in.TokenFile}
	}
	credentials := c.env(first.Name, second.Name)
	region := c.env(envRegion, envDefaultRegion)
	sts := c.env(envSTS)
	already := c.has(first) && c.has(second)
	if credentials >= 0 && region >= 0 && sts >= 0 {
		// Then it returns early, before it comes to the mount, whatever the flags are. A live
		// pod of EKS is like that too.
		out.Credentials = already && in.mounted(c) >= 0
		if out.Credentials {
			out.note(AlreadyInjected, fmt.Sprintf(".env[%d]", credentials), "the container has all that the webhook sets")
			return
		}
		out.note(EverythingPresent, ".env", "%s, %s and %s are there, so the container is left as it is, and the webhook mounts no token", c.Env[credentials].Name, c.Env[region].Name, c.Env[sts].Name)
		return
	}
	if in.RegionalSTS && out.free(c, sts) {
		out.Env = append(out.Env, Env{envSTS, "regional"})
	}
	if in.Region != "" && out.free(c, region) {
		out.Env = append(out.Env, Env{envDefaultRegion, in.Region}, Env{envRegion, in.Region})
	}
	switch {
	case credentials < 0:
		out.Env = append(out.Env, first, second)
	case already:
		out.note(AlreadyInjected, fmt.Sprintf(".env[%d]", credentials), "the container has %s and %s as the webhook sets them", first.Name, second.Name)
	default:
		out.note(CredentialsEnvPresent, fmt.Sprintf(".env[%d]", credentials), "the container sets %s, so the webhook sets neither %s nor %s", c.Env[credentials].Name, first.Name, second.Name)
	}
	out.Credentials = credentials < 0 || already
	if c.EnvFrom {
		// Kubernetes: a name in env goes before the same name in envFrom.
		out.note(EnvFromUnread, ".envFrom", "the webhook does not look into envFrom, and what it sets goes before what is set there")
	}
	in.mount(out, c)
}

// free notes a variable that is there already, and says whether it is not.
func (c *Container) free(from PodContainer, i int) bool {
	if i < 0 {
		return true
	}
	code, name := RegionEnvPresent, from.Env[i].Name
	if name == envSTS {
		code = STSEnvPresent
	}
	c.note(code, fmt.Sprintf(".env[%d]", i), "the container sets %s, and keeps it", name)
	return false
}

// env is the position of the first of the variables, or -1.
func (c PodContainer) env(names ...string) int {
	return slices.IndexFunc(c.Env, func(e Env) bool { return slices.Contains(names, e.Name) })
}

// has: the variable has just this value; of one set twice the last counts, as it does to
// Kubernetes.
func (c PodContainer) has(want Env) bool {
	for _, e := range slices.Backward(c.Env) {
		if e.Name == want.Name {
			return e == want
		}
	}
	return false
}

// mounted is the position of the mount that puts the whole volume where the webhook
// would put it, or -1.
func (in *Injection) mounted(c PodContainer) int {
	return slices.IndexFunc(c.Mounts, func(m PodMount) bool {
		return m.Volume == in.Volume.Name && path.Clean(m.Path) == path.Clean(in.MountPath) && !m.Part
	})
}

// mount is the end of addEnvToContainer: a mount is known by its volume's name alone.
func (in *Injection) mount(out *Container, c PodContainer) {
	at := func(i int) string { return fmt.Sprintf(".volumeMounts[%d]", i) }
	if i := in.mounted(c); i >= 0 {
		out.note(MountPresent, at(i), "the container mounts %s by itself", in.Volume.Name)
		return
	}
	if i := slices.IndexFunc(c.Mounts, func(m PodMount) bool { return m.Volume == in.Volume.Name }); i >= 0 {
		out.note(MountElsewhere, at(i), "the container mounts %s by itself, but not as a whole at %s, so the token is not where the variable says", in.Volume.Name, in.MountPath)
		return
	}
	if i := slices.IndexFunc(c.Mounts, func(m PodMount) bool { return m.Path == in.MountPath }); i >= 0 {
		// Kubernetes, pkg/apis/core/validation, ValidateVolumeMounts.
		out.note(MountPathTaken, at(i), "volume %s is mounted at %s, where the webhook mounts %s too; the API server refuses two mounts at one path", c.Mounts[i].Volume, in.MountPath, in.Volume.Name)
	}
	out.Mount = true
}
