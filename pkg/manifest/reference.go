package manifest

import (
	"slices"
	"strings"
)

// Reference is a place in an object whose controller asks for a token of a service account and
// takes it to AWS: nothing runs as the service account.
type Reference struct {
	// Group is the API group of the object.
	Group string
	// Path is where the object names the service account.
	Path string
	// Namespace and Name are those of the service account; the namespace is empty where the
	// object is in none and names none.
	Namespace, Name string
	// Role is the ARN that the object names beside the reference: of the role that the token is
	// for, or of one that is assumed after that.
	Role string
	// Audience is that which the object asks for; empty where it says none.
	Audience string
	// OwnRole: the token is for the role that the object names; else for that of the service
	// account's annotation, and the role that the object names is assumed with it.
	OwnRole bool
	// Annotated: the audience is that of the service account's annotation.
	Annotated bool
}

// referrer says how the objects of an API group refer to service accounts for AWS.
type referrer struct {
	group string
	// under is the key below which it is about AWS; empty where all of the kinds is.
	under string
	// where is a field of the spec that says aws in objects about AWS; empty where none has to.
	where string
	kinds []string
	// field holds the reference: a mapping with name and namespace, or the name itself.
	field string
	// ownRole and annotated are as in a Reference.
	ownRole, annotated bool
}

// referrers are the groups that are known. External Secrets reads role and audience from the
// service account, and assumes its own role after that
// (github.com/external-secrets/external-secrets providers/v1/aws/auth/auth.go); cert-manager
// takes the role of its solver and none else
// (github.com/cert-manager/cert-manager pkg/issuer/acme/dns/route53/route53.go,
// https://cert-manager.io/docs/configuration/acme/dns01/route53/); the Vault Secrets Operator
// reads the annotation
// (https://developer.hashicorp.com/vault/docs/deploy/kubernetes/vso/api-reference, VaultAuthConfigAWS);
// so do the controllers of Flux, for objects that name a service account and provider: aws
// (https://fluxcd.io/flux/integrations/aws/, "At the object level").
var referrers = []referrer{
	{group: "generators.external-secrets.io", kinds: []string{"ECRAuthorizationToken", "STSSessionToken"}, field: "serviceAccountRef", annotated: true},
	{group: "external-secrets.io", under: "aws", field: "serviceAccountRef", annotated: true},
	{group: "cert-manager.io", under: "route53", field: "serviceAccountRef", ownRole: true},
	{group: "secrets.hashicorp.com", under: "aws", field: "irsaServiceAccount", annotated: true},
	{group: "source.toolkit.fluxcd.io", kinds: []string{"Bucket", "GitRepository", "OCIRepository"}, where: "provider", field: "serviceAccountName", annotated: true},
	{group: "image.toolkit.fluxcd.io", kinds: []string{"ImageRepository"}, where: "provider", field: "serviceAccountName", annotated: true},
}

// References are the references of one object.
func References(o *Object) []Reference {
	for _, r := range referrers {
		if o.Group() == r.group {
			return r.read(o)
		}
	}
	return nil
}

func (r referrer) read(o *Object) []Reference {
	var out []Reference
	var visit func(v any, path, role string, aws bool)
	visit = func(v any, path, role string, aws bool) {
		switch v := v.(type) {
		case map[string]any:
			if s := Text(v, "role"); s != "" && aws {
				role = s
			}
			for _, k := range SortedKeys(v) {
				at := Join(path, k)
				if k != r.field || !aws {
					visit(v[k], at, role, aws || k == r.under)
					continue
				}
				ref := Reference{Group: r.group, Path: at, Namespace: o.Namespace, Name: NameOf(v[k]), Role: role, OwnRole: r.ownRole, Annotated: r.annotated}
				if m := Mapping(v[k]); m != nil {
					ref.Name = Text(m, "name")
					if o.Namespace == "" || strings.HasPrefix(o.Kind, "Cluster") {
						ref.Namespace = Text(m, "namespace")
					}
					if all := List(m, "audiences"); len(all) > 0 {
						ref.Audience, _ = all[0].(string)
					}
				}
				if ref.Name != "" {
					out = append(out, ref)
				}
			}
		case []any:
			for _, item := range v {
				visit(item, path+"[]", role, aws)
			}
		}
	}
	all := r.under == "" && (slices.Contains(r.kinds, o.Kind) || o.Kind == "ClusterGenerator" && slices.Contains(r.kinds, Text(o.Body, "spec", "kind")))
	if r.where != "" && Text(o.Body, "spec", r.where) != "aws" {
		return nil
	}
	visit(Mapping(o.Body, "spec"), "spec", "", all)
	return out
}
