package render

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/render/internal/yamledit"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// kiamPrefix begins every annotation of kiam and kube2iam: role, external-id,
// session-name, allowed-roles, permitted (https://github.com/uswitch/kiam/blob/master/docs/IAM.md,
// https://github.com/jtblin/kube2iam#usage).
const kiamPrefix = "iam.amazonaws.com/"

func (s *session) migrating() bool { return s.spec.Migrate.Kiam || s.spec.Migrate.Kube2iam }

// pods does what concerns the pods of every workload, moved or not: the stamp that
// restarts them and the older annotations that go.
func (s *session) pods() {
	s.parseReaders()
	byName := map[[2]string]*account{}
	for _, a := range s.accounts {
		byName[[2]string{a.namespace, a.Name}] = a
	}
	stamped := map[*account]bool{}
	for _, o := range s.objects() {
		for _, p := range s.places(o) {
			if p.Overrides {
				continue
			}
			name := p.account()
			if seated := s.seated[p.id()]; seated != nil {
				name = seated.Name
			}
			a := byName[[2]string{o.namespace(s.release), name}]
			if s.migrating() {
				s.migrate(o, p, a, name)
			}
			if a != nil {
				s.hook(o, p, a)
			}
			s.restart(o, p, a, stamped)
		}
	}
	s.warnUnstamped(stamped)
}

// restart stamps the pods of a place where they get something from here that a restart makes
// them see: the identity of their service account, or a ConfigMap or Secret that holds a value.
func (s *session) restart(o *object, p place, a *account, stamped map[*account]bool) {
	if !p.Rolls || len(p.Annotations) == 0 || len(o.hooks) > 0 {
		return
	}
	var stamp stamp
	if a != nil && a.Rollout {
		stamp.add(a, a.digest())
	}
	if len(s.held) > 0 {
		for _, e := range s.reads(o, p) {
			for _, a := range e.accounts {
				stamp.add(a, "")
			}
			stamp.parts = append(stamp.parts, e.sum())
		}
	}
	if len(stamp.accounts) == 0 {
		return
	}
	for _, by := range stamp.accounts {
		stamped[by] = true
	}
	s.stamp(o, p, stamp)
}

// stamp is what a stamp on pods stands for.
type stamp struct {
	accounts []*account // for whose sake, the first for the report
	parts    []string
}

func (s *stamp) add(a *account, part string) {
	if !slices.Contains(s.accounts, a) {
		s.accounts = append(s.accounts, a)
	}
	if part != "" {
		s.parts = append(s.parts, part)
	}
}

// digest is that of the service account's identity where there is nothing else.
func (s stamp) digest() string {
	if len(s.parts) == 1 && !strings.Contains(s.parts[0], "=") {
		return s.parts[0]
	}
	sum := sha256.Sum256([]byte(strings.Join(slices.Compact(slices.Sorted(slices.Values(s.parts))), "\n")))
	return hex.EncodeToString(sum[:])[:16]
}

// warnUnstamped says of which service accounts rollout restarts nothing.
func (s *session) warnUnstamped(stamped map[*account]bool) {
	for _, a := range s.accounts {
		if a.Rollout && !stamped[a] && !s.hooksOnly {
			s.warnf("restart what uses it by hand after a change, or leave rollout out",
				"rollout: true of service account %s (%s:%d) restarts nothing: no Deployment or the like of this release runs as it or reads what it is written in", a, fileOf(s.spec, a.File), a.Line)
		}
	}
}

// annotated finds the mappings that hold the pods' annotations.
func (p place) annotated(o *object) annotated {
	last := len(p.Annotations) - 1
	if last < 0 {
		return annotated{}
	}
	return annotated{holders: p.toAnnotations(o, last), key: p.Annotations[last].Key}
}

// toAnnotations goes the first steps of the way to the pods' annotations. Where the way to the
// place leads through lists, it goes from the last mapping on both ways that is there.
func (p place) toAnnotations(o *object, steps int) []yamledit.Ref {
	if !each(p.Holder) {
		return resolve(o.root, p.Annotations[:steps])
	}
	from := p.leave()
	return resolve(from.at, p.Annotations[from.steps:steps])
}

func each(path []spec.PathPart) bool {
	return slices.ContainsFunc(path, func(p spec.PathPart) bool { return p.Kind == spec.EachPart })
}

// stamp writes a digest of what the pods get from here on the pod template.
func (s *session) stamp(o *object, p place, of stamp) {
	n := annotation{identityAnnotation, of.digest()}
	last := len(p.Annotations) - 1
	c := Change{Account: of.accounts[0].String(), Reason: "rollout", Field: spec.PathString(p.Annotations[:last])}
	at := p.annotated(o)
	if len(at.holders) > 0 && !slices.ContainsFunc(at.holders, yamledit.Ref.IsNull) {
		s.annotate(o, at, []annotation{n}, c)
		return
	}
	// What is missing on the way is made; from the mapping that the holder and the annotations
	// share, or from the root.
	c.Field = under(c.Field, at.key, n.key)
	for _, from := range p.sharedWithAnnotations(o) {
		keys, ok := spec.KeysOf(p.Annotations[from.steps:])
		if !ok {
			continue
		}
		at, missing := deepest(from.at, keys)
		s.make(o, at, append(missing[:len(missing):len(missing)], n.key), n.value, c)
	}
}

