package localaws

import (
	"net/http"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// What EKS refuses in an association. The codes are those of
// https://docs.aws.amazon.com/eks/latest/APIReference/API_CreatePodIdentityAssociation.html
// (Errors); the wording is that which EKS's callers report, where they do.

var (
	namespaceName      = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`)
	serviceAccountName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`)
)

// maxSessionPolicy is STS's
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html, Policy).
const maxSessionPolicy = 2048

// checkAssociation looks at whom a new association is for.
func (c *call) checkAssociation(in associationInput) error {
	switch {
	case in.Namespace == "" || in.ServiceAccount == "" || in.RoleARN == "":
		return invalidParameter("namespace, serviceAccount and roleArn are required")
	case !namespaceName.MatchString(in.Namespace):
		return invalidParameter(`The parameter namespace contains invalid characters. It should conform to the regular expression "%s"`, namespaceName)
	case !serviceAccountName.MatchString(in.ServiceAccount):
		return invalidParameter(`The parameter serviceAccount contains invalid characters. It should conform to the regular expression "%s"`, serviceAccountName)
	}
	return nil
}

// checkSettings looks at an association as it would be; at its role only where that is new.
func (c *call) checkSettings(a *association, role bool) error {
	if role {
		if err := c.checkRole(a.RoleARN); err != nil {
			return err
		}
	}
	if target, ok := parseARN(a.TargetRoleARN); a.TargetRoleARN != "" && (!ok || target.service != "iam" || target.partition != c.partition() || !strings.HasPrefix(target.resource, "role/")) {
		return invalidParameter("Target role ARN %s is not valid", a.TargetRoleARN)
	}
	if a.Policy == "" {
		return nil
	}
	if !a.DisableSessionTags {
		return invalidParameter("When policy is specified, disableSessionTags must be set to true")
	}
	if _, err := checkDocument(a.Policy, permissions); err != nil {
		return invalidParameter("The policy is not valid: %s", asAPIError(err).message)
	}
	if n := utf8.RuneCountInString(a.Policy); n > maxSessionPolicy {
		return invalidParameter("The policy has %d characters, and may have %d", n, maxSessionPolicy)
	}
	return nil
}

// checkRole: the role must be of the cluster's AWS account, "due to IAM PassRole requirements"
// (https://docs.aws.amazon.com/eks/latest/userguide/pod-id-assign-target-role.html), be there,
// and trust EKS Pod Identity.
func (c *call) checkRole(arn string) error {
	a, ok := parseARN(arn)
	switch {
	case !ok || a.service != "iam" || !strings.HasPrefix(a.resource, "role/"):
		return invalidParameter("Role ARN %s is not valid", arn)
	case a.account != c.account.ID:
		return refuse(http.StatusForbidden, "AccessDeniedException", "Cross-account pass role is not allowed.")
	}
	r := c.roleOfARN(arn)
	if r == nil {
		return invalidParameter("Role provided in the request does not exist.")
	}
	if !trustsPods(r.Trust) {
		return invalidParameter("Trust policy of the role provided is invalid.")
	}
	return nil
}

// trustsPods: a role must let the service do both, whatever the conditions are
// (https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html).
func trustsPods(document string) bool {
	d, err := trust.Parse(document)
	if err != nil {
		return false
	}
	for _, action := range []string{trust.ActionAssumeRole, trust.ActionTagSession} {
		said := trust.Evaluate(d, trust.Request{
			Action: action, Principal: trust.Principal{Type: "Service", ID: trust.PodIdentityService}, Unknown: []string{"*"},
		})
		if said.Verdict != trust.Allow && said.Verdict != trust.Undecided {
			return false
		}
	}
	return true
}
