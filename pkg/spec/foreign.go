package spec

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// foreignWord is a field of another tool that people paste into irsa.yaml, and what irsa.yaml
// writes in its place.
type foreignWord struct {
	// names are how the tools write it; those of several tools that mean the same share a row.
	names []string
	// of is where it is looked for: the type that has no such field.
	of reflect.Type
	// says gives our field for the value that stands there.
	says func(value *yaml.Node) counterpart
}

// counterpart is what irsa.yaml has for a foreign word.
type counterpart struct {
	// field is our field, as a path below the service account or the file, and value what
	// stands there, in flow style; empty is that it does not carry over.
	field, value string
	// instead is said in place of the field: what to do.
	instead string
}

var (
	serviceAccountType = reflect.TypeFor[ServiceAccount]()
	roleType           = reflect.TypeFor[Role]()
	fileType           = reflect.TypeFor[File]()
)

// foreignWords are the words of
//   - eksctl's ClusterConfig (eksctl-io/eksctl: pkg/apis/eksctl.io/v1alpha5/assets/schema.json,
//     ClusterIAMServiceAccount, PodIdentityAssociation and Addon),
//   - Terraform's modules for roles of service accounts (terraform-aws-modules/terraform-aws-iam:
//     modules/iam-role-for-service-accounts-eks/variables.tf of version 5, and
//     modules/iam-role-for-service-accounts/variables.tf of version 6) and of EKS Pod Identity
//     (terraform-aws-modules/terraform-aws-eks-pod-identity: variables.tf), and its resources
//     aws_iam_role and aws_eks_pod_identity_association,
//   - the annotations of service accounts that the EKS webhook reads
//     (aws/amazon-eks-pod-identity-webhook: README.md),
//   - CloudFormation's AWS::IAM::Role, and charts' own values for a role.
var foreignWords = sync.OnceValue(func() []foreignWord {
	var out []foreignWord
	add := func(of reflect.Type, names string, says func(*yaml.Node) counterpart) {
		out = append(out, foreignWord{strings.Fields(names), of, says})
	}
	account := func(names string, says func(*yaml.Node) counterpart) { add(serviceAccountType, names, says) }

	account("metadata", metadataOf)
	account("serviceAccountName service_account service_account_name", as("name", scalarText))
	account("service_account_namespace", as("namespace", scalarText))
	account("annotations", annotationsOf)
	account("attachRoleARN serviceAccountRoleARN roleARN roleArn role_arn iamRoleARN iamRoleArn iam_role_arn iamRole iam_role awsRoleARN awsRoleArn aws_role_arn", roleOf)
	account("status", statusOf)
	account("roleName role_name iamRoleName iam_role_name RoleName", as("role.name", scalarText))
	account("role_name_prefix use_name_prefix", instead(`drop it: role.name is the whole name, and without it one is derived that no other service account has`))
	account("role_path", as("role.path", scalarText))
	account("role_description", as("role.description", scalarText))
	account("attachPolicyARNs attachPolicyArns permissionPolicyARNs managedPolicyARNs managedPolicyArns ManagedPolicyArns managed_policy_arns role_policy_arns additional_policy_arns policy_arns policy_arn", as("role.policyARNs", listText))
	account("attachPolicy permissionPolicy inlinePolicy inline_policy", as("role.inlinePolicies.NAME", func(*yaml.Node) string { return "" }))
	account("wellKnownPolicies", as("role.wellKnownPolicies", entriesText))
	account("permissionsBoundary permissionsBoundaryARN PermissionsBoundary permissions_boundary permissions_boundary_arn role_permissions_boundary_arn", as("role.permissionsBoundary", scalarText))
	account("max_session_duration", as("role.maxSessionDuration", scalarText))
	account("oidc_providers oidc_provider_arn oidc_fully_qualified_subjects", providersOf)
	account("subjectPattern", subjectPatternOf)
	account("roleOnly", instead(`drop it: a service account is added only where the chart makes none; "create: never" adds it nowhere`))
	account("createServiceAccount create_service_account", func(n *yaml.Node) counterpart {
		return counterpart{field: "create", value: map[bool]string{true: CreateAlways, false: CreateNever}[isTrue(n)]}
	})
	account("permissionPolicyName", instead("drop it: the names of inline policies are the keys of role.inlinePolicies"))
	account("targetRoleARN targetRoleArn target_role_arn", as("podIdentity.targetRoleARN", scalarText))
	account("disableSessionTags disable_session_tags", as("podIdentity.disableSessionTags", scalarText))
	for name, says := range annotationFields {
		account(name, says)
	}
	for _, p := range attachedPolicies {
		account(p.words, as("role.wellKnownPolicies", func(n *yaml.Node) string { return "[" + p.entry + "]" }))
	}
	account("external_dns_hosted_zone_arns", zonesOf("externalDNS"))
	account("cert_manager_hosted_zone_arns", zonesOf("certManager"))

	add(fileType, "iam podIdentityAssociations", instead(`of eksctl's file, helm irsa import --eksctl FILE writes irsa.yaml; by hand, each is one of "serviceAccounts"`))
	add(fileType, "metadata", instead(`irsa.yaml has no name; the cluster's is "cluster: {name: NAME, region: REGION}"`))
	return out
})

