package verify

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/verify/webhook"
)

// checkPod looks at what in a pod keeps it from using what the webhook gave it, or would
// give it.
func checkPod(c *chain, r *result, p *pod, in webhook.Injection) {
	for i, ct := range p.containers() {
		r.maybe(staticKeys(c.facts, p, ct))
		r.maybe(missingProfile(c.facts, p, ct))
		r.maybe(tokenFile(c.facts, p, ct))
		r.maybe(ownAudience(c, p, ct))
		if !running(p) && !p.snippet() {
			r.maybe(preset(c, p, ct, untouched(in, i)))
		}
		emptyRegion(c, r, p, ct)
		if c.pasted.objects {
			pastedRegion(c, r, p, ct)
		}
		endpoint(c, r, p, ct)
	}
	r.maybe(keysInFile(c.facts, p))
	readable(c, r, p)
	reverting(c, r, p)
}

// staticKeys: access keys in the environment. A container that asks somebody else than AWS for
// all has them for that, and where others of the pod are to have the role, that is no fault.
func staticKeys(w *facts, p *pod, ct container) (finding, bool) {
	f, ok := keysInEnv(w, p, ct)
	host := elsewhere(ct)
	if !ok || host == "" {
		return f, ok
	}
	f = f.saying("; it asks " + host + " in place of AWS")
	if slices.ContainsFunc(p.containers(), func(other container) bool { _, keys := keysInEnv(w, p, other); return !keys }) {
		f = f.as(Info)
	}
	return f, true
}

// elsewhere is the host that a container asks for every service of AWS, where that is none of
// AWS's own, such as a MinIO of the cluster; empty where there is none, or it is not known.
func elsewhere(ct container) string {
	v, _ := configured(ct, "AWS_ENDPOINT_URL")
	u, err := url.Parse(v.value)
	if err != nil || u.Hostname() == "" || hostsOfAWS.MatchString(u.Hostname()) {
		return ""
	}
	return u.Host
}

// hostsOfAWS are hosts of AWS's services, of all partitions
// (github.com/aws/aws-sdk-go-v2/internal/endpoints/awsrulesfn partitions.json, dnsSuffix and
// dualStackDnsSuffix).
var hostsOfAWS = regexp.MustCompile(`(?i)(^|\.)(amazonaws\.(com|com\.cn|eu)|api\.amazonwebservices\.(com\.cn|eu)|api\.aws(\.hci\.ic\.gov|\.ic\.gov|\.scloud)?|` +
	`c2s\.ic\.gov|csp\.hci\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk|api\.cloud-aws\.adc-e\.uk)$`)

// keysInEnv are access keys in a container's environment.
func keysInEnv(w *facts, p *pod, ct container) (finding, bool) {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		v, ok := ct.env(name)
		if !ok || v.value == "" && v.from == "" {
			continue
		}
		given, read := referred(w, p, v)
		empty := read && given == ""
		seen := v.value
		if name == "AWS_SECRET_ACCESS_KEY" && v.value != "" {
			seen = "a value"
		}
		if v.from != "" {
			seen = "from " + v.from
		}
		f := found(codeStaticCredentialsOverride, p.String(), fmt.Sprintf("%s, %s has %s: %s", p, ct.label(), name, seen), withoutEnv(w, p, ct, fmt.Sprintf("- name: %s   # remove, or set to the empty text\n  value: \"\"", name), "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")).at(p.from.Where)
		if empty {
			f = f.saying(", whose value is empty now: once it has one, that goes before the role")
		}
		if v.optional || empty {
			f = f.as(Warning)
		}
		return f, true
	}
	for _, from := range manifest.List(ct.body, "envFrom") {
		for kind, field := range map[string]string{"Secret": "secretRef", "ConfigMap": "configMapRef"} {
			name := manifest.Text(from, field, "name")
			if name == "" {
				continue
			}
			if _, own := ct.env("AWS_ACCESS_KEY_ID"); own {
				continue // env goes before envFrom, and was looked at
			}
			for _, o := range w.index.byName[kindName{kind, name}] {
				if namespaceOf(w, o) == namespaceOf(w, p.from) && holdsKeys(o, manifest.Text(from, "prefix")) {
					return keysFrom(p, ct, o), true
				}
			}
			if kind == "Secret" {
				if o := madeWithKeys(w, p, name, manifest.Text(from, "prefix")); o != nil {
					return keysFrom(p, ct, o), true
				}
			}
		}
	}
	return finding{}, false
}

// keysFrom is the finding for access keys that a container takes from an object as a whole.
func keysFrom(p *pod, ct container, o *manifest.Object) finding {
	return found(codeStaticCredentialsOverride, p.String(), fmt.Sprintf("%s, %s has AWS_ACCESS_KEY_ID from %s", p, ct.label(), o), edit("remove AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY from "+safe.Text(o.String()))).at(p.from.Where)
}