// sharedFrom is a mapping on the way to annotations, and how many steps of the way it is.
type sharedFrom struct {
	at    yamledit.Ref
	steps int
}

// leave is where the way to the annotations leaves that to the holder, seen from the holder or
// what is there of the way to it.
func (p place) leave() sharedFrom {
	at, there := p.at, len(p.Holder)-len(p.missing)
	for ; there > p.Shared(); there-- {
		at, _ = at.Up()
	}
	return sharedFrom{at, there}
}

// sharedWithAnnotations gives where the way to the annotations leaves that to the holder, or
// the last mapping on both that is there.
func (p place) sharedWithAnnotations(o *object) []sharedFrom {
	if each(p.Holder) {
		return []sharedFrom{p.leave()}
	}
	for steps := p.Shared(); steps > 0; steps-- {
		var out []sharedFrom
		for _, at := range resolve(o.root, p.Annotations[:steps]) {
			out = append(out, sharedFrom{at, steps})
		}
		if out != nil {
			return out
		}
	}
	return []sharedFrom{{o.root, 0}}
}

// migrate drops the annotations of kiam and kube2iam where the service account has a role
// here, and says what is missing where it has none.
func (s *session) migrate(o *object, p place, a *account, name string) {
	at := p.annotated(o)
	for _, holder := range at.holders {
		for _, block := range holder.All(at.key) {
			for _, e := range block.Entries() {
				if !strings.HasPrefix(e.Key, kiamPrefix) {
					continue
				}
				if a == nil {
					s.unmigrated(o, name, e)
					continue
				}
				if !s.claimed(o, e.Value, "removed", "", Change{Field: e.Key}) {
					continue
				}
				o.doc.tree.Remove(e.Value)
				s.note(o, Change{
					Action: "remove", Field: under(spec.PathString(p.Annotations), e.Key), From: e.Value.Text(),
					Account: a.String(), Reason: "migrate",
				})
			}
		}
	}
}

// unmigrated warns of pods that kiam or kube2iam gave a role and irsa.yaml gives none.
func (s *session) unmigrated(o *object, account string, e yamledit.Entry) {
	role := e.Value.Text()
	if e.Key != kiamPrefix+"role" || role == "" {
		return
	}
	// kiam and kube2iam join a bare name to a base ARN; a path may stand before it.
	slash := strings.LastIndex(role, "/") + 1
	path := "/" + strings.TrimPrefix(role[:slash], "/")
	lines := fmt.Sprintf("role: {name: %s, path: %s}", role[slash:], path)
	if strings.HasPrefix(role, "arn:") {
		lines = fmt.Sprintf("role: {arn: %q}", role)
	}
	allow := ""
	if account == "default" {
		allow = ", allowDefault: true"
	}
	namespace := ""
	if ns := o.namespace(s.release); ns != "" {
		namespace = ", namespace: " + ns
	}
	s.warnf(fmt.Sprintf("add to serviceAccounts of irsa.yaml: - {name: %s%s%s, %s}", account, namespace, allow, lines),
		"%s has role %s through %s, but irsa.yaml gives its service account %s none; the annotation stays", o, role, e.Key, account)
}

// hook holds a hook against the service account that it runs as: one that comes with the
// release is there only after the hooks that run before it (Helm,
// https://helm.sh/docs/topics/charts_hooks/#hooks-and-the-release-lifecycle).
func (s *session) hook(o *object, p place, a *account) {
	switch {
	case a.Create == "never":
	case len(a.objects) > 0:
		s.hookAsMade(o, p, a)
	case o.isHook("pre-install") || o.isHook("pre-upgrade"):
		s.hookAsAdded(o, a)
	}
}

// hookAsMade is for a service account that the chart makes. A hook that the chart itself
// runs as it is the chart's affair, and before an upgrade the revision before has made
// it.
func (s *session) hookAsMade(o *object, p place, a *account) {
	moved := s.seated[p.id()] != nil && p.account() != a.Name
	earlier := func(made *object) bool { return made.before(o, "pre-install") }
	if !moved || !o.isHook("pre-install") || slices.ContainsFunc(a.objects, earlier) {
		return
	}
	s.faults.add(Message{
		Message: fmt.Sprintf("rendering document %d: %s runs before the release is installed, as service account %s, which Helm makes only after it", o.doc.number, o, a),
		Hint:    fmt.Sprintf("let the chart make service account %s as a pre-install hook of a lower weight, or, where it is there already, write create: never", a.Name),
	})
}

// hookAsAdded is for a service account that is added with the release.
func (s *session) hookAsAdded(o *object, a *account) {
	advice := fmt.Sprintf("let the chart make service account %s as a hook of a lower weight, or make it beforehand and write create: never", a.Name)
	switch {
	case s.hooksOnly:
		s.warnf(advice, "%s runs before the release's own objects are there, as service account %s, which no hook makes", o, a)
	case o.isHook("pre-install"):
		s.faults.add(Message{
			Message: fmt.Sprintf("rendering document %d: %s runs before the release is installed, as service account %s, which is added with the release", o.doc.number, o, a),
			Hint:    advice,
		})
	default:
		s.warnf(advice, "%s runs before an upgrade, as service account %s, which the first upgrade with it adds only afterwards", o, a)
	}
}
