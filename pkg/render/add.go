package render

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/helm-irsa/helm-irsa/pkg/render/internal/yamledit"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// inferNamespace learns the release's namespace from the stream, where neither a
// flag nor irsa.yaml told it: charts that write a namespace write the release's. The
// service accounts that irsa.yaml names decide; without them, the workloads that were read.
func (s *session) inferNamespace() {
	if s.release != "" || len(s.accounts) == 0 {
		return
	}
	wanted := map[string]bool{}
	for _, a := range s.accounts {
		wanted[a.Name] = a.namespace == ""
	}
	var ofAccounts, ofWorkloads distinct
	for _, o := range s.objects() {
		switch {
		case o.explicitNS == "" && o.group == "" && o.kind == "ServiceAccount" && wanted[o.name]:
			return // the service account without a namespace is the release's
		case o.explicitNS == "":
		case o.group == "" && o.kind == "ServiceAccount" && wanted[o.name]:
			ofAccounts.add(o.explicitNS)
		case s.kinds.Find(o.group, o.kind).Runs():
			ofWorkloads.add(o.explicitNS)
		}
	}
	found := ofAccounts.list
	if len(found) == 0 && len(ofWorkloads.list) == 1 {
		found = ofWorkloads.list
	}
	switch len(found) {
	case 0:
		return
	case 1:
	default:
		s.faults.add(Message{
			Message: fmt.Sprintf("finding the service accounts of %s: the release has them in namespaces %s, and its own namespace is not known", fileName(s.spec), strings.Join(found, " and ")),
			Hint:    "pass --namespace NAMESPACE to the post-renderer, or set HELM_NAMESPACE",
		})
		return
	}
	s.release, s.index = found[0], nil
	s.report.Namespace = s.release
	for _, a := range s.accounts {
		if a.namespace == "" {
			a.namespace = s.release
		}
	}
}

// distinct are different names in the order in which they came.
type distinct struct {
	list []string
	had  map[string]bool
}

func (n *distinct) add(name string) {
	if n.had == nil {
		n.had = map[string]bool{}
	}
	if !n.had[name] {
		n.had[name] = true
		n.list = append(n.list, name)
	}
}

// present finds the service accounts of irsa.yaml in the stream and decides which are
// added.
func (s *session) present() {
	for _, a := range s.accounts {
		byUs := false
		for _, o := range s.named("ServiceAccount", a.Name, a.namespace) {
			if o.group != "" {
				continue
			}
			a.objects = append(a.objects, o)
			byUs = byUs || o.root.Get("metadata", "annotations", addedAnnotation).Text() != ""
		}
		switch {
		case a.Create == "always" && len(a.objects) > 0 && !byUs:
			o := a.objects[0]
			s.faults.add(Message{
				Message: fmt.Sprintf("adding service account %s (%s:%d, create: always): the chart makes it too, in document %d", a, fileOf(s.spec, a.File), a.Line, o.doc.number),
				Hint:    "write create: auto, so that the chart's own service account is used",
			})
		case len(a.objects) > 0:
		case a.Create == "never":
		default:
			a.added = !s.hooksOnly
		}
	}
	// A Helm that failed in front of a pipe leaves an empty stream, and who applies the
	// service accounts alone and prunes would delete the rest.
	if s.report.Summary.Documents == 0 && slices.ContainsFunc(s.accounts, func(a *account) bool { return a.added }) {
		s.warnf("where helm writes into a pipe, let its failure end the whole: set -o pipefail, or a file in between",
			"the stream has no object: all that is written are the service accounts of irsa.yaml")
	}
}

// warnElsewhere says of which service accounts the role is written nowhere, since they are made
// elsewhere.
func (s *session) warnElsewhere() {
	for _, a := range s.accounts {
		if a.Create == "never" && len(a.objects) == 0 && !a.made && len(a.RoleIn) == 0 && len(a.annotations()) > 0 && !s.hooksOnly {
			s.warnf(fmt.Sprintf("where it is made, annotate it: %s: %s", spec.RoleAnnotation, a.arn),
				"service account %s is not in this release (create: never), so its role is not written on it here", a)
		}
	}
}

// annotateAccounts writes the roles on the service accounts that the stream has.
func (s *session) annotateAccounts() {
	for _, a := range s.accounts {
		for _, o := range a.objects {
			metas := s.resolveWarn(o, []spec.PathPart{{Key: "metadata"}})
			for _, n := range a.annotations() {
				s.otherRole(metas[len(metas)-1], a, n)
			}
			s.annotate(o, annotated{metas, "annotations"}, a.annotations(), Change{Account: a.String(), Reason: "role of " + a.String(), Field: "metadata"})
		}
	}
}

// otherRole warns where the chart gives the service account a role other than irsa.yaml's.
func (s *session) otherRole(meta yamledit.Ref, a *account, n annotation) {
	if n.key != spec.RoleAnnotation {
		return
	}
	if was := strings.TrimSpace(meta.Get("annotations", n.key).Text()); was != "" && was != n.value {
		s.warnf("take the role out of the chart's values, or give irsa.yaml that one as role.arn",
			"service account %s: the chart gives it role %s; irsa.yaml's %s is used", a, was, n.value)
	}
}

// addition is one service account that is put into the stream.
type addition struct {
	account *account
	helm4   bool
	before  int // the document it stands before; len(docs) for the end
}