// referred is what a variable takes from a Secret or a ConfigMap; read is false where no such
// object is among the inputs. Of several, as a rendered one and the live one, one that has a
// value counts: what is written last is not known. What an object lacks is no value: the
// container then starts without it, or not at all.
func referred(w *facts, p *pod, v variable) (value string, read bool) {
	for _, o := range w.index.byName[kindName{v.ref.kind, v.ref.name}] {
		if namespaceOf(w, o) != namespaceOf(w, p.from) || o.Group() != "" {
			continue
		}
		read = true
		for _, field := range []string{"data", "stringData"} {
			if s, ok := manifest.Plain(manifest.Mapping(o.Body, field)[v.ref.key]); ok && s != "" {
				value = s
			}
		}
	}
	return value, read
}

func holdsKeys(o *manifest.Object, prefix string) bool {
	for _, field := range []string{"data", "stringData"} {
		for k, v := range manifest.Mapping(o.Body, field) {
			if s, ok := manifest.Plain(v); prefix+k == "AWS_ACCESS_KEY_ID" && ok && s != "" {
				return true
			}
		}
	}
	return false
}

// untouched is why the webhook mounts nothing in a container; empty where it does, or
// was not asked.
func untouched(in webhook.Injection, i int) string {
	if i < len(in.Containers) {
		for _, n := range in.Containers[i].Notes {
			if n.Code == webhook.EverythingPresent || n.Code == webhook.Skipped {
				return n.Text
			}
		}
	}
	return ""
}

// preset: a template that sets what the webhook would.
func preset(c *chain, p *pod, ct container, untouched string) (finding, bool) {
	role, hasRole := ct.env("AWS_ROLE_ARN")
	file, hasFile := ct.env("AWS_WEB_IDENTITY_TOKEN_FILE")
	if !hasRole && !hasFile {
		return finding{}, false
	}
	var seen []string
	for _, v := range []struct {
		name string
		variable
		has bool
	}{{"AWS_ROLE_ARN", role, hasRole}, {"AWS_WEB_IDENTITY_TOKEN_FILE", file, hasFile}} {
		if v.has {
			seen = append(seen, fmt.Sprintf("%s: %s", v.name, orForm(v.value+v.from, `""`)))
		}
	}
	annotated := manifest.Text(c.a.annotations(), roleKey) != ""
	f := found(codePresetEnvBlocksInjection, p.String(), fmt.Sprintf("%s, %s sets %s", p, ct.label(), strings.Join(seen, " and ")),
		withoutEnv(c.facts, p, ct, "remove AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE from env", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE")).at(p.from.Where)
	switch {
	case untouched != "" && strings.HasPrefix(file.value, tokenMount) && !mountsToken(p, ct, file.value):
		return f.saying(", and nobody mounts that token: " + untouched).because("The webhook mounts no token in a container that it leaves as it is, and the variables name a file that is not there."), true
	case (role.from != "" || file.from != "") && !annotated && !c.podIdentity && c.a.object() != nil:
		return finding{}, false // what they are is not known, nor would the webhook give anything in their place
	case role.from != "" || file.from != "":
		return f.as(Warning), true
	case c.podIdentity && hasRole && hasFile && role.value+role.from != "" && !mountsToken(p, ct, file.value):
		return f.saying(", which SDKs take before EKS Pod Identity, and nobody mounts that token").because("SDKs look for a web identity token before they ask the container credentials endpoint (https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html)."), true
	case hasRole && hasFile && role.value == c.roleARN && mountsToken(p, ct, file.value) && !annotated:
		return finding{}, false // it asks nothing of the webhook, which would give it nothing in their place
	case hasRole && hasFile && role.value == c.roleARN && (strings.HasPrefix(file.value, tokenMount) || mountsToken(p, ct, file.value)):
		return f.as(Info), true // it says the same
	case !hasRole:
		f = f.saying(", and no AWS_ROLE_ARN")
	case !hasFile:
		f = f.saying(", and no AWS_WEB_IDENTITY_TOKEN_FILE")
	case role.value != c.roleARN && c.roleARN != "":
		f = f.saying("; the service account has " + c.roleARN)
	}
	return f, true
}

// emptyRegion: the webhook leaves a region alone that is there, even where it is empty.
func emptyRegion(c *chain, r *result, p *pod, ct container) {
	a, hasA := ct.env("AWS_REGION")
	b, hasB := ct.env("AWS_DEFAULT_REGION")
	if (hasA || hasB) && a.value+a.from+b.value+b.from == "" && c.roleARN != "" {
		r.add(noRegion(c, p, ct))
	}
}

// revertingGroups are controllers that took the injected parts for drift, until the
// change that is named (github.com/actions/actions-runner-controller pull 226, of
// December 2020).
var revertingGroups = map[string]string{
	"actions.summerwind.dev": "actions-runner-controller of 2020 compares the live pod with its own template (until its pull request 226)",
}

func reverting(c *chain, r *result, p *pod) {
	if why, ok := revertingGroups[p.from.Group()]; ok && c.roleARN != "" && !slices.ContainsFunc(p.containers(), func(ct container) bool { _, has := ct.env("AWS_ROLE_ARN"); return has }) {
		r.add(found(codeControllerRevertsInjection, p.String(), fmt.Sprintf("%s makes the pods: %s", p, why), edit("helm upgrade the controller to a version that compares its template only")).at(p.from.Where))
	}
}
