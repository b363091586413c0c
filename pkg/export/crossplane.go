package export

import (
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
)

// composing writes managed resources of Crossplane's AWS providers. The fields are those of
// https://marketplace.upbound.io/providers/upbound/provider-aws-iam and provider-aws-eks; what
// external names mean is in config/externalname.go of
// https://github.com/crossplane-contrib/provider-upjet-aws.
type composing struct {
	w     *awsstate.Wanted
	o     Options
	out   Export
	y     yamlLines
	names objectNames
}

func crossplane(w *awsstate.Wanted, o Options) (*Export, error) {
	c := &composing{w: w, o: o, names: objectNames{}}
	c.y.comment(0, "What irsa.yaml wants in AWS for "+safe.Text(w.Release)+", for Crossplane's providers of IAM and EKS. Written by helm irsa export crossplane: change irsa.yaml, and export again.")
	for _, account := range accountsOf(w) {
		if account != w.Account {
			c.out.note(false, "AWS account "+account, "its resources name the provider configuration %s: make one with credentials of that AWS account", c.configuration(account))
		}
	}
	for _, p := range w.Providers {
		c.provider(p)
	}
	for _, p := range w.Policies {
		c.policy(p)
	}
	for _, r := range w.Roles {
		c.role(r)
	}
	for _, n := range w.NodeRoles {
		for _, arn := range n.Attached {
			c.attach(n.Account, n.Role, arn, objectName{"role of the nodes", []string{"node-role", n.Role}})
		}
	}
	for _, a := range w.Associations {
		c.association(a)
	}
	c.out.Files = []File{{Name: "crossplane.yaml", Text: []byte(c.y.String())}}
	return &c.out, nil
}

// configuration is the name of the provider configuration of an AWS account.
func (c *composing) configuration(account string) string {
	if account == c.w.Account {
		return "default"
	}
	return "account-" + account
}

// objectName is what an object is called by, and of which sort it is: see labels.
type objectName struct {
	sort  string
	parts []string
}

func called(parts ...string) objectName { return objectName{parts: parts} }

// object begins an object up to what is under forProvider. The external name is what it is
// called in AWS; empty where AWS decides. wanted is what is written of it.
func (c *composing) object(group, kind, account, external string, name objectName, wanted any, comments ...string) {
	if account != c.w.Account {
		name.parts = append(name.parts, account)
	}
	c.y.line(0, "---")
	c.y.comment(0, comments...)
	part := ".aws.m.upbound.io/v1beta1"
	if c.o.ClusterScope {
		part = ".aws.upbound.io/v1beta1"
	}
	c.y.text(0, "apiVersion", group+part)
	c.y.text(0, "kind", kind)
	c.y.line(0, "metadata:")
	c.y.text(2, "name", c.names.of(kind, name.sort, name.parts...))
	variables := hasVariables(external, wanted)
	if external != "" || variables {
		c.y.line(2, "annotations:")
	}
	if external != "" {
		c.y.text(4, "crossplane.io/external-name", external)
	}
	if variables {
		c.y.text(4, unsubstituted, "disabled")
	}
	c.y.line(0, "spec:\n  providerConfigRef:")
	if !c.o.ClusterScope {
		c.y.text(4, "kind", "ClusterProviderConfig")
	}
	c.y.text(4, "name", c.configuration(account))
	if c.o.AdoptExisting {
		// All but Delete: what was there before stays when its object goes
		// (https://docs.crossplane.io/latest/managed-resources/managed-resources/#managementpolicies).
		c.y.texts(2, "managementPolicies", []string{"Observe", "Create", "Update", "LateInitialize"})
	}
	c.y.line(2, "forProvider:")
}

// adopted is an external name that is AWS's to give, and is known of what is there already.
func (c *composing) adopted(external string) string {
	if c.o.AdoptExisting {
		return external
	}
	return ""
}

func (c *composing) tags(tags map[string]string) {
	c.y.line(4, "tags:")
	for _, key := range keysOf(tags) {
		c.y.text(6, yamlString(key), tags[key])
	}
}

