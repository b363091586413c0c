package verify

import (
	"encoding/json"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// hookSettings are what a pod identity webhook that somebody runs was told, as far as it
// was read.
type hookSettings struct {
	// audience is that of --token-audience; empty where its arguments were not read. read is
	// true where they were.
	audience string
	read     bool
	// entries are the service accounts of its ConfigMap, by "namespace/name".
	entries map[string]hookEntry
}

// hookEntry is what the ConfigMap says of a service account
// (github.com/aws/amazon-eks-pod-identity-webhook pkg/cache/cache.go, Entry).
type hookEntry struct{ RoleARN, Audience string }

// hookName is how the webhook's Deployment and its ConfigMap are called
// (its README, --service-name and "pod-identity-webhook ConfigMap").
const hookName = "pod-identity-webhook"

// entry is what the webhook's ConfigMap says of a service account: by its namespace, else of
// any namespace (pkg/cache/cache.go, Get).
func (s hookSettings) entry(k key) (hookEntry, bool) {
	e, ok := s.entries[k.namespace+"/"+k.name]
	if !ok {
		e, ok = s.entries["*/"+k.name]
	}
	return e, ok && e.RoleARN != ""
}

// webhookTold are those of the webhook among the objects.
func webhookTold(w *facts) hookSettings {
	return w.index.settings.get(func() hookSettings { return readHookSettings(w) })
}

// readHookSettings looks for the webhook's arguments and its ConfigMap among the objects. The
// ConfigMap counts unless the arguments were read and do not have --watch-config-map.
func readHookSettings(w *facts) hookSettings {
	var out hookSettings
	watches := true
	for _, p := range w.pods {
		for _, ct := range p.containers() {
			if p.spec == nil || !isHook(p, ct) {
				continue
			}
			out.read, out.audience = true, defaultAudience
			flags := flagsOf(ct)
			if v, ok := flags["token-audience"]; ok {
				out.audience = v
			}
			v, ok := flags["watch-config-map"]
			watches = ok && v != "false"
		}
	}
	for _, o := range w.index.byName[kindName{"ConfigMap", hookName}] {
		if watches && o.Group() == "" {
			entries := map[string]hookEntry{}
			if json.Unmarshal([]byte(manifest.Text(o.Body, "data", "config")), &entries) == nil {
				out.entries = entries
			}
		}
	}
	return out
}

// isHook: the container is the webhook's, by its command or its image.
func isHook(p *pod, ct container) bool {
	if !strings.Contains(p.from.Name, hookName) && ct.name != hookName {
		return false
	}
	image := manifest.Text(ct.body, "image")
	for _, v := range manifest.List(ct.body, "command") {
		if s, _ := v.(string); strings.HasSuffix(s, "/webhook") {
			return true
		}
	}
	return strings.Contains(image, hookName)
}

// flagsOf are the flags among a container's command and arguments, without their dashes; of
// one without a value the value is empty.
func flagsOf(ct container) map[string]string {
	out := map[string]string{}
	var last string
	for _, v := range append(manifest.List(ct.body, "command"), manifest.List(ct.body, "args")...) {
		s, _ := v.(string)
		name, value, has := strings.Cut(strings.TrimLeft(s, "-"), "=")
		switch {
		case !strings.HasPrefix(s, "-"):
			if last != "" {
				out[last] = s
			}
			last = ""
		case has:
			out[name], last = value, ""
		default:
			out[name], last = "", name
		}
	}
	return out
}
