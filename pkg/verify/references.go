package verify

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// reference is an object whose controller asks for a token of a service account and takes it to
// AWS: nothing runs as the service account, and no webhook has a part in it.
type reference struct {
	manifest.Reference
	from *manifest.Object
	of   key
}

// refer arranges the references. What has no namespace and names none, such as a ClusterIssuer, is
// of the namespace of its controller
// (https://cert-manager.io/docs/configuration/, --cluster-resource-namespace), which is where a
// Deployment of that name is, else the release's. A ClusterSecretStore asks for the service account
// of whoever uses it.
func refer(w *facts) {
	var users map[string][]string
	for _, o := range w.objects {
		for _, found := range manifest.References(o) {
			r := reference{Reference: found, from: o, of: key{found.Namespace, found.Name}}
			switch {
			case r.of.namespace != "":
			case !strings.HasPrefix(o.Kind, "Cluster"):
				r.of.namespace = w.namespace
			case r.Group == externalSecretsGroup:
				if users == nil {
					users = storeUsers(w)
				}
				for _, r.of.namespace = range users[o.Name] {
					r.arrange(w)
				}
				continue
			default:
				r.of.namespace = controllerNamespace(w, r.Group)
			}
			r.arrange(w)
		}
	}
}

func (r reference) arrange(w *facts) {
	a := named(w, r.of)
	a.references = append(a.references, r)
}

const externalSecretsGroup = "external-secrets.io"

// storeUsers are the namespaces of what fetches from and pushes to each ClusterSecretStore: without
// one of its own the reference of such a store "defaults to the namespace of the referent"
// (https://external-secrets.io/latest/api/spec/#external-secrets.io/v1.ServiceAccountSelector).
func storeUsers(w *facts) map[string][]string {
	out := map[string][]string{}
	for _, o := range w.objects {
		if o.Group() != externalSecretsGroup || o.Kind != "ExternalSecret" && o.Kind != "PushSecret" {
			continue
		}
		namespace := namespaceOf(w, o)
		use := func(ref any) {
			name := manifest.Text(ref, "name")
			if manifest.Text(ref, "kind") == "ClusterSecretStore" && !slices.Contains(out[name], namespace) {
				out[name] = append(out[name], namespace)
			}
		}
		use(manifest.Dig(o.Body, "spec", "secretStoreRef"))
		for _, ref := range manifest.List(o.Body, "spec", "secretStoreRefs") {
			use(ref)
		}
		for _, field := range []string{"data", "dataFrom"} {
			for _, d := range manifest.List(o.Body, "spec", field) {
				use(manifest.Dig(d, "sourceRef", "storeRef"))
			}
		}
	}
	return out
}

// saidToRefer are the objects among what was read that an entry of usedByReference is about.
func saidToRefer(w *facts, said spec.Reference) []*manifest.Object {
	var out []*manifest.Object
	for _, o := range w.index.byKind[said.Kind] {
		if shellMatch(said.Name, o.Name) && (said.Namespace == "" || said.Namespace == namespaceOf(w, o)) {
			out = append(out, o)
		}
	}
	return out
}

// referAsSaid takes the references that irsa.yaml tells of. Of an object whose kind is known, its own
// text says whose token it asks for; of any other, irsa.yaml is believed.
func referAsSaid(w *facts, a *serviceAccount) {
	for _, said := range a.entry.UsedByReference {
		there := saidToRefer(w, said)
		if len(there) == 0 {
			a.unread = append(a.unread, said)
		}
		for _, o := range there {
			if len(manifest.References(o)) > 0 {
				continue
			}
			ref := manifest.Reference{Group: o.Group(), Path: fmt.Sprintf("usedByReference of irsa.yaml:%d", said.Line), Name: a.name, Namespace: a.namespace, Annotated: true}
			a.references = append(a.references, reference{Reference: ref, from: o, of: a.key})
		}
	}
}

