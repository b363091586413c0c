package verify

import (
	"fmt"
	"path"
	"slices"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// missingProfile: the container chooses a profile that its configuration file, which was read,
// lacks. SDKs stop there, whatever else would give them credentials
// (github.com/aws/aws-sdk-go-v2/config config.go, loadSharedConfig where AWS_PROFILE is set;
// botocore/session.py, ProfileNotFound).
func missingProfile(w *facts, p *pod, ct container) (finding, bool) {
	chosen, _ := ct.env("AWS_PROFILE")
	file, _ := ct.env("AWS_CONFIG_FILE")
	if chosen.value == "" || chosen.value == "default" || file.value == "" {
		return finding{}, false
	}
	if other, has := ct.env("AWS_SHARED_CREDENTIALS_FILE"); has && other.value != file.value {
		return finding{}, false // it may be there
	}
	var from []*manifest.Object
	for _, m := range manifest.List(ct.body, "volumeMounts") {
		if inHome(path.Clean(manifest.Text(m, "mountPath"))) {
			return finding{}, false // credentials may be there
		}
		if _, in := inMount(m, file.value); !in {
			continue
		}
		for _, v := range manifest.List(p.spec, "volumes") {
			if manifest.Text(v, "name") != manifest.Text(m, "name") {
				continue
			}
			for _, name := range namesInVolume(v) {
				if !slices.ContainsFunc(mountedObjects(w, p, v), func(o *manifest.Object) bool { return kindName{o.Kind, o.Name} == name }) {
					return finding{}, false // it was not read
				}
			}
			from = append(from, mountedObjects(w, p, v)...)
		}
	}
	var there []string
	for _, o := range from {
		for _, t := range textsOf(o) {
			for _, in := range profiles(t.text) {
				there = append(there, in.name)
			}
		}
	}
	if len(there) == 0 || slices.Contains(there, chosen.value) {
		return finding{}, false
	}
	return found(codeProfileChainWithoutWebIdentity, p.String(), fmt.Sprintf("%s, %s has AWS_PROFILE: %s; the file at AWS_CONFIG_FILE, of %s, has %s", p, ct.label(), chosen.value, from[0], quoteAll(slices.Compact(slices.Sorted(slices.Values(there))))),
		edit("remove AWS_PROFILE, or add [profile "+safe.Text(chosen.value)+"] to "+safe.Text(from[0].String()))).
		because("SDKs stop where the profile that is chosen is in no file, and do not come to the pod's token.").at(p.from.Where), true
}
