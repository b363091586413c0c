package layouts

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
)

// Pattern says where in a path the name of a release and its namespace stand, such as
// {namespace}/{release}/irsa.yaml.
type Pattern struct {
	text string
	re   *regexp.Regexp
}

// parts of a pattern that are not plain text: what stands for something, as it is written.
var patternPart = regexp.MustCompile(`\*\*|\*|\{[^{}]*\}`)

// ParsePattern reads a pattern. {release} and {namespace} stand for one folder or a part of its
// name, * for anything within one, ** for any folders. It is held against the end of a path.
func ParsePattern(text string) (Pattern, error) {
	var re strings.Builder
	seen := map[string]bool{}
	before := "" // the part before this one
	rest := filepath.ToSlash(strings.TrimPrefix(text, "./"))
	for rest != "" {
		at := patternPart.FindStringIndex(rest)
		if at == nil {
			break
		}
		re.WriteString(regexp.QuoteMeta(rest[:at[0]]))
		part := rest[at[0]:at[1]]
		rest = rest[at[1]:]
		if at[0] == 0 && before != "" && (strings.HasPrefix(part, "{") || strings.HasPrefix(before, "{")) {
			return Pattern{}, fmt.Errorf("nothing stands between %s and %s in %q, so nobody could tell where one ends", before, part, text)
		}
		before = part
		switch {
		case part == "**":
			re.WriteString(`.*`)
		case part == "*":
			re.WriteString(`[^/]*`)
		case part != "{release}" && part != "{namespace}":
			return Pattern{}, fmt.Errorf("%s in %q stands for nothing: only {release}, {namespace}, * and ** do", part, text)
		case seen[part]:
			return Pattern{}, fmt.Errorf("%s stands twice in %q", part, text)
		default:
			seen[part] = true
			// Names of releases and namespaces are lower case (https://helm.sh/docs/chart_template_guide/,
			// RFC 1123); a path that says something else there is of another layout.
			re.WriteString(`(?P<` + strings.Trim(part, "{}") + `>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)`)
		}
	}
	if len(seen) == 0 {
		return Pattern{}, fmt.Errorf("%q names neither {release} nor {namespace}", text)
	}
	compiled, err := regexp.Compile(`(?:^|/)` + re.String() + regexp.QuoteMeta(rest) + `$`)
	return Pattern{text, compiled}, err
}

func (p Pattern) match(path string) (release, namespace string, ok bool) {
	found := p.re.FindStringSubmatch(filepath.ToSlash(path))
	if found == nil {
		return "", "", false
	}
	for i, name := range p.re.SubexpNames() {
		switch name {
		case "release":
			release = found[i]
		case "namespace":
			namespace = found[i]
		}
	}
	return release, namespace, true
}