// otherReferences tells of objects that irsa.yaml says ask for a token of the service account, and
// that ask for one of another.
func otherReferences(c *chain, r *result) {
	if c.a.entry == nil {
		return
	}
	for _, said := range c.a.entry.UsedByReference {
		for _, o := range saidToRefer(c.facts, said) {
			others := manifest.References(o)
			if len(others) == 0 || slices.ContainsFunc(c.a.references, func(own reference) bool { return own.from == o }) {
				continue
			}
			r.add(found(codeWorkloadUsesOtherServiceAccount, o.String(),
				fmt.Sprintf("%s refers to service account %s at %s, irsa.yaml wants %s", o, safe.Text(others[0].Name), safe.Text(others[0].Path), c.a.name),
				edit(fmt.Sprintf("name %s at %s of %s, or take that out of usedByReference", c.a.name, safe.Text(others[0].Path), safe.Text(o.String())))).at(o.Where))
		}
	}
}

// controllerNamespace is where the controller of an API group runs: its name begins the group's.
func controllerNamespace(w *facts, group string) string {
	name, _, _ := strings.Cut(group, ".")
	for _, o := range w.index.byKind["Deployment"] {
		if strings.HasPrefix(o.Name, name) || strings.HasSuffix(o.Name, "-"+name) {
			return namespaceOf(w, o)
		}
	}
	return name // as its chart says it is to be installed
}

// byReference: an object names the role for a token of the service account, or should:
// checkReferences looks at one that does not.
func byReference(c *chain, n *naming) bool {
	for _, r := range c.a.references {
		if r.OwnRole && r.Role != "" {
			n.roleARN = r.Role
			n.set(OK, fmt.Sprintf("%s names the role at %s, which needs no annotation", r.from, r.Path))
			return true
		}
	}
	if len(c.a.pods) > 0 || len(c.a.references) == 0 || slices.ContainsFunc(c.a.references, func(r reference) bool { return !r.OwnRole }) {
		return false
	}
	n.set(Unknown, fmt.Sprintf("%s asks for its token, and names no role", c.a.references[0].from))
	return true
}

// referenceAudience is the audience of the tokens that references ask for, where nothing runs as
// the service account.
func referenceAudience(c *chain) (audience string, ok bool) {
	if len(c.a.pods) > 0 || len(c.a.references) == 0 {
		return "", false
	}
	ref := c.a.references[0]
	if v := manifest.Text(c.a.seen(), audienceKey); ref.Annotated && v != "" {
		return v, true
	}
	return orForm(ref.Audience, defaultAudience), true
}

// checkReferences looks at what the controllers that refer to the service account need beside its
// own chain.
func checkReferences(c *chain, r *result) {
	annotated := manifest.Text(c.a.annotations(), roleKey)
	for _, ref := range c.a.references {
		at := fmt.Sprintf("%s refers to %s at %s", ref.from, c.a, ref.Path)
		switch {
		case ref.OwnRole && ref.Role == "":
			r.add(found(codeAnnotationMissing, ref.from.String(), at+", and names no role beside that", edit("role: "+asYAML(suggested(c))+"   # beside auth, at "+safe.Text(ref.Path))).
				because("cert-manager asks STS for the role of its solver, and does not read the annotation.").at(ref.from.Where))
		case ref.OwnRole && ref.Role != c.roleARN:
			otherRole := *c
			otherRole.holder, otherRole.results, otherRole.association, otherRole.podIdentity = holderOf(c.facts, ref.Role), nil, nil, false
			of := &result{of: &otherRole}
			judgeTrust(&otherRole, of)
			for _, f := range of.findings {
				r.add(f.at(ref.from.Where))
			}
		case ref.Annotated && annotated == "" && c.a.association != nil:
			r.add(found(codeAnnotationMissing, c.a.String(), at+", for the role of the annotation, which is not there; a Pod Identity association is for pods alone",
				edit(fmt.Sprintf("remove %s from %s: its controller then uses the role of its own pods; or give the service account the annotation", safe.Text(ref.Path), safe.Text(ref.from.String())))).
				because("Who asks for a token of a service account gives it to STS, for the role of its annotation. EKS Pod Identity gives roles to pods.").at(ref.from.Where))
		case ref.Annotated && ref.Role != "" && ref.Role == c.roleARN && !assumesItself(c):
			r.add(found(codeAppAssumesOwnRole, ref.from.String(), fmt.Sprintf("%s has role %s beside the reference at %s, and that is the role which the token is for", ref.from, ref.Role, ref.Path),
				edit("remove role from "+safe.Text(ref.from.String()))).at(ref.from.Where))
		}
	}
}

