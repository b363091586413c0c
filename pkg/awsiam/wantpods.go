package awsiam

import (
	"cmp"
	"encoding/json"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// What irsa.yaml wants of EKS Pod Identity.

// podUse is a service account that gets a role by EKS Pod Identity.
type podUse struct {
	sa        spec.ServiceAccount
	namespace string
	// role is the ARN of the association's role.
	role string
}

// targetPolicy is the inline policy by which a role may assume its target roles.
const targetPolicy = "helm-irsa-target-roles"

// association wants the service account to have the role through Pod Identity. The role must
// be in the cluster's AWS account
// (https://docs.aws.amazon.com/eks/latest/APIReference/API_CreatePodIdentityAssociation.html, roleArn).
func (a *wantingAccount) association(arn string) {
	role, err := spec.ParseRoleARN(arn)
	switch {
	case err != nil:
		a.problem("role.arn", "", "%v", err)
		return
	case a.wanting.facts.Cluster == "":
		a.problem("mode", "add cluster.name: my-cluster", "EKS Pod Identity needs cluster.name")
		return
	case role.AccountID != a.wanting.facts.Account:
		a.problem("mode", "use mode: irsa for it, or a role of the cluster's AWS account, with podIdentity.targetRoleARN for the role of the other",
			"EKS Pod Identity takes roles of the cluster's AWS account %s only, and this one is of %s", a.wanting.facts.Account, role.AccountID)
		return
	}
	out := wantedAssociation{
		Cluster: a.wanting.facts.Cluster, Namespace: a.namespace, ServiceAccount: a.sa.Name, RoleARN: arn, Tags: a.wanting.out.Owner.with(a.sa.Role.Tags),
		associationSettings: associationSettings{TargetRoleARN: a.sa.PodIdentity.TargetRoleARN, NoTags: a.sa.PodIdentity.DisableSessionTags},
		RoleMade:            a.wanting.arns[arn],
	}
	out.TargetMade = a.wanting.arns[out.TargetRoleARN]
	if !a.wanting.leaving && (!a.target(out) || !a.sessionPolicy(&out)) {
		return
	}
	a.wanting.out.Associations = append(a.wanting.out.Associations, out)
}

// target reports whether the association's role can assume its target role at all.
func (a *wantingAccount) target(out wantedAssociation) bool {
	role, err := spec.ParseRoleARN(out.TargetRoleARN)
	switch {
	case out.TargetRoleARN == "":
	case out.TargetRoleARN == out.RoleARN:
		a.problem("podIdentity.targetRoleARN", "drop it: the pods have that role already", "%s is the role of service account %s itself", out.TargetRoleARN, a.sa.Name)
		return false
	case err != nil:
		a.problem("podIdentity.targetRoleARN", "", "%v", err)
		return false
	case role.Partition != a.wanting.facts.Partition:
		a.problem("podIdentity.targetRoleARN", "name a role of partition "+a.wanting.facts.Partition, "%s is of partition %s, and roles are assumed within one", out.TargetRoleARN, role.Partition)
		return false
	}
	return true
}

func (a *wantingAccount) sessionPolicy(out *wantedAssociation) bool {
	if a.sa.PodIdentity.Policy.IsZero() {
		return true
	}
	doc, ok := a.wanting.permissions(a.sa.PodIdentity.Policy, a.at+".podIdentity.policy")
	out.Policy = doc.Text()
	return ok
}

// clusters are the ARNs of the clusters whose service accounts may assume the roles by EKS
// Pod Identity: the cluster, and additional ones of its AWS account. An association takes no
// role of another.
func (w *wanting) clusters() []string {
	c, account := w.file.Cluster, w.facts.Account
	all := append([]spec.AdditionalCluster{{Name: w.facts.Cluster}}, c.Additional...)
	var out []string
	for _, one := range all {
		if one.Name != "" && cmp.Or(one.AccountID, account) == account {
			out = append(out, eksARN(account, cmp.Or(one.Region, w.facts.Region), "cluster/"+one.Name))
		}
	}
	return out
}

// in gives a service account, or a pattern of some, in each cluster.
func (u podUse) in(clusters []string, namespace, name string) []trust.PodIdentity {
	var out []trust.PodIdentity
	for _, arn := range clusters {
		out = append(out, trust.PodIdentity{ClusterARN: arn, Namespace: namespace, ServiceAccount: name, RoleARN: u.role, NoTags: u.sa.PodIdentity.DisableSessionTags})
	}
	return out
}

// podsOf are the service accounts that EKS may take a role for: all that irsa.yaml gives it
// to, and, of the entry that the role is made for, the subjects that its tokens may have.
func (a *wantingAccount) podsOf(arn string, subjects []string) []trust.PodIdentity {
	if a.wanting.facts.Cluster == "" || a.roleAccount() != a.wanting.facts.Account { // there is no association then
		return nil
	}
	var out []trust.PodIdentity
	for _, u := range a.wanting.pods {
		if u.role != arn {
			continue
		}
		out = append(out, u.in(a.wanting.clusters(), u.namespace, u.sa.Name)...)
		if u.sa.Name != a.sa.Name || u.namespace != a.namespace {
			continue
		}
		for _, s := range subjects {
			namespace, name := spec.SplitSubject(s)
			out = append(out, u.in(a.wanting.clusters(), namespace, name)...)
		}
	}
	return out
}

// sourcesOf are the associations whose target role a role is.
func (w *wanting) sourcesOf(arn string) []trust.PodIdentity {
	var out []trust.PodIdentity
	for _, u := range w.pods {
		if u.sa.PodIdentity.TargetRoleARN == arn && u.role != arn {
			out = append(out, u.in(w.clusters(), u.namespace, u.sa.Name)...)
		}
	}
	return out
}

// targets lets a role assume the target roles of its associations. In one AWS account the
// target's trust policy would do; across two, both must allow it
// (https://docs.aws.amazon.com/eks/latest/userguide/pod-id-assign-target-role.html, "Update the
// permission policy for EKS Pod Identity role").
func (a *wantingAccount) targets(role *wantedRole) {
	var arns []string
	actions := []string{trust.ActionAssumeRole}
	for _, u := range a.wanting.pods {
		if u.role != role.ARN || u.sa.PodIdentity.TargetRoleARN == "" || u.sa.PodIdentity.TargetRoleARN == u.role {
			continue
		}
		arns = append(arns, u.sa.PodIdentity.TargetRoleARN)
		if !u.sa.PodIdentity.DisableSessionTags && len(actions) == 1 {
			actions = append(actions, trust.ActionTagSession)
		}
	}
	if len(arns) == 0 {
		return
	}
	if _, taken := a.sa.Role.InlinePolicies[targetPolicy]; taken {
		a.problem("role.inlinePolicies."+targetPolicy, "give it another name", "this is the name of the policy that podIdentity.targetRoleARN makes")
		return
	}
	if role.Inline == nil {
		role.Inline = map[string]trust.Document{}
	}
	role.Inline[targetPolicy] = allowing(actions, sortedSet(arns))
}

// allowing is a policy of one statement.
func allowing(actions, resources []string) trust.Document {
	type statement struct {
		Effect           string
		Action, Resource []string
	}
	text, err := json.Marshal(struct {
		Version   string
		Statement statement
	}{trust.Version2012, statement{"Allow", actions, resources}})
	if err != nil { // of lists of text, there is none
		return trust.Document{}
	}
	d, _ := trust.ParsePermissions(string(text))
	return d
}
