package verify

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
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
// credential_source). A token's file that is not there is none.
func withoutToken(all []profile, agent bool, absent func(file string) bool) (out []profile, why []string) {
	byName := profilesByName(all)
	for _, p := range all {
		file := p.fields["web_identity_token_file"]
		if p.fields["role_arn"] == "" || file != "" && !absent(file) {
			continue
		}
		source := p.fields["credential_source"]
		from, named := byName[p.fields["source_profile"]]
		switch {
		case file != "":
			out, why = append(out, p), append(why, "web_identity_token_file = "+file+", which nobody mounts: the service account has a Pod Identity association")
		case source == "EcsContainer" && agent:
		case source != "":
			out, why = append(out, p), append(why, "credential_source = "+source)
		case named && from.name != p.name && from.fields["web_identity_token_file"] == "" && from.fields["role_arn"] == "" && from.fields["credential_process"] == "":
			out, why = append(out, p), append(why, "source_profile = "+from.name+", which has no web_identity_token_file")
		}
	}
	return out, why
}

func profilesByName(all []profile) map[string]profile {
	out := map[string]profile{}
	for _, p := range all {
		out[p.name] = p
	}
	return out
}

// profileReaders is what is known of the pods that have a configuration file.
type profileReaders struct {
	known  bool            // any of them was read
	agent  bool            // one of them asks the agent of EKS Pod Identity
	tokens bool            // one of them may have the webhook's token
	chosen map[string]bool // profiles that their containers choose
	pods   []*pod
}

func readProfiles(w *facts, o *manifest.Object) profileReaders {
	out := profileReaders{chosen: map[string]bool{}}
	for k := range readersOf(w, o) {
		out.known = true
		a := w.accounts[k]
		out.agent = out.agent || a != nil && a.association != nil
		out.tokens = out.tokens || a == nil || a.association == nil
		if a == nil {
			continue
		}
		for _, p := range a.pods {
			out.pods = append(out.pods, p)
			for _, ct := range p.containers() {
				v, _ := ct.env("AWS_PROFILE")
				out.chosen[orForm(v.value, "default")] = true
			}
		}
	}
	return out
}

// use adds to the chosen profiles those that they take their credentials from.
func (r profileReaders) use(all []profile) {
	byName := profilesByName(all)
	for _, name := range slices.Collect(maps.Keys(r.chosen)) {
		for from := byName[name].fields["source_profile"]; from != "" && !r.chosen[from]; from = byName[from].fields["source_profile"] {
			r.chosen[from] = true
		}
	}
}

// absent: a file of the webhook's that none of the pods has: to pods of a service account with
// an association it gives another.
func (r profileReaders) absent(file string) bool {
	return r.known && !r.tokens && strings.HasPrefix(file, tokenMount+"/") && !slices.ContainsFunc(r.pods, func(p *pod) bool {
		return slices.ContainsFunc(p.containers(), func(ct container) bool { return mountsToken(p, ct, file) })
	})
}

// brokenProfile: a profile of a configuration file that has other credentials than the pod's. Where
// pods have the file, and none of them chooses the profile, it is worth knowing, and no more.
func brokenProfile(w *facts, h hint) (finding, bool) {
	readers, file := readProfiles(w, h.from), profiles(h.Value)
	readers.use(file)
	all, why := withoutToken(file, readers.agent, readers.absent)
	if len(all) == 0 {
		return finding{}, false
	}
	i := max(0, slices.IndexFunc(all, func(p profile) bool { return readers.chosen[p.name] }))
	p := all[i]
	f := found(codeProfileChainWithoutWebIdentity, h.from.String(), fmt.Sprintf("%s, profile %s at %s has role_arn = %s and %s", h.from, p.name, h.Path, p.fields["role_arn"], why[i]),
		edit("[profile pod]\nrole_arn = ROLE-OF-THE-SERVICE-ACCOUNT\nweb_identity_token_file = "+tokenMount+"/token\n[profile "+safe.Text(p.name)+"]\nsource_profile = pod\nrole_arn = "+safe.Text(p.fields["role_arn"])))
	switch {
	case p.fields["web_identity_token_file"] != "":
		f = f.mendedBy(edit("remove role_arn and web_identity_token_file from profile " + safe.Text(p.name) + ", and write credential_source = EcsContainer for source_profile = " + safe.Text(p.name))).
			because("SDKs take a web identity token before they ask the agent of EKS Pod Identity (https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html).")
	case readers.agent:
		f = f.mendedBy(edit("credential_source = EcsContainer   # of profile " + safe.Text(p.name)))
	}
	if readers.known && !readers.chosen[p.name] {
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
