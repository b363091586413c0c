package awsiam

import (
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// FleetUse is what whole AWS accounts are read for.
type FleetUse int

// The uses.
const (
	// ToReport is Survey.
	ToReport FleetUse = iota
	// ToCleanUp is Fleet.Read and Fleet.Delete.
	ToCleanUp
)

// FleetPermissions is the smallest policy for it, the same in each AWS account. All of an AWS
// account is read, so resources are not told apart. What deletes is bound to resources that have a
// tag of ours, whatever its value.
func FleetPermissions(use FleetUse) PolicyDocument {
	read := "iam:GetAccountAuthorizationDetails iam:GetOpenIDConnectProvider iam:ListOpenIDConnectProviders iam:ListRoles " +
		"eks:DescribeCluster eks:DescribePodIdentityAssociation eks:ListPodIdentityAssociations "
	var statements []PolicyStatement
	allow := func(sid, actions string, conditions map[string]map[string][]string) {
		s := PolicyStatement{Sid: sid, Effect: "Allow", Action: strings.Fields(actions), Resource: []string{"*"}, Condition: conditions}
		slices.Sort(s.Action)
		statements = append(statements, s)
	}
	switch use {
	case ToReport:
		allow("ReadAccount", read+"iam:GetAccountSummary eks:ListClusters", nil)
		allow("ReadLastAccessed", "iam:GenerateServiceLastAccessedDetails iam:GetServiceLastAccessedDetails", nil) // --last-accessed
	case ToCleanUp:
		allow("ReadAccount", read+"iam:GetPolicy iam:GetRole", nil)
		// Each of these takes aws:ResourceTag of its resource, and a Null of false asks that the key is there:
		// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html,
		// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelastickubernetesservice.html,
		// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Null
		ours := map[string]map[string][]string{"Null": {"aws:ResourceTag/" + spec.TagCluster: {"false"}}}
		allow("DeleteOurs", "iam:DeleteOpenIDConnectProvider iam:DeletePolicy iam:DeletePolicyVersion iam:DeleteRole "+
			"iam:DeleteRolePolicy iam:DetachRolePolicy iam:ListPolicyVersions eks:DeletePodIdentityAssociation", ours)
	}
	return PolicyDocument{Version: trust.Version2012, Statement: statements}
}
