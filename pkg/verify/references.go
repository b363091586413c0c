package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// reference is an object whose controller asks for a token of a service account and takes it to
// AWS: nothing runs as the service account, and no webhook has a part in it.
type reference struct {
	from *manifest.Object
	// path is where the object names the service account.
	path string
	of   key
	// role is the ARN of the role that the object itself names for the token; empty where the
	// annotation of the service account does.
	role string
}

// referenceOf says how a kind refers to service accounts, by its API group.
type referenceOf struct {
	// group is the API group, or its end.
	group string
	// field holds the reference: a mapping with name and namespace, or the name itself.
	field string
	// role is the field beside the provider's settings that names the role; empty where the
	// annotation of the service account does.
	role string
}

// referring are the groups whose objects refer to service accounts for AWS. Which role the token
// is for: External Secrets reads the annotation of the service account
// (https://external-secrets.io/latest/provider/aws-access/, "EKS Service Account credentials"),
// cert-manager the field role of its solver
// (https://cert-manager.io/docs/configuration/acme/dns01/route53/, "Referencing your own
// ServiceAccount"), the Vault Secrets Operator the annotation
// (https://developer.hashicorp.com/vault/docs/deploy/kubernetes/vso/api-reference, VaultAuthConfigAWS).
var referring = []referenceOf{
	{group: "external-secrets.io", field: "serviceAccountRef"},
	{group: "cert-manager.io", field: "serviceAccountRef", role: "role"},
	{group: "secrets.hashicorp.com", field: "irsaServiceAccount"},
}

// referencesOf are the references of one object.
func referencesOf(o *manifest.Object, namespace string) []reference {
	for _, r := range referring {
		if g := o.Group(); g == r.group || strings.HasSuffix(g, "."+r.group) {
			return r.read(o, namespace)
		}
	}
	return nil
}

func (r referenceOf) read(o *manifest.Object, namespace string) []reference {
	var out []reference
	var visit func(v any, path, role string)
	visit = func(v any, path, role string) {
		switch v := v.(type) {
		case map[string]any:
			if s := manifest.Text(v, r.role); r.role != "" && s != "" {
				role = s
			}
			for _, k := range manifest.SortedKeys(v) {
				at := manifest.Join(path, k)
				if k != r.field {
					visit(v[k], at, role)
					continue
				}
				name, ns := manifest.NameOf(v[k]), namespace
				if m := manifest.Mapping(v[k]); m != nil {
					name, ns = manifest.Text(m, "name"), orForm(manifest.Text(m, "namespace"), namespace)
				}
				if name != "" {
					out = append(out, reference{o, at, key{ns, name}, role})
				}
			}
		case []any:
			for _, item := range v {
				visit(item, path+"[]", role)
			}
		}
	}
	visit(manifest.Mapping(o.Body, "spec"), "spec", "")
	return out
}

// refer arranges the references. One of an object that has no namespace and names none, such as a
// ClusterIssuer, is of the namespace of its controller: that of the only service account of the
// name.
func refer(w *facts) {
	for _, o := range w.objects {
		for _, r := range referencesOf(o, o.Namespace) {
			if r.of.namespace == "" {
				r.of.namespace = w.namespace
				if of := w.index.declared[r.of.name]; len(of) == 1 {
					r.of.namespace = of[0].namespace
				}
			}
			a := named(w, r.of)
			a.references = append(a.references, r)
		}
	}
}

// byReference: an object names the role for a token of the service account.
func byReference(c *chain, n *naming) bool {
	for _, r := range c.a.references {
		if r.role != "" {
			n.roleARN = r.role
			n.set(OK, fmt.Sprintf("%s names the role at %s, which needs no annotation", r.from, r.path))
			return true
		}
	}
	return false
}

// mayAsk looks at whether who reads the references may have the token. cert-manager's own role
// does not allow that: each service account needs a Role
// (https://cert-manager.io/docs/configuration/acme/dns01/route53/). What the API server said of it
// stands in the object's conditions and in events.
func mayAsk(c *chain, r *result) {
	for _, ref := range c.a.references {
		said := tokenRulesOf(c.facts).refused[ref.from.Name]
		switch {
		case said != "":
			r.add(found(codeTokenRequestForbidden, ref.from.String(), fmt.Sprintf("%s says: %s", ref.from, said), tokenRole(c)).at(ref.from.Where))
		case ref.role != "" && !ref.from.Live && c.a.rendered != nil && !tokenRulesOf(c.facts).allow(ref.of):
			r.add(found(codeTokenRequestForbidden, ref.from.String(), fmt.Sprintf("%s asks for a token of %s at %s, and no Role among what was read allows that", ref.from, c.a, ref.path), tokenRole(c)).as(Warning).at(ref.from.Where))
		}
	}
}

// tokenRules are what was read of who may have tokens of service accounts.
type tokenRules struct {
	// refused is what the API server said of tokens, by the name of the object that asked.
	refused map[string]string
	// granted are the service accounts for which a Role or a ClusterRole allows tokens; an
	// empty name stands for all of the namespace, an empty namespace for all.
	granted map[key]bool
}

func tokenRulesOf(w *facts) tokenRules {
	return w.index.tokens.get(func() tokenRules {
		out := tokenRules{map[string]string{}, map[key]bool{}}
		say := func(name, message string) {
			if name != "" && out.refused[name] == "" && strings.Contains(message, "forbidden") && strings.Contains(message, "serviceaccounts/token") {
				out.refused[name] = message
			}
		}
		for _, o := range w.objects {
			switch o.Kind {
			case "Event":
				say(manifest.Text(o.Body, "involvedObject", "name")+manifest.Text(o.Body, "regarding", "name"), eventMessage(o))
			case "Role":
				out.grant(o, namespaceOf(w, o))
			case "ClusterRole":
				out.grant(o, "")
			default:
				for _, cond := range manifest.List(o.Body, "status", "conditions") {
					say(o.Name, manifest.Text(cond, "message"))
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
