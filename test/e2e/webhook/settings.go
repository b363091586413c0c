package webhook

import (
	"encoding/csv"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

const (
	prefix = "eks.amazonaws.com/"

	// defaultExpiration is that of the flag --token-expiration, in seconds.
	defaultExpiration int64 = 86400
	// minExpiration is what the API server takes at least; there is no upper bound.
	minExpiration int64 = 600
)

// settings are what the annotations of a service account come to.
type settings struct {
	role, audience string
	regionalSTS    bool
	expiration     int64
}

// read gives the settings of a service account, which is nil where there is none. A role
// is taken as it stands: the real webhook logs that an ARN is malformed, and goes on. A
// value of another annotation that cannot be read counts as not there; an empty audience
// is one.
func (o Options) read(account *corev1.ServiceAccount) settings {
	if account == nil {
		// This counts for service accounts that are associated without being there. The
		// flags say nothing of those: GetCommonConfigurations in pkg/cache/cache.go.
		return settings{expiration: defaultExpiration}
	}
	s := settings{
		role:        account.Annotations[prefix+"role-arn"],
		audience:    o.audience(),
		regionalSTS: o.RegionalSTS,
		expiration:  expiration(account.Annotations, defaultExpiration),
	}
	if audience, ok := account.Annotations[prefix+"audience"]; ok {
		s.audience = audience
	}
	if regional, err := strconv.ParseBool(account.Annotations[prefix+"sts-regional-endpoints"]); err == nil {
		s.regionalSTS = regional
	}
	return s
}

// expiration of a token by the annotation of a service account or a pod.
func expiration(annotations map[string]string, otherwise int64) int64 {
	seconds, err := strconv.ParseInt(annotations[prefix+"token-expiration"], 10, 64)
	if err != nil {
		return otherwise
	}
	return max(seconds, minExpiration)
}

// skipped are the containers that a pod's annotation excepts. It is one line of CSV:
// blanks belong to the names, quotes do not, and a line that is no CSV excepts none.
func skipped(pod *corev1.Pod) map[string]bool {
	names, err := csv.NewReader(strings.NewReader(pod.Annotations[prefix+"skip-containers"])).Read()
	if err != nil {
		return nil
	}
	skip := map[string]bool{}
	for _, name := range names {
		skip[name] = true
	}
	return skip
}
