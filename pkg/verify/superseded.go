package verify

import (
	"fmt"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
)

// superseded are policies of AWS that AWS asks to leave, by what comes behind arn:PARTITION:iam::aws:policy/,
// and those that take their place. The EBS CSI driver's new ones are of 2026-04-16 and allow
// volumes with the driver's own tag alone
// (https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonEBSCSIDriverPolicyV2.html,
// https://github.com/kubernetes-sigs/aws-ebs-csi-driver/issues/2918).
var superseded = map[string]struct{ by, but string }{
	"service-role/AmazonEBSCSIDriverPolicy": {"AmazonEBSCSIDriverPolicyV2", "volumes that were made without the driver need its tag, ebs.csi.aws.com/cluster: true, first"},
}

// supersededPolicies tells of policies that the role has and that AWS asks to leave.
func supersededPolicies(c *chain, r *result, h holder) {
	if h.role == nil {
		return
	}
	for _, arn := range h.role.Attached.List {
		prefix, name, ok := strings.Cut(arn, ":iam::aws:policy/")
		next, old := superseded[name]
		if !ok || !old {
			continue
		}
		by := prefix + ":iam::aws:policy/" + next.by
		fix := repair(several{
			run{onRole(h, "attach-role-policy").Flag("--policy-arn", safe.PolicyARN, by)},
			run{onRole(h, "detach-role-policy").Flag("--policy-arn", safe.PolicyARN, arn)},
		})
		if oursIs(c, h) {
			fix = several{inFile(c, "role: {policyARNs: ["+by+"]}   # in the place of "+safe.Text(arn)), apply(c.facts)}
		}
		r.add(found(codePolicySuperseded, h.String(), fmt.Sprintf("%s has %s; AWS asks to use %s in its place; %s", h, arn, by, next.but), fix))
	}
}