// annotationFields are the annotations of a service account that irsa.yaml has fields for.
var annotationFields = map[string]func(*yaml.Node) counterpart{
	RoleAnnotation:       roleOf,
	AudienceAnnotation:   as("token.audience", scalarText),
	ExpirationAnnotation: as("token.expirationSeconds", numberText),
	RegionalAnnotation:   as("token.stsRegionalEndpoints", numberText),
}

// attachedPolicies are the switches of Terraform's modules for the policies of known charts, and
// the catalogue's entry for each; a test of pkg/catalog holds that there is such an entry.
var attachedPolicies = []struct{ words, entry string }{
	{"attach_aws_gateway_controller_policy", "awsGatewayController"},
	{"attach_cert_manager_policy", "certManager"},
	{"attach_cluster_autoscaler_policy", "autoScaler"},
	{"attach_ebs_csi_policy attach_aws_ebs_csi_policy", "ebsCSIController"},
	{"attach_efs_csi_policy attach_aws_efs_csi_policy", "efsCSIController"},
	{"attach_mountpoint_s3_csi_policy", "mountpointS3CSIDriver"},
	{"attach_external_dns_policy", "externalDNS"},
	{"attach_external_secrets_policy", "externalSecrets"},
	{"attach_fsx_lustre_csi_policy attach_aws_fsx_lustre_csi_policy", "fsxCSIDriver"},
	{"attach_karpenter_controller_policy attach_karpenter_policy", "karpenter"},
	{"attach_load_balancer_controller_policy attach_aws_lb_controller_policy", "awsLoadBalancerController"},
	{"attach_amazon_managed_service_prometheus_policy attach_amazon_prometheus_remote_write_policy", "prometheusRemoteWrite"},
	{"attach_velero_policy", "velero"},
	{"attach_vpc_cni_policy attach_aws_vpc_cni_policy", "vpcCNI"},
	{"attach_node_termination_handler_policy attach_aws_node_termination_handler_policy", "nodeTerminationHandler"},
	{"attach_cloudwatch_observability_policy attach_aws_cloudwatch_observability_policy attach_cloudwatch_agent_server_policy", "cloudWatchAgent"},
	{"attach_aws_privateca_issuer_policy", "awsPrivateCAIssuer"},
}

// foreign gives what irsa.yaml has for a word of another tool. The bool is false where none is
// known. Under role, words of a service account mean the same.
func foreign(key string, value *yaml.Node, t reflect.Type) (counterpart, bool) {
	of := t
	if t == roleType {
		of = serviceAccountType
	}
	for _, w := range foreignWords() {
		if w.of == of && slices.Contains(w.names, key) {
			return w.says(target(value)), true
		}
	}
	if rest, ok := strings.CutPrefix(key, "attach_"); ok && of == serviceAccountType && strings.HasSuffix(rest, "_policy") {
		return counterpart{instead: "helm irsa catalog lists what role.wellKnownPolicies knows; a policy that AWS has already goes under role.policyARNs"}, true
	}
	return counterpart{}, false
}

// hint shows our field as it should stand in a mapping of a type.
func (c counterpart) hint(t reflect.Type) string {
	if c.instead != "" {
		return c.instead
	}
	field, beside := c.field, ""
	if t == roleType {
		if below, ok := strings.CutPrefix(field, "role."); ok {
			field = below
		} else {
			beside = ` beside "role"`
		}
	}
	value := c.value
	if value == "" || len(value) > 5*mostForeign {
		value = "…"
	}
	keys := strings.Split(field, ".")
	text := keys[len(keys)-1] + ": " + value
	for _, key := range slices.Backward(keys[:len(keys)-1]) {
		text = key + ": {" + text + "}"
	}
	return fmt.Sprintf(`write "%s"%s`, text, beside)
}

// as is a word for one field.
func as(field string, value func(*yaml.Node) string) func(*yaml.Node) counterpart {
	return func(n *yaml.Node) counterpart { return counterpart{field: field, value: value(n)} }
}

// instead is a word that irsa.yaml has no field for.
func instead(what string) func(*yaml.Node) counterpart {
	return func(*yaml.Node) counterpart { return counterpart{instead: what} }
}

// roleOf is a role's ARN, or its name.
func roleOf(n *yaml.Node) counterpart {
	if n.Kind == yaml.ScalarNode && n.Value != "" && !strings.ContainsAny(n.Value, ":/${}") {
		return counterpart{field: "role.name", value: scalarText(n)}
	}
	return counterpart{field: "role.arn", value: scalarText(n)}
}

// metadataOf is eksctl's and Kubernetes' metadata: the name and the namespace.
func metadataOf(n *yaml.Node) counterpart {
	var lines []string
	for _, field := range []string{"name", "namespace"} {
		if e, ok := lookup(n, field, map[*yaml.Node]bool{}); ok {
			lines = append(lines, fmt.Sprintf(`"%s: %s"`, field, scalarText(target(e.value))))
		}
	}
	if lines == nil {
		return counterpart{field: "name"}
	}
	return counterpart{field: "name", instead: "write " + strings.Join(lines, " and ") + " without metadata"}
}

