package fleet

import "github.com/helm-irsa/helm-irsa/pkg/verify"

// The codes of what only the whole shows. All others are verify's.
const (
	// CodeNotRead stands for what is missing from a report, where only findings can say it.
	CodeNotRead = "not-read"

	codeRoleUnreachable   = "role-unreachable"
	codeRoleShared        = "role-shared"
	codeAssociationOrphan = "association-without-service-account"
	codeProviderOrphan    = "provider-without-cluster"
	codeQuotaNear         = "quota-near-limit"
	codeAccessKeys        = "access-keys-without-role"
	codeNodeRoleUsed      = "node-role-used"
	codeRoleNeverUsed     = "role-never-used"
	codeServicesNeverUsed = "services-never-used"
	codeTrustOfUnknown    = "trust-of-unknown-cluster"
)

// Code is one kind of finding of the whole. The table is the source of docs/report.md.
type Code struct {
	Code     string
	Severity verify.Severity
	// Title is one line. Looks is what it looks like, Why why it matters, Repair what to do.
	Title, Looks, Why, Repair string
}

// Codes are those of the whole.
func Codes() []Code { return codes }

// CodeOf gives the code of that name; the bool is false where there is none.
func CodeOf(name string) (Code, bool) {
	for _, c := range codes {
		if c.Code == name {
			return c, true
		}
	}
	return Code{}, false
}

var codes = []Code{
	{CodeNotRead, verify.Info, "Something could not be read",
		"A cluster or an AWS account did not answer, or something of it may not be read.",
		"What was not read is unknown, and the report says nothing of it.",
		"See what the report says of it, and read it again."},
	{codeRoleUnreachable, verify.Warning, "No service account can assume the role",
		"The role trusts service accounts alone, every cluster that it trusts was read, and none of them has one that gets in.",
		"It is left over, or it waits for a service account that has another name.",
		"Delete it once nobody misses it, or correct its trust policy. `helm irsa gc` deletes what helm-irsa made."},
	{codeTrustOfUnknown, verify.Info, "The role trusts a cluster that was not read",
		"Its trust policy names an issuer that is of none of the clusters in this report.",
		"Who gets in from there is not known here.",
		"Read that cluster too: --context. Where it is gone, see provider-without-cluster."},
	{codeRoleShared, verify.Info, "Several service accounts have one role",
		"More than one service account can assume the role.",
		"What one of them needs, all of them may do, and CloudTrail tells them apart by their session names alone.",
		"Give each a role of its own where they do different work."},
	{codeAssociationOrphan, verify.Warning, "A Pod Identity association is for a service account that is not there",
		"The cluster has an association, and no service account of its namespace and name.",
		"Whoever can make a service account of that name gets the role.",
		"Delete the association, or make the service account."},
	{codeProviderOrphan, verify.Warning, "An OIDC provider is of a cluster that is not there",
		"IAM has a provider for an issuer of EKS, and no cluster of the AWS accounts that were read has it.",
		"It counts against the quota of 100 providers, and roles that trust it are of no use.",
		"Delete it, once it is certain that no cluster of another AWS account has the issuer."},
	{codeQuotaNear, verify.Warning, "A quota of IAM is nearly used up",
		"Four fifths or more of a quota are used: roles, policies, OIDC providers, the size of a trust policy, policies on a role.",
		"The next release that needs one more cannot be installed.",
		"Remove what nobody uses, or ask for more in Service Quotas."},
	{codeAccessKeys, verify.Warning, "Pods have access keys and no role",
		"Containers have AWS_ACCESS_KEY_ID, and their service account has no role.",
		"Access keys do not expire, and are wherever the Secret was copied.",
		"Give the service account a role, then remove the keys."},
	{codeNodeRoleUsed, verify.Info, "Pods use AWS as the node does",
		"Containers have AWS_REGION or settings of S3, and nothing that gives them credentials.",
		"They have what the node's role may do, which every other pod on the node has as well.",
		"Give the service account a role of its own."},
	{codeRoleNeverUsed, verify.Info, "The role was not used",
		"AWS has not seen the role used, and it was made 90 days ago or longer; or its last use is that long ago.",
		"What nobody uses, nobody misses: but somebody may still get in.",
		"Ask its owner, then delete it."},
	{codeServicesNeverUsed, verify.Info, "The role never used some of the services that it may use",
		"Its policies allow a service, and AWS has not seen the role try it in the time that it tracks.",
		"What a pod does not need, whoever breaks into it can use.",
		"Take the service out of its policies."},
}