func (c *composing) provider(p awsstate.WantedProvider) {
	c.object("iam", "OpenIDConnectProvider", p.Account, c.adopted(p.ARN), called("oidc", shortHash(p.Issuer)), p,
		"All releases of the cluster use this provider: keep it in one place, and export the others with --oidc-provider=false.")
	c.y.text(4, "url", p.Issuer)
	c.y.texts(4, "clientIdList", p.Audiences)
	c.tags(p.Tags)
}

func (c *composing) policy(p awsstate.WantedPolicy) {
	c.object("iam", "Policy", p.Account, p.Name, called(p.Name), p)
	c.y.text(4, "path", p.Path)
	c.y.text(4, "description", p.Description)
	c.y.documentText(4, "policy", p.Document.Text())
	c.tags(p.Tags)
}

func (c *composing) role(r awsstate.WantedRole) {
	comments := []string{"The role of service account " + safe.Text(r.Namespace+"/"+r.ServiceAccount) + "."}
	if len(r.SharedWith) > 0 {
		comments = append(comments, c.out.note(true, "role "+r.Name, "irsa.yaml lets other releases write statements into its trust policy (sharedWith), and Crossplane takes them out again")+".")
	}
	if r.NamesNew() {
		comments = append(comments, c.out.note(true, "role "+r.Name, "its trust policy names roles that are made here, and Crossplane cannot make one whose trust names a role that does not exist yet: make it with helm irsa apply or export aws-cli, and export with --adopt-existing")+".")
	}
	of := r
	of.Inline = nil // they are objects of their own
	c.object("iam", "Role", r.Account, r.Name, called(r.Namespace, r.ServiceAccount), of, comments...)
	c.y.text(4, "path", r.Path)
	if r.Description != "" {
		c.y.text(4, "description", r.Description)
	}
	c.y.line(4, "maxSessionDuration: %d", r.MaxSession)
	if r.Boundary != "" {
		c.y.text(4, "permissionsBoundary", r.Boundary)
	}
	c.y.documentText(4, "assumeRolePolicy", r.Trust.Text())
	c.tags(r.Tags)
	for _, arn := range r.Attached {
		c.attach(r.Account, r.Name, arn, called(r.Namespace, r.ServiceAccount))
	}
	for _, name := range keysOf(r.Inline) {
		c.object("iam", "RolePolicy", r.Account, name, called(r.Namespace, r.ServiceAccount, name), r.Inline[name])
		c.y.text(4, "role", r.Name)
		c.y.documentText(4, "policy", r.Inline[name].Text())
	}
}

func (c *composing) attach(account, role, arn string, of objectName) {
	of.parts = append(of.parts, lastOf(arn), shortHash(arn))
	c.object("iam", "RolePolicyAttachment", account, c.adopted(role+"/"+arn), of, arn)
	c.y.text(4, "role", role)
	c.y.text(4, "policyArn", arn)
}

func (c *composing) association(a awsstate.WantedAssociation) {
	var comments []string
	if a.Policy != "" {
		// Without it, the pods would get more than irsa.yaml says.
		c.y.line(0, "---")
		c.y.comment(0, c.out.note(true, "association "+a.Namespace+"/"+a.ServiceAccount,
			"it is left out, since Crossplane's provider cannot give it a session policy, and without one the pods could do all that the role may")+".")
		return
	}
	if c.o.AdoptExisting {
		comments = append(comments, c.out.note(false, "association "+a.Namespace+"/"+a.ServiceAccount,
			"where there is one, its ID is the external name, which only EKS knows: aws eks list-pod-identity-associations")+".")
	}
	c.object("eks", "PodIdentityAssociation", c.w.Account, "", called(a.Namespace, a.ServiceAccount), a, comments...)
	c.y.text(4, "region", c.w.Region)
	c.y.text(4, "clusterName", a.Cluster)
	c.y.text(4, "namespace", a.Namespace)
	c.y.text(4, "serviceAccount", a.ServiceAccount)
	c.y.text(4, "roleArn", a.RoleARN)
	if a.TargetRoleARN != "" {
		c.y.text(4, "targetRoleArn", a.TargetRoleARN)
	}
	c.y.line(4, "disableSessionTags: %v", a.DisableSessionTags)
	c.tags(a.Tags)
}
