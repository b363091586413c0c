package render

import (
	"slices"

	"github.com/helm-irsa/helm-irsa/pkg/render/internal/yamledit"
)

// move is a workload whose pods change their service account. So that they lose nothing,
// what the old service account had is carried over: its bindings and its pull secrets.
type move struct {
	namespace string
	from      string
	to        *account
	workload  *object
}

func (s *session) moved(o *object, from string, to *account) {
	s.moves = append(s.moves, move{o.namespace(s.release), from, to, o})
}

// carry carries over what the moved workloads' old service accounts had.
func (s *session) carry() {
	if len(s.moves)+len(s.replaced) == 0 {
		return
	}
	q := &search{}
	for _, kind := range []string{"RoleBinding", "ClusterRoleBinding", "ServiceAccount"} {
		for _, m := range s.moves {
			q.add(kind, m.from)
		}
		for _, r := range s.replaced {
			q.add(kind, r.from)
		}
	}
	s.parse(q)
	type once struct {
		namespace, from string
		to              *account
	}
	done, speak := map[once]bool{}, s.speakOfAccounts()
	for _, m := range s.moves {
		id := once{m.namespace, m.from, m.to}
		if done[id] {
			continue
		}
		done[id] = true
		for _, o := range speak[[2]string{m.namespace, m.from}] {
			if o.kind == "ServiceAccount" {
				s.carrySecrets(o, m)
			} else {
				s.bind(o, m)
			}
		}
	}
	s.warnOfBindings(speak)
}

// speakOfAccounts gives the bindings and ServiceAccounts, in the stream's order, by the
// namespace and name of the service accounts that they name or are.
func (s *session) speakOfAccounts() map[[2]string][]*object {
	out := map[[2]string][]*object{}
	for _, o := range s.objects() {
		switch {
		case o.group == "rbac.authorization.k8s.io" && (o.kind == "RoleBinding" || o.kind == "ClusterRoleBinding"):
			for _, subjects := range o.root.All("subjects") {
				for account := range s.subjects(o, subjects) {
					if list := out[account]; len(list) == 0 || list[len(list)-1] != o {
						out[account] = append(list, o)
					}
				}
			}
		case o.group == "" && o.kind == "ServiceAccount":
			id := [2]string{o.namespace(s.release), o.name}
			out[id] = append(out[id], o)
		}
	}
	return out
}

// subjects are the service accounts that a list of subjects names, by namespace and name.
func (s *session) subjects(o *object, subjects yamledit.Ref) map[[2]string]bool {
	id := subjectsOf{o, subjects.Raw()}
	if known := s.memory.subjects[id]; known != nil {
		return known
	}
	out := map[[2]string]bool{}
	for _, subject := range subjects.Items() {
		if subject.Get("kind").Text() != "ServiceAccount" {
			continue
		}
		// The API server wants a namespace here; what has none can only mean the binding's own.
		namespace := subject.Get("namespace").Text()
		if namespace == "" {
			namespace = o.namespace(s.release)
		}
		out[[2]string{namespace, subject.Get("name").Text()}] = true
	}
	s.memory.subjects[id] = out
	return out
}

// bind gives the new service account every binding that names the old one.
func (s *session) bind(o *object, m move) {
	for _, subjects := range o.root.All("subjects") {
		named := s.subjects(o, subjects)
		had, has := named[[2]string{m.namespace, m.from}], named[[2]string{m.namespace, m.to.Name}]
		if !had || has || !s.claimed(o, subjects, "subject "+m.to.String(), m.to.Name, Change{Field: "subjects"}) {
			continue
		}
		pairs := []yamledit.Pair{
			{Key: "kind", Value: yamledit.Str("ServiceAccount")},
			{Key: "name", Value: yamledit.Str(m.to.Name)},
		}
		if m.namespace != "" {
			pairs = append(pairs, yamledit.Pair{Key: "namespace", Value: yamledit.Str(m.namespace)})
		}
		o.doc.tree.Prepend(subjects, yamledit.Map(pairs...))
		s.note(o, Change{
			Action: "add", Field: "subjects", To: "ServiceAccount " + m.to.String(), Account: m.to.String(),
			Reason: m.workload.String() + " had this binding through service account " + m.from,
		})
	}
}

// carrySecrets gives the new service account the old one's imagePullSecrets.
func (s *session) carrySecrets(old *object, m move) {
	for _, secret := range old.root.Get("imagePullSecrets").Items() {
		name := secret.Get("name").Text()
		if name == "" {
			continue
		}
		reason := m.workload.String() + " pulled images with it through service account " + m.from
		switch {
		case m.to.added:
			if !slices.ContainsFunc(m.to.pullSecrets, func(p pullSecret) bool { return p.name == name }) {
				m.to.pullSecrets = append(m.to.pullSecrets, pullSecret{name, reason})
			}
		case len(m.to.objects) == 0:
			s.warnf("add it where that service account is made",
				"service account %s is not in this release, so pull secret %s of service account %s is not carried over to it", m.to, name, m.from)
		}
		for _, o := range m.to.objects {
			s.addSecret(o, m.to, name, reason)
		}
	}
}

func (s *session) addSecret(o *object, a *account, name, reason string) {
	item := yamledit.Map(yamledit.Pair{Key: "name", Value: yamledit.Str(name)})
	lists := o.root.All("imagePullSecrets")
	for _, l := range lists {
		for _, secret := range l.Items() {
			if secret.Get("name").Text() == name {
				return
			}
		}
	}
	c := Change{Action: "add", Field: "imagePullSecrets", To: name, Account: a.String(), Reason: reason}
	if !s.claimed(o, o.root, "pull secret "+name, name, c) {
		return
	}
	s.note(o, c)
	if len(lists) == 0 {
		o.newSecrets = append(o.newSecrets, item)
		return
	}
	for _, l := range lists {
		o.doc.tree.Prepend(l, item)
	}
}

// finishSecrets writes the lists of pull secrets that objects did not have before.
func (s *session) finishSecrets() {
	for _, o := range s.objects() {
		if len(o.newSecrets) > 0 {
			o.doc.tree.Insert(o.root, "imagePullSecrets", yamledit.Seq(o.newSecrets...))
		}
	}
}
