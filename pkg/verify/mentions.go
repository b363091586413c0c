package verify

import (
	"regexp"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// What an application is configured with is its own: a role's ARN may stand under any name,
// in fields, variables, arguments and text. Read here are those under a name that speaks of a
// role; whether it is the role that the pods have anyway is found by its value.

var (
	anyRoleARN = regexp.MustCompile(`^arn:[a-z0-9-]+:iam::[0-9]{12}:role/[\w+=,.@/-]+$`)
	// roleLine finds a setting in text: role_arn: ARN, "role": "ARN", --role=ARN. What stands
	// behind a slash is the key of an annotation.
	roleLine = regexp.MustCompile(`(?i)(?:^|[\s{,"'(-])([a-z0-9_.-]*role[a-z0-9_.-]*)["']?\s*[:=]\s*["']?(arn:[a-z0-9-]+:iam::[0-9]{12}:role/[\w+=,.@/-]+)`)
	// spacedRole finds one of a blank between key and value, as Fluent Bit and Fluentd have it
	// (https://docs.fluentbit.io/manual/pipeline/outputs/cloudwatch, role_arn).
	spacedRole = regexp.MustCompile(`(?i)^([a-z0-9_.]*role_arn)[ \t]+["']?(arn:[a-z0-9-]+:iam::[0-9]{12}:role/[\w+=,.@/-]+)["']?$`)
)

// spacedText: no AWS configuration file, which has an equals sign behind each key.
func spacedText(v string) bool {
	for line := range strings.Lines(v) {
		if spacedRole.MatchString(strings.TrimSpace(line)) {
			return true
		}
	}
	return false
}

// describers are API groups, or their ends, whose objects say in AWS's terms what AWS has, or
// who may enter the cluster: a role in them is not assumed by their application.
var describers = []string{"services.k8s.aws", "upbound.io", "crossplane.io", "eks.amazonaws.com", "iamauthenticator.k8s.aws", "helm-irsa.dev", "apiextensions.k8s.io"}

// describes: the object's roles are not settings of an application: those of the groups
// above, the mapping of users (https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html),
// and the webhook's ConfigMap.
func describes(o *manifest.Object) bool {
	if slices.ContainsFunc(describers, func(g string) bool { return o.Group() == g || strings.HasSuffix(o.Group(), "."+g) }) {
		return true
	}
	return o.Kind == "ConfigMap" && (o.Name == "aws-auth" && o.Namespace == "kube-system" || o.Name == hookName) || o.Kind == "Event" || o.Kind == "ServiceAccount"
}

// otherwiseMeant: settings below such a key lead to the token, or are annotations.
func otherwiseMeant(path string) bool {
	lower := strings.ToLower(path)
	for _, word := range []string{"annotations", "serviceaccount", "webidentity", "web_identity", "web-identity"} {
		if strings.Contains(lower, word) {
			return true
		}
	}
	return false
}

// namesRole: the key speaks of a role, and is not the SDKs' own variable, which makes them
// take the token.
func namesRole(k string) bool { return hasWord(k, "role") && k != "AWS_ROLE_ARN" }

// mentioned adds the ARN of a role where a setting has it. What the patterns of hintAssume
// have found already is left to them.
func (h *hinting) mentioned(path, k, v string) {
	if !strings.Contains(v, ":role/") || otherwiseMeant(path) || describes(h.o) {
		return
	}
	if anyRoleARN.MatchString(v) {
		if namesRole(k) && !isRoleField(k) {
			h.add(hintMention, path, v, key{namespace: h.namespace})
		}
		return
	}
	if h.o.Kind != "ConfigMap" && h.o.Kind != "Secret" && !strings.Contains(v, "\n") && !strings.HasPrefix(v, "{") {
		return
	}
	had := map[string]bool{}
	sections := false
	for line := range strings.Lines(v) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]") {
			sections = true // with names: an AWS configuration file, which is looked at as one
		}
		if strings.HasPrefix(line, "#") || strings.HasPrefix(line, "//") || strings.HasPrefix(line, ";") || otherwiseMeant(line) {
			continue
		}
		found := spacedRole.FindAllStringSubmatch(line, 1)
		if !sections {
			found = append(found, roleLine.FindAllStringSubmatch(line, -1)...)
		}
		for _, m := range found {
			if namesRole(m[1]) && !had[m[2]] {
				had[m[2]] = true
				h.add(hintMention, path, m[2], key{namespace: h.namespace})
				h.named(m[1])
			}
		}
	}
}

