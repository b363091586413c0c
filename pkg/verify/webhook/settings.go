package webhook

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
)

// The annotations' names, below the prefix (pkg/annotations.go).
const (
	roleARN         = "role-arn"
	audience        = "audience"
	regionalSTS     = "sts-regional-endpoints"
	tokenExpiration = "token-expiration"
	skipContainers  = "skip-containers"
)

// settings is what the webhook has decided before it looks at containers (handler.go,
// podPatchConfig).
type settings struct {
	method      Method
	role        string
	regionalSTS bool
	region      string
	token       Token
	mountPath   string
	volume      string
	fullURI     string
	skip        map[string]bool
}

// decider gathers the notes on the way to the settings.
type decider struct {
	account Account
	pod     Pod
	config  Config
	notes   []Note

	// lifetime is where the token's expiration was read last: service accounts, pods or,
	// where neither says, the webhook's configuration.
	lifetime owner
}

// owner is the object on which an annotation stands.
type owner string

const (
	accounts owner = "service account"
	pods     owner = "pod"
)

func (d *decider) add(n Note) { d.notes = append(d.notes, n) }

// annotation notes something of an annotation. The text goes on after "the service
// account's " or "the pod's ".
func (d *decider) annotation(code Code, whose owner, name, format string, args ...any) {
	n := note(code, annotationPath(d.key(name)), "the %s's "+format, append([]any{whose}, args...)...)
	n.Account = whose == accounts
	d.add(n)
}

func (d *decider) key(name string) string { return d.config.AnnotationPrefix + "/" + name }

// decide is buildPodPatchConfig of handler.go. The code is the reason where the webhook
// leaves the pod as it is, and the settings count where it is empty.
func (d *decider) decide() (settings, Code) {
	pod, c := d.pod, d.config
	if _, ok := pod.Labels[c.SkipLabel]; ok && c.SkipLabel != "" {
		d.add(note(NotShown, fmt.Sprintf("metadata.labels[%q]", c.SkipLabel), "pods with this label are not shown to the webhook"))
		return settings{}, NotShown
	}
	d.ignored()
	if c.PodIdentity.Identities[Identity{pod.Namespace, pod.ServiceAccountName}] {
		return d.podIdentity(), ""
	}
	entry, reason := d.lookUp()
	if reason != "" {
		return settings{}, reason
	}
	seconds := d.podExpiration(entry.TokenExpiration)
	return settings{
		method:      WebIdentity,
		role:        entry.RoleARN,
		regionalSTS: entry.UseRegionalSTS,
		region:      c.Region,
		token:       d.token(entry.Audience, webIdentityToken, seconds, seconds),
		mountPath:   c.MountPath,
		volume:      webIdentityVolume,
		skip:        d.skipped(),
	}, ""
}

// podIdentity is the first half of buildPodPatchConfig: a service account with an
// association gets the variables of the container credentials, whatever its annotations
// say.
func (d *decider) podIdentity() settings {
	c := d.config.PodIdentity
	regional, seconds := d.common()
	if d.found() && d.account.Annotations[d.key(roleARN)] != "" {
		d.annotation(PodIdentityFirst, accounts, roleARN, "role-arn is not used: the service account has an EKS Pod Identity association, and that goes first")
	}
	seconds = d.podExpiration(seconds)
	least := seconds
	if seconds == DefaultExpiration {
		// handler.go, addJitterToDefaultToken: anything from 22 to 24 hours.
		least = jitterExpiration
	}
	return settings{
		method:      ContainerCredentials,
		regionalSTS: regional,
		region:      d.config.Region,
		token:       d.token(c.Audience, c.TokenPath, least, seconds),
		mountPath:   c.MountPath,
		volume:      c.VolumeName,
		fullURI:     c.FullURI,
		skip:        d.skipped(),
	}
}

// common is GetCommonConfigurations of cache.go. A service account that the webhook does
// not know has neither of the flags' values, and "*" in the ConfigMap does not count
// here.
func (d *decider) common() (regional bool, seconds int64) {
	if d.found() {
		entry := d.entry()
		return entry.UseRegionalSTS, entry.TokenExpiration
	}
	if entry, ok := d.inConfigMap(d.pod.Namespace); ok {
		return entry.UseRegionalSTS, entry.TokenExpiration
	}
	return false, DefaultExpiration
}

// found: the service account is the one the pod names in its namespace (cache.go,
// CacheKey). Only serviceAccountName is read, never the deprecated field.
func (d *decider) found() bool {
	return d.account.Name != "" && d.account.Name == d.pod.ServiceAccountName && d.account.Namespace == d.pod.Namespace
}

// skipped is getContainersToSkip of handler.go: the first line of CSV, blanks and all;
// what is no CSV skips nothing.
func (d *decider) skipped() map[string]bool {
	key := d.key(skipContainers)
	v, ok := d.pod.Annotations[key]
	if !ok {
		return nil
	}
	names, err := namesIn(v)
	if err != nil {
		d.annotation(SkipUnreadable, pods, skipContainers, "%q is no list of names, so no container is skipped", v)
		return nil
	}
	skip := map[string]bool{}
	for _, name := range names {
		skip[name] = true
		if !d.has(name) {
			d.annotation(SkipMatchesNothing, pods, skipContainers, "list has %q, which no container is named; blanks count", name)
		}
	}
	return skip
}

// namesIn reads the value of the annotation skip-containers.
func namesIn(v string) ([]string, error) { return csv.NewReader(strings.NewReader(v)).Read() }

// SkippedContainers are the names of the containers that a pod's annotation skip-containers
// leaves out, as the webhook reads its value; none where it cannot be read.
func SkippedContainers(annotation string) []string {
	names, err := namesIn(annotation)
	if err != nil {
		return nil
	}
	return names
}

func (d *decider) has(name string) bool {
	named := func(c PodContainer) bool { return c.Name == name }
	return slices.ContainsFunc(d.pod.Containers, named) || slices.ContainsFunc(d.pod.InitContainers, named)
}

// ignored names annotations that stand on the wrong object: cache.go reads all but
// skip-containers from the service account, handler.go that and token-expiration from the
// pod.
func (d *decider) ignored() {
	for _, name := range []string{roleARN, audience, regionalSTS} {
		if _, ok := d.pod.Annotations[d.key(name)]; ok {
			d.annotation(IgnoredOnPod, pods, name, "annotation is ignored: the webhook reads it on the service account")
		}
	}
	if _, ok := d.account.Annotations[d.key(skipContainers)]; ok && d.found() {
		d.annotation(IgnoredOnAccount, accounts, skipContainers, "annotation is ignored: the webhook reads it on the pod")
	}
}