// additions are the service accounts that are added, in the order of irsa.yaml, by place.
func (s *session) additions() []addition {
	var out []addition
	first := -1
	for _, a := range s.accounts {
		if !a.added {
			continue
		}
		if first < 0 {
			first = s.placeOfAccounts()
		}
		before := max(first, s.behindNamespace(a))
		for before < len(s.docs) && s.docs[before].hidden() {
			before++ // a separator in front would make Helm read it
		}
		out = append(out, addition{a, s.helm4, before})
		s.report.Summary.Added++
		s.report.Changes = append(s.report.Changes, Change{
			Action: "add", Object: Object{Kind: "ServiceAccount", Namespace: a.namespace, Name: a.Name, Source: sourceOf(a)},
			To: a.arn, Account: a.String(), Reason: "the chart makes no service account " + a.Name,
		})
		for _, secret := range a.pullSecrets {
			s.report.Changes = append(s.report.Changes, Change{
				Action: "add", Object: Object{Kind: "ServiceAccount", Namespace: a.namespace, Name: a.Name, Source: sourceOf(a)},
				Field: "imagePullSecrets", To: secret.name, Account: a.String(), Reason: secret.reason,
			})
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].before < out[j].before })
	return out
}

// placeOfAccounts is the first document whose object Helm creates after ServiceAccounts.
func (s *session) placeOfAccounts() int {
	for i, d := range s.docs {
		if d.Empty() {
			continue
		}
		if !d.Odd {
			if !beforeAccounts(d.Kind) {
				return i
			}
			continue
		}
		if d.parse() != nil || len(d.objects) != 1 || !beforeAccounts(d.objects[0].kind) {
			return i
		}
	}
	return len(s.docs)
}

// behindNamespace is the document after the one that makes the service account's namespace,
// where a plain stream (CRDs first, or sorted by another tool) has that later than
// Helm's own order would. Helm 4 sorts again, so its stream needs no such care.
func (s *session) behindNamespace(a *account) int {
	if s.helm4 || a.namespace == "" {
		return 0
	}
	if s.memory.namespaces == nil {
		s.memory.namespaces = map[string]int{}
		for i, d := range s.docs {
			if d.Kind != "Namespace" || d.parse() != nil {
				continue
			}
			for _, o := range d.objects {
				if s.memory.namespaces[o.name] == 0 {
					s.memory.namespaces[o.name] = i + 1
				}
			}
		}
	}
	return s.memory.namespaces[a.namespace]
}

// sourceOf is the file name that the added service account's document carries.
func sourceOf(a *account) string {
	folder := "helm-irsa/"
	if a.Namespace != "" {
		folder += a.Namespace + "/"
	}
	return folder + "serviceaccount-" + a.Name + ".yaml"
}

// text is the document of the service account, without a separator.
func (a addition) text() string {
	acct := a.account
	pairs := []yamledit.Pair{{Key: "name", Value: yamledit.Str(acct.Name)}}
	if acct.Namespace != "" {
		pairs = append(pairs, yamledit.Pair{Key: "namespace", Value: yamledit.Str(acct.Namespace)})
	}
	if len(acct.Labels) > 0 {
		pairs = append(pairs, yamledit.Pair{Key: "labels", Value: sortedMap(acct.Labels)})
	}
	annotations := []yamledit.Pair{}
	for _, n := range acct.annotations() {
		annotations = append(annotations, yamledit.Pair{Key: n.key, Value: yamledit.Str(n.value)})
	}
	annotations = append(annotations, yamledit.Pair{Key: addedAnnotation, Value: yamledit.Str("true")})
	if a.helm4 {
		annotations = append(annotations, yamledit.Pair{Key: filenameAnnotation, Value: yamledit.Str(sourceOf(acct))})
	}
	pairs = append(pairs, yamledit.Pair{Key: "annotations", Value: yamledit.Map(annotations...)})
	root := []yamledit.Pair{
		{Key: "apiVersion", Value: yamledit.Str("v1")},
		{Key: "kind", Value: yamledit.Str("ServiceAccount")},
		{Key: "metadata", Value: yamledit.Map(pairs...)},
	}
	if len(acct.pullSecrets) > 0 {
		var secrets []*yaml.Node
		for _, secret := range acct.pullSecrets {
			secrets = append(secrets, yamledit.Map(yamledit.Pair{Key: "name", Value: yamledit.Str(secret.name)}))
		}
		root = append(root, yamledit.Pair{Key: "imagePullSecrets", Value: yamledit.Seq(secrets...)})
	}
	text := yamledit.Text(yamledit.Map(root...))
	if !a.helm4 {
		text = "# Source: " + sourceOf(acct) + "\n" + text
	}
	return text
}

func sortedMap(m map[string]string) *yaml.Node {
	var pairs []yamledit.Pair
	for _, k := range slices.Sorted(maps.Keys(m)) {
		pairs = append(pairs, yamledit.Pair{Key: k, Value: yamledit.Str(m[k])})
	}
	return yamledit.Map(pairs...)
}

// bytes is the document as it stands before d.
func (a addition) bytes(d *document) []byte {
	text := a.text()
	if d.Separated() {
		return []byte("---\n" + text)
	}
	// d has no separator of its own: it is the first.
	return []byte(text + "---\n")
}

// atEnd is the document as it stands behind the last one.
func (a addition) atEnd(docs []*document) []byte {
	text := a.text()
	if len(docs) == 0 {
		return []byte(text)
	}
	last := docs[len(docs)-1].Bytes
	lead := "---\n"
	if string(bytes.TrimRight(last, " \t\r\n")) == "---" {
		lead = "" // the stream ends in a separator
	}
	if !bytes.HasSuffix(last, []byte("\n")) {
		lead = "\n---\n"
	}
	return []byte(lead + text)
}
