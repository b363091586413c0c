package webhook

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// wellFormed is the webhook's own pattern of a role's ARN (cache.go, addSA); what does
// not match is logged and used.
var wellFormed = regexp.MustCompile(`^arn:aws[a-z0-9-]*:iam::\d{12}:role\/[\w-\/.@+=,]+$`)

// lookUp is Get of cache.go: a service account with a role, or else the ConfigMap.
func (d *decider) lookUp() (Entry, Code) {
	if d.found() {
		if entry := d.entry(); entry.RoleARN != "" {
			d.checkRole(entry.RoleARN)
			d.checkAudience(entry.Audience)
			return entry, ""
		}
	}
	d.lifetime = ""
	for _, namespace := range []string{d.pod.Namespace, "*"} {
		entry, ok := d.inConfigMap(namespace)
		switch {
		case !ok:
			continue
		case entry.RoleARN == "":
			d.add(note(EmptyConfigMap, "spec.serviceAccountName", "the webhook's ConfigMap names the service account without a role"))
			return Entry{}, EmptyConfigMap
		}
		d.add(note(RoleFromConfigMap, "spec.serviceAccountName", "the role comes from the webhook's ConfigMap"))
		if entry.Audience == "" {
			// setCM of cache.go puts no default in.
			d.add(note(AudienceEmpty, "", "the webhook's ConfigMap gives no audience: the token is for the API server, and STS does not take it"))
		}
		return entry, ""
	}
	n := d.why()
	d.add(n)
	return Entry{}, n.Code
}

// why no role was found.
func (d *decider) why() Note {
	name := d.pod.ServiceAccountName
	_, annotated := d.account.Annotations[d.key(roleARN)]
	switch {
	case name == "" && d.pod.ServiceAccount != "":
		return note(DeprecatedAccount, "spec.serviceAccount", "the webhook reads serviceAccountName only, which the API server fills from this field before it asks")
	case name == "":
		return note(NoAccountName, "spec.serviceAccountName", "the pod names no service account")
	case !d.found():
		return note(AccountMissing, "spec.serviceAccountName", "there is no service account %s in namespace %s", name, d.pod.Namespace)
	case annotated:
		return Note{EmptyRole, annotationPath(d.key(roleARN)), true, "the service account's annotation is empty, and counts as none"}
	}
	return Note{NoRole, annotationPath(d.key(roleARN)), true, "the service account lacks the annotation"}
}

// entry is addSA of cache.go. The annotations are taken as they are: not even blanks
// are trimmed.
func (d *decider) entry() Entry {
	c, annotations := d.config, d.account.Annotations
	e := Entry{Audience: c.Audience, UseRegionalSTS: c.RegionalSTS, TokenExpiration: max(c.Expiration, MinExpiration)}
	if arn, ok := annotations[d.key(roleARN)]; ok {
		if c.Compose != nil && !strings.Contains(arn, "arn:") {
			// An empty annotation too: the ARN then is that of a role without a name.
			arn = fmt.Sprintf("arn:%s:iam::%s:role/%s", c.Compose.Partition, c.Compose.AccountID, arn)
			d.annotation(RoleComposed, accounts, roleARN, "annotation is completed to %s", arn)
		}
		e.RoleARN = arn
	}
	if v, ok := annotations[d.key(audience)]; ok {
		e.Audience = v
	}
	if v, ok := annotations[d.key(regionalSTS)]; ok {
		if regional, err := strconv.ParseBool(v); err != nil {
			d.annotation(STSUnreadable, accounts, regionalSTS, "%q is no boolean, and is ignored", v)
		} else {
			e.UseRegionalSTS = regional
		}
	}
	e.TokenExpiration = d.expiration(annotations, accounts, e.TokenExpiration)
	return e
}

// inConfigMap is getCM of cache.go. An expiration of 0 is the flag's
// (populateCacheFromCM); others are not held to the minimum.
func (d *decider) inConfigMap(namespace string) (Entry, bool) {
	entry, ok := d.config.ConfigMap[namespace+"/"+d.pod.ServiceAccountName]
	if entry.TokenExpiration == 0 {
		entry.TokenExpiration = max(d.config.Expiration, MinExpiration)
	}
	return entry, ok
}

func (d *decider) checkRole(arn string) {
	if !wellFormed.MatchString(arn) {
		d.annotation(RoleMalformed, accounts, roleARN, "%q is no role's ARN; the webhook logs that, and sets it all the same", arn)
	}
}

// checkAudience: an empty one is left out of the volume, and Kubernetes then takes the
// API server's own (TokenRequest).
func (d *decider) checkAudience(v string) {
	if v == "" {
		d.annotation(AudienceEmpty, accounts, audience, "audience is empty: the token is for the API server, and STS does not take it")
	}
}