// arguments looks at a list of arguments in which a flag and its value are two.
func (h *hinting) arguments(path string, m map[string]any) {
	for _, field := range []string{"command", "args"} {
		items := manifest.List(m, field)
		for i := 1; i < len(items); i++ {
			flag, _ := items[i-1].(string)
			v, _ := items[i].(string)
			if strings.HasPrefix(flag, "-") && namesRole(flag) && anyRoleARN.MatchString(v) {
				h.add(hintMention, manifest.Join(path, field), v, key{namespace: h.namespace})
			}
		}
	}
}

// mentionsOwn: a setting names the role that the pods which read it have anyway. Whose setting
// it is: of the pods that the object makes; of a ConfigMap or a Secret, of the pods that mount it
// or take variables from it, or, of a file in one that none does, of pods of its namespace, which
// may read it from the API; of another object, of the application that its API group is named
// after; of values, of any.
func mentionsOwn(w *facts, h hint) bool {
	if describes(h.from) || refersFor(h) {
		return false
	}
	if len(w.index.podsFrom[h.from]) > 0 || h.from.Kind == "" {
		return isOwn(w, h)
	}
	reads := func(*serviceAccount) bool { return false }
	switch h.from.Kind {
	case "ConfigMap", "Secret":
		ns := namespaceOf(w, h.from)
		if by := readersOf(w, h.from); len(by) > 0 {
			reads = func(a *serviceAccount) bool { return by[a.key] }
		} else if h.name != "" {
			reads = func(a *serviceAccount) bool { return a.namespace == ns }
		}
	default:
		words := strings.Split(h.from.Group(), ".")
		reads = func(a *serviceAccount) bool {
			return slices.ContainsFunc(words, func(word string) bool {
				return len(word) > 2 && !slices.Contains(commonWords, word) && (strings.Contains(a.name, word) || strings.Contains(a.namespace, word))
			})
		}
	}
	return slices.ContainsFunc(holders(w)[h.value], reads)
}

// readersOf are the service accounts of the pods that mount a ConfigMap or a Secret, or take
// variables from it.
func readersOf(w *facts, o *manifest.Object) map[key]bool {
	return w.index.readers.get(func() map[identity]map[key]bool {
		out := map[identity]map[key]bool{}
		for _, p := range w.pods {
			for _, of := range referredTo(p) {
				id := identity{of.kind, namespaceOf(w, p.from), of.name}
				if out[id] == nil {
					out[id] = map[key]bool{}
				}
				out[id][p.account] = true
			}
		}
		return out
	})[identityOf(w, o)]
}

// referredTo are the ConfigMaps and Secrets that a pod has in volumes or variables.
func referredTo(p *pod) []kindName {
	var out []kindName
	add := func(kind, name string) {
		if name != "" {
			out = append(out, kindName{kind, name})
		}
	}
	for _, v := range manifest.List(p.spec, "volumes") {
		for _, s := range append(manifest.List(v, "projected", "sources"), v) {
			add("Secret", manifest.Text(s, "secret", "secretName")+manifest.Text(s, "secret", "name"))
			add("ConfigMap", manifest.Text(s, "configMap", "name"))
		}
	}
	for _, ct := range p.containers() {
		for _, from := range manifest.List(ct.body, "envFrom") {
			add("Secret", manifest.Text(from, "secretRef", "name"))
			add("ConfigMap", manifest.Text(from, "configMapRef", "name"))
		}
		for _, e := range manifest.List(ct.body, "env") {
			add("Secret", manifest.Text(e, "valueFrom", "secretKeyRef", "name"))
			add("ConfigMap", manifest.Text(e, "valueFrom", "configMapKeyRef", "name"))
		}
	}
	return out
}

// commonWords are parts of API groups that name no application.
var commonWords = []string{"apps", "batch", "networking", "policy", "example", "sigs", "operator", "config", "core", "amazonaws", "aws", "k8s", "com", "net", "org", "dev", "app", "sys", "api", "apis"}

// holders are the service accounts that have a role, by its ARN.
func holders(w *facts) map[string][]*serviceAccount {
	return w.index.holders.get(func() map[string][]*serviceAccount {
		out := map[string][]*serviceAccount{}
		for _, a := range w.order {
			arns := []string{manifest.Text(a.annotations(), roleKey)}
			if a.association != nil {
				arns = append(arns, a.association.RoleARN)
			}
			for _, p := range a.pods {
				arns = append(arns, injectedRole(p))
			}
			slices.Sort(arns)
			for _, arn := range slices.Compact(arns) {
				if arn != "" {
					out[arn] = append(out[arn], a)
				}
			}
		}
		return out
	})
}
