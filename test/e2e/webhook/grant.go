package webhook

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Identity is whom a pod runs as.
type Identity struct {
	// Account is the ServiceAccount; nil where there is none.
	Account *corev1.ServiceAccount
	// Associated service accounts have an EKS Pod Identity association, which goes before
	// an annotation.
	Associated bool
}

// grant is what the containers of a pod get.
type grant struct {
	// credentials are the variables of the kind of identity. Where a container has one
	// of them, it gets none of them.
	credentials []corev1.EnvVar
	region      string
	regionalSTS bool
	token       corev1.ServiceAccountTokenProjection
	mount       corev1.VolumeMount
	// label says that the pod uses EKS Pod Identity.
	label bool
}

// grantTo says what a pod gets; false: nothing.
func (o Options) grantTo(pod *corev1.Pod, who Identity) (grant, bool) {
	set := o.read(who.Account)
	set.expiration = expiration(pod.Annotations, set.expiration)
	switch {
	case who.Associated:
		return o.podIdentity(pod, set), true
	case set.role != "":
		return o.webIdentity(pod, set), true
	}
	return grant{}, false
}

// webIdentity: names and paths are defaults of flags in main.go, and NewModifier in
// pkg/handler/handler.go.
func (o Options) webIdentity(pod *corev1.Pod, set settings) grant {
	g := o.mounting("aws-iam-token", "/var/run/secrets/eks.amazonaws.com/serviceaccount", set)
	g.token.Audience, g.token.Path = set.audience, "token"
	g.credentials = []corev1.EnvVar{
		{Name: "AWS_ROLE_ARN", Value: set.role},
		{Name: "AWS_WEB_IDENTITY_TOKEN_FILE", Value: g.tokenFile(pod)},
	}
	return g
}

// podIdentity: names and paths are the defaults of --container-credentials-* in main.go.
// The audience is not the service account's to say.
func (o Options) podIdentity(pod *corev1.Pod, set settings) grant {
	if set.expiration == defaultExpiration {
		const atLeast = 79200
		set.expiration = atLeast + o.jitter(defaultExpiration-atLeast+1)
	}
	g := o.mounting("eks-pod-identity-token", "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount", set)
	g.token.Audience, g.token.Path = "pods.eks.amazonaws.com", "eks-pod-identity-token"
	g.label = true
	g.credentials = []corev1.EnvVar{
		{Name: "AWS_CONTAINER_CREDENTIALS_FULL_URI", Value: "http://169.254.170.23/v1/credentials"},
		{Name: "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", Value: g.tokenFile(pod)},
	}
	return g
}

func (o Options) mounting(volume, path string, set settings) grant {
	return grant{
		region:      o.Region,
		regionalSTS: set.regionalSTS,
		token:       corev1.ServiceAccountTokenProjection{ExpirationSeconds: &set.expiration},
		mount:       corev1.VolumeMount{Name: volume, ReadOnly: true, MountPath: path},
	}
}

// tokenFile is where a container reads its token. Windows takes the mount path as it
// is, and programs on it want theirs with a drive.
func (g grant) tokenFile(pod *corev1.Pod) string {
	file := g.mount.MountPath + "/" + g.token.Path
	for _, label := range []string{"kubernetes.io/os", "beta.kubernetes.io/os"} {
		if pod.Spec.NodeSelector[label] == "windows" {
			return "C:" + strings.ReplaceAll(file, "/", `\`)
		}
	}
	return file
}

// to gives a container what it does not have. One that has something of each group
// (credentials, region, regional endpoints) gets no mount either.
func (g grant) to(c *corev1.Container) {
	groups := []struct {
		wanted bool
		env    []corev1.EnvVar
	}{
		{g.regionalSTS, []corev1.EnvVar{{Name: "AWS_STS_REGIONAL_ENDPOINTS", Value: "regional"}}},
		{g.region != "", []corev1.EnvVar{{Name: "AWS_DEFAULT_REGION", Value: g.region}, {Name: "AWS_REGION", Value: g.region}}},
		{true, g.credentials},
	}
	env, has := c.Env, 0
	for _, group := range groups {
		switch {
		case shareName(c.Env, group.env):
			has++
		case group.wanted:
			env = append(env, group.env...)
		}
	}
	if has == len(groups) {
		return
	}
	c.Env = env
	if !slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == g.mount.Name }) {
		c.VolumeMounts = append(c.VolumeMounts, g.mount)
	}
}

// shareName: a name counts, whatever its value is and wherever that comes from.
func shareName(a, b []corev1.EnvVar) bool {
	return slices.ContainsFunc(a, func(v corev1.EnvVar) bool {
		return slices.ContainsFunc(b, func(w corev1.EnvVar) bool { return v.Name == w.Name })
	})
}
