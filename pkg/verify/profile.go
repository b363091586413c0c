package verify

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/helm-irsa/helm-irsa/internal/safe"
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

// withoutToken are the profiles that assume a role with credentials which are not the pod's
// token, and which those are. EcsContainer is the agent of EKS Pod Identity too
// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html,
// credential_source).
func withoutToken(text string, agent bool) (out []profile, why []string) {
	all := profiles(text)
	byName := map[string]profile{}
	for _, p := range all {
		byName[p.name] = p
	}
	for _, p := range all {
		if p.fields["role_arn"] == "" || p.fields["web_identity_token_file"] != "" {
			continue
		}
		source := p.fields["credential_source"]
		from, named := byName[p.fields["source_profile"]]
		switch {
		case source == "EcsContainer" && agent:
		case source != "":
			out, why = append(out, p), append(why, "credential_source = "+source)
		case named && from.name != p.name && from.fields["web_identity_token_file"] == "" && from.fields["role_arn"] == "" && from.fields["credential_process"] == "":
			out, why = append(out, p), append(why, "source_profile = "+from.name+", which has no web_identity_token_file")
		}
	}
	return out, why
}

// brokenProfile: a profile of a configuration file that has other credentials than the pod's. Where
// pods have the file, and none of them chooses the profile, it is worth knowing, and no more.
func brokenProfile(w *facts, h hint) (finding, bool) {
	readers := readersOf(w, h.from)
	agent, chosen := false, map[string]bool{}
	for k := range readers {
		a := w.accounts[k]
		agent = agent || a != nil && a.association != nil
		if a == nil {
			continue
		}
		for _, p := range a.pods {
			for _, ct := range p.containers() {
				v, _ := ct.env("AWS_PROFILE")
				chosen[orForm(v.value, "default")] = true
			}
		}
	}
	all, why := withoutToken(h.Value, agent)
	if len(all) == 0 {
		return finding{}, false
	}
	i := max(0, slices.IndexFunc(all, func(p profile) bool { return chosen[p.name] }))
	p := all[i]
	f := found(codeProfileChainWithoutWebIdentity, h.from.String(), fmt.Sprintf("%s, profile %s at %s has role_arn = %s and %s", h.from, p.name, h.Path, p.fields["role_arn"], why[i]),
		edit("[profile pod]\nrole_arn = ROLE-OF-THE-SERVICE-ACCOUNT\nweb_identity_token_file = "+tokenMount+"/token\n[profile "+safe.Text(p.name)+"]\nsource_profile = pod\nrole_arn = "+safe.Text(p.fields["role_arn"])))
	if agent {
		f = f.mendedBy(edit("credential_source = EcsContainer   # of profile " + safe.Text(p.name)))
	}
	if len(readers) > 0 && !chosen[p.name] {
		f = f.saying("; no container that has the file chooses that profile").as(Info)
	}
	return f, true
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
