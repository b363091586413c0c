package hints

import (
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// Reader reads the hints of one document. The fields say in what the document differs from
// others.
type Reader struct {
	Body map[string]any
	// Texts is true where the document is there for its texts, each of which may be a file.
	Texts bool
	// Describes is true where the roles in it are not settings of an application.
	Describes bool
	// HandsOn reports whether variables at a path are given to containers that are not read as
	// such.
	HandsOn func(path string) bool
	// Stray is what the annotation for a role is at a path that names no service account.
	Stray func(path string) Kind
	// Found is what was read so far.
	Found []Hint
}

func (r *Reader) add(kind Kind, path, value, name, account string) {
	r.Found = append(r.Found, Hint{Kind: kind, Path: path, Value: value, Name: name, ServiceAccount: account})
}

// Visit looks at one value of the document, as manifest.Walk comes to it.
func (r *Reader) Visit(path, k string, v any) {
	switch v := v.(type) {
	case map[string]any:
		r.annotations(path, v)
		r.variable(path, v)
		r.arguments(path, v)
	case string:
		r.text(path, k, v)
	case manifest.Number:
		if k == "httpPutResponseHopLimit" && v == "1" {
			r.add(Hops, path, string(v), "", "")
		}
	case bool:
		if k == "disablePodIMDS" && v {
			r.add(Hops, path, "true", "", "")
		}
	}
}

// annotations looks at a mapping that may be one of annotations.
func (r *Reader) annotations(path string, m map[string]any) {
	lower := strings.ToLower(path)
	inAccount := strings.Contains(lower, "serviceaccount")
	for _, k := range manifest.SortedKeys(m) {
		v, _ := manifest.Plain(m[k])
		switch {
		case k == RoleKey && inAccount:
			r.add(Role, manifest.Join(path, RoleKey), v, "", r.accountAt(path))
		case k == RoleKey:
			r.add(r.Stray(path), manifest.Join(path, RoleKey), v, "", "")
		case isGlued(k):
			r.add(Glued, path, k, "", r.accountAt(path))
		case k == "eks" && manifest.Text(m[k], "amazonaws", "com/role-arn") != "":
			// helm --set 'annotations.eks.amazonaws.com/role-arn=…' without backslashes before the dots
			r.add(Glued, manifest.Join(path, RoleKey), RoleKey+"="+manifest.Text(m[k], "amazonaws", "com/role-arn"), "", r.accountAt(path))
		case inAccount && strings.HasSuffix(lower, "annotations") && MeansRole(k, v):
			r.add(WrongKey, manifest.Join(path, k), k+": "+v, "", r.accountAt(path))
		}
	}
}

// accountAt is the service account that an annotation in values or in a template of one is for.
func (r *Reader) accountAt(path string) string {
	keys := strings.Split(strings.TrimSuffix(path, ".annotations"), ".")
	return manifest.Text(manifest.Dig(r.Body, keys...), "name")
}

// variable looks at a mapping {name, value}, as containers have them, outside of pods: values
// and resources hand them on.
func (r *Reader) variable(path string, m map[string]any) {
	n := manifest.Text(m, "name")
	value, ok := manifest.Plain(m["value"])
	switch {
	case n == "" || !ok || value == "":
	case namesAccount(n):
		r.add(Names, path, n, "", value)
	case n != "AWS_ROLE_ARN" && isRoleField(n):
		r.add(Assume, path, value, n, "")
	case namesRole(n) && anyRoleARN.MatchString(value):
		r.add(Mention, path, value, n, "")
	case n == "AWS_ACCESS_KEY_ID" && r.HandsOn(path):
		r.add(Keys, path, value, "", "")
	case leadsToToken(n) && r.HandsOn(path):
		r.preset(path, n, value)
	}
}

// leadsToToken reports whether it is one of the two variables by which SDKs find the token.
func leadsToToken(name string) bool {
	return name == "AWS_WEB_IDENTITY_TOKEN_FILE" || name == "AWS_ROLE_ARN"
}

func (r *Reader) preset(path, name, value string) {
	if strings.HasPrefix(value, APIServerTokens+"/") {
		r.add(TokenFile, path, value, "", "")
		return
	}
	r.add(Preset, path, name+": "+value, "", "")
}

// arguments looks at a list of arguments in which a flag and its value are two.
func (r *Reader) arguments(path string, m map[string]any) {
	for _, field := range []string{"command", "args"} {
		items := manifest.List(m, field)
		for i := 1; i < len(items); i++ {
			flag, _ := items[i-1].(string)
			v, _ := items[i].(string)
			if strings.HasPrefix(flag, "-") && namesRole(flag) && anyRoleARN.MatchString(v) {
				r.add(Mention, manifest.Join(path, field), v, "", "")
			}
		}
	}
}

// text looks at one text.
func (r *Reader) text(path, k, v string) {
	if r.Texts {
		for _, m := range namesText.FindAllStringSubmatch(v, -1) {
			r.add(Names, path, "serviceAccountName", "", m[1])
		}
	}
	switch {
	case isGlued(v) && strings.HasSuffix(strings.ToLower(k), "annotations"), isGlued(v) && k == "" && strings.Contains(strings.ToLower(path), "annotations["):
		r.add(Glued, path, v, "", r.accountAt(strings.TrimSuffix(path, "[0]")))
	case k == "AWS_ACCESS_KEY_ID" && v != "" && r.HandsOn(path):
		r.add(Keys, path, v, "", "")
	case leadsToToken(k) && v != "":
		if r.HandsOn(path) {
			r.preset(path, k, v)
		}
	case isRoleField(k) && !strings.Contains(strings.ToLower(path), "annotations") && v != "":
		kind := Assume
		if strings.Contains(strings.ToLower(path), "webidentity") {
			kind = WebIdentity
		}
		r.add(kind, path, v, "", "")
	case isAssumeFlag(v):
		r.add(Assume, path, strings.Trim(assumeFlag.FindStringSubmatch(v)[2], `"'`), "", "")
	case strings.Contains(v, "role_arn") && section.MatchString(v) && !spacedText(v):
		r.add(Profile, path, v, "", "")
	case isLongField(k) && strings.Contains(strings.ToLower(path), "assume"):
		r.add(Duration, path, v, "", "")
	default:
		r.mentioned(path, k, v)
	}
}

// mentioned adds the ARN of a role where a setting has it: what an application is configured
// with is its own, and a role's ARN may stand under any name. Read here are those under a name
// that speaks of a role. What the patterns of Assume have found already is left to them.
func (r *Reader) mentioned(path, k, v string) {
	if !strings.Contains(v, ":role/") || k == RoleKey || otherwiseMeant(path) || r.Describes {
		return
	}
	if anyRoleARN.MatchString(v) {
		if namesRole(k) && !isRoleField(k) {
			r.add(Mention, path, v, "", "")
		}
		return
	}
	if r.Texts || strings.Contains(v, "\n") || strings.HasPrefix(v, "{") {
		r.mentionedInText(path, v)
	}
}

func (r *Reader) mentionedInText(path, v string) {
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
				r.add(Mention, path, m[2], m[1], "")
			}
		}
	}
}