// assumesItself: the role's trust policy lets in the role itself.
func assumesItself(c *chain) bool { return c.role != nil && trustsItself(c.role) }

// mayAsk looks at whether who reads the references may have the token. cert-manager's own role
// does not allow that: each service account needs a Role
// (https://cert-manager.io/docs/configuration/acme/dns01/route53/). What the API server said of it
// stands in conditions and in events.
func mayAsk(c *chain, r *result) {
	if len(c.a.references) == 0 {
		return
	}
	ref, rules := c.a.references[0], tokenRulesOf(c.facts)
	if said := rules.refused[c.a.key]; said != "" {
		r.add(found(codeTokenRequestForbidden, ref.from.String(), "the API server says: "+said, tokenRole(c)).at(ref.from.Where))
		return
	}
	for _, ref := range c.a.references {
		if ref.OwnRole && !ref.from.Live && c.a.rendered != nil && rules.read && !rules.allow(ref.of) {
			r.add(found(codeTokenRequestForbidden, ref.from.String(), fmt.Sprintf("%s asks for a token of %s at %s, and no Role among what was read allows that", ref.from, c.a, ref.Path), tokenRole(c)).as(Warning).at(ref.from.Where))
		}
	}
}

// tokenRules are what was read of who may have tokens of service accounts.
type tokenRules struct {
	// refused is what the API server said of tokens, by the service account.
	refused map[key]string
	// granted are the service accounts for which a Role or a ClusterRole allows tokens; an
	// empty name stands for all of the namespace, an empty namespace for all.
	granted map[key]bool
	// read is true where any Role or ClusterRole was read.
	read bool
}

// tokenRefusal is how the API server refuses a token
// (k8s.io/apimachinery/pkg/api/errors, NewForbidden; k8s.io/apiserver/pkg/authorization/authorizer).
var tokenRefusal = regexp.MustCompile(`serviceaccounts "([^"]+)" is forbidden: .*cannot create resource "serviceaccounts/token".* in the namespace "([^"]+)"`)

func tokenRulesOf(w *facts) tokenRules {
	return w.index.tokens.get(func() tokenRules {
		out := tokenRules{refused: map[key]string{}, granted: map[key]bool{}}
		say := func(message string) {
			if m := tokenRefusal.FindStringSubmatch(message); m != nil {
				out.refused[key{m[2], m[1]}] = message
			}
		}
		for _, o := range w.objects {
			switch o.Kind {
			case "Event":
				say(eventMessage(o))
			case "Role":
				out.grant(o, namespaceOf(w, o))
				out.read = true
			case "ClusterRole":
				out.grant(o, "")
				out.read = true
			default:
				say(manifest.Text(o.Body, "status", "reason"))
				for _, cond := range manifest.List(o.Body, "status", "conditions") {
					say(manifest.Text(cond, "message"))
				}
			}
		}
		return out
	})
}

// grant notes whose tokens the rules of a role allow.
func (t tokenRules) grant(role *manifest.Object, namespace string) {
	for _, rule := range manifest.List(role.Body, "rules") {
		if !allows(rule, "resources", "serviceaccounts/token") || !allows(rule, "verbs", "create") {
			continue
		}
		names := manifest.List(rule, "resourceNames")
		if len(names) == 0 {
			t.granted[key{namespace, ""}] = true
		}
		for _, name := range names {
			s, _ := name.(string)
			t.granted[key{namespace, s}] = true
		}
	}
}

func (t tokenRules) allow(k key) bool {
	return t.granted[k] || t.granted[key{k.namespace, ""}] || t.granted[key{"", k.name}] || t.granted[key{}]
}

// allows: the field of a rule has the value, or stands for all.
func allows(rule any, field, want string) bool {
	return slices.ContainsFunc(manifest.List(rule, field), func(v any) bool { return v == want || v == "*" })
}

// tokenRole lets the controller ask.
func tokenRole(c *chain) repair {
	return edit(fmt.Sprintf(`kind: Role   # in namespace %s, with a RoleBinding for the controller's service account
rules:
- {apiGroups: [""], resources: [serviceaccounts/token], resourceNames: [%s], verbs: [create]}`, asYAML(orForm(c.a.namespace, "NAMESPACE")), asYAML(orName(c.a.name))))
}
