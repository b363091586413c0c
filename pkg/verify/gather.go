package verify

import (
	"cmp"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// facts is all that was read, arranged for the checks.
type facts struct {
	in       Input
	pasted   pasted
	snapshot *awsstate.State
	objects  []*manifest.Object
	accounts map[key]*serviceAccount
	order    []*serviceAccount
	pods     []*pod
	hints    []hint
	roles    map[string]*awsstate.Role // by ARN
	policies map[string]*awsstate.Policy
	trusting map[key]*awsstate.Role               // by a service account that its trust policy names in full
	owners   map[*manifest.Object]*serviceAccount // of hints, as far as looked for
	index    index
	makers   map[identity]*manifest.Object // what has pods or templates of them
	// issuesAs is the issuer that a kube-apiserver among the objects puts into tokens,
	// takesToo those that it takes beside it.
	issuesAs string
	takesToo []string
	// prefix is that of the annotations which the webhook reads.
	prefix string
	// namespace is that of documents which name none; empty where it is not known.
	namespace string
}

// serviceAccount is a service account and all that speaks of it.
type serviceAccount struct {
	key
	rendered, live *manifest.Object
	entry          *spec.ServiceAccount
	association    *awsstate.Association
	pods           []*pod
	hints          []hint
	// references are the objects whose controllers ask for a token of it.
	references []reference
	// unread are those that irsa.yaml says ask for one, and that were not among what was read.
	unread []spec.Reference
	// ended is a pod of it that has ended; nil where none was read.
	ended *manifest.Object
	// presumed is the role that a trust policy names the service account in, where the service account
	// itself names none.
	presumed *awsstate.Role
	// bare is true for a service account of which nothing says that it should have a role, in
	// inputs that have no role at all.
	bare bool
	// chained is true for a service account that gets a chain.
	chained bool
}

// object is the document that counts: the rendered one, which is what the release says.
func (a *serviceAccount) object() *manifest.Object {
	if a.rendered != nil {
		return a.rendered
	}
	return a.live
}

// where is the document of the service account.
func (a *serviceAccount) where() string {
	if o := a.object(); o != nil {
		return o.Where
	}
	return ""
}

func (a *serviceAccount) annotations() map[string]any {
	if a.object() == nil {
		return nil
	}
	return manifest.Mapping(a.object().Body, "metadata", "annotations")
}

// seen are the annotations as the webhook and other controllers see them: those of the live
// service account, where it was read.
func (a *serviceAccount) seen() map[string]any {
	if a.live == nil {
		return a.annotations()
	}
	return manifest.Mapping(a.live.Body, "metadata", "annotations")
}

func newFacts(in Input) *facts {
	w := &facts{in: in, pasted: pastedIn(in), snapshot: in.Snapshot, accounts: map[key]*serviceAccount{}, owners: map[*manifest.Object]*serviceAccount{}, roles: map[string]*awsstate.Role{}, policies: map[string]*awsstate.Policy{}}
	if w.snapshot == nil {
		w.snapshot = &awsstate.State{}
	}
	for i := range w.snapshot.Roles.List {
		r := &w.snapshot.Roles.List[i]
		w.roles[r.ARN] = r
	}
	for i := range w.snapshot.Policies.List {
		w.policies[w.snapshot.Policies.List[i].ARN] = &w.snapshot.Policies.List[i]
	}
	if in.Objects != nil {
		for i := range in.Objects.List {
			if o := &in.Objects.List[i]; w.pasted.fragments || !isFragment(o) {
				w.objects = append(w.objects, o)
			}
		}
	}
	w.namespace = defaultNamespace(w)
	w.prefix = annotationPrefix(w.objects)
	collect(w)
	w.issuesAs, w.takesToo = apiServerIssuers(w)
	wish(w)
	slices.SortStableFunc(w.order, func(a, b *serviceAccount) int {
		return cmp.Or(strings.Compare(a.namespace, b.namespace), strings.Compare(a.name, b.name))
	})
	return w
}

// defaultNamespace is the release's namespace. Where nobody says it and all documents
// that name one name the same, it is that.
func defaultNamespace(w *facts) string {
	if w.in.Namespace != "" {
		return w.in.Namespace
	}
	only := ""
	for _, o := range w.objects {
		if o.Namespace == "" || o.Kind != "ServiceAccount" && podKinds[o.Kind] == nil {
			continue
		}
		if only != "" && only != o.Namespace {
			return ""
		}
		only = o.Namespace
	}
	return only
}

func namespaceOf(w *facts, o *manifest.Object) string {
	if o.Namespace != "" {
		return o.Namespace
	}
	return w.namespace
}

// named gives the service account of that key, making it where it is new.
func named(w *facts, k key) *serviceAccount {
	a, ok := w.accounts[k]
	if !ok {
		a = &serviceAccount{key: k}
		w.accounts[k] = a
		w.order = append(w.order, a)
	}
	return a
}

// collect arranges service accounts, pods and hints.
func collect(w *facts) {
	table := kinds
	if w.in.File != nil {
		table = manifest.Kinds(w.in.File.WorkloadKinds...)
	}
	for _, o := range w.objects {
		if o.Kind != "ServiceAccount" || o.Group() != "" {
			continue
		}
		declare(w, named(w, key{namespaceOf(w, o), o.Name}), underPrefix(o, w.prefix))
	}
	indexObjects(w)
	for _, o := range w.objects {
		if o.Kind == "ServiceAccount" && o.Group() == "" {
			continue
		}
		if ended(o) {
			for _, p := range podsIn(table, o, namespaceOf(w, o)) {
				named(w, p.account).ended = o
			}
			continue
		}
		pods, found := podsIn(table, o, namespaceOf(w, o)), hintsOf(o, namespaceOf(w, o))
		if isFragment(o) && o.Namespace == "" {
			place(w, pods, found)
		}
		w.pods, w.hints = append(w.pods, pods...), append(w.hints, found...)
	}
	w.pods = alike(authored(w, w.pods))
	indexPods(w)
	for _, p := range w.pods {
		if p.account.name != "" {
			a := named(w, p.account)
			a.pods = append(a.pods, p)
		}
	}
	refer(w)
	if f := w.in.File; f != nil {
		for i := range f.ServiceAccounts {
			e := &f.ServiceAccounts[i]
			a := named(w, key{e.NamespaceIn(w.namespace), e.Name})
			a.entry = e
			referAsSaid(w, a)
		}
	}
	for i := range w.snapshot.Associations.List {
		as := &w.snapshot.Associations.List[i]
		k := key{as.Namespace, as.ServiceAccount}
		if _, known := w.accounts[k]; known || len(w.objects) == 0 {
			named(w, k).association = as
		}
	}
}

// declare notes a document of a service account.
func declare(w *facts, a *serviceAccount, o *manifest.Object) {
	var live *manifest.Object
	if w.pasted.objects && !o.Live && a.rendered != nil && a.live == nil {
		live = takenForLive(a.rendered, o)
	}
	switch {
	case o.Live || live == o:
		a.live = o
	case live != nil:
		a.live, a.rendered = live, o
	default:
		a.rendered = o
	}
}
