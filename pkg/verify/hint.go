package verify

import (
	"regexp"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// The annotations that matter.
const (
	roleKey     = "eks.amazonaws.com/role-arn"
	audienceKey = "eks.amazonaws.com/audience"
	skipKey     = "eks.amazonaws.com/skip-containers"
	regionalKey = "eks.amazonaws.com/sts-regional-endpoints"
	kiamKey     = "iam.amazonaws.com/role"
)

// hint is a place outside of ServiceAccounts that speaks of a role: Helm values, a
// custom resource, a pod.
type hint struct {
	from *manifest.Object
	path string
	// kind says what stands there.
	kind  hintKind
	value string
	// name is the variable, or the key within a text, that has the value; empty where path
	// says all.
	name string
	// account is the service account that the place is about; parts may be empty.
	account key
	create  *bool
}

type hintKind int

const (
	// hintRole: an annotation role-arn that is meant for a service account.
	hintRole hintKind = iota
	// hintOnPod: the same on a pod, its template, or what makes pods.
	hintOnPod
	// hintGlued: key and value of the annotation are one text, or the key is cut at its dots.
	hintGlued
	// hintWrongKey: a service account's annotation under another key; value is "KEY: VALUE".
	hintWrongKey
	// hintServiceAccount: values that name a service account, or have one created.
	hintServiceAccount
	// hintAssume: a setting that makes the application assume a role.
	hintAssume
	// hintWebIdentity: a role that the application assumes with a token by itself.
	hintWebIdentity
	// hintProfile: the text of an AWS configuration file.
	hintProfile
	// hintDuration: how long a session the application asks for.
	hintDuration
	// hintKeys: access keys among the variables that values or a resource give to containers.
	hintKeys
	// hintTokenFile: a token file among them.
	hintTokenFile
	// hintPreset: a role or another token file among them.
	hintPreset
	// hintKiam: annotations of kiam or kube2iam that values give to pods.
	hintKiam
	// hintNames: a text that names a service account for pods which are made later: a variable,
	// or a field in JSON or YAML text.
	hintNames
	// hintMention: the ARN of a role in a setting that speaks of one.
	hintMention
	// hintHops: nodes whose metadata pods cannot reach.
	hintHops
)

var (
	glued      = regexp.MustCompile(`^\s*["']?(eks\.amazonaws\.com/role-arn)["']?\s*[:=]\s*(\S*)`)
	roleField  = regexp.MustCompile(`(?i)^(aws)?[-_]?(iam)?[-_]?(assume)?[-_]?role[-_]?arn$|^(aws[-_]?)?assume[-_]?role$`)
	assumeFlag = regexp.MustCompile(`(?i)^--?[a-z0-9.-]*(assume-role|role-arn|assume-role-arn)=(.+)$`)
	namesField = regexp.MustCompile(`(?i)service[-_]?account([-_]?name)?$`)
	namesText  = regexp.MustCompile(`(?i)["']?serviceAccount(?:Name)?["']?\s*[:=]\s*["']?([a-z0-9][a-z0-9.-]*)`)
	section    = regexp.MustCompile(`(?m)^\s*\[[^\]\n]+\]\s*$`)
	longField  = regexp.MustCompile(`(?i)^(duration|session_?duration)(_?seconds)?$`)
)

// Each object is walked to its last value, and hardly any value is a hint: a word that a
// pattern cannot do without is looked for first, which is much faster.

func isGlued(s string) bool { return strings.Contains(s, roleKey) && glued.MatchString(s) }

func isRoleField(s string) bool { return hasWord(s, "role") && roleField.MatchString(s) }

func isLongField(s string) bool { return hasWord(s, "duration") && longField.MatchString(s) }

func namesAccount(s string) bool { return hasWord(s, "account") && namesField.MatchString(s) }

func isAssumeFlag(s string) bool { return strings.HasPrefix(s, "-") && assumeFlag.MatchString(s) }

// hasWord: the word, in lower case, is in the text, in any.
func hasWord(s, word string) bool {
	return len(s) >= len(word) && strings.Contains(strings.ToLower(s), word)
}

// hintsOf reads the hints of one object.
func hintsOf(o *manifest.Object, namespace string) []hint {
	if o.Kind == "CustomResourceDefinition" || o.Kind == "ReleaseIdentity" || o.Kind == "ServiceAccount" {
		return nil
	}
	h := &hinting{o: o, namespace: namespace}
	manifest.Walk(o.Body, "", h.visit)
	return h.out
}

type hinting struct {
	o         *manifest.Object
	namespace string
	out       []hint
}

func (h *hinting) add(kind hintKind, path, value string, account key) {
	h.out = append(h.out, hint{from: h.o, path: path, kind: kind, value: value, account: account})
}

// named says which variable, or key within a text, the hint before is about.
func (h *hinting) named(name string) { h.out[len(h.out)-1].name = name }

// visit looks at one value of an object.
func (h *hinting) visit(path, k string, v any) bool {
	switch v := v.(type) {
	case map[string]any:
		h.annotations(path, v)
		if h.o.Kind == "" {
			h.accountValues(path, k, v)
		}
		h.variable(path, v)
		h.arguments(path, v)
	case string:
		h.text(path, k, v)
	case manifest.Number:
		if k == "httpPutResponseHopLimit" && v == "1" {
			h.add(hintHops, path, string(v), key{})
		}
	case bool:
		if k == "disablePodIMDS" && v {
			h.add(hintHops, path, "true", key{})
		}
	}
	return true
}

// accountValues looks for values such as serviceAccount: {create, name}.
func (h *hinting) accountValues(path, k string, m map[string]any) {
	inAccount := strings.Contains(strings.ToLower(path), "serviceaccount")
	if !strings.EqualFold(k, "serviceAccount") && (!inAccount || m["create"] == nil && m["annotations"] == nil) {
		return
	}
	out := hint{from: h.o, path: path, kind: hintServiceAccount, account: key{h.namespace, manifest.NameOf(m["name"])}}
	if create, ok := m["create"].(bool); ok {
		out.create = &create
	}
	if out.account.name != "" || out.create != nil {
		h.out = append(h.out, out)
	}
}

// annotations looks at a mapping that may be one of annotations.
func (h *hinting) annotations(path string, m map[string]any) {
	lower := strings.ToLower(path)
	inAccount := strings.Contains(lower, "serviceaccount")
	for _, k := range manifest.SortedKeys(m) {
		v, _ := manifest.Plain(m[k])
		switch {
		case k == roleKey:
			h.role(path, lower, v)
		case isGlued(k):
			h.add(hintGlued, path, k, h.accountAt(path))
		case k == "eks" && manifest.Text(m[k], "amazonaws", "com/role-arn") != "":
			// helm --set 'annotations.eks.amazonaws.com/role-arn=…' without backslashes before the dots
			h.add(hintGlued, manifest.Join(path, "eks.amazonaws.com/role-arn"), roleKey+"="+manifest.Text(m[k], "amazonaws", "com/role-arn"), h.accountAt(path))
		case k == kiamKey && h.o.Kind == "" && strings.Contains(lower, "pod"):
			h.add(hintKiam, manifest.Join(path, k), v, key{})
		case inAccount && strings.HasSuffix(lower, "annotations") && meant(k, v):
			h.add(hintWrongKey, manifest.Join(path, k), k+": "+v, h.accountAt(path))
		}
	}
}

// role: the right key, at some place.
func (h *hinting) role(path, lower, value string) {
	at := manifest.Join(path, roleKey)
	switch {
	case strings.Contains(lower, "serviceaccount"):
		h.add(hintRole, at, value, h.accountAt(path))
	case h.o.Kind != "" || strings.Contains(lower, "pod"):
		h.add(hintOnPod, at, value, key{})
	default: // values: a service account's annotations under a name that says nothing
		h.add(hintRole, at, value, key{namespace: h.namespace})
	}
}

// accountAt is the service account that an annotation in values or in a template of one is for.
func (h *hinting) accountAt(path string) key {
	out := key{namespace: h.namespace}
	keys := strings.Split(strings.TrimSuffix(path, ".annotations"), ".")
	if n := manifest.Text(manifest.Dig(h.o.Body, keys...), "name"); n != "" {
		out.name = n
	}
	return out
}

// variable looks at a mapping {name, value}, as containers have them, outside of pods:
// values and resources hand them on.
func (h *hinting) variable(path string, m map[string]any) {
	n := manifest.Text(m, "name")
	value, ok := manifest.Plain(m["value"])
	switch {
	case n == "" || !ok || value == "":
	case namesAccount(n):
		h.add(hintNames, path, n, key{h.namespace, value})
	case n != "AWS_ROLE_ARN" && isRoleField(n):
		h.add(hintAssume, path, value, key{})
		h.named(n)
	case namesRole(n) && anyRoleARN.MatchString(value):
		h.add(hintMention, path, value, key{namespace: h.namespace})
		h.named(n)
	case !h.ours(path):
	case n == "AWS_ACCESS_KEY_ID":
		h.add(hintKeys, path, value, key{})
	case n == "AWS_WEB_IDENTITY_TOKEN_FILE", n == "AWS_ROLE_ARN":
		h.preset(path, n, value)
	}
}

// preset: one of the two variables that lead to the token.
func (h *hinting) preset(path, name, value string) {
	if strings.HasPrefix(value, apiServerTokens+"/") {
		h.add(hintTokenFile, path, value, key{})
		return
	}
	h.add(hintPreset, path, name+": "+value, key{})
}

// ours: a list of variables that no pod was read from.
func (h *hinting) ours(path string) bool {
	return podKinds[h.o.Kind] == nil && !strings.Contains(path, "containers[") && !strings.Contains(path, "Containers[") && !noPods[h.o.Kind] && (h.o.Kind != "" || !strings.HasPrefix(path, "env["))
}

// text looks at one text.
func (h *hinting) text(path, k, v string) {
	if h.o.Kind == "ConfigMap" || h.o.Kind == "Secret" {
		for _, m := range namesText.FindAllStringSubmatch(v, -1) {
			h.add(hintNames, path, "serviceAccountName", key{h.namespace, m[1]})
		}
	}
	switch {
	case h.o.Kind == "" && strings.EqualFold(k, "serviceAccountName") && !strings.HasPrefix(path, "spec."),
		h.o.Kind == "" && strings.HasSuffix(strings.ToLower(k), ".serviceaccountname"):
		h.out = append(h.out, hint{from: h.o, path: path, kind: hintServiceAccount, value: k, account: key{h.namespace, v}})
	case isGlued(v) && strings.HasSuffix(strings.ToLower(k), "annotations"), isGlued(v) && k == "" && strings.Contains(strings.ToLower(path), "annotations["):
		h.add(hintGlued, path, v, h.accountAt(strings.TrimSuffix(path, "[0]")))
	case k == "AWS_ACCESS_KEY_ID" && v != "" && h.ours(path):
		h.add(hintKeys, path, v, key{})
	case (k == "AWS_WEB_IDENTITY_TOKEN_FILE" || k == "AWS_ROLE_ARN") && v != "":
		if h.ours(path) {
			h.preset(path, k, v)
		}
	case isRoleField(k) && !strings.Contains(strings.ToLower(path), "annotations") && v != "":
		kind := hintAssume
		if strings.Contains(strings.ToLower(path), "webidentity") {
			kind = hintWebIdentity
		}
		h.add(kind, path, v, key{})
	case isAssumeFlag(v):
		h.add(hintAssume, path, strings.Trim(assumeFlag.FindStringSubmatch(v)[2], `"'`), key{})
	case strings.Contains(v, "role_arn") && section.MatchString(v) && !spacedText(v):
		h.add(hintProfile, path, v, key{})
	case isLongField(k) && strings.Contains(strings.ToLower(path), "assume"):
		h.add(hintDuration, path, v, key{})
	default:
		h.mentioned(path, k, v)
	}
}
