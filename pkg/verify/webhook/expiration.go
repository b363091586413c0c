package webhook

import (
	"fmt"
	"strconv"
)

// podExpiration: the pod's annotation goes before the service account's, which goes
// before the flag (handler.go, parsePodAnnotations).
func (d *decider) podExpiration(otherwise int64) int64 {
	return d.expiration(d.pod.Annotations, pods, otherwise)
}

// expiration reads the annotation as cache.go and handler.go both do: decimal digits
// with an optional sign and nothing around them.
func (d *decider) expiration(annotations map[string]string, whose owner, otherwise int64) int64 {
	v, ok := annotations[d.key(tokenExpiration)]
	if !ok {
		return otherwise
	}
	seconds, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		d.annotation(ExpirationUnreadable, whose, tokenExpiration, "%q is no number of seconds; %d stays", v, otherwise)
		return otherwise
	}
	d.lifetime = whose
	if seconds < MinExpiration {
		d.annotation(ExpirationRaised, whose, tokenExpiration, "%d is raised to %d", seconds, MinExpiration)
		return MinExpiration
	}
	return seconds
}

// token is what goes into the volume; the notes are what others make of its lifetime.
func (d *decider) token(audience, file string, least, most int64) Token {
	n := Note{Account: d.lifetime == accounts}
	if d.lifetime != "" {
		n.Path = annotationPath(d.key(tokenExpiration))
	}
	switch {
	case least < MinExpiration:
		// Only the ConfigMap gets here (populateCacheFromCM of cache.go).
		n.Code, n.Text = ExpirationRefused, fmt.Sprintf("%d seconds are below the %d that the API server takes: it refuses the pod", least, MinExpiration)
		d.add(n)
	case most > 1<<32:
		// Kubernetes, pkg/apis/core/validation: at most 2^32 seconds.
		n.Code, n.Text = ExpirationRefused, fmt.Sprintf("%d seconds are above the 2^32 that the API server takes: it refuses the pod", most)
		d.add(n)
	case most > DefaultExpiration:
		// pkg/constants.go of the webhook: "24hrs as that is max for EKS".
		n.Code, n.Text = ExpirationLong, fmt.Sprintf("%d seconds are asked for; the webhook has no maximum, EKS gives %d at most", most, DefaultExpiration)
		d.add(n)
	}
	return Token{Audience: audience, Path: file, MinExpiration: least, Expiration: most}
}
