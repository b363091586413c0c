package verify

import (
	"strconv"
	"strings"
	"time"
)

// profile is one section of an AWS configuration file.
type profile struct {
	name   string
	fields map[string]string
}

// profiles reads the text of a configuration file
// (https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html).
func profiles(text string) []profile {
	var out []profile
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]"):
			name := strings.TrimSpace(strings.TrimPrefix(strings.Trim(line, "[]"), "profile "))
			out = append(out, profile{name, map[string]string{}})
		case len(out) > 0 && !strings.HasPrefix(line, "#"):
			if k, v, ok := strings.Cut(line, "="); ok {
				out[len(out)-1].fields[strings.ToLower(strings.TrimSpace(k))] = strings.TrimSpace(v)
			}
		}
	}
	return out
}

// withoutToken finds a profile that assumes a role with credentials which are not the
// pod's token, and says which they are.
func withoutToken(text string) (p profile, why string, found bool) {
	all := profiles(text)
	byName := map[string]profile{}
	for _, p := range all {
		byName[p.name] = p
	}
	for _, p := range all {
		if p.fields["role_arn"] == "" || p.fields["web_identity_token_file"] != "" {
			continue
		}
		if source := p.fields["credential_source"]; source != "" {
			return p, "credential_source = " + source, true
		}
		if source, ok := byName[p.fields["source_profile"]]; ok && source.name != p.name {
			if source.fields["web_identity_token_file"] == "" && source.fields["role_arn"] == "" && source.fields["credential_process"] == "" {
				return p, "source_profile = " + source.name + ", which has no web_identity_token_file", true
			}
		}
	}
	return profile{}, "", false
}

// parseSeconds reads 3600 and 1h; 0 for what is neither.
func parseSeconds(s string) int {
	s = strings.TrimSpace(s)
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	if d, err := time.ParseDuration(s); err == nil {
		return int(d.Seconds())
	}
	return 0
}
