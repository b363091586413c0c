package localaws

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Permission is an action and the resource that it is asked for, as the caller's
// policies must allow them.
type Permission struct {
	// Action such as iam:CreateRole.
	Action string
	// Resource is an ARN, or * for an action without resource-level permissions.
	Resource string
}

// permissions are what a call needs, its own operation's first; none where nobody
// signed, or where AWS asks for none. Which action is asked for which resource is in
//
//	https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
//	https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelastickubernetesservice.html
//	https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
func (s *Server) permissions(q *request, who identity) []Permission {
	t := target{s, q, who.Account}
	own := Permission{q.Service + ":" + q.Operation, t.resource()}
	switch q.Operation {
	case "GetCallerIdentity":
		// "No permissions are required to perform this operation"
		// (https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html).
		return nil
	case "AssumeRoleWithWebIdentity":
		return nil // unsigned
	}
	return append([]Permission{own}, t.further(own.Resource)...)
}

// target finds out what a call is about.
type target struct {
	*Server
	*request
	account string // the caller's
}

func (t target) resource() string {
	switch {
	case t.Service == "eks" || t.Service == eksAuth:
		return t.eksResource()
	case t.Service == "sts" && t.args.get("RoleArn") != "":
		return t.args.get("RoleArn")
	case t.Service == "iam":
		return t.iamResource()
	}
	return "*"
}

func (t target) iamResource() string {
	path := t.args.get("Path")
	if path == "" {
		path = "/"
	}
	switch t.Operation {
	case "CreateRole":
		return t.iamARN("role" + path + t.args.get("RoleName"))
	case "CreatePolicy":
		return t.iamARN("policy" + path + t.args.get("PolicyName"))
	case "CreateOpenIDConnectProvider":
		return t.iamARN("oidc-provider/" + strings.TrimPrefix(t.args.get("Url"), "https://"))
	}
	if name := t.args.get("RoleName"); name != "" {
		return t.roleResource(name)
	}
	for _, parameter := range []string{"PolicyArn", "OpenIDConnectProviderArn", "Arn"} {
		if arn := t.args.get(parameter); arn != "" {
			return arn
		}
	}
	return "*"
}

// roleResource is the role's ARN with its path, which the request does not say; that
// of a role without a path where there is no such role, for want of anything else.
func (t target) roleResource(name string) string {
	if owner := t.state.Accounts[t.account]; owner != nil {
		if r := owner.Roles[strings.ToLower(name)]; r != nil {
			return r.ARN
		}
	}
	return t.iamARN("role/" + name)
}

func (t target) iamARN(resource string) string {
	return fmt.Sprintf("arn:%s:iam::%s:%s", Partition(t.scope.region), t.account, resource)
}

func (t target) eksResource() string {
	cluster, group, association := t.path.get("clusterName"), t.path.get("nodegroupName"), t.path.get("associationId")
	in := Cluster{Account: t.account, Region: t.scope.region, Name: cluster}
	switch arn := t.path.get("resourceArn"); {
	case arn != "":
		return arn
	case cluster == "":
		return "*"
	case group != "":
		return in.nodegroupARN(group)
	case association != "":
		return in.associationARN(association)
	}
	return in.arn("cluster/" + cluster)
}

// further are the permissions beside the operation's own:
//
//   - tagging what is created (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html,
//     and the column of IAM actions in the references above);
//   - passing a role to EKS Pod Identity
//     (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html).
func (t target) further(resource string) []Permission {
	switch t.Operation {
	case "CreateRole", "CreatePolicy", "CreateOpenIDConnectProvider":
		if len(t.args.tags()) > 0 {
			return []Permission{{"iam:Tag" + strings.TrimPrefix(t.Operation, "Create"), resource}}
		}
	case "CreatePodIdentityAssociation", "UpdatePodIdentityAssociation":
		return t.associating()
	}
	return nil
}

func (t target) associating() []Permission {
	var in associationInput
	_ = json.Unmarshal(t.body, &in) // what is no JSON is refused by the operation
	var out []Permission
	if in.RoleARN != "" {
		out = append(out, Permission{"iam:PassRole", in.RoleARN})
	}
	if len(in.Tags) > 0 {
		c := Cluster{Account: t.account, Region: t.scope.region, Name: t.path.get("clusterName")}
		out = append(out, Permission{"eks:TagResource", c.associationARN("*")})
	}
	return out
}
