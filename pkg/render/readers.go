package render

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/render/internal/yamledit"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// heldIn is a ConfigMap or Secret, or what an operator is configured by.
type heldIn struct{ kind, namespace, name string }

// entry is one key of a ConfigMap or Secret that holds values of service accounts that roll out;
// of anything else the key is empty.
type entry struct {
	kind, key string
	values    []string
	accounts  []*account // whose values they are
	digest    string
}

// sum stands for the values; they are complete when it is first asked for.
func (e *entry) sum() string {
	if e.digest == "" {
		sorted := slices.Compact(slices.Sorted(slices.Values(e.values)))
		e.digest = fmt.Sprintf("%s=%x", e.kind, sha256.Sum256([]byte(strings.Join(sorted, "\n"))))
	}
	return e.digest
}

// namedBy are the environment variables by which an operator is told the name of what it is
// configured by, which it reads when it starts, and the kind of that.
var namedBy = map[string]string{
	// zalando/postgres-operator docs/reference/operator_parameters.md, cmd/main.go and
	// pkg/controller/controller.go, initOperatorConfig
	"POSTGRES_OPERATOR_CONFIGURATION_OBJECT": "OperatorConfiguration",
	"CONFIG_MAP_NAME":                        "ConfigMap",
}

// holds notes that a key of an object holds a value of a service account, whether it did before
// or not: pods that read it are restarted when that changes.
func (s *session) holds(o *object, w wanted, key, field string) {
	for o.outer != nil {
		o = o.outer
	}
	if !w.account.Rollout || o.group != "" || o.kind != "ConfigMap" && o.kind != "Secret" {
		return
	}
	s.hold(o, w.account, key, fmt.Sprintf("%s=%s", field, w.value))
}

func (s *session) hold(o *object, a *account, key, value string) {
	id := heldIn{o.kind, o.namespace(s.release), o.name}
	i := slices.IndexFunc(s.held[id], func(e *entry) bool { return e.key == key })
	if i < 0 {
		i = len(s.held[id])
		s.held[id] = append(s.held[id], &entry{kind: o.kind, key: key})
	}
	e := s.held[id][i]
	e.values = append(e.values, value)
	if !slices.Contains(e.accounts, a) {
		e.accounts = append(e.accounts, a)
	}
}

// entryOf is the key of a ConfigMap's or Secret's data that a path leads to, or into.
func entryOf(path []spec.PathPart) string {
	if len(path) < 2 {
		return ""
	}
	return path[1].Key
}

// parseReaders parses the workloads that may read what holds a value.
func (s *session) parseReaders() {
	if len(s.held) == 0 {
		return
	}
	q := &search{}
	for id := range s.held {
		for kind := range s.kinds.Running() {
			q.add(kind, id.name)
		}
	}
	s.parse(q)
}

// reading gathers what the pods of a place read of what holds a value.
type reading struct {
	session   *session
	namespace string
	out       []*entry
}

// see takes the entries of an object that some pods read: all, or those that read says.
func (r *reading) see(kind, name string, read func(key string) bool) {
	for _, e := range r.session.held[heldIn{kind, r.namespace, name}] {
		if (read == nil || e.key == "" || read(e.key)) && !slices.Contains(r.out, e) {
			r.out = append(r.out, e)
		}
	}
}

// either sees a ConfigMap or a Secret, whichever a source names.
func (r *reading) either(source yamledit.Ref, configMap, secret string, read func(key string) bool) {
	r.see("ConfigMap", source.Get(configMap, "name").Text(), read)
	r.see("Secret", source.Get(secret, "name").Text(), read)
}

// reads gives the entries of ConfigMaps and Secrets that hold a value and that the pods of a
// place read: as files, as variables, or as the source of all variables. A restart costs those
// who use the pods something, so pods that read other keys stay.
func (s *session) reads(o *object, p place) []*entry {
	r := &reading{session: s, namespace: o.namespace(s.release)}
	var containers []yamledit.Ref
	for _, list := range []string{"containers", "initContainers"} {
		containers = append(containers, p.at.Get(list).Items()...)
	}
	for _, v := range p.at.Get("volumes").Items() {
		mounted := mountsOf(v.Get("name").Text(), containers)
		r.see("ConfigMap", v.Get("configMap", "name").Text(), mountedKeys(v.Get("configMap"), mounted))
		r.see("Secret", v.Get("secret", "secretName").Text(), mountedKeys(v.Get("secret"), mounted))
		for _, source := range v.Get("projected", "sources").Items() {
			r.see("ConfigMap", source.Get("configMap", "name").Text(), mountedKeys(source.Get("configMap"), mounted))
			r.see("Secret", source.Get("secret", "name").Text(), mountedKeys(source.Get("secret"), mounted))
		}
	}
	for _, c := range containers {
		for _, from := range c.Get("envFrom").Items() {
			r.either(from, "configMapRef", "secretRef", nil)
		}
		for _, v := range c.Get("env").Items() {
			from := v.Get("valueFrom")
			r.either(from, "configMapKeyRef", "secretKeyRef", func(key string) bool {
				return key == from.Get("configMapKeyRef", "key").Text() || key == from.Get("secretKeyRef", "key").Text()
			})
			if kind := namedBy[v.Get("name").Text()]; kind != "" {
				r.see(kind, v.Get("value").Text(), nil)
			}
		}
	}
	return r.out
}

// mounts are the parts of a volume that containers mount.
type mounts struct {
	subPaths []string
	whole    bool
}

// mountsOf gathers those of a volume. One that nothing mounts may be mounted by what the cluster
// adds to the pods.
func mountsOf(volume string, containers []yamledit.Ref) mounts {
	var out mounts
	for _, c := range containers {
		for _, m := range c.Get("volumeMounts").Items() {
			if m.Get("name").Text() != volume {
				continue
			}
			part := m.Get("subPath").Text()
			out.whole = out.whole || part == ""
			out.subPaths = append(out.subPaths, part)
		}
	}
	out.whole = out.whole || len(out.subPaths) == 0
	return out
}

// mountedKeys says of which keys a source's files are mounted: those among its items, where it has
// any, and of those the ones that a container mounts.
func mountedKeys(source yamledit.Ref, mounted mounts) func(key string) bool {
	items := source.Get("items").Items()
	return func(key string) bool {
		var files []string
		for _, item := range items {
			if item.Get("key").Text() == key {
				files = append(files, item.Get("path").Text())
			}
		}
		if len(items) == 0 {
			files = []string{key}
		}
		return slices.ContainsFunc(files, func(file string) bool {
			return mounted.whole || slices.ContainsFunc(mounted.subPaths, func(part string) bool {
				return file == part || strings.HasPrefix(file, strings.TrimSuffix(part, "/")+"/")
			})
		})
	}
}
