package adopt

import (
	"cmp"
	"encoding/json"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// tfMetadata is that of an object of Kubernetes, as providers have it.
type tfMetadata struct {
	Name, Namespace string
	Annotations     map[string]string
}

// serviceAccounts reads those of the provider for Kubernetes, which Helm would not own. Their
// annotations name roles, where a plan knows these; of others an association or a trust policy tells.
// kubernetes_annotations puts them on a service account that somebody else made
// (https://registry.terraform.io/providers/hashicorp/kubernetes/latest/docs).
func (t *tfReading) serviceAccounts() {
	add := func(m tfMetadata, create string) {
		u := User{Namespace: cmp.Or(m.Namespace, "default"), Name: m.Name, RoleARN: m.Annotations[spec.RoleAnnotation], Token: tokenOf(m.Annotations), Create: create}
		if u.Name != "" {
			t.out.Users = append(t.out.Users, u)
		}
	}
	for _, r := range t.managed("kubernetes_service_account", "kubernetes_service_account_v1", "kubernetes_annotations") {
		var all []tfMetadata
		if json.Unmarshal(r.Values["metadata"], &all) != nil || len(all) != 1 {
			continue
		}
		if r.Type != "kubernetes_annotations" {
			add(all[0], spec.CreateNever)
		} else if t.plainText(r, "kind") == "ServiceAccount" && json.Unmarshal(r.Values["annotations"], &all[0].Annotations) == nil {
			add(all[0], "")
		}
	}
	for _, r := range t.managed("kubernetes_manifest") {
		var o struct {
			Kind     string
			Metadata tfMetadata
		}
		if json.Unmarshal(r.Values["manifest"], &o) == nil && o.Kind == "ServiceAccount" {
			add(o.Metadata, spec.CreateNever)
		}
	}
}

// addons reads which roles add-ons of EKS have
// (https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/eks_addon).
func (t *tfReading) addons() {
	t.out.Addons = map[string]string{}
	for _, r := range t.managed("aws_eks_addon") {
		name := t.plainText(r, "addon_name")
		if arn := t.refers(r, "service_account_role_arn"); arn != "" {
			t.out.Addons[arn] = name
		}
		var all []struct {
			Role string `json:"role_arn"`
		}
		_ = json.Unmarshal(r.Values["pod_identity_association"], &all) // what is not known is null
		for _, a := range all {
			t.out.Addons[a.Role] = name
		}
	}
}

// releases finds which release a role is for, where a helm_release has its ARN among its
// values.
func (t *tfReading) releases() {
	for _, r := range t.managed("helm_release") {
		release, namespace := t.plainText(r, "name"), t.plainText(r, "namespace")
		if release == "" {
			continue
		}
		if namespace == "" {
			namespace = "default"
		}
		values := string(r.Values["values"]) + string(r.Values["set"])
		for _, role := range t.out.State.Roles.List {
			if role.Trust != nil && namesARN(values, role.ARN) {
				t.releaseOf(role, namespace, release)
			}
		}
	}
}

// plainText is text without regard to what is sensitive: it is not written anywhere but as a
// name.
func (t *tfReading) plainText(r *tfResource, name string) string {
	var s string
	_ = json.Unmarshal(r.Values[name], &s)
	return s
}

// namesARN reports whether an ARN stands in a text, and not only the beginning of a longer one.
func namesARN(text, arn string) bool {
	for {
		i := strings.Index(text, arn)
		if i < 0 {
			return false
		}
		text = text[i+len(arn):]
		if text == "" || !strings.ContainsAny(text[:1], "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+=,.@_-/") {
			return true
		}
	}
}

// releaseOf gives the service accounts of a role in a namespace to a release.
func (t *tfReading) releaseOf(role awsstate.Role, namespace, release string) {
	for _, a := range admits(role.Trust) {
		for _, subject := range a.subjects {
			if n, name := spec.SplitSubject(subject); n == namespace && !strings.ContainsAny(name, "*?") {
				t.out.Users = append(t.out.Users, User{Namespace: n, Name: name, Release: release, Home: namespace, RoleARN: role.ARN})
			}
		}
	}
}
