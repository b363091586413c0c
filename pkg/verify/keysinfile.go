package verify

import (
	"encoding/base64"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

var (
	// keyInText finds an access key of an IAM user in a setting: its ID begins with AKIA
	// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes).
	// Keys of other stores, such as MinIO's, do not.
	keyInText = regexp.MustCompile(`(?im)^[ \t-]*["']?[a-z0-9_.-]*access[_-]?key(?:[_-]?id)?["']?[ \t]*[:=][ \t]*["']?(?-i:AKIA[A-Z0-9]{8,})`)
	// keyInProfile finds one in an AWS credentials file
	// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-static-credentials.html).
	keyInProfile = regexp.MustCompile(`(?m)^[ \t]*aws_access_key_id[ \t]*=[ \t]*[A-Za-z0-9]`)
)

// text is one text of a ConfigMap or a Secret.
type text struct{ key, text string }

// textsOf are the texts of a ConfigMap or a Secret, in the order of their keys.
func textsOf(o *manifest.Object) []text {
	var out []text
	for _, field := range []string{"data", "stringData"} {
		values := manifest.Mapping(o.Body, field)
		for _, k := range manifest.SortedKeys(values) {
			s, ok := manifest.Plain(values[k])
			if o.Kind == "Secret" && field == "data" {
				plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(s))
				s, ok = string(plain), ok && err == nil
			}
			if ok {
				out = append(out, text{k, s})
			}
		}
	}
	return out
}

// namesInVolume are the Secrets and ConfigMaps that a volume names.
func namesInVolume(volume any) []kindName {
	all := []kindName{{"Secret", manifest.Text(volume, "secret", "secretName")}, {"ConfigMap", manifest.Text(volume, "configMap", "name")}}
	for _, s := range manifest.List(volume, "projected", "sources") {
		all = append(all, kindName{"Secret", manifest.Text(s, "secret", "name")}, kindName{"ConfigMap", manifest.Text(s, "configMap", "name")})
	}
	return slices.DeleteFunc(all, func(n kindName) bool { return n.name == "" })
}

// mountedObjects are the Secrets and ConfigMaps of a volume, as far as they were read.
func mountedObjects(w *facts, p *pod, volume any) []*manifest.Object {
	var out []*manifest.Object
	for _, name := range namesInVolume(volume) {
		for _, o := range w.index.byName[name] {
			if o.Group() == "" && namespaceOf(w, o) == namespaceOf(w, p.from) {
				out = append(out, o)
			}
		}
	}
	return out
}

// keysInFile: a file that the pod mounts has access keys. It is a warning where the container
// does not choose a profile: which of the two goes first is the SDK's affair
// (https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html).
func keysInFile(w *facts, p *pod) (finding, bool) {
	for _, v := range manifest.List(p.spec, "volumes") {
		for _, o := range mountedObjects(w, p, v) {
			for _, t := range textsOf(o) {
				if !strings.Contains(t.text, "AKIA") && !strings.Contains(t.text, "aws_access_key_id") {
					continue // hardly any text gets further
				}
				ct, profile, mounted := mounting(w, p, manifest.Text(v, "name"))
				inProfile := profile && keyInProfile.MatchString(t.text)
				if !mounted || !inProfile && !keyInText.MatchString(t.text) {
					continue
				}
				f := found(codeStaticCredentialsOverride, p.String(), fmt.Sprintf("%s, %s mounts %s, whose %s has an access key", p, ct.label(), o, t.key),
					edit("remove the access key and its secret from "+safe.Text(t.key)+" of "+safe.Text(o.String()))).at(p.from.Where)
				if chosen, _ := ct.env("AWS_PROFILE"); !inProfile || chosen.value == "" {
					f = f.as(Warning)
				}
				return f, true
			}
		}
	}
	return finding{}, false
}

// mounting is the container that mounts a volume; profile is true where the SDKs read an AWS
// credentials or configuration file there.
func mounting(w *facts, p *pod, volume string) (ct container, profile, ok bool) {
	for _, ct := range p.containers() {
		for _, m := range manifest.List(ct.body, "volumeMounts") {
			if manifest.Text(m, "name") != volume {
				continue
			}
			at := path.Clean(manifest.Text(m, "mountPath"))
			profile := inHome(at)
			for _, name := range []string{"AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"} {
				file, _ := ct.env(name)
				profile = profile || file.value != "" && (path.Clean(file.value) == at || strings.HasPrefix(path.Clean(file.value), at+"/"))
			}
			return ct, profile, true
		}
	}
	return container{}, false, false
}

// inHome: a mount is at the folder where the SDKs look for files of their own, or at one of them.
func inHome(at string) bool { return path.Base(at) == ".aws" || path.Base(path.Dir(at)) == ".aws" }

// madeWithKeys is what makes a Secret with access keys, which is not among the objects itself; nil
// where nothing does.
func madeWithKeys(w *facts, p *pod, secret, prefix string) *manifest.Object {
	for _, o := range secretMakers(w)[key{namespaceOf(w, p.from), secret}] {
		if slices.ContainsFunc(madeKeys(o), func(k string) bool { return prefix+k == "AWS_ACCESS_KEY_ID" }) {
			return o
		}
	}
	return nil
}

// madeKeys are the keys of the Secret that an ExternalSecret or a SealedSecret makes, as far as it
// names them. The template of an ExternalSecret takes the place of what it fetched, unless they are
// merged (https://external-secrets.io/latest/guides/templating/, "MergePolicy").
func madeKeys(o *manifest.Object) []string {
	if o.Kind == "SealedSecret" {
		return manifest.SortedKeys(manifest.Mapping(o.Body, "spec", "encryptedData"))
	}
	template := manifest.Mapping(o.Body, "spec", "target", "template")
	out := manifest.SortedKeys(manifest.Mapping(template, "data"))
	replaced := len(out) > 0 || len(manifest.List(template, "templateFrom")) > 0
	if replaced && manifest.Text(template, "mergePolicy") != "Merge" {
		return out
	}
	for _, d := range manifest.List(o.Body, "spec", "data") {
		out = append(out, manifest.Text(d, "secretKey"))
	}
	return out
}

// secretMakers are the ExternalSecrets and SealedSecrets by the Secrets that they make, whose names
// are their own by default (https://external-secrets.io/latest/api/externalsecret/;
// https://github.com/bitnami-labs/sealed-secrets#sealedsecrets-as-templates-for-secrets).
func secretMakers(w *facts) map[key][]*manifest.Object {
	return w.index.external.get(func() map[key][]*manifest.Object {
		out := map[key][]*manifest.Object{}
		take := func(kind string, named ...string) {
			for _, o := range w.index.byKind[kind] {
				made := key{namespaceOf(w, o), orForm(manifest.Text(o.Body, named...), o.Name)}
				out[made] = append(out[made], o)
			}
		}
		take("ExternalSecret", "spec", "target", "name")
		take("SealedSecret", "spec", "template", "metadata", "name")
		return out
	})
}
