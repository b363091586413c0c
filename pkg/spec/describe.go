package spec

// typeDocs describe the types, for the schema and the documentation.
var typeDocs = map[string]string{
	"File":              "Which ServiceAccounts of a Helm release assume which AWS roles.",
	"Cluster":           "The cluster that the release runs in, and the issuer of its tokens.",
	"AdditionalCluster": "One more cluster whose service accounts of the same name may assume the roles.",
	"AccountAccess":     "How to get credentials in another AWS account: exactly one of the fields.",
	"Defaults":          "What every role that is made here gets unless it says otherwise.",
	"Policy":            "A customer managed policy: its document in place, or in a file.",
	"NodeRole":          "The role of the cluster's nodes, by name or from the managed node groups.",
	"WorkloadKind":      "A custom kind that runs pods, and where it names their service account.",
	"ServiceAccount":    "One service account of the release, its role, and what must run as it.",
	"PodIdentity":       "What the association of EKS Pod Identity says beside the role. What is not given is not in the association.",
	"Role":              "The IAM role of a service account. With arn, a role that someone else manages; otherwise one that is made here, called name or CLUSTER-NAMESPACE-SERVICEACCOUNT-HASH.",
	"Trust":             "Who may assume the role: token subjects of the cluster's issuer, and further statements.",
	"Statement":         "One further statement of the role's trust policy.",
	"Token":             "Settings for the token that the EKS webhook puts into the pods.",
	"Target":            "One thing that must run as the service account: exactly one of the fields.",
	"WorkloadTarget":    "Workloads, by kind and name.",
	"Reference":         "Objects that ask for a token, by kind and name.",
	"EnvTarget":         "An environment variable in the containers of workloads.",
	"FieldTarget":       "A field of an object.",
	"EmbeddedTarget":    "A field of JSON or YAML text inside an object.",
	"Permission":        "One action on one resource.",
	"Migrate":           "What to clean up when coming from an older way of giving pods a role.",
}
