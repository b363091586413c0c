package export

import (
	"encoding/json"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
)

// The fields are those of the custom resource definitions of ACK's controllers for IAM and EKS
// (https://aws-controllers-k8s.github.io/community/reference/, iam and eks, v1alpha1).

// controlling writes the objects of one AWS account: ACK goes by the namespace that they are
// in, which is somebody else's to say
// (https://aws-controllers-k8s.github.io/community/docs/user-docs/cross-account-resource-management/).
type controlling struct {
	w       *awsstate.Wanted
	o       Options
	out     *Export
	account string
	y       yamlLines
	names   objectNames
}

func ack(w *awsstate.Wanted, o Options) (*Export, error) {
	out := &Export{}
	for _, account := range accountsOf(w) {
		c := &controlling{w: w.In(account), o: o, out: out, account: account, names: objectNames{}}
		c.all()
		out.Files = append(out.Files, File{Name: "ack-" + account + ".yaml", Text: []byte(c.y.String())})
	}
	return out, nil
}

func (c *controlling) all() {
	head := "What irsa.yaml wants in AWS account " + c.account + " for " + safe.Text(c.w.Release) + ", for ACK's controllers of IAM and EKS. Written by helm irsa export ack: change irsa.yaml, and export again."
	if c.account != c.w.Account {
		head += " Apply it to a namespace with the annotation services.k8s.aws/owner-account-id: \"" + c.account + "\"."
	}
	c.y.comment(0, head)
	for _, p := range c.w.Providers {
		c.provider(p)
	}
	for _, p := range c.w.Policies {
		c.policy(p)
	}
	for _, r := range c.w.Roles {
		c.role(r)
	}
	for _, n := range c.w.NodeRoles {
		for _, arn := range n.Attached {
			c.y.comment(0, c.out.note(true, "role "+n.Role, "ACK cannot attach %s to a role that it does not keep: aws iam attach-role-policy --role-name %s --policy-arn %s", arn, safe.Word(n.Role), safe.Word(arn))+".")
		}
	}
	for _, a := range c.w.Associations {
		c.association(a)
	}
}

// object begins an object. identity is what ACK finds the thing by in AWS; nil where only AWS
// knows. wanted is what is written of it.
func (c *controlling) object(group, kind string, name []string, identity map[string]string, wanted any, comments ...string) {
	c.y.line(0, "---")
	c.y.comment(0, comments...)
	c.y.text(0, "apiVersion", group+".services.k8s.aws/v1alpha1")
	c.y.text(0, "kind", kind)
	c.y.line(0, "metadata:")
	c.y.text(2, "name", c.names.of(kind, "", name...))
	annotations := map[string]string{}
	if group == "eks" {
		annotations["services.k8s.aws/region"] = c.w.Region
	}
	if hasVariables(wanted) {
		annotations[unsubstituted] = "disabled"
	}
	if c.o.AdoptExisting && identity != nil {
		text, _ := json.Marshal(identity) // of texts, which always encode
		annotations["services.k8s.aws/adoption-policy"] = "adopt-or-create"
		annotations["services.k8s.aws/adoption-fields"] = string(text)
		annotations["services.k8s.aws/deletion-policy"] = "retain"
	}
	if len(annotations) > 0 {
		c.y.line(2, "annotations:")
		for _, key := range keysOf(annotations) {
			c.y.text(4, key, annotations[key])
		}
	}
	c.y.line(0, "spec:")
}

func (c *controlling) provider(p awsstate.WantedProvider) {
	c.object("iam", "OpenIDConnectProvider", []string{"oidc", shortHash(p.Issuer)}, map[string]string{"arn": p.ARN}, p,
		"All releases of the cluster use this provider: keep it in one place, and export the others with --oidc-provider=false.")
	c.y.text(2, "url", p.Issuer)
	c.y.texts(2, "clientIDs", p.Audiences)
	c.y.tagList(2, "tags", "key", "value", p.Tags)
}

func (c *controlling) policy(p awsstate.WantedPolicy) {
	c.object("iam", "Policy", []string{p.Name}, map[string]string{"arn": p.ARN}, p)
	c.y.text(2, "name", p.Name)
	c.y.text(2, "path", p.Path)
	c.y.text(2, "description", p.Description)
	c.y.documentText(2, "policyDocument", p.Document.Text())
	c.y.tagList(2, "tags", "key", "value", p.Tags)
}

func (c *controlling) role(r awsstate.WantedRole) {
	comments := []string{"The role of service account " + safe.Text(r.Namespace+"/"+r.ServiceAccount) + "."}
	if len(r.SharedWith) > 0 {
		comments = append(comments, c.out.note(true, "role "+r.Name, "irsa.yaml lets other releases write statements into its trust policy (sharedWith), and ACK takes them out again")+".")
	}
	if r.NamesNew() {
		comments = append(comments, c.out.note(true, "role "+r.Name, "its trust policy names roles that are made here, and ACK cannot make one whose trust names a role that does not exist yet: make it with helm irsa apply or export aws-cli, and export with --adopt-existing")+".")
	}
	c.object("iam", "Role", []string{r.Namespace, r.ServiceAccount}, map[string]string{"name": r.Name}, r, comments...)
	c.y.text(2, "name", r.Name)
	c.y.text(2, "path", r.Path)
	if r.Description != "" {
		c.y.text(2, "description", r.Description)
	}
	c.y.line(2, "maxSessionDuration: %d", r.MaxSession)
	if r.Boundary != "" {
		c.y.text(2, "permissionsBoundary", r.Boundary)
	}
	c.y.documentText(2, "assumeRolePolicyDocument", r.Trust.Text())
	if len(r.Attached) > 0 {
		c.y.texts(2, "policies", r.Attached)
	}
	if len(r.Inline) > 0 {
		c.y.line(2, "inlinePolicies:")
	}
	for _, name := range keysOf(r.Inline) {
		c.y.documentText(4, yamlString(name), r.Inline[name].Text())
	}
	c.y.tagList(2, "tags", "key", "value", r.Tags)
}

func (c *controlling) association(a awsstate.WantedAssociation) {
	var comments []string
	if c.o.AdoptExisting {
		comments = []string{c.out.note(false, "association "+a.Namespace+"/"+a.ServiceAccount,
			"where there is one, adopt it by its associationID, which only EKS knows: aws eks list-pod-identity-associations") + "."}
	}
	c.object("eks", "PodIdentityAssociation", []string{a.Namespace, a.ServiceAccount}, nil, a, comments...)
	c.y.text(2, "clusterName", a.Cluster)
	c.y.text(2, "namespace", a.Namespace)
	c.y.text(2, "serviceAccount", a.ServiceAccount)
	c.y.text(2, "roleARN", a.RoleARN)
	if a.TargetRoleARN != "" {
		c.y.text(2, "targetRoleARN", a.TargetRoleARN)
	}
	c.y.line(2, "disableSessionTags: %v", a.DisableSessionTags)
	if a.Policy != "" {
		c.y.documentText(2, "policy", a.Policy)
	}
	c.y.line(2, "tags:")
	for _, key := range keysOf(a.Tags) {
		c.y.text(4, yamlString(key), a.Tags[key])
	}
}