// annotationsOf reads the annotations that irsa.yaml has fields for: the first of them.
func annotationsOf(n *yaml.Node) counterpart {
	if n.Kind == yaml.MappingNode {
		for _, e := range pairs(n) {
			if says := annotationFields[target(e.key).Value]; says != nil {
				return says(target(e.value))
			}
		}
	}
	return counterpart{instead: `annotations are the chart's; those of eks.amazonaws.com are made of "role" and "token"`}
}

// statusOf is the status that eksctl get iamserviceaccount -o yaml shows.
func statusOf(n *yaml.Node) counterpart {
	if e, ok := lookup(n, "roleARN", map[*yaml.Node]bool{}); ok {
		return roleOf(target(e.value))
	}
	return counterpart{instead: "drop it"}
}

// providersOf is Terraform's list of OIDC providers, each with service accounts.
func providersOf(n *yaml.Node) counterpart {
	const own = "drop it: the OIDC provider is the cluster's, and the role trusts this service account"
	var subjects []string
	if n.Kind == yaml.MappingNode {
		for _, provider := range pairs(n) {
			e, ok := lookup(target(provider.value), "namespace_service_accounts", map[*yaml.Node]bool{})
			if !ok || target(e.value).Kind != yaml.SequenceNode {
				continue
			}
			for _, item := range target(e.value).Content {
				if text := target(item).Value; strings.Count(text, ":") == 1 && !strings.ContainsAny(text, "\"\\${} ,") {
					subjects = append(subjects, SubjectPrefix+text)
				}
			}
		}
	}
	if len(subjects) < 2 || len(subjects) > 10 {
		return counterpart{instead: own}
	}
	return counterpart{instead: own + `; for several, write "role: {trust: {subjects: [` + strings.Join(subjects, ", ") + `]}}"`}
}

// subjectPatternOf is eksctl's pattern for the service account's name.
func subjectPatternOf(n *yaml.Node) counterpart {
	return counterpart{field: "role.trust.subjects", value: "[" + flowText(SubjectPrefix+"NAMESPACE:"+n.Value) + "]"}
}

// zonesOf are ARNs of hosted zones, as the parameter of an entry.
func zonesOf(entry string) func(*yaml.Node) counterpart {
	return func(n *yaml.Node) counterpart {
		ids := []string{"…"}
		if n.Kind == yaml.SequenceNode && len(n.Content) > 0 {
			ids = nil
			for _, item := range n.Content {
				text := target(item).Value
				ids = append(ids, flowText(text[strings.LastIndexByte(text, '/')+1:]))
			}
		}
		return counterpart{field: "role.wellKnownPolicies", value: "[{" + entry + ": {hostedZoneIDs: [" + strings.Join(ids, ", ") + "]}}]"}
	}
}

// mostForeign is how long a value is that is shown, in bytes: longer ones nobody types again.
const mostForeign = 300

// scalarText is a text or a number.
func scalarText(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || n.Value == "" || len(n.Value) > mostForeign {
		return ""
	}
	if n.ShortTag() != "!!str" && n.Style == 0 {
		return n.Value
	}
	return flowText(n.Value)
}

// numberText is a number or a truth value, which annotations have in quotes.
func numberText(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || strings.ContainsAny(n.Value, "\"\\{}[], ") {
		return ""
	}
	return n.Value
}

// listText is a list of texts: of Terraform's mappings the values, of a text that one.
func listText(n *yaml.Node) string {
	var items []*yaml.Node
	switch n.Kind {
	case yaml.SequenceNode:
		items = n.Content
	case yaml.MappingNode:
		for _, e := range pairs(n) {
			items = append(items, e.value)
		}
	default:
		items = []*yaml.Node{n}
	}
	var texts []string
	for _, item := range items {
		text := scalarText(target(item))
		if text == "" {
			return ""
		}
		texts = append(texts, text)
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

// entriesText is eksctl's mapping of names to true, as a list of the names.
func entriesText(n *yaml.Node) string {
	if n.Kind != yaml.MappingNode {
		return listText(n)
	}
	var names []string
	for _, e := range pairs(n) {
		if value := target(e.value); value.Kind != yaml.ScalarNode || isTrue(value) {
			names = append(names, flowText(target(e.key).Value))
		}
	}
	return "[" + strings.Join(names, ", ") + "]"
}

// flowText is a text as it is, or in quotes where YAML would read it as something else, or where it
// holds what does not show.
func flowText(s string) string {
	var n yaml.Node
	hidden := strings.ContainsFunc(s, isHidden)
	if yaml.Unmarshal([]byte("["+s+"]"), &n) == nil && len(n.Content) == 1 && len(n.Content[0].Content) == 1 {
		if only := n.Content[0].Content[0]; only.Kind == yaml.ScalarNode && only.Style == 0 && only.ShortTag() == "!!str" && only.Value == s && !hidden {
			return s
		}
	}
	if hidden || strings.Contains(s, "'") {
		return show(s)
	}
	return "'" + s + "'"
}
