package hints

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

var (
	glued      = regexp.MustCompile(`^\s*["']?(eks\.amazonaws\.com/role-arn)["']?\s*[:=]\s*(\S*)`)
	roleField  = regexp.MustCompile(`(?i)^(aws)?[-_]?(iam)?[-_]?(assume)?[-_]?role[-_]?arn$|^(aws[-_]?)?assume[-_]?role$`)
	assumeFlag = regexp.MustCompile(`(?i)^--?[a-z0-9.-]*(assume-role|role-arn|assume-role-arn)=(.+)$`)
	namesField = regexp.MustCompile(`(?i)service[-_]?account([-_]?name)?$`)
	namesText  = regexp.MustCompile(`(?i)["']?serviceAccount(?:Name)?["']?\s*[:=]\s*["']?([a-z0-9][a-z0-9.-]*)`)
	section    = regexp.MustCompile(`(?m)^\s*\[[^\]\n]+\]\s*$`)
	longField  = regexp.MustCompile(`(?i)^(duration|session_?duration)(_?seconds)?$`)
	anyRoleARN = regexp.MustCompile(`^arn:[a-z0-9-]+:iam::[0-9]{12}:role/[\w+=,.@/-]+$`)
	// roleLine finds a setting in text: role_arn: ARN, "role": "ARN", --role=ARN. What stands
	// behind a slash is the key of an annotation.
	roleLine = regexp.MustCompile(`(?i)(?:^|[\s{,"'(-])([a-z0-9_.-]*role[a-z0-9_.-]*)["']?\s*[:=]\s*["']?(arn:[a-z0-9-]+:iam::[0-9]{12}:role/[\w+=,.@/-]+)`)
	// spacedRole finds one of a blank between key and value, as Fluent Bit and Fluentd have it
	// (https://docs.fluentbit.io/manual/pipeline/outputs/cloudwatch, role_arn).
	spacedRole = regexp.MustCompile(`(?i)^([a-z0-9_.]*role_arn)[ \t]+["']?(arn:[a-z0-9-]+:iam::[0-9]{12}:role/[\w+=,.@/-]+)["']?$`)
)

// Each object is walked to its last value, and hardly any value is a hint: a
// word that a pattern cannot do without is looked for first, which is much faster.

func isGlued(s string) bool { return strings.Contains(s, RoleKey) && glued.MatchString(s) }

func isRoleField(s string) bool { return hasWord(s, "role") && roleField.MatchString(s) }

func isLongField(s string) bool { return hasWord(s, "duration") && longField.MatchString(s) }

func namesAccount(s string) bool { return hasWord(s, "account") && namesField.MatchString(s) }

func isAssumeFlag(s string) bool { return strings.HasPrefix(s, "-") && assumeFlag.MatchString(s) }

// hasWord reports whether the word, in lower case, is in the text, in any.
func hasWord(s, word string) bool {
	return len(s) >= len(word) && strings.Contains(strings.ToLower(s), word)
}

// namesRole reports whether the key speaks of a role, and is not the SDKs' own variable, which
// makes them take the token.
func namesRole(k string) bool { return hasWord(k, "role") && k != "AWS_ROLE_ARN" }

// SplitGlued is the value in a text that has key and value of the annotation; ok is false for
// any other text.
func SplitGlued(s string) (value string, ok bool) {
	m := glued.FindStringSubmatch(s)
	if m == nil {
		return "", false
	}
	return m[2], true
}

// MeansRole reports whether an annotation was meant to be the role's: kiam's and kube2iam's key,
// a key that is nearly the right one, or one that speaks of a role and has a role's ARN.
func MeansRole(k, v string) bool {
	if k == AudienceKey || k == RegionalKey || k == expirationKey {
		return false
	}
	if Visible(k) == KiamKey || k == RoleKey {
		return true
	}
	_, name, _ := strings.Cut(k, "/")
	if _, near := spec.Nearest(k, []string{RoleKey}); near && strings.Contains(v, ":role/") {
		return true
	}
	lower := strings.ToLower(name)
	return strings.Contains(v, ":iam::") && strings.Contains(v, ":role/") && strings.Contains(k, "amazonaws.com/") && strings.Contains(lower, "role")
}

// Visible is a text without what cannot be seen of it: blanks around it, control and format
// characters, and blanks of other kinds.
func Visible(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zs, r) && r != ' ' {
			return -1
		}
		return r
	}, s))
}

// spacedText reports whether a text is no AWS configuration file, which has an equals sign
// behind each key.
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

// DescribesAWS reports whether the objects of an API group are such.
func DescribesAWS(group string) bool {
	return slices.ContainsFunc(describers, func(g string) bool { return group == g || strings.HasSuffix(group, "."+g) })
}

// otherwiseMeant reports whether settings below such a key lead to the token, or are annotations.
func otherwiseMeant(path string) bool {
	lower := strings.ToLower(path)
	for _, word := range []string{"annotations", "serviceaccount", "webidentity", "web_identity", "web-identity"} {
		if strings.Contains(lower, word) {
			return true
		}
	}
	return false
}
